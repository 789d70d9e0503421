"""The figures of one set of probabilities: ranking, within goods, and as probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from umkm_classifier.evaluation.bootstrap import FloatArray, Redrawn, Statistic, figure
from umkm_classifier.evaluation.judged import Judged
from umkm_classifier.evaluation.probabilities import Probabilities, confusion, reliability
from umkm_classifier.evaluation.ranking import Ranking, curves
from umkm_classifier.evaluation.within_goods import WithinGoods

RANKING = ("roc_auc", "average_precision")
WITHIN_GOODS = ("roc_auc_within_goods", "roc_auc_within_goods_pooled")
KEYS = (*RANKING, *WITHIN_GOODS, *Probabilities.NAMES)


class Quality:
    """Figures of probabilities on the judged rows.

    Parameters
    ----------
    judged : Judged
    p_imported : float64 array of shape (n,)
        Finite, in [0, 1].
    keys : tuple of str, optional
        Only what gives these is computed.
    name : str
        Set before the names of the statistics, so that several qualities can share the redraws.
    """

    def __init__(
        self, judged: Judged, p_imported: FloatArray, keys: tuple[str, ...] = KEYS, name: str = "quality"
    ) -> None:
        self._judged, self._p, self._name = judged, p_imported, name
        self._where: dict[str, tuple[str, int]] = {}
        self._within = WithinGoods(judged, p_imported)
        self._probabilities = Probabilities(p_imported, judged.is_imported)
        parts: tuple[tuple[str, tuple[str, ...], Statistic], ...] = (
            ("ranking", RANKING, Ranking(p_imported, judged.is_imported)),
            ("within goods", WITHIN_GOODS, self._within),
            ("probabilities", Probabilities.NAMES, self._probabilities),
        )
        self.statistics: dict[str, Statistic] = {}
        for part, names, statistic in parts:
            if set(names) & set(keys):
                self.statistics[f"{name}: {part}"] = statistic
                self._where.update({key: (f"{name}: {part}", at) for at, key in enumerate(names)})

    def drawn(self, key: str, redrawn: Mapping[str, Redrawn]) -> tuple[float, FloatArray]:
        """Return one figure as it is, and in every redraw."""
        statistic, at = self._where[key]
        return float(redrawn[statistic].value[at]), redrawn[statistic].draws[at]

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        """Return every figure with its interval, or None with the reason."""
        judged = self._judged
        reasons = self._within.reasons(judged)
        found: dict[str, Any] = {}
        for key in self._where:
            value, draws = self.drawn(key, redrawn)
            found |= figure(key, value, draws, reasons.get(key, judged.why_one_class), judged.n_shops)
        return found

    def details(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        """Return what goes with the figures: largest good, bins, counts at 0.5, curves."""
        judged = self._judged
        largest = self._within.largest(judged)
        no_curve = {"roc": None, "precision_recall": None, "roc_reason": judged.why_one_class}
        no_pair = self._within.reasons(judged)["roc_auc_within_goods_pooled"]
        return {
            "within_goods_largest": largest,
            **({} if largest else {"within_goods_largest_reason": no_pair}),
            "n_goods_within": int(self._within.covered.sum()),
            "reliability": self._reliability(redrawn),
            "confusion": confusion(self._p, judged.is_imported),
            "curves": no_curve if judged.why_one_class else curves(self._p, judged.is_imported),
        }

    def _reliability(self, redrawn: Mapping[str, Redrawn]) -> list[dict[str, Any]]:
        judged, in_bins = self._judged, redrawn[f"{self._name}: probabilities"]
        first = len(Probabilities.NAMES)
        bins = reliability(self._p, judged.is_imported, self._probabilities.bins)
        shares = zip(bins, in_bins.value[first:], in_bins.draws[first:], strict=True)
        return [
            described | figure("share_imported", share, draws, "", judged.n_shops) for described, share, draws in shares
        ]
