"""Labels: from what people type to ``local`` and ``imported``, and what training refuses.

A label that is not understood is never dropped in silence: its row would count as unlabelled, and a table in which half
the sellers typed 'lokal.' would teach the other half.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from umkm_classifier.errors import LabelError, show_ten
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.text import clean

UNKNOWN = "label_unknown"

_ALIASES = {
    "local": "local", "lokal": "local", "produk lokal": "local", "local product": "local", "dalam negeri": "local",
    "imported": "imported", "import": "imported", "impor": "imported", "imported resale": "imported",
    "import resale": "imported", "impor resale": "imported", "produk impor": "imported", "produk import": "imported",
    "luar negeri": "imported",
}  # fmt: skip
_EXPECTED = "expected 'local' or 'imported', found "
_MAX_SHOWN = 30  # a longer cell is no label but another column's text, and that is never shown
# Columns in which two rows must agree to be the same row typed twice.
_IDENTITY = ("title", "description", "shop_id", "shop_name", "brand", "category")


def read_label(value: object) -> tuple[str, str]:
    """Return the label that a cell holds, and what was found if it is none.

    Returns
    -------
    label : {'local', 'imported', ''}
        ``''`` for an empty cell, and for one that is not understood.
    unknown : str
        What to show of a cell that is not understood; ``''`` otherwise.
    """
    text, codes = clean(value, 1_000)
    if codes and not text:
        return "", f"a {type(value).__name__}"
    if not text:
        return "", ""
    label = _ALIASES.get(_folded(text), "")
    if label:
        return label, ""
    return "", repr(text) if len(text) <= _MAX_SHOWN else f"a text of {len(text)} characters"


def unknown_label(row: int, found: str) -> Reject:
    """Return the record of a label that was not understood; ``check_labels`` reads what was found from it."""
    return Reject(row, "label", UNKNOWN, _EXPECTED + found)


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text).strip(" .!'\"").lower()


def check_labels(listings: Listings, rejects: Sequence[Reject], *, both_classes: bool = True) -> None:
    """Refuse labels that nothing can be learned from.

    Parameters
    ----------
    listings : Listings
        The table to learn from. Rows without a label are allowed beside labelled ones.
    rejects : sequence of Reject
        What reading it found.
    both_classes : bool
        False lets one class alone pass: a model can be judged on it, though not learned from it.

    Raises
    ------
    LabelError
        If a label is neither local nor imported, if there is no label at all, or if only one class is labelled.
    """
    problems = _unknown_labels(rejects)
    if problems:
        raise LabelError(
            show_ten(problems) + "\nCorrect these cells (rows are counted from 0), or empty them to leave their rows "
            "without a label."
        )
    counts = Counter(listings.column("label")[~listings.rejected])
    if not counts["local"] and not counts["imported"]:
        n_lost = int(np.count_nonzero(listings.has_label))
        lost = f" ({n_lost} labelled rows hold no text and no photo)" if n_lost else ""
        raise LabelError(
            f"label: {_EXPECTED}no label in {len(listings)} rows{lost}. "
            "Fill the column 'label', or map another column to it."
        )
    for missing, present in (("local", "imported"), ("imported", "local")):
        if both_classes and not counts[missing]:
            raise LabelError(
                f"label: rows of both classes expected, found {counts[present]} '{present}' and 0 '{missing}' "
                f"({counts['']} without a label). Add rows that are '{missing}': one class alone cannot be learned."
            )


def _unknown_labels(rejects: Sequence[Reject]) -> list[str]:
    """Describe each label that was not understood once, the most frequent first."""
    rows: dict[str, list[int]] = defaultdict(list)
    for reject in rejects:
        if reject.code == UNKNOWN:
            rows[reject.message.removeprefix(_EXPECTED)].append(reject.row)
    problems = []
    for found, at in sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])):
        near = difflib.get_close_matches(_folded(found.strip("'\"")), _ALIASES, n=1, cutoff=0.7)
        hint = f" Did you mean '{_ALIASES[near[0]]}'?" if near else ""
        where = f"row {at[0]}" if len(at) == 1 else f"{len(at)} rows, the first is row {at[0]}"
        problems.append(f"label: {_EXPECTED}{found} ({where}).{hint}")
    return problems


def merge_duplicates(listings: Listings) -> Listings:
    """Return the table with each row that stands in it more than once kept once, for training.

    Rows are the same when their id and their texts are. The first is kept; if only a later one is labelled, that one.
    Rows that share an id and differ in their texts are different listings, and all stay.

    Raises
    ------
    LabelError
        If rows of one id have different labels.
    """
    by_id: dict[str, list[int]] = defaultdict(list)
    for row, listing_id in enumerate(listings.column("id")):
        by_id[listing_id].append(row)
    label = listings.column("label")
    problems, dropped = [], []
    for listing_id, rows in by_id.items():
        if len(rows) == 1:
            continue
        found = [f"'{label[row]}' in row {row}" for row in rows if label[row]]
        if len({label[row] for row in rows} - {""}) > 1:
            problems.append(f"id {_shown(listing_id)}: one label expected, found {', '.join(found[:5])}.")
        dropped += _repeated(listings, rows)
    if problems:
        raise LabelError(
            show_ten(problems) + "\nDecide on one label for each id (rows are counted from 0), or give different "
            "listings different ids."
        )
    return listings.take(np.setdiff1d(np.arange(len(listings)), dropped)) if dropped else listings


def _repeated(listings: Listings, rows: Sequence[int]) -> list[int]:
    """Return the rows that say what another one says, all but the one to keep."""
    same: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for row in rows:
        same[(*(listings.column(name)[row] for name in _IDENTITY), repr(listings.price_idr[row]))].append(row)
    label = listings.column("label")
    dropped: list[int] = []
    for group in same.values():
        keep = next((row for row in group if label[row]), group[0])
        dropped += [row for row in group if row != keep]
    return dropped


def _shown(listing_id: str) -> str:
    return repr(listing_id if len(listing_id) <= _MAX_SHOWN else listing_id[:_MAX_SHOWN] + "…")


def contradictions(listings: Listings) -> list[tuple[str, ...]]:
    """Return the listings that read the same and are labelled differently: one label is likely wrong.

    Titles and descriptions are compared as signals read them, but for case. Rows without a label, rejected rows and
    rows without text are left out. This is a warning, not an error: two shops can sell one text with another product.

    Returns
    -------
    list of tuple of str
        The ids of each such group, in the order of the table; no group is empty, and none holds one label only.
    """
    label = listings.column("label")
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, text in enumerate(zip(listings.column("title"), listings.column("description"), strict=True)):
        if label[row] and any(text) and not listings.rejected[row]:
            rows[text[0].lower(), text[1].lower()].append(row)
    groups = (group for group in rows.values() if len({label[row] for row in group}) > 1)
    return [tuple(dict.fromkeys(listings.column("id")[row] for row in group)) for group in groups]
