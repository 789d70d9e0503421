"""Which rows of a table are judged: labelled, not rejected, with a probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from umkm_classifier.errors import UsageError, show_ten
from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, IntArray, count_shops
from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings, ObjectArray

DECISIONS = ("local", "imported", "review")


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows that are judged, n of them.

    Parameters
    ----------
    listings : Listings
    rows : int64 array of shape (n,)
        Where they stand in the table that was given.
    p_imported : float64 array of shape (n,)
        In [0, 1].
    is_imported : bool array of shape (n,)
    shops : int64 array of shape (n,)
        Shops numbered from 0; a row without ``shop_id`` is a shop of its own.
    goods : object array of shape (n,)
        ``'other'`` when unsure.
    n_rejected : int
        Rows that were rejected, or that are labelled and got no finite probability.
    n_unlabelled : int
        Rows that were not rejected and have no label. The three counts add up to the table.
    """

    listings: Listings
    rows: IntArray
    p_imported: FloatArray
    is_imported: BoolArray
    shops: IntArray
    goods: ObjectArray
    n_rejected: int
    n_unlabelled: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_shops(self) -> int:
        """Number of shops behind the judged rows."""
        return count_shops(self.shops)

    def shops_of(self, imported: bool, among: BoolArray | None = None) -> int:
        """Count shops with at least one imported (or local) listing among some rows, a bool array of shape (n,)."""
        chosen = self.is_imported == imported
        return count_shops(self.shops[chosen if among is None else chosen & among])

    @property
    def why_one_class(self) -> str:
        """Why nothing that compares the classes can be computed; '' when it can."""
        n, n_imported = len(self), int(self.is_imported.sum())
        if not n:
            return "no labelled listing has a score"
        if 0 < n_imported < n:
            return ""
        only = "imported" if n_imported else "local"
        return f"every labelled listing is '{only}' ({n:,}); both classes are needed"


def judge(listings: Listings, probabilities: Mapping[str, ArrayLike]) -> Judged:
    """Choose the rows that are judged.

    Parameters
    ----------
    listings : Listings
        N rows.
    probabilities : mapping of str to array of float, shape (N,)
        NaN (or None) where a row got no probability. The first is what is judged; a row counts when all have one.

    Returns
    -------
    Judged

    Raises
    ------
    UsageError
        If an array does not have one value a row, or a probability lies outside [0, 1].
    """
    checked = list(_check_probabilities(probabilities, len(listings)).values())
    has_p = np.all([np.isfinite(p) for p in checked], axis=0)
    labelled, rejected = listings.has_label, listings.rejected
    rows = np.flatnonzero(labelled & ~rejected & has_p)
    chosen = listings.take(rows)
    return Judged(
        listings=chosen,
        rows=rows,
        p_imported=checked[0][rows],
        is_imported=chosen.is_imported.astype(bool),
        shops=_number_shops(chosen.column("shop_id")),
        goods=goods_of(chosen),
        n_rejected=int((rejected | (labelled & ~has_p)).sum()),
        n_unlabelled=int((~rejected & ~labelled).sum()),
    )


def _number_shops(shop_ids: ObjectArray) -> IntArray:
    numbers: dict[object, int] = {}
    keys = ((shop, "") if shop else (row, "row") for row, shop in enumerate(shop_ids))
    return np.asarray([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _check_probabilities(given: Mapping[str, ArrayLike], n: int) -> dict[str, FloatArray]:
    problems = []
    checked = {}
    for name, values in given.items():
        array = np.asarray(values, dtype=np.float64)
        checked[name] = array
        outside = (array < 0) | (array > 1)
        if array.shape != (n,):
            problems.append(_wrong_shape(name, array.shape, n))
        elif outside.any():
            row = int(np.flatnonzero(outside)[0])
            problems.append(
                f"evaluation: {name} must lie in [0, 1]. Got {array[row]:g} in row {row} ({int(outside.sum())} such "
                "rows). Give probabilities of 'imported', not log-odds."
            )
    if problems:
        raise UsageError(show_ten(problems))
    return checked


def check_log_odds(given: Mapping[str, ArrayLike], n: int) -> dict[str, FloatArray]:
    """Return arrays of log-odds, one value a row, NaN where silent; raise UsageError for all faults at once."""
    checked = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
    problems = []
    for name, array in checked.items():
        if array.shape != (n,):
            problems.append(_wrong_shape(f"log_odds['{name}']", array.shape, n))
        elif np.isinf(array).any():
            problems.append(
                f"evaluation: log_odds['{name}'] must be finite, or NaN where the signal is silent. Got "
                f"{int(np.isinf(array).sum())} infinite values. Clip them where they are made."
            )
    if problems:
        raise UsageError(show_ten(problems))
    return checked


def check_decisions(decisions: ObjectArray, judged: Judged, n: int) -> ObjectArray:
    """Return the decisions of the judged rows, shape (n_judged,); raise UsageError for another shape or word."""
    array = np.asarray(decisions, dtype=object)
    if array.shape != (n,):
        raise UsageError(_wrong_shape("decisions", array.shape, n))
    chosen = array[judged.rows]
    wrong = [row for row, decision in zip(judged.rows, chosen, strict=True) if decision not in DECISIONS]
    if wrong:
        raise UsageError(
            f"evaluation: decisions must be 'local', 'imported' or 'review'. Got {array[wrong[0]]!r} in row {wrong[0]} "
            f"({len(wrong)} such rows). Give the decision of every scored row."
        )
    return chosen


def _wrong_shape(name: str, shape: tuple[int, ...], n: int) -> str:
    return (
        f"evaluation: {name} must have one value a listing, shape ({n},). Got shape {shape} instead. "
        "Give the scores of this very table, in its order."
    )
