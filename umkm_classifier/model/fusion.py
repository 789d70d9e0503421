"""How the views of a model are weighed, as it is saved and served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.signal import FloatArray


@dataclass(frozen=True, slots=True)
class Fusion:
    """A weighted sum of log-odds; a silent view adds nothing.

    Parameters
    ----------
    names : tuple of str, length k
        Views.
    weights : array of float64, shape (k,)
        Not negative; of listings of goods that labels of both classes are known of.
    elsewhere : array of float64, shape (k,)
        Of all other listings; see ``cues_weight.elsewhere``.
    intercepts : mapping of str to float
        Log-odds without evidence, one for each label source that the model learned from.
    source : str
        The label source whose intercept is used.
    """

    names: tuple[str, ...]
    weights: FloatArray
    elsewhere: FloatArray
    intercepts: Mapping[str, float] = field(default_factory=dict)
    source: str = ""

    @property
    def intercept(self) -> float:
        """Log-odds of a listing about which nothing is known."""
        return self.intercepts[self.source]

    def weights_of(self, is_labelled: NDArray[np.bool_]) -> FloatArray:
        """Return the weight of each view in each row, shape (n, k), by whether labels of both classes are known."""
        return np.where(is_labelled[:, None], self.weights, self.elsewhere)

    def parts(self, columns: FloatArray, is_labelled: NDArray[np.bool_]) -> FloatArray:
        """Return what each view adds, shape (n, k), from log-odds (n, k) with NaN where silent."""
        return np.where(np.isnan(columns), 0.0, columns) * self.weights_of(is_labelled)

    def log_odds(self, columns: FloatArray, is_labelled: NDArray[np.bool_]) -> FloatArray:
        """Return the fused log-odds, shape (n,), from log-odds (n, k) with NaN where silent.

        Parameters
        ----------
        columns : array of float64, shape (n, k)
        is_labelled : array of bool, shape (n,)
            Whether labels of both classes are known of the row's family of goods.
        """
        total = np.full(len(columns), self.intercept)
        for part in self.parts(columns, is_labelled).T:  # column by column: the sum of a row depends on no mate
            total += part
        return total


@dataclass(frozen=True, slots=True)
class Platt:
    """Calibration by a logistic curve (Platt 1999): ``p = 1 / (1 + exp(-(slope x + offset)))``."""

    slope: float
    offset: float

    def probability(self, log_odds: FloatArray) -> FloatArray:
        """Return the probability of ``imported``, shape (n,), in (0, 1)."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.slope * log_odds + self.offset, -700, 700)))
