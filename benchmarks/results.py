"""Where figures are kept: one Markdown file, a part for each benchmark, each replaced as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import Difference
from umkm_classifier.listings.listing import Listings

RESULTS = Path(__file__).with_name("RESULTS.md")


def keep(part: str, text: str, path: Path = RESULTS) -> None:
    """Replace a part of the file, or append it where it is new."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    new = f"{begin}\n{text.strip()}\n{end}\n"
    old = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    if begin in old:
        before, rest = old.split(begin, 1)
        whole = before + new + rest.split(end, 1)[1].lstrip("\n")
    else:
        whole = f"{old.rstrip()}\n\n{new}"
    path.write_text(whole, encoding="utf-8")


def figure(listings: Listings, p: object, key: str = "roc_auc") -> str:
    """Return a figure and its 95 % interval over shops."""
    measured = measure(listings, p)  # type: ignore[arg-type]
    if measured[key] is None:
        return "–"
    ends = measured.get(f"{key}_ci")
    return f"{measured[key]:.3f}" + (f" [{ends[0]:.3f}, {ends[1]:.3f}]" if ends else " (too few shops for an interval)")


def signed(found: Difference) -> str:
    """Write a difference with its interval."""
    value, low, high = found
    return "–" if value is None or low is None or high is None else f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def mean_signed(found: list[Difference]) -> str:
    """Write the mean over seeds of differences and of the ends of their intervals."""
    if any(None in one for one in found):
        return "–"
    value, low, high = (float(np.mean([one[at] for one in found])) for at in range(3))
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def table_head(first: str, heads: tuple[str, ...]) -> str:
    """Head of a Markdown table."""
    return f"| {first} | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads)
