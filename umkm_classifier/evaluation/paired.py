"""Compare two models: is one better, or did the shops just fall that way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from umkm_classifier.errors import UsageError
from umkm_classifier.evaluation.bootstrap import interval, redraw
from umkm_classifier.evaluation.judged import judge
from umkm_classifier.evaluation.quality import KEYS, Quality
from umkm_classifier.listings.listing import Listings


class Difference(NamedTuple):
    """A difference of a figure and the ends of its 95 % interval; None where undefined."""

    difference: float | None
    low: float | None
    high: float | None


def paired_difference(
    listings: Listings, p_a: ArrayLike, p_b: ArrayLike, key: str, *, redraws: int = 1000, seed: int = 0
) -> Difference:
    """Compare two sets of probabilities on the same listings, in the same redraws of shops.

    Parameters
    ----------
    listings : Listings
        N rows; those that are labelled, not rejected and have both probabilities count.
    p_a, p_b : arrays of float, shape (N,)
        Probability of ``imported``; NaN where there is none.
    key : str
        ``roc_auc``, ``average_precision``, ``macro_f1``, ``roc_auc_within_goods`` or any other of ``quality.KEYS``.
    redraws : int
    seed : int

    Returns
    -------
    Difference
        The figure of ``a`` less that of ``b``.

    Raises
    ------
    UsageError
        If there is no such figure, or an array does not fit the table.
    """
    if key not in KEYS:
        raise UsageError(
            f"paired_difference: key must be one of {', '.join(KEYS)}. Got {key!r} instead. Choose one of these."
        )
    judged = judge(listings, {"p_a": p_a, "p_b": p_b})
    a = Quality(judged, judged.p_imported, (key,), name="a")
    b = Quality(judged, np.asarray(p_b, dtype=np.float64)[judged.rows], (key,), name="b")
    redrawn = redraw({**a.statistics, **b.statistics}, judged.shops, redraws, seed)
    (value_a, draws_a), (value_b, draws_b) = a.drawn(key, redrawn), b.drawn(key, redrawn)
    difference = value_a - value_b
    if not np.isfinite(difference):
        return Difference(None, None, None)
    found = interval(draws_a - draws_b, judged.n_shops)
    return Difference(difference, found.low, found.high)
