"""Weights of a fusion: penalised logistic regression with non-negative weights and an intercept for each source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from umkm_classifier.signals.signal import FloatArray, IntArray

FEWEST_OF_A_CLASS = 5  # rows of a source, or it shares the intercept of all
SOURCE_RIDGE = 1e-3  # a source's own part of the intercept is held near zero: five rows do not make a prior


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows to learn a fusion from.

    Parameters
    ----------
    z : array of float64, shape (n, k)
        Log-odds of the views, 0 where silent.
    y : array of int, shape (n,)
        1 for the positive class.
    sources : array of int, shape (n,)
        Label source of each row, 0 to ``n_sources`` - 1.
    n_sources : int
    scale : array of float64, shape (k,)
        Spread of each column, so that a pull means the same for all.
    """

    z: FloatArray
    y: IntArray
    sources: IntArray
    n_sources: int
    scale: FloatArray

    def rows(self, at: Any) -> Problem:
        """Return some of the rows."""
        return replace(self, z=self.z[at], y=self.y[at], sources=self.sources[at])

    def view(self, column: int) -> Problem:
        """Return the problem of one view alone."""
        return replace(self, z=self.z[:, [column]], scale=self.scale[[column]])

    def log_loss(self, weights: FloatArray, intercepts: FloatArray) -> FloatArray:
        """Return the log loss of each row, shape (n,)."""
        return _log_loss(self.z @ weights + intercepts[self.sources], self.y)

    def with_silenced_copies(self, copies: int, dropout: float, rng: np.random.Generator) -> Problem:
        """Return the rows, and copies of them in which views are silenced at random."""
        silenced = [np.where(rng.random(self.z.shape) < dropout, 0.0, self.z) for _ in range(copies)]
        times = copies + 1
        return replace(
            self, z=np.vstack([self.z, *silenced]), y=np.tile(self.y, times), sources=np.tile(self.sources, times)
        )


def solve(
    problem: Problem, towards: FloatArray, pull: float, floor: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Minimise mean log loss + pull |scale (w - towards)|^2 over weights w >= floor and intercepts.

    Parameters
    ----------
    problem : Problem
    towards : array of float64, shape (k,)
    pull : float
        Infinite: the weights are ``towards``, and only intercepts are learned.
    floor : array of float64, shape (k,), or None
        Least weights; None: 0.

    Returns
    -------
    weights : array of float64, shape (k,)
    intercepts : array of float64, shape (n_sources,)
    """
    from scipy.optimize import minimize

    k, s, n = problem.z.shape[1], problem.n_sources, len(problem.y)
    is_free = bool(np.isfinite(pull))

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        weights = x[:k] if is_free else towards
        eta = problem.z @ weights + x[k] + x[k + 1 :][problem.sources]
        slope = (sigmoid(eta) - problem.y) / n
        away = problem.scale * (weights - towards)
        value = float(_log_loss(eta, problem.y).mean()) + SOURCE_RIDGE * float(x[k + 1 :] @ x[k + 1 :])
        by_weight = np.zeros(k)
        if is_free:
            value += pull * float(away @ away)
            by_weight = problem.z.T @ slope + 2 * pull * problem.scale * away
        by_source = np.bincount(problem.sources, slope, minlength=s) + 2 * SOURCE_RIDGE * x[k + 1 :]
        return value, np.concatenate([by_weight, [slope.sum()], by_source])

    floor = np.zeros(k) if floor is None else floor
    own = [(None, None) if has_both else (0.0, 0.0) for has_both in _has_both_classes(problem)]
    bounds = [*((float(least), None) for least in floor), (None, None), *own]
    start = np.concatenate([np.maximum(towards, floor), np.zeros(1 + s)])
    options = {"maxiter": 500, "ftol": 1e-10, "gtol": 1e-7}
    x = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return np.asarray(x[:k] if is_free else towards, dtype=np.float64), np.asarray(x[k] + x[k + 1 :], dtype=np.float64)


def _has_both_classes(problem: Problem) -> list[bool]:
    """Return for each source whether it has an intercept of its own.

    That of a source with labels of one class would say that all its listings are of that class.
    """
    counts = np.zeros((problem.n_sources, 2))
    np.add.at(counts, (problem.sources, problem.y), 1.0)
    return [bool(least >= FEWEST_OF_A_CLASS) for least in counts.min(axis=1)]


def sigmoid(x: FloatArray) -> FloatArray:
    """Probability of log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -700, 700))))


def _log_loss(eta: FloatArray, y: IntArray) -> FloatArray:
    return np.asarray(np.logaddexp(0.0, eta) - y * eta)
