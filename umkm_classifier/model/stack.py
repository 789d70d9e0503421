"""Learning the fusion from out-of-fold log-odds, and fusing each row by a fusion that did not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.config import TrainConfig
from umkm_classifier.listings import split
from umkm_classifier.model.cues_weight import CuesWeight
from umkm_classifier.model.folds import OutOfFold, Rows
from umkm_classifier.signals.signal import FloatArray


@dataclass(frozen=True, slots=True)
class Stack:
    """What a fusion is learned from.

    Parameters
    ----------
    rows : Rows
    scores : OutOfFold
    cues : CuesWeight
        Which column is held to a weight.
    config : TrainConfig
    is_labelled : array of bool, shape (n,)
        Whether labels of both classes are known of a row's family of goods.
    prior : array of float64, shape (n_others,), or None
        Weights that the views beside the cues are pulled to; None: the best one's alone.
    """

    rows: Rows
    scores: OutOfFold
    cues: CuesWeight
    config: TrainConfig
    is_labelled: NDArray[np.bool_]
    prior: FloatArray | None = None

    def fit(self, train: Any, pull: float | None = None) -> Any:
        """Learn weights from the rows ``train``, as given and with fields emptied.

        Returns
        -------
        FusionClassifier
            Of columns as ``CuesWeight.spread`` returns them.
        """
        from umkm_classifier.model.fusion_estimator import FusionClassifier

        prior, config = self.cues.prior(self.prior), self.config
        estimator = FusionClassifier(
            config.fusion_dropout, config.folds, prior, self.cues.floor(), pull=pull, seed=config.seed
        )
        times = 1 + len(self.scores.emptied)
        y, group, source = (np.tile(of[train], times) for of in (self.rows.y, self.rows.group, self.rows.source))
        columns = self.cues.spread(self.scores.stacked(train), source)
        return estimator.fit(columns, y, group, source, n_sources=len(self.rows.sources))

    def cross_fused(self, names: Sequence[str], pull: float, n_folds: int) -> FloatArray:
        """Return fused log-odds, shape (n,), of weights that did not see the row, with a pull already chosen.

        Parameters
        ----------
        names : sequence of str, length k
            Views.
        pull : float
        n_folds : int
        """
        rows, fused = self.rows, np.empty(len(self.rows.y))
        columns = np.nan_to_num(self.scores.given)
        for train, test in split.folds(rows.y, rows.group, n_folds, self.config.seed + 1):
            fitted = self.fit(train, pull)
            for source in np.unique(rows.source[test]):
                at = test[rows.source[test] == source]
                weights = self.cues.of_views(fitted.weights_, int(source))
                elsewhere = self.cues.elsewhere(names, weights)
                weighed = columns[at] * np.where(self.is_labelled[at, None], weights, elsewhere)
                fused[at] = weighed.sum(axis=1) + fitted.intercepts_[source]
        return fused
