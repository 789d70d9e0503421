"""The weight of ``cues`` in the fusion: 1 unless labels say more or less, never below a floor, for each label source.

Labelled sets are mostly goods that the cues say little about, so a weight learned from them alone would fall to almost
nothing (on blibli to 0.1), and with it all that is known about goods of which no label exists. And of a good whose
labels are all of one class the other views have learned its name, not where it was made: there they count half, and the
cues fully.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.cues import CuesView
from umkm_classifier.signals.signal import FloatArray, IntArray
from umkm_classifier.signals.writing import WritingView

BASE = "base.model"  # name of a whole model as one view of another
WEIGHT = 1.0
FLOOR = 0.5
LEARNED_ELSEWHERE = 0.5  # of the weight of a view that learned from labels, in goods without labels of both classes
AS_THEY_ARE = (BASE, BenefitView.name, WritingView.name)


@dataclass(frozen=True, slots=True)
class CuesWeight:
    """Gives the cues a column for each label source while the fusion learns, and finds the weights back.

    Parameters
    ----------
    at : int or None
        Column of the cues among the views; None where a model has none.
    n_views : int
    n_sources : int
    base : (float, float)
        Weights that the cues have in the fused log-odds of a model that is adapted: in goods that labels of both
        classes are known of, and elsewhere.
    slope : float
        Weight that such a model is pulled to.
    """

    at: int | None
    n_views: int
    n_sources: int
    base: tuple[float, float] = (0.0, 0.0)
    slope: float = 0.0

    @property
    def n_others(self) -> int:
        """Number of views beside the cues."""
        return self.n_views - (self.at is not None)

    def spread(self, columns: FloatArray, source: IntArray) -> FloatArray:
        """Return log-odds (n, k) with the cues moved to the end, a column for each source, NaN in rows of others."""
        if self.at is None:
            return columns
        of_cues = np.where(source[:, None] == np.arange(self.n_sources), columns[:, [self.at]], np.nan)
        return np.hstack([np.delete(columns, self.at, axis=1), of_cues])

    def prior(self, others: FloatArray | None) -> FloatArray | None:
        """Return the weights to be pulled to, for spread columns; NaN where the labels choose.

        Parameters
        ----------
        others : array of float64, shape (n_others,), or None
            Those of the other views.
        """
        if self.at is None:
            return others
        free = np.full(self.n_others, np.nan) if others is None else others
        return np.append(free, np.full(self.n_sources, max(WEIGHT - self.slope * self.base[0], 0.0)))

    def floor(self) -> FloatArray:
        """Return the least weights, for spread columns."""
        of_cues = 0 if self.at is None else self.n_sources
        return np.append(np.zeros(self.n_others), np.full(of_cues, max(FLOOR - self.slope * self.base[0], 0.0)))

    def of_views(self, weights: FloatArray, source: int) -> FloatArray:
        """Return a weight for each view, shape (k,), from those of spread columns: the cues' is that of a source.

        Where a base was weighed less than it was pulled to, the cues make up for what they lose with it.
        """
        if self.at is None:
            return weights
        own = max(float(self._of(weights)[source]), FLOOR - float(weights[0]) * self.base[0])
        return np.insert(weights[: self.n_others], self.at, own)

    def by_source(self, weights: FloatArray, sources: Sequence[str]) -> dict[str, float]:
        """Return the weight of the cues for each label source, from weights of spread columns."""
        return {} if self.at is None else dict(zip(sources, self._of(weights).tolist(), strict=True))

    def elsewhere(self, names: Sequence[str], weights: FloatArray) -> FloatArray:
        """Return the weights, shape (k,), in goods that labels of both classes are not known of.

        Parameters
        ----------
        names : sequence of str, length k
            Views. A base keeps its weight, since it makes that difference itself; so does what is given back for empty
            fields, and what is written on photos.
        weights : array of float64, shape (k,)
            In all other goods. They are all kept where there are no cues to take over.
        """
        if self.at is None:
            return weights
        kept = np.asarray([name in AS_THEY_ARE for name in names], dtype=bool)
        others = np.where(kept, weights, LEARNED_ELSEWHERE * weights)
        others[self.at] = max(float(weights[self.at]), WEIGHT - float(weights[0]) * self.base[1])
        return others

    def _of(self, weights: FloatArray) -> FloatArray:
        return weights[self.n_others :]


def cues_weight(
    names: Sequence[str], n_sources: int, base: tuple[float, float] = (0.0, 0.0), slope: float = 0.0
) -> CuesWeight:
    """Find the cues among the views of a model; a base is the first of them."""
    at = names.index(CuesView.name) if CuesView.name in names else None
    return CuesWeight(at, len(names), n_sources, base, slope)
