"""What decisions do to sellers: whose listings are flagged, and what passes.

A shop with 200 listings must not hide what happens to 50 shops with one each, so what a decision does to sellers is the
mean over shops of the share of a shop's listings.
"""

from __future__ import annotations

import numpy as np

from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, IntArray, Weights, count_shops
from umkm_classifier.listings.listing import ObjectArray


class ShopShare:
    """Mean over shops of the share of a shop's listings to which something happens, group by group: (n_groups, b).

    Parameters
    ----------
    happens, among : bool arrays of shape (n,)
        What is counted, and the listings that it is a share of; shops with none of those do not count.
    shops : int64 array of shape (n,)
    groups : int64 array of shape (n,), optional
        From 0 to ``n_groups`` - 1; rows with a negative number do not count. Without it all rows are one group.
    n_groups : int

    Notes
    -----
    NaN in a group without such listings.
    """

    def __init__(
        self,
        happens: BoolArray,
        among: BoolArray,
        shops: IntArray,
        groups: IntArray | None = None,
        n_groups: int = 1,
    ) -> None:
        n_shops = count_shops(shops)
        group = np.zeros(len(shops), dtype=np.int64) if groups is None else groups
        rows = np.flatnonzero(among & (group >= 0))
        cell = group[rows] * n_shops + shops[rows]
        counted = np.bincount(cell, minlength=n_groups * n_shops)
        happened = np.bincount(cell[happens[rows]], minlength=n_groups * n_shops)
        share = happened / np.maximum(counted, 1)
        self._share = share.reshape(n_groups, n_shops)
        self._has_any = (counted > 0).astype(np.float64).reshape(n_groups, n_shops)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return the mean share of every group, shape (n_groups, b)."""
        n_shops = self._has_any @ weights.shops
        mean = np.divide(self._share @ weights.shops, n_shops, out=np.full_like(n_shops, np.nan), where=n_shops > 0)
        return np.minimum(mean, 1.0)  # a sum of ones in another order may end an ulp above


class Decided:
    """What the decisions do: figures of shape (4, b) under the names of ``NAMES``.

    Parameters
    ----------
    decisions : object array of shape (n,)
        ``'local'``, ``'imported'`` or ``'review'``.
    is_imported : bool array of shape (n,)
    shops : int64 array of shape (n,)

    Notes
    -----
    ``review_rate``: share of listings decided review. ``local_flagged_rate``: mean over shops of the share of a shop's
    local listings decided imported. ``imported_passed_rate``: mean over shops of the share of a shop's imported
    listings decided local. ``imported_caught_rate``: share of imported listings decided imported, each counting once.
    """

    NAMES = ("review_rate", "local_flagged_rate", "imported_passed_rate", "imported_caught_rate")

    def __init__(self, decisions: ObjectArray, is_imported: BoolArray, shops: IntArray) -> None:
        flagged, passed = decisions == "imported", decisions == "local"
        self._flagged = ShopShare(flagged, ~is_imported, shops)
        self._passed = ShopShare(passed, is_imported, shops)
        everything = np.ones(len(decisions), dtype=bool)
        self._sums = np.stack([decisions == "review", everything, flagged & is_imported, is_imported]).astype(float)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return figures of shape (4, b)."""
        review, n, caught, n_imported = self._sums @ weights.rows
        review_rate = np.divide(review, n, out=np.full_like(n, np.nan), where=n > 0)
        caught_rate = np.divide(caught, n_imported, out=np.full_like(n, np.nan), where=n_imported > 0)
        return np.concatenate([[review_rate], self._flagged(weights), self._passed(weights), [caught_rate]])
