"""Flat trees score exactly as scikit-learn's do, boosted or random, and share a score among columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from umkm_classifier.signals.trees import Trees, flatten_boosted, flatten_forest

Data = tuple[np.ndarray, np.ndarray]


def data(n: int, seed: int, holes: float = 0.2) -> Data:
    """Draw rows of five columns; the label hangs on two of them, on a missing value and on a product."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    X[:, 3] = np.round(X[:, 3])
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=n) > 0).astype(int)
    X[rng.random(X.shape) < holes] = np.nan
    y = np.where(np.isnan(X[:, 4]), 1, y)
    return X, y


def boosted(X: np.ndarray, y: np.ndarray, **settings: Any) -> HistGradientBoostingClassifier:
    settings = {"max_iter": 15, "early_stopping": False, "random_state": 0, "min_samples_leaf": 5, **settings}
    return HistGradientBoostingClassifier(**settings).fit(X, y)


def mean_log_odds(models: list[HistGradientBoostingClassifier], X: np.ndarray) -> np.ndarray:
    return np.mean([model.decision_function(X) for model in models], axis=0)


@pytest.fixture(scope="module")
def models() -> list[HistGradientBoostingClassifier]:
    X, y = data(400, 0)
    return [
        boosted(X, y, random_state=0),
        boosted(X, y, random_state=1, learning_rate=0.3, max_leaf_nodes=4, max_features=0.5),
        boosted(X[:200], y[:200], max_iter=3, max_depth=1),
    ]


@pytest.fixture(scope="module")
def trees(models: list[HistGradientBoostingClassifier]) -> Trees:
    return flatten_boosted(models)


def test_one_model_scores_as_in_scikit_learn_with_missing_values(models: list[HistGradientBoostingClassifier]) -> None:
    X, _ = data(1_000, 1)
    np.testing.assert_allclose(
        flatten_boosted(models[:1]).log_odds(X), models[0].decision_function(X), rtol=0, atol=1e-9
    )


def test_several_models_are_averaged(models: list[HistGradientBoostingClassifier], trees: Trees) -> None:
    X, _ = data(1_000, 2, holes=0.5)
    np.testing.assert_allclose(trees.log_odds(X), mean_log_odds(models, X), rtol=0, atol=1e-9)


def test_missing_values_that_training_never_saw_go_where_scikit_learn_sends_them() -> None:
    X, y = data(300, 3, holes=0.0)
    model = boosted(X, y)
    holes, _ = data(300, 4, holes=0.6)
    np.testing.assert_allclose(
        flatten_boosted([model]).log_odds(holes), model.decision_function(holes), rtol=0, atol=1e-9
    )


@given(
    rows=arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.just(5)),
        elements=st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 1.0, -1.0, np.nan]),
    )
)
def test_any_row_scores_as_in_scikit_learn(
    models: list[HistGradientBoostingClassifier], trees: Trees, rows: np.ndarray
) -> None:
    np.testing.assert_allclose(trees.log_odds(rows), mean_log_odds(models, rows), rtol=0, atol=1e-9)


def test_a_value_on_the_threshold_goes_left() -> None:
    X, y = data(300, 5)
    model = boosted(X, y)
    flat = flatten_boosted([model])
    asked = np.flatnonzero(np.isfinite(flat.threshold) & (flat.left != np.arange(len(flat.left))))
    rows = np.tile(X[:1], (len(asked), 1))
    rows[np.arange(len(asked)), flat.feature[asked]] = flat.threshold[asked]
    np.testing.assert_allclose(flat.log_odds(rows), model.decision_function(rows), rtol=0, atol=1e-9)


def test_trees_of_a_single_leaf_are_walked() -> None:
    X, y = data(60, 6)
    model = boosted(X, y, min_samples_leaf=50)  # no split leaves fifty rows on both sides
    flat = flatten_boosted([model])
    assert len(flat.feature) == len(flat.roots) == 15
    np.testing.assert_allclose(flat.log_odds(X), model.decision_function(X), rtol=0, atol=1e-9)
    np.testing.assert_allclose(flat.log_odds(X), flat.root, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(flat.credit(X, np.arange(5)), np.zeros((60, 5)))


def test_single_leaves_stand_beside_tall_trees() -> None:
    X, y = data(300, 7)
    both = [boosted(X, y, min_samples_leaf=200), boosted(X, y, min_samples_leaf=1, max_leaf_nodes=None, max_iter=4)]
    flat = flatten_boosted(both)
    assert flat.depth > 5
    np.testing.assert_allclose(flat.log_odds(X), mean_log_odds(both, X), rtol=0, atol=1e-9)


def test_no_row_gives_no_score(trees: Trees) -> None:
    assert trees.log_odds(np.empty((0, 5))).shape == (0,)
    assert trees.credit(np.empty((0, 5)), np.arange(5)).shape == (0, 5)


def test_a_row_has_the_same_bits_whatever_its_mates(trees: Trees) -> None:
    X, _ = data(600, 8)
    together = trees.log_odds(X)
    for at in (0, 1, 255, 256, 599):
        assert trees.log_odds(X[at : at + 1])[0] == together[at]
        assert trees.log_odds(X[at:])[0] == together[at]
    np.testing.assert_array_equal(trees.log_odds(np.asfortranarray(X)), together)


@pytest.mark.parametrize("groups", [[0, 1, 2, 3, 4], [0, 0, 1, 1, 2], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]])
def test_credit_adds_up_to_the_log_odds_less_the_root(
    models: list[HistGradientBoostingClassifier], trees: Trees, groups: list[int]
) -> None:
    X, _ = data(500, 9)
    credit = trees.credit(X, np.asarray(groups))
    assert credit.shape == (500, max(groups) + 1)
    np.testing.assert_allclose(credit.sum(axis=1) + trees.root, mean_log_odds(models, X), rtol=0, atol=1e-9)


def test_a_column_that_no_tree_asks_gets_no_credit() -> None:
    X, y = data(400, 10)
    X[:, 2] = 7.0
    flat = flatten_boosted([boosted(X, y)])
    credit = flat.credit(X, np.arange(5))
    assert np.all(credit[:, 2] == 0.0)
    assert np.abs(credit[:, 0]).max() > 0.5


def test_credit_goes_to_the_column_that_made_the_difference() -> None:
    X, _ = data(500, 11, holes=0.0)
    flat = flatten_boosted([boosted(X, (X[:, 1] > 0).astype(int), max_iter=30)])
    credit = flat.credit(X, np.arange(5))
    assert np.all(np.sign(credit[:, 1]) == np.sign(X[:, 1]))
    assert np.abs(credit[:, 1]).min() > 10 * np.abs(np.delete(credit, 1, axis=1)).max()


# Random trees: shares of ``imported`` are averaged, and the mean is read as log-odds.


def forest(X: np.ndarray, y: np.ndarray, **settings: Any) -> ExtraTreesClassifier:
    settings = {"n_estimators": 20, "min_samples_leaf": 4, "random_state": 0, **settings}
    return ExtraTreesClassifier(**settings).fit(X, y)


def held_log_odds(model: ExtraTreesClassifier, X: np.ndarray) -> np.ndarray:
    p = np.clip(model.predict_proba(X)[:, 1], 0.005, 0.995)
    return np.log(p / (1.0 - p))


@pytest.fixture(scope="module")
def random_trees() -> ExtraTreesClassifier:
    return forest(*data(400, 20))


def test_a_forest_scores_as_in_scikit_learn_with_missing_values(random_trees: ExtraTreesClassifier) -> None:
    X, _ = data(1_000, 21, holes=0.4)
    np.testing.assert_allclose(
        flatten_forest(random_trees).log_odds(X), held_log_odds(random_trees, X), rtol=0, atol=1e-9
    )


def test_a_forest_is_never_quite_sure() -> None:
    X, _ = data(300, 22, holes=0.0)
    model = forest(X, (X[:, 0] > 0).astype(int), min_samples_leaf=1, max_features=None)
    p = model.predict_proba(X)[:, 1]
    assert p.min() < 0.005
    assert p.max() > 0.995
    log_odds = flatten_forest(model).log_odds(X)
    np.testing.assert_allclose(log_odds, held_log_odds(model, X), rtol=0, atol=1e-9)
    assert np.abs(log_odds).max() == pytest.approx(np.log(0.995 / 0.005), abs=1e-9)


def test_a_forest_learned_with_weights_scores_as_in_scikit_learn() -> None:
    X, y = data(300, 23)
    model = ExtraTreesClassifier(10, min_samples_leaf=4, random_state=0)
    model.fit(X, y, sample_weight=np.random.default_rng(0).random(300))
    np.testing.assert_allclose(flatten_forest(model).log_odds(X), held_log_odds(model, X), rtol=0, atol=1e-9)


def test_a_forest_reads_thirty_two_bits_as_scikit_learn_does(random_trees: ExtraTreesClassifier) -> None:
    flat = flatten_forest(random_trees)
    asked = np.flatnonzero(flat.left != np.arange(len(flat.left)))
    X, _ = data(1, 24, holes=0.0)
    rows = np.tile(X, (2 * len(asked), 1))
    near = flat.threshold[asked]
    at = np.arange(len(asked))
    rows[at, flat.feature[asked]] = near + 1e-12  # above the threshold, but not in 32 bits
    rows[at + len(asked), flat.feature[asked]] = near
    np.testing.assert_allclose(flat.log_odds(rows), held_log_odds(random_trees, rows), rtol=0, atol=1e-9)


def test_a_forest_of_single_leaves_gives_its_root() -> None:
    X, y = data(60, 25)
    flat = flatten_forest(forest(X, y, min_samples_leaf=50))
    np.testing.assert_allclose(flat.log_odds(X), flat.root, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(flat.credit(X, np.arange(5)), np.zeros((60, 5)))


@pytest.mark.parametrize("min_samples_leaf", [1, 4])
def test_credit_of_a_forest_adds_up_to_its_log_odds_less_its_root(min_samples_leaf: int) -> None:
    X, y = data(400, 26)
    model = forest(X, y, min_samples_leaf=min_samples_leaf)
    flat = flatten_forest(model)
    credit = flat.credit(X, np.asarray([0, 0, 1, 2, 3]))
    assert credit.shape == (400, 4)
    np.testing.assert_allclose(credit.sum(axis=1) + flat.root, held_log_odds(model, X), rtol=0, atol=1e-9)


def test_a_row_of_a_forest_has_the_same_bits_whatever_its_mates(random_trees: ExtraTreesClassifier) -> None:
    X, _ = data(300, 27)
    flat = flatten_forest(random_trees)
    together, credit = flat.log_odds(X), flat.credit(X, np.arange(5))
    for at in (0, 255, 256, 299):
        assert flat.log_odds(X[at : at + 1])[0] == together[at]
        np.testing.assert_array_equal(flat.credit(X[at : at + 1], np.arange(5))[0], credit[at])
