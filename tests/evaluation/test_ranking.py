from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, roc_auc_score

from umkm_classifier.evaluation.bootstrap import FloatArray, IntArray, Weights
from umkm_classifier.evaluation.ranking import CURVE_POINTS, GroupedPairs, Ranking, curves


def weights_of(rows: FloatArray, shops: FloatArray | None = None) -> Weights:
    return Weights(rows[:, None], np.ones((1, 1)) if shops is None else shops[:, None])


@st.composite
def scored(draw: st.DrawFn) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Draw scores with many ties, labels of both classes and whole weights that leave some of each."""
    n = draw(st.integers(2, 40))
    score = draw(hnp.arrays(float, n, elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 3.0]) | st.floats(-2, 2)))
    imported = draw(hnp.arrays(bool, n))
    weights = draw(hnp.arrays(float, n, elements=st.integers(0, 4)))
    imported[:2], weights[:2] = [True, False], [1.0, 2.0]
    return score, imported, weights


@given(scored())
def test_ranking_agrees_with_scikit_learn_under_weights(case: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    score, imported, weights = case
    auc, precision = Ranking(score, imported)(weights_of(weights))[:, 0]
    assert auc == pytest.approx(roc_auc_score(imported, score, sample_weight=weights), abs=1e-9)
    assert precision == pytest.approx(average_precision_score(imported, score, sample_weight=weights), abs=1e-9)


def test_ranking_counts_only_rows_where_the_score_speaks() -> None:
    score = np.asarray([np.nan, 2.0, 1.0, np.nan, 3.0])
    imported = np.asarray([True, False, True, False, True])
    assert Ranking(score, imported)(weights_of(np.ones(5)))[:, 0].tolist() == [0.5, pytest.approx((1 + 2 / 3) / 2)]


@pytest.mark.parametrize("imported", [[True, True], [False, False]])
def test_ranking_one_class_is_undefined_and_not_a_warning(imported: list[bool]) -> None:
    assert np.isnan(Ranking(np.asarray([0.1, 0.2]), np.asarray(imported))(weights_of(np.ones(2)))).all()


def test_ranking_a_score_that_is_always_silent_is_undefined() -> None:
    assert np.isnan(Ranking(np.full(3, np.nan), np.asarray([True, False, True]))(weights_of(np.ones(3)))).all()


def test_ranking_does_the_redraws_one_by_one() -> None:
    dice = np.random.default_rng(0)
    score, imported = dice.random(30).round(1), dice.random(30) < 0.4
    rows = dice.integers(0, 3, (30, 7)).astype(float)
    ranking = Ranking(score, imported)
    at_once = ranking(Weights(rows, np.ones((1, 7))))
    singly = np.column_stack([ranking(weights_of(rows[:, at]))[:, 0] for at in range(7)])
    assert np.array_equal(at_once, singly)


def pairs_by_hand(
    score: FloatArray, imported: FloatArray, groups: IntArray, shops: IntArray, weights: FloatArray, *, own_shop: bool
) -> dict[int, tuple[float, float]]:
    found: dict[int, tuple[float, float]] = {}
    for i in np.flatnonzero(imported):
        for j in np.flatnonzero(~imported):
            if groups[i] == groups[j] >= 0 and (own_shop or shops[i] != shops[j]):
                right, pairs = found.get(groups[i], (0.0, 0.0))
                weight = weights[i] * weights[j]
                order = 1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0
                found[groups[i]] = (right + weight * order, pairs + weight)
    return found


@pytest.mark.parametrize("own_shop", [True, False])
@given(st.integers(0, 10_000))
def test_grouped_pairs_agree_with_counting_pair_by_pair(own_shop: bool, seed: int) -> None:
    dice = np.random.default_rng(seed)
    n = int(dice.integers(1, 40))
    score, imported = dice.random(n).round(1), dice.random(n) < 0.4
    groups, shops = dice.integers(-1, 3, n), np.unique(dice.integers(0, 8, n), return_inverse=True)[1]
    of_shop = dice.integers(0, 4, shops.max() + 1).astype(float)
    pairs = GroupedPairs(score, imported, groups, 4, None if own_shop else shops)
    right, every = pairs.count(weights_of(of_shop[shops], of_shop))
    by_hand = pairs_by_hand(score, imported, groups, shops, of_shop[shops], own_shop=own_shop)
    assert right.ravel().tolist() == [by_hand.get(group, (0, 0))[0] for group in range(4)]
    assert every.ravel().tolist() == [by_hand.get(group, (0, 0))[1] for group in range(4)]


def test_grouped_pairs_without_a_pair_are_undefined() -> None:
    pairs = GroupedPairs(np.asarray([0.1, 0.9, 0.5]), np.asarray([False, True, True]), np.asarray([0, 0, 1]), 3)
    found = pairs(weights_of(np.ones(3)))[:, 0]
    assert found[0] == 1.0
    assert np.isnan(found[1:]).all()


def test_curves_run_from_nothing_found_to_everything_found() -> None:
    found = curves(np.asarray([0.9, 0.8, 0.7, 0.7]), np.asarray([True, False, True, False]))
    assert found["roc"] == [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [1.0, 1.0]]
    assert found["precision_recall"] == [[0.5, 1.0], [0.5, 0.5], [1.0, 0.5]]


def test_curves_are_thinned_and_keep_their_area() -> None:
    dice = np.random.default_rng(1)
    imported = dice.random(5000) < 0.3
    score = dice.normal(size=5000) + imported
    roc = np.asarray(curves(score, imported)["roc"])
    assert len(roc) <= CURVE_POINTS + 1
    assert np.trapezoid(roc[:, 1], roc[:, 0]) == pytest.approx(roc_auc_score(imported, score), abs=2e-3)
