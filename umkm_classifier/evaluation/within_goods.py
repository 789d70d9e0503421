"""How well a score tells imported from local *within* one good.

A model may look good by knowing that phone cases are imported and batik is not. That helps nobody who asks which batik
is imported, so pairs of the same good are compared, never of 'other' and never of one shop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from umkm_classifier.evaluation.bootstrap import FloatArray, IntArray, Weights, once
from umkm_classifier.evaluation.judged import Judged
from umkm_classifier.evaluation.ranking import GroupedPairs
from umkm_classifier.listings.goods import OTHER, STORY_GOODS
from umkm_classifier.listings.listing import ObjectArray

MIN_SHOPS = 5  # of each class; an AUC from fewer is noise
MIN_GOODS = 3  # a mean over fewer says nothing about goods in general


class WithinGoods:
    """Macro mean over goods, and all pairs pooled: figures of shape (2, b).

    Parameters
    ----------
    judged : Judged
    score : float64 array of shape (n,)
        Finite; the higher, the more imported.

    Notes
    -----
    Which goods are well enough covered is decided once, by the shops there are. In a redraw the mean is over those of
    them that still have a pair, and undefined when fewer than three do.
    """

    def __init__(self, judged: Judged, score: FloatArray) -> None:
        self.names, groups = number_goods(judged.goods)
        self._pairs = GroupedPairs(score, judged.is_imported, groups, len(self.names), judged.shops)
        self.covered = np.asarray([is_covered(judged, groups == at) for at in range(len(self.names))], dtype=bool)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return the macro mean and the pooled share of rightly ordered pairs, shape (2, b)."""
        right, pairs = self._pairs.count(weights)
        missing = np.full(weights.rows.shape[1], np.nan)
        has_pair = pairs[self.covered] > 0
        auc = np.divide(right[self.covered], pairs[self.covered], out=np.zeros_like(has_pair, float), where=has_pair)
        n_goods = has_pair.sum(axis=0)
        macro = np.divide(auc.sum(axis=0), n_goods, out=missing.copy(), where=n_goods >= MIN_GOODS)
        all_pairs = pairs.sum(axis=0)
        pooled = np.divide(right.sum(axis=0), all_pairs, out=missing, where=all_pairs > 0)
        return np.stack([macro, pooled])

    def reasons(self, judged: Judged) -> dict[str, str]:
        """Return why either figure is undefined, for the case that it is."""
        n = int(self.covered.sum())
        few = (
            f"{n} {'good has' if n == 1 else 'goods have'} at least {MIN_SHOPS} shops of each class; "
            f"at least {MIN_GOODS} such goods are needed"
        )
        none = "no imported and local listing of the same good stand in different shops"
        one_class = judged.why_one_class
        return {"roc_auc_within_goods": one_class or few, "roc_auc_within_goods_pooled": one_class or none}

    def largest(self, judged: Judged) -> dict[str, Any] | None:
        """Return the good with most pairs and its share of them; None when there is no pair."""
        pairs = self._pairs.count(once(judged.shops))[1][:, 0]
        if not pairs.sum():
            return None
        at = int(pairs.argmax())
        return {"good": self.names[at], "n_pairs": int(pairs[at]), "share_of_pairs": float(pairs[at] / pairs.sum())}


def number_goods(goods: ObjectArray) -> tuple[list[str], IntArray]:
    """Return the names of the goods that occur, sorted, and the number of each row's good; -1 for 'other'."""
    names = sorted(set(goods) - {OTHER})
    numbers = {name: at for at, name in enumerate(names)} | {OTHER: -1}
    return names, np.asarray([numbers[good] for good in goods], dtype=np.int64)


def number_story_goods(goods: ObjectArray) -> IntArray:
    """Return the number of each row's good among ``STORY_GOODS``, shape (n,); -1 for all other goods."""
    numbers = {good: at for at, parts in enumerate(STORY_GOODS.values()) for good in parts}
    return np.asarray([numbers.get(good, -1) for good in goods], dtype=np.int64)


def is_covered(judged: Judged, among: Any) -> bool:
    """Whether some rows, a bool array of shape (n,), come from enough shops of each class for an AUC."""
    return min(judged.shops_of(False, among), judged.shops_of(True, among)) >= MIN_SHOPS


def why_not_covered(judged: Judged, among: Any) -> str:
    """Say how many shops of each class there are, for a group that has too few."""
    n_local, n_imported = judged.shops_of(False, among), judged.shops_of(True, among)
    return f"local shops: {n_local}, imported: {n_imported}; at least {MIN_SHOPS} of each are needed"
