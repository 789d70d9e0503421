"""The estimator that learns the fusion: a logistic regression with non-negative weights that knows when to stay simple.

A stack of many views overfits when few shops were labelled (measured: 17 shops, it ranked backwards). So the weights
are pulled towards the best single view, as strongly as the data allow: the strongest pull whose cross-validated log
loss is within one standard error of the least (Breiman et al. 1984, over groups and paired).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from umkm_classifier.signals.signal import FloatArray, IntArray

PULLS = tuple(10.0**power for power in range(1, -5, -1))  # strongest first
COPIES = 3  # copies of the rows in which views are silenced at random


class FusionClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fuse log-odds of views; positive class is ``classes_[1]``.

    Parameters
    ----------
    dropout : float
        Chance that a view is silenced in a copy of a row, so that no view is needed.
    folds : int
        Folds over groups that choose the pull.
    prior : array of shape (k,) or None
        Weights to be pulled to instead of the best single view's, as when adapting a model.
    pull : float or None
        Strength of the pull; None: chosen by cross-validation.
    seed : int

    Attributes
    ----------
    weights_ : array of float64, shape (k,)
    intercept_ : float
        Mean of the sources' intercepts, weighted by rows.
    intercepts_ : array of float64, shape (sources,)
    pull_ : float
        Chosen strength; infinite when the target itself was kept.
    best_ : int
        The view that is best by itself.
    """

    def __init__(
        self,
        dropout: float = 0.2,
        folds: int = 5,
        prior: FloatArray | None = None,
        pull: float | None = None,
        seed: int = 0,
    ) -> None:
        self.dropout = dropout
        self.folds = folds
        self.prior = prior
        self.pull = pull
        self.seed = seed

    def fit(self, X: Any, y: Any, groups: IntArray | None = None, sources: IntArray | None = None) -> Self:
        """Learn weights.

        Parameters
        ----------
        X : array of shape (n, k)
            Out-of-fold log-odds of the views, NaN where silent.
        y : array of shape (n,)
            Two classes.
        groups : array of int, shape (n,), or None
            Rows of a group are never split; None: each row by itself.
        sources : array of int, shape (n,), or None
            Label source of each row, 0 to s - 1; each gets an intercept of its own.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, target = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. "
                f"The type of the target is multiclass ({len(self.classes_)} classes)."
            )
        if len(self.classes_) < 2:
            raise ValueError(
                f"FusionClassifier needs two classes to learn from. Got 1 class instead: {self.classes_[0]!r}."
            )
        groups = np.arange(len(y)) if groups is None else np.asarray(groups)
        sources = np.zeros(len(y), dtype=np.int64) if sources is None else np.asarray(sources)
        z, scale = _clean(X)
        self.best_, towards = self._target(z, scale, target, sources)
        self.pull_ = self._choose_pull(z, scale, target, groups, sources, towards) if self.pull is None else self.pull
        self.weights_, self.intercepts_ = self._solve(z, scale, target, sources, towards, self.pull_)
        self.intercept_ = float(np.average(self.intercepts_, weights=np.bincount(sources)))
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return fused log-odds of ``classes_[1]``, shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(np.where(np.isnan(X), 0.0, X) @ self.weights_ + self.intercept_)

    def predict_proba(self, X: Any) -> FloatArray:
        """Return probabilities, shape (n, 2), columns as in ``classes_``."""
        positive = _sigmoid(self.decision_function(X))
        return np.stack([1.0 - positive, positive], axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likelier class, shape (n,)."""
        return np.asarray(self.classes_[(self.decision_function(X) > 0).astype(int)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = (
            True  # columns are log-odds of one class: an arbitrary X may point the other way
        )
        return tags

    def _target(self, z: FloatArray, scale: FloatArray, y: IntArray, sources: IntArray) -> tuple[int, FloatArray]:
        """Return the best single view and the weights to be pulled to."""
        losses, slopes = [], []
        for at in range(z.shape[1]):
            weight, intercepts = self._solve(z[:, [at]], scale[[at]], y, sources, np.zeros(1), 1e-4, copies=0)
            losses.append(float(_log_loss(z[:, [at]] @ weight + intercepts[sources], y).mean()))
            slopes.append(float(weight[0]))
        best = int(np.argmin(losses))
        if self.prior is not None:
            return best, np.asarray(self.prior, dtype=np.float64)
        towards = np.zeros(z.shape[1])
        towards[best] = slopes[best]
        return best, towards

    def _choose_pull(
        self, z: FloatArray, scale: FloatArray, y: IntArray, groups: IntArray, sources: IntArray, towards: FloatArray
    ) -> float:
        from sklearn.model_selection import StratifiedGroupKFold

        with_class = min(len(np.unique(groups[y == value])) for value in (0, 1))
        n_folds = min(self.folds, with_class)
        if n_folds < 2:
            return np.inf
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=self.seed)
        pulls = (np.inf, *PULLS)
        losses = np.zeros((len(pulls), len(y)))
        for train, test in splitter.split(z, y, groups):
            if len(np.unique(y[train])) < 2:
                return np.inf
            for at, pull in enumerate(pulls):
                weights, intercepts = self._solve(
                    z[train], scale, y[train], sources[train], towards, pull, n_sources=int(sources.max()) + 1
                )
                losses[at, test] = _log_loss(z[test] @ weights + intercepts[sources[test]], y[test])
        best = int(np.argmin(losses.mean(axis=1)))
        for at in range(best):  # strongest pull first
            if (
                _mean_and_error(losses[at] - losses[best], groups)[0]
                <= _mean_and_error(losses[at] - losses[best], groups)[1]
            ):
                return pulls[at]
        return pulls[best]

    def _solve(
        self,
        z: FloatArray,
        scale: FloatArray,
        y: IntArray,
        sources: IntArray,
        towards: FloatArray,
        pull: float,
        *,
        copies: int = COPIES,
        n_sources: int | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Minimise mean log loss + pull * |scale (w - towards)|^2, w >= 0; an infinite pull learns intercepts only."""
        from scipy.optimize import minimize

        k = z.shape[1]
        s = n_sources if n_sources is not None else int(sources.max()) + 1
        rng = np.random.default_rng(self.seed)
        silenced = [np.where(rng.random(z.shape) < self.dropout, 0.0, z) for _ in range(copies)]
        rows = np.vstack([z, *silenced])
        where, truth = np.tile(sources, copies + 1), np.tile(y, copies + 1)
        free = np.isfinite(pull)

        def objective(x: FloatArray) -> tuple[float, FloatArray]:
            weights = x[:k] if free else towards
            eta = rows @ weights + x[k] + x[k + 1 :][where]
            slope = (_sigmoid(eta) - truth) / len(truth)
            away = scale * (weights - towards)
            # a source's own part of the intercept is held near zero: five rows do not make a prior
            value = float(_log_loss(eta, truth).mean() + 1e-3 * (x[k + 1 :] @ x[k + 1 :])) + (
                pull * float(away @ away) if free else 0.0
            )
            by_weight = rows.T @ slope + 2 * pull * scale * away if free else np.zeros(k)
            by_source = np.bincount(where, slope, minlength=s) + 2e-3 * x[k + 1 :]
            return value, np.concatenate([by_weight, [slope.sum()], by_source])

        bounds = [(0.0, None)] * k + [(None, None)] * (1 + s)
        start = np.concatenate([np.maximum(towards, 0.0), np.zeros(1 + s)])
        found = minimize(
            objective,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-10, "gtol": 1e-7},
        )
        weights = found.x[:k] if free else towards
        return np.asarray(weights, dtype=np.float64), np.asarray(found.x[k] + found.x[k + 1 :], dtype=np.float64)


def _clean(X: FloatArray) -> tuple[FloatArray, FloatArray]:
    z = np.where(np.isnan(X), 0.0, X)
    scale = z.std(axis=0)
    return z, np.where(scale > 0, scale, 1.0)


def _sigmoid(x: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -700, 700))))


def _log_loss(eta: FloatArray, y: IntArray) -> FloatArray:
    return np.asarray(np.logaddexp(0.0, eta) - y * eta)


def _mean_and_error(values: FloatArray, groups: IntArray) -> tuple[float, float]:
    """Mean over rows and its standard error over groups."""
    _, inverse = np.unique(groups, return_inverse=True)
    off = np.bincount(inverse, values - values.mean())
    return float(values.mean()), float(np.sqrt((off**2).sum()) / len(values))
