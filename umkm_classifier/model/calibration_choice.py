"""From fused log-odds to a probability: Platt's curve, or the beta curve where the rows clearly ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from umkm_classifier.errors import SplitError
from umkm_classifier.listings import split
from umkm_classifier.model.calibration import PRIOR_SD, fit_platt
from umkm_classifier.signals.signal import FloatArray, IntArray

LEAST_SLOPE = 0.05  # as Platt's: scores that point backwards are flattened and never turned round
MOST_LOG_ODDS = 700.0  # beyond, exp is no finite number


@dataclass(frozen=True, slots=True)
class Curve:
    """Beta calibration (Kull, Silva Filho and Flach 2017): ``a ln s - b ln(1 - s) + c`` with ``s = 1 / (1 + exp(-x))``.

    Parameters
    ----------
    a, b : float
        Slopes far below and far above even odds, not negative. With a = b the curve is Platt's (1999): ``a x + c``.
    c : float
    """

    a: float
    b: float
    c: float

    @property
    def kind(self) -> str:
        """``'platt'`` or ``'beta'``."""
        return "platt" if self.a == self.b else "beta"

    @property
    def slope(self) -> float:
        """Slope where ``x`` is 0."""
        return (self.a + self.b) / 2

    def log_odds(self, log_odds: FloatArray) -> FloatArray:
        """Return calibrated log-odds of ``imported``, shape (n,), from fused ones; NaN where these are."""
        x = np.asarray(log_odds, dtype=np.float64)
        if self.a == self.b:
            return self.a * x + self.c
        bend = (self.b - self.a) * np.log1p(np.exp(-np.abs(x)))
        return self.a * np.minimum(x, 0.0) + self.b * np.maximum(x, 0.0) + bend + self.c

    def probability(self, log_odds: FloatArray) -> FloatArray:
        """Return the probability of ``imported``, shape (n,), from fused log-odds; never falls as these rise."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(log_odds), -MOST_LOG_ODDS, MOST_LOG_ODDS)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": self.kind, "a": self.a, "b": self.b, "c": self.c}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Curve:
        """Read what ``to_dict`` wrote."""
        return cls(float(values["a"]), float(values["b"]), float(values["c"]))


def fit_calibration(log_odds: FloatArray, y: IntArray, shops: IntArray, folds: int, seed: int) -> Curve:
    """Learn the curve on scores of rows that the fusion did not see.

    Parameters
    ----------
    log_odds : array of float64, shape (n,)
        Finite.
    y : array of int, shape (n,)
        1 for imported.
    shops : array of int, shape (n,)
        Kept whole in the folds that choose between the curves.
    folds, seed : int

    Returns
    -------
    Curve
        The beta curve where its cross-validated log loss is lower than that of Platt's by more than one standard error
        of the difference, over shops; else Platt's, as with fewer than two shops of a class.
    """
    gain = _gain_of_beta(log_odds, y, shops, folds, seed)
    if gain is not None and _is_clear(gain, shops):
        return fit_beta(log_odds, y)
    return _fit_platt(log_odds, y)


def fit_beta(log_odds: FloatArray, y: IntArray) -> Curve:
    """Learn the beta curve, maximum a posteriori: like ``fit_platt``, it starts from 'no change'."""
    from scipy.optimize import minimize

    # ln s and -ln(1 - s), the latter's sign turned so that both rise
    columns = np.stack([-np.logaddexp(0.0, -log_odds), np.logaddexp(0.0, log_odds), np.ones(len(log_odds))])  # (3, n)
    start = np.array([1.0, 1.0, 0.0])

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        eta = x @ columns
        slope = 1.0 / (1.0 + np.exp(-np.clip(eta, -MOST_LOG_ODDS, MOST_LOG_ODDS))) - y
        away = (x - start) / PRIOR_SD
        return float(_log_loss(eta, y).sum() + 0.5 * away @ away), columns @ slope + away / PRIOR_SD

    bounds = [(LEAST_SLOPE, None), (LEAST_SLOPE, None), (None, None)]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return Curve(*map(float, found.x))


def _fit_platt(log_odds: FloatArray, y: IntArray) -> Curve:
    found = fit_platt(log_odds, y)
    return Curve(found.slope, found.slope, found.offset)


def _gain_of_beta(log_odds: FloatArray, y: IntArray, shops: IntArray, folds: int, seed: int) -> FloatArray | None:
    """Return by how much the beta curve lowers each row's log loss, out of fold; None where there can be no folds."""
    try:
        parts = split.folds(y, shops, split.feasible_folds(y, shops, folds), seed)
    except SplitError:
        return None
    gain = np.empty(len(y))
    for train, test in parts:
        curves = _fit_platt(log_odds[train], y[train]), fit_beta(log_odds[train], y[train])
        platt, beta = (_log_loss(curve.log_odds(log_odds[test]), y[test]) for curve in curves)
        gain[test] = platt - beta
    return gain


def _is_clear(gain: FloatArray, shops: IntArray) -> bool:
    """Tell whether a mean over rows is above 0 by more than its standard error over shops."""
    _, shop = np.unique(shops, return_inverse=True)
    off = np.bincount(shop, gain - gain.mean())
    return bool(gain.mean() > np.sqrt((off**2).sum()) / len(gain))


def _log_loss(log_odds: FloatArray, y: IntArray) -> FloatArray:
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds)


def with_share(p: FloatArray, share_trained: float, share_expected: float) -> FloatArray:
    """Correct probabilities for a market with another share of imports than the one learned from.

    Log-odds are shifted by the difference of the prior log-odds (Saerens, Latinne and Decaestecker 2002). That is right
    where only the share differs and listings of a class look alike in both markets. Of no use for decisions: thresholds
    stand on the score before it.

    Parameters
    ----------
    p : array of float64, shape (n,)
        Calibrated probability of ``imported``; NaN stays.
    share_trained, share_expected : float
        Share of listings that are imported, in (0, 1).

    Raises
    ------
    ValueError
        If a share is not in (0, 1).
    """
    for name, share in (("share_trained", share_trained), ("share_expected", share_expected)):
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name} must be above 0 and below 1. Got {share!r} instead.")
    times = share_expected / (1.0 - share_expected) * (1.0 - share_trained) / share_trained
    return np.asarray(times * p / (times * p + (1.0 - p)))
