"""What reasons cost: ``python benchmarks/reasons.py --data FOLDER``, on one core; kept in ``RESULTS.md``.

The same rows are answered without and with reasons, in turns, so that a ratio tells more than a machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from results import keep, table_head

import umkm_classifier as umkm
from umkm_classifier.listings.listing import Listings
from umkm_classifier.serving.predictor import Predictor

ROWS = 500
TURNS = 11
MOST = 0.30
STARTER, DEFAULT = "the starter", "trained on blibli, default signals"


def main() -> None:
    """Measure the starter, and a model trained here unless one is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled sets; see docs/data.md")
    parser.add_argument("--model", type=Path, help="a model trained on blibli with default signals")
    parser.add_argument("--turns", type=int, default=TURNS)
    given = parser.parse_args()
    table = given.data / "blibli" / "listings.csv"
    rows = umkm.read(table)[0][:ROWS]
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or umkm.train(table, Path(folder) / "blibli", config=umkm.TrainConfig(track=False)).bundle
        predictors = {STARTER: umkm.load(), DEFAULT: umkm.load(model)}
    found = {name: turns_of(predictor, rows, given.turns) for name, predictor in predictors.items()}
    text = "\n".join(section(found, given.turns))
    keep("reasons", text)
    print(text)


def turns_of(predictor: Predictor, rows: Listings, turns: int) -> list[tuple[float, float]]:
    """Return seconds of CPU of each turn, without reasons and with them; what is read once has been read before."""
    for explain in (False, True):
        predictor.predict(rows, explain=explain)
    return [(cpu_s(predictor, rows, explain=False), cpu_s(predictor, rows, explain=True)) for _ in range(turns)]


def cpu_s(predictor: Predictor, rows: Listings, *, explain: bool) -> float:
    """Return the seconds of CPU that one batch takes."""
    started = time.process_time()
    predictor.predict(rows, explain=explain)
    return time.process_time() - started


def section(found: dict[str, list[tuple[float, float]]], turns: int) -> Iterator[str]:
    """Say what was measured and write the table."""
    yield "## What reasons cost\n"
    yield f"{ROWS} rows of blibli in one batch, seconds of CPU on one core, medians of {turns} turns without and with"
    yield "reasons; their words were met before, as most are in a large table. *On top* is the median over turns, and"
    yield f"the middle half of them; asked is {MOST:.0%} at most.\n"
    yield table_head("model", ("without", "with", "on top", "middle half of the turns"))
    for name, pairs in found.items():
        without, with_reasons = (statistics.median(column) for column in zip(*pairs, strict=True))
        on_top = [b / a - 1.0 for a, b in pairs]
        middle = statistics.median(on_top)
        verdict = "kept" if middle <= MOST else "missed"
        low, _, high = statistics.quantiles(on_top)
        ends = f"{low:.0%} to {high:.0%}"
        yield f"| {name} | {without:.3f} | {with_reasons:.3f} | {middle:.0%}, {verdict} | {ends} |"


if __name__ == "__main__":
    main()
