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
from umkm_classifier.model.hand_set import with_hand_set
from umkm_classifier.signals.signal import FloatArray, IntArray


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
    n_learned : int or None
        Views whose weight is learned: the first ones; None: all. See ``hand_set``.
    in_base : float
        Weight of the others in a base's fused log-odds.
    """

    rows: Rows
    scores: OutOfFold
    cues: CuesWeight
    config: TrainConfig
    is_labelled: NDArray[np.bool_]
    prior: FloatArray | None = None
    n_learned: int | None = None
    in_base: float = 0.0

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
        columns = self.cues.spread(self.scores.stacked(train)[:, : self.n_learned], source)
        return estimator.fit(columns, y, group, source, n_sources=len(self.rows.sources))

    def cross_fitted(self, pull: float, n_folds: int) -> list[tuple[IntArray, Any]]:
        """Return the rows of each fold with the fusion that did not see them, a pull already chosen."""
        rows = self.rows
        parts = split.folds(rows.y, rows.group, n_folds, self.config.seed + 1)
        return [(test, self.fit(train, pull)) for train, test in parts]

    def served(self, fitted: Any, source: int) -> FloatArray:
        """Return the weight of each view, shape (k,), as a fusion serves a source, in goods with labels."""
        return with_hand_set(self.cues.of_views(fitted.weights_, source), self.scores.given.shape[1], self.in_base)

    def weights_of(self, fitted: Any, rows: IntArray, names: Sequence[str], source: int) -> tuple[FloatArray, float]:
        """Return the weight of each view in some rows, shape (n, k), and the intercept, as a fusion serves a source."""
        weights = self.served(fitted, source)
        elsewhere = self.cues.elsewhere(names, weights)
        by_row = np.where(self.is_labelled[rows, None], weights, elsewhere)
        return by_row, float(fitted.intercepts_[source])

    def cross_fused(self, names: Sequence[str], folds: Sequence[tuple[IntArray, Any]]) -> FloatArray:
        """Return fused log-odds, shape (n,), of weights that did not see the row, each row as of its own label source.

        Parameters
        ----------
        names : sequence of str, length k
            Views.
        folds : sequence of (rows, FusionClassifier)
            From ``cross_fitted``.
        """
        rows, fused = self.rows, np.empty(len(self.rows.y))
        columns = np.nan_to_num(self.scores.given)
        for test, fitted in folds:
            for source in np.unique(rows.source[test]):
                at = test[rows.source[test] == source]
                weights, intercept = self.weights_of(fitted, at, names, int(source))
                fused[at] = (columns[at] * weights).sum(axis=1) + intercept
        return fused
