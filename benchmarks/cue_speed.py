"""How fast cues are found: ``python benchmarks/cue_speed.py --data FOLDER``, on one core; kept in ``RESULTS.md``.

Beside it, in turns, the masking of claims of the same texts, so that a ratio tells more than a machine.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from results import keep, table_head

from umkm_classifier.listings.mask import mask_text
from umkm_classifier.listings.table import read
from umkm_classifier.signals.cues_catalogue import catalogue

TURNS = 7


def main() -> None:
    """Measure titles, whole texts and one very long text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled sets; see docs/data.md")
    given = parser.parse_args()
    with (given.data / "tokopedia_search" / "titles.csv").open(encoding="utf-8-sig") as file:
        titles = [row["name"] for row in csv.DictReader(file)][:10_000]
    shopee = read(given.data / "shopee" / "listings.csv")[0]
    texts = [f"{a}\n{b}" for a, b in zip(shopee.column("title"), shopee.column("description"), strict=True)] * 5
    long = ("".join(texts) * 20)[:1_000_000]
    scan = catalogue().scanner.fired
    lines = ["## Speed of the cues", "", f"One core, medians of {TURNS} turns, scanning and masking in turns.", ""]
    lines.append(table_head("texts", ("scanned a second", "masked a second", "scanning is faster by")))
    for name, some in (("titles", titles), ("titles with descriptions", texts)):
        scanned, masked = alternate(some, (scan, mask_text))
        lines.append(f"| {name} ({len(some):,}) | {scanned:,.0f} | {masked:,.0f} | {scanned / masked:.1f} |")
    seconds = statistics.median(timed([long], scan) for _ in range(TURNS))
    lines.append(f"\nA text of a million characters: {seconds:.3f} s.")
    keep("cue speed", "\n".join(lines))


def alternate(texts: Sequence[str], methods: Sequence[Callable[[str], object]]) -> list[float]:
    """Return texts a second of each method, measured in turns."""
    seconds = [[timed(texts, method) for method in methods] for _ in range(TURNS)]
    return [len(texts) / statistics.median(column) for column in zip(*seconds, strict=True)]


def timed(texts: Sequence[str], method: Callable[[str], object]) -> float:
    """Return the seconds that a method takes for all texts."""
    started = time.perf_counter()
    for text in texts:
        method(text)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
