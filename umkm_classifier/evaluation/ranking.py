"""How well a score puts imported listings above local ones: ROC AUC, average precision, and their curves.

A score is sorted once; equal scores share a step. With weights a step holds the weight of its imported and of its local
rows, and every figure follows from running sums over the steps.
"""

from __future__ import annotations

import numpy as np

from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, IntArray, Weights, once

CURVE_POINTS = 200  # more than a screen shows


class Ranking:
    """ROC AUC and average precision of one score, figures of shape (2, b).

    Parameters
    ----------
    score : float64 array of shape (n,)
        The higher, the more imported; rows where it is NaN do not count.
    is_imported : bool array of shape (n,)

    Notes
    -----
    Average precision is the step-wise area that scikit-learn computes. Both are NaN when a class has no weight.
    """

    def __init__(self, score: FloatArray, is_imported: BoolArray) -> None:
        spoken = np.flatnonzero(np.isfinite(score))
        self._rows = spoken[np.argsort(score[spoken], kind="stable")]
        self._is_imported = is_imported[self._rows].astype(np.float64)[:, None]  # (m, 1)
        ordered = score[self._rows]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, int)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return AUC and average precision, shape (2, b)."""
        if not len(self._rows):
            return np.full((2, weights.rows.shape[1]), np.nan)
        imported, local = self.steps(weights)
        n_imported, n_local = imported.sum(axis=0), local.sum(axis=0)
        local_up_to = np.cumsum(local, axis=0)
        pairs = np.einsum("tb,tb->b", imported, local_up_to - 0.5 * local)
        imported_from = n_imported - np.cumsum(imported, axis=0) + imported
        drawn_from = imported_from + (n_local - local_up_to + local)
        precision = imported_from / np.maximum(drawn_from, 1e-300)  # a step without weight adds nothing
        area = np.einsum("tb,tb->b", imported, precision)
        both = (n_imported > 0) & (n_local > 0)
        return np.stack(
            [
                np.divide(pairs, n_imported * n_local, out=np.full(len(both), np.nan), where=both),
                np.divide(area, n_imported, out=np.full(len(both), np.nan), where=both),
            ]
        )

    def steps(self, weights: Weights) -> tuple[FloatArray, FloatArray]:
        """Return the weight of imported and of local rows at each step, lowest score first, each (steps, b)."""
        drawn = weights.rows[self._rows]  # (m, b)
        imported = drawn * self._is_imported
        if len(self._starts) < len(self._rows):
            drawn = np.add.reduceat(drawn, self._starts, axis=0)
            imported = np.add.reduceat(imported, self._starts, axis=0)
        return imported, drawn - imported


class GroupedPairs:
    """Pairs of an imported and a local listing of the same group, and how many are in the right order.

    Parameters
    ----------
    score : float64 array of shape (n,)
    is_imported : bool array of shape (n,)
    groups : int64 array of shape (n,)
        From 0 to ``n_groups`` - 1; rows with a negative number do not count.
    n_groups : int
    shops : int64 array of shape (n,), optional
        If given, pairs of one shop do not count.

    Notes
    -----
    A shop drawn twice stays one shop: its pairs are taken off with the square of its weight.
    """

    def __init__(
        self, score: FloatArray, is_imported: BoolArray, groups: IntArray, n_groups: int, shops: IntArray | None = None
    ) -> None:
        rows = np.flatnonzero(groups >= 0)
        self._n_groups = n_groups
        self._rows = rows[np.lexsort((score[rows], groups[rows]))]
        self._is_imported = is_imported[self._rows].astype(np.float64)[:, None]
        ordered, group = score[self._rows], groups[self._rows]
        new_group = np.r_[True, group[1:] != group[:-1]][: len(group)]
        new_step = new_group | np.r_[True, ordered[1:] != ordered[:-1]][: len(group)]
        self._steps = np.flatnonzero(new_step)
        self._groups = np.flatnonzero(new_group[self._steps])  # the first step of each group that has rows
        self._found = group[self._steps][self._groups]
        self._own: tuple[IntArray, FloatArray, FloatArray] | None = None
        if shops is not None:
            self._own = _pairs_of_one_shop(score, is_imported, groups, n_groups, shops)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return the AUC of every group, shape (n_groups, b); NaN where a group has no pair."""
        right, pairs = self.count(weights)
        return np.divide(right, pairs, out=np.full_like(pairs, np.nan), where=pairs > 0)

    def count(self, weights: Weights) -> tuple[FloatArray, FloatArray]:
        """Return the weight of rightly ordered pairs (ties half) and of all pairs, each (n_groups, b)."""
        right = np.zeros((self._n_groups, weights.rows.shape[1]))
        pairs = np.zeros_like(right)
        if not len(self._rows):
            return right, pairs
        drawn = weights.rows[self._rows]
        imported = drawn * self._is_imported
        if len(self._steps) < len(self._rows):
            drawn = np.add.reduceat(drawn, self._steps, axis=0)
            imported = np.add.reduceat(imported, self._steps, axis=0)
        local = drawn - imported
        local_up_to = np.cumsum(local, axis=0)
        local_before = (local_up_to - local)[self._groups]  # of the groups before
        n_imported = np.add.reduceat(imported, self._groups, axis=0)
        n_local = np.add.reduceat(local, self._groups, axis=0)
        local_up_to -= 0.5 * local
        ordered = np.add.reduceat(imported * local_up_to, self._groups, axis=0)
        right[self._found] = ordered - local_before * n_imported
        pairs[self._found] = n_imported * n_local
        if self._own is not None:
            shops, own_right, own_pairs = self._own
            squared = weights.shops[shops] ** 2
            right -= own_right @ squared
            pairs -= own_pairs @ squared
        return right, pairs


def _pairs_of_one_shop(
    score: FloatArray, is_imported: BoolArray, groups: IntArray, n_groups: int, shops: IntArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Count the pairs within each shop that sells both: its number (k,), right and all pairs, each (n_groups, k)."""
    counted = groups >= 0
    mixed = np.intersect1d(shops[counted & is_imported], shops[counted & ~is_imported])
    right, pairs = np.zeros((n_groups, len(mixed))), np.zeros((n_groups, len(mixed)))
    for at, shop in enumerate(mixed):
        own = np.flatnonzero(counted & (shops == shop))
        for group in np.unique(groups[own]):
            rows = own[groups[own] == group]
            imported, local = score[rows[is_imported[rows]]], np.sort(score[rows[~is_imported[rows]]])
            below = np.searchsorted(local, imported, side="left") + np.searchsorted(local, imported, side="right")
            right[group, at] = 0.5 * below.sum()
            pairs[group, at] = len(imported) * len(local)
    return mixed, right, pairs


def curves(score: FloatArray, is_imported: BoolArray) -> dict[str, list[list[float]]]:
    """Return the ROC and the precision-recall curve, thinned for drawing.

    Parameters
    ----------
    score : float64 array of shape (n,)
        Finite.
    is_imported : bool array of shape (n,)
        Both classes.

    Returns
    -------
    dict of str to list of [float, float]
        ``roc``: share of local, share of imported listings at or above a threshold, from (0, 0) to (1, 1).
        ``precision_recall``: share of imported listings found, share of imported among those found.
    """
    weights = once(np.arange(len(score)))
    imported, local = (steps[::-1, 0].cumsum() for steps in Ranking(score, is_imported).steps(weights))
    at = np.unique(np.linspace(0, len(imported) - 1, CURVE_POINTS).round().astype(int))
    found, flagged = imported[at], local[at]
    roc = np.column_stack([np.r_[0.0, flagged / local[-1]], np.r_[0.0, found / imported[-1]]])
    precision_recall = np.column_stack([found / imported[-1], found / (found + flagged)])
    return {"roc": roc.round(5).tolist(), "precision_recall": precision_recall.round(5).tolist()}
