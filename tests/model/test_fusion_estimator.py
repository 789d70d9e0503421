"""The fusion learns weights that are never negative, and stays with the best view where shops are few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from umkm_classifier.model.fusion_estimator import FusionClassifier

NAN = np.nan


@parametrize_with_checks([FusionClassifier()])
def test_the_estimator_keeps_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def views(
    n: int, seed: int, useful: int, noise: int, groups: int | None = None, of_group: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels by group, ``useful`` views that each see them in noise of their own, and views that see nothing.

    ``of_group`` is how much of a noise view's numbers is shared by a whole group, as with a shop's way of writing.
    """
    rng = np.random.default_rng(seed)
    group = np.arange(n) if groups is None else np.sort(rng.integers(0, groups, n))
    label = rng.permutation(np.arange(group.max() + 1) % 2)
    y = label[group]
    good = 1.2 * (2 * y[:, None] - 1) + rng.normal(0, 1.5, (n, useful))
    bad = rng.normal(size=(n, noise)) + of_group * rng.normal(size=(group.max() + 1, noise))[group]
    return np.hstack([good, bad]), y, group


def test_weights_are_never_negative() -> None:
    X, y, _ = views(400, 0, useful=2, noise=3)
    X[:, 1] = -X[:, 1]  # speaks backwards: it is silenced, not turned round
    fitted = FusionClassifier(pull=1e-4).fit(X, y)
    assert fitted.weights_.min() == 0.0
    assert fitted.weights_[1] == 0.0
    assert fitted.weights_[0] > 0.3


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000), view=st.integers(0, 3), more=st.floats(0, 20), pull=st.sampled_from([1e-4, 0.1, None])
)
def test_more_evidence_for_imported_never_lowers_the_fused_score(
    seed: int, view: int, more: float, pull: float | None
) -> None:
    X, y, group = views(80, seed, useful=1, noise=3, groups=20)
    fitted = FusionClassifier(pull=pull, folds=2).fit(X, y, group)
    raised = X.copy()
    raised[:, view] += more
    assert np.all(fitted.decision_function(raised) >= fitted.decision_function(X) - 1e-12)


def test_a_silent_view_adds_nothing() -> None:
    X, y, _ = views(300, 1, useful=2, noise=1)
    fitted = FusionClassifier().fit(np.where(np.random.default_rng(0).random(X.shape) < 0.3, NAN, X), y)
    silent, zero = X.copy(), X.copy()
    silent[:, 0], zero[:, 0] = NAN, 0.0
    np.testing.assert_array_equal(fitted.decision_function(silent), fitted.decision_function(zero))
    np.testing.assert_allclose(fitted.decision_function(np.full((1, 3), NAN)), fitted.intercept_, atol=1e-12)


def test_a_view_that_is_always_silent_gets_no_say_and_does_no_harm() -> None:
    X, y, _ = views(300, 2, useful=1, noise=0)
    fitted = FusionClassifier().fit(np.hstack([X, np.full_like(X, NAN)]), y)
    assert np.isfinite(fitted.weights_).all()
    assert fitted.best_ == 0
    assert fitted.weights_[1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_with_seventeen_groups_it_stays_with_the_best_view(seed: int) -> None:
    X, y, group = views(340, seed, useful=1, noise=12, groups=17, of_group=2.0)
    fitted = FusionClassifier().fit(X, y, group)
    free = FusionClassifier(pull=1e-4).fit(X, y, group)
    assert fitted.best_ == 0
    assert fitted.pull_ >= 0.1
    assert fitted.weights_[1:].sum() < 0.1 * fitted.weights_[0]
    fresh, truth, _ = views(4_000, seed + 100, useful=1, noise=12, groups=1_000, of_group=2.0)
    best = roc_auc_score(truth, fresh[:, 0])
    assert roc_auc_score(truth, fitted.decision_function(fresh)) > best - 0.01
    assert roc_auc_score(truth, free.decision_function(fresh)) < best - 0.01  # what it is kept from


def test_with_plenty_of_data_two_views_that_add_up_beat_the_best() -> None:
    X, y, _ = views(2_000, 3, useful=2, noise=2)
    fitted = FusionClassifier().fit(X, y)
    fresh, truth, _ = views(4_000, 4, useful=2, noise=2)
    best = max(roc_auc_score(truth, fresh[:, at]) for at in range(2))
    assert roc_auc_score(truth, fitted.decision_function(fresh)) > best + 0.04
    assert np.isfinite(fitted.pull_)
    assert min(fitted.weights_[:2]) > 0.3
    assert max(fitted.weights_[2:]) < 0.1
    assert log_loss(truth, fitted.predict_proba(fresh)[:, 1]) < 0.5


def test_each_label_source_has_an_intercept_of_its_own() -> None:
    rng = np.random.default_rng(5)
    source = rng.integers(0, 2, 6_000)
    x = rng.normal(0, 1.5, 6_000)
    truth = np.asarray([-1.5, 1.0])
    y = (rng.random(6_000) < 1.0 / (1.0 + np.exp(-(x + truth[source])))).astype(int)
    fitted = FusionClassifier(dropout=0.0).fit(x[:, None], y, sources=source)
    assert fitted.intercepts_ == pytest.approx(truth, abs=0.15)
    assert fitted.weights_ == pytest.approx([1.0], abs=0.1)
    shares = np.bincount(source) / len(source)
    assert fitted.intercept_ == pytest.approx(float(shares @ fitted.intercepts_), abs=1e-12)


def test_a_source_of_five_rows_makes_no_prior_of_its_own() -> None:
    X, y, _ = views(500, 6, useful=1, noise=0)
    source = np.zeros(500, dtype=int)
    source[np.flatnonzero(y == 1)[:5]] = 1  # imported, all five of them
    fitted = FusionClassifier().fit(X, y, sources=source)
    assert abs(fitted.intercepts_[1] - fitted.intercepts_[0]) < 3.0


def test_without_enough_groups_the_best_view_is_kept_as_it_is() -> None:
    X, y, _ = views(60, 7, useful=1, noise=2)
    fitted = FusionClassifier().fit(X, y, groups=y)  # one group a class: nothing to choose by
    assert np.isinf(fitted.pull_)
    assert fitted.weights_[1:].tolist() == [0.0, 0.0]
    assert fitted.weights_[0] > 0.3


def test_weights_are_pulled_to_a_prior_when_one_is_given() -> None:
    X, y, group = views(60, 8, useful=1, noise=2, groups=6)
    prior = np.asarray([0.0, 0.7, 0.2])
    assert FusionClassifier(prior=prior, pull=np.inf).fit(X, y, group).weights_.tolist() == [0.0, 0.7, 0.2]
    near = FusionClassifier(prior=prior, pull=10.0).fit(X, y, group)
    assert near.weights_ == pytest.approx(prior, abs=0.05)
    far = FusionClassifier(prior=prior, pull=1e-4).fit(X, y, group)
    assert far.weights_[0] > 0.3


def test_the_same_rows_and_seed_give_the_same_bits() -> None:
    X, y, group = views(200, 9, useful=1, noise=3, groups=40)
    one = FusionClassifier(seed=3).fit(X, y, group)
    other = clone(one).fit(X, y, group)
    np.testing.assert_array_equal(one.weights_, other.weights_)
    np.testing.assert_array_equal(one.intercepts_, other.intercepts_)
    assert one.pull_ == other.pull_


@pytest.mark.parametrize("seed", [0, 2])
def test_rows_of_a_group_are_never_told_apart(seed: int) -> None:
    # noise that names the group: across groups it is worthless, within them it looks perfect
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(24), 15)
    y = (np.arange(24) % 2)[group]
    weak = 0.8 * (2 * y - 1) + rng.normal(0, 2.0, len(y))
    named = rng.normal(0, 3.0, (24, 10))[group]
    X = np.column_stack([weak, named])
    by_group = FusionClassifier().fit(X, y, group)
    by_row = FusionClassifier().fit(X, y)
    assert np.isinf(by_group.pull_)
    assert np.isfinite(by_row.pull_)


def test_labels_of_any_two_kinds_are_kept() -> None:
    X, y, _ = views(200, 11, useful=1, noise=0)
    fitted = FusionClassifier().fit(X, np.where(y == 1, "local", "imported"))
    assert fitted.classes_.tolist() == ["imported", "local"]
    assert fitted.predict(np.asarray([[9.0], [-9.0]])).tolist() == ["local", "imported"]
    p = fitted.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(np.log(p[:, 1] / p[:, 0]), fitted.decision_function(X), atol=1e-9)


def test_three_classes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Only binary classification is supported\. The type of the target is "):
        FusionClassifier().fit(np.zeros((6, 1)), [0, 1, 2, 0, 1, 2])


def test_one_class_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^FusionClassifier needs two classes to learn from\. Got 1 class instead: 7\.$"
    ):
        FusionClassifier().fit(np.zeros((4, 1)), [7, 7, 7, 7])


def test_a_source_with_labels_of_one_class_shares_the_intercept_of_all() -> None:
    rng = np.random.default_rng(6)
    y = rng.integers(0, 2, 600)
    x = (1.5 * (2 * y - 1) + rng.normal(0, 1.5, 600))[:, None]
    fitted = FusionClassifier(dropout=0.0).fit(x, y, sources=y)  # the source tells the label
    assert fitted.intercepts_[0] == fitted.intercepts_[1] == pytest.approx(0.0, abs=0.3)
    assert roc_auc_score(y, fitted.decision_function(x)) > 0.8
