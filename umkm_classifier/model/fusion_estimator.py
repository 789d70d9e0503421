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

from umkm_classifier.model.fusion_solver import Problem, sigmoid, solve
from umkm_classifier.signals.signal import FloatArray, IntArray

PULLS: tuple[float, ...] = (float("inf"), *(10.0 ** (power / 2) for power in range(2, -9, -1)))  # strongest first
NO_PULL = 1e-4
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
        Weights to be pulled to instead of the best single view's, as when adapting a model; NaN where that view is
        still to be looked for.
    floor : array of shape (k,) or None
        Least weights, not negative; None: 0.
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
        The view that is best by itself, of those without a prior where there are any.
    """

    def __init__(
        self,
        dropout: float = 0.2,
        folds: int = 5,
        prior: FloatArray | None = None,
        floor: FloatArray | None = None,
        pull: float | None = None,
        seed: int = 0,
    ) -> None:
        self.dropout = dropout
        self.folds = folds
        self.prior = prior
        self.floor = floor
        self.pull = pull
        self.seed = seed

    def fit(
        self,
        X: Any,
        y: Any,
        groups: IntArray | None = None,
        sources: IntArray | None = None,
        n_sources: int | None = None,
    ) -> Self:
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
        n_sources : int or None
            s, where the last sources may have no row here; None: as many as there are.
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
                f"FusionClassifier needs two classes to learn from. Got 1 class instead: {self.classes_.tolist()[0]!r}."
            )
        groups = np.arange(len(y)) if groups is None else np.asarray(groups)
        sources = np.zeros(len(y), dtype=np.int64) if sources is None else np.asarray(sources)
        n_sources = int(sources.max()) + 1 if n_sources is None else n_sources
        z = np.where(np.isnan(X), 0.0, X)
        spread = z.std(axis=0)
        problem = Problem(z, target, sources, n_sources, np.where(spread > 0, spread, 1.0))
        self.best_, towards = self._target(problem)
        self.pull_ = self._choose_pull(problem, groups, towards) if self.pull is None else self.pull
        self.weights_, self.intercepts_ = self._solve(problem, towards, self.pull_)
        self.intercept_ = float(np.average(self.intercepts_, weights=np.bincount(sources, minlength=n_sources)))
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return fused log-odds of ``classes_[1]``, shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(np.where(np.isnan(X), 0.0, X) @ self.weights_ + self.intercept_)

    def predict_proba(self, X: Any) -> FloatArray:
        """Return probabilities, shape (n, 2), columns as in ``classes_``."""
        positive = sigmoid(self.decision_function(X))
        return np.stack([1.0 - positive, positive], axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likelier class, shape (n,)."""
        positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[positive.astype(int)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        # columns are log-odds of one class: an arbitrary X may point the other way
        tags.classifier_tags.poor_score = True
        return tags

    def _target(self, problem: Problem) -> tuple[int, FloatArray]:
        """Return the best single view and the weights to be pulled to."""
        k = problem.z.shape[1]
        alone = [solve(problem.view(column), np.zeros(1), NO_PULL) for column in range(k)]
        losses = [problem.view(column).log_loss(*alone[column]).mean() for column in range(k)]
        prior = np.full(k, np.nan) if self.prior is None else np.asarray(self.prior, dtype=np.float64)
        if not np.isnan(prior).any():
            return int(np.argmin(losses)), prior
        best = int(np.argmin(np.where(np.isnan(prior), losses, np.inf)))
        towards = np.nan_to_num(prior)
        towards[best] = alone[best][0][0]
        return best, towards

    def _choose_pull(self, problem: Problem, groups: IntArray, towards: FloatArray) -> float:
        from sklearn.model_selection import StratifiedGroupKFold

        with_class = min(len(np.unique(groups[problem.y == value])) for value in (0, 1))
        n_folds = min(self.folds, with_class)
        if n_folds < 2:
            return float(np.inf)
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=self.seed)
        losses = np.zeros((len(PULLS), len(problem.y)))
        for train, test in splitter.split(problem.z, problem.y, groups):
            if len(np.unique(problem.y[train])) < 2:
                return float(np.inf)
            for at, pull in enumerate(PULLS):
                learned = self._solve(problem.rows(train), towards, pull)
                losses[at, test] = problem.rows(test).log_loss(*learned)
        best = int(np.argmin(losses.mean(axis=1)))
        for at in range(best):  # strongest pull first
            worse, error = _mean_and_error(losses[at] - losses[best], groups)
            if worse <= error:
                return float(PULLS[at])
        return float(PULLS[best])

    def _solve(self, problem: Problem, towards: FloatArray, pull: float) -> tuple[FloatArray, FloatArray]:
        rng = np.random.default_rng(self.seed)
        return solve(problem.with_silenced_copies(COPIES, self.dropout, rng), towards, pull, self.floor)


def _mean_and_error(values: FloatArray, groups: IntArray) -> tuple[float, float]:
    """Mean over rows and its standard error over groups."""
    _, inverse = np.unique(groups, return_inverse=True)
    off = np.bincount(inverse, values - values.mean())
    return float(values.mean()), float(np.sqrt((off**2).sum()) / len(values))
