"""Learn the curve that turns fused log-odds into a probability."""

from __future__ import annotations

import numpy as np

from umkm_classifier.model.fusion import Platt
from umkm_classifier.signals.signal import FloatArray, IntArray

PRIOR_SD = 0.5  # of slope around 1 and offset around 0: decides with 25 rows, is nothing with 1,000


def fit_platt(log_odds: FloatArray, y: IntArray) -> Platt:
    """Learn Platt's curve on scores of rows that the fusion did not see.

    The fusion is itself a logistic regression, so the curve starts from 'no change' and leaves it as far as the rows
    ask for (maximum a posteriori, normal priors).

    Parameters
    ----------
    log_odds : array of float64, shape (n,)
    y : array of int, shape (n,)
        1 for imported.
    """
    from scipy.optimize import minimize

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        eta = x[0] * log_odds + x[1]
        slope = 1.0 / (1.0 + np.exp(-np.clip(eta, -700, 700))) - y
        away = (x - np.array([1.0, 0.0])) / PRIOR_SD
        value = float((np.logaddexp(0.0, eta) - y * eta).sum() + 0.5 * away @ away)
        return value, np.array([slope @ log_odds, slope.sum()]) + away / PRIOR_SD

    found = minimize(objective, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.05, None), (None, None)])
    return Platt(float(found.x[0]), float(found.x[1]))
