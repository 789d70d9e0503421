from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, log_loss

from umkm_classifier.evaluation.bootstrap import FloatArray, Weights, once
from umkm_classifier.evaluation.probabilities import InGroups, Probabilities, confusion, equal_count_bins, reliability


def figures(p: FloatArray, imported: FloatArray, weights: FloatArray | None = None) -> dict[str, float]:
    rows = np.ones(len(p)) if weights is None else weights
    found = Probabilities(p, imported)(Weights(rows[:, None], np.ones((1, 1))))[:, 0]
    return dict(zip(Probabilities.NAMES, found[:5].tolist(), strict=True))


@st.composite
def answered(draw: st.DrawFn) -> tuple[FloatArray, FloatArray, FloatArray]:
    n = draw(st.integers(2, 40))
    p = draw(hnp.arrays(float, n, elements=st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)))
    imported = draw(hnp.arrays(bool, n))
    weights = draw(hnp.arrays(float, n, elements=st.integers(0, 4)))
    imported[:2], weights[:2] = [True, False], [1.0, 2.0]
    return p, imported, weights


@given(answered())
def test_figures_agree_with_scikit_learn_under_weights(case: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    p, imported, weights = case
    found = figures(p, imported, weights)
    said = p >= 0.5
    assert found["macro_f1"] == pytest.approx(
        f1_score(imported, said, average="macro", sample_weight=weights), abs=1e-9
    )
    assert found["accuracy"] == pytest.approx(accuracy_score(imported, said, sample_weight=weights), abs=1e-9)
    assert found["brier"] == pytest.approx(brier_score_loss(imported, p, sample_weight=weights), abs=1e-9)
    expected = log_loss(imported, np.column_stack([1 - p, p]), sample_weight=weights, labels=[False, True])
    assert found["log_loss"] == pytest.approx(expected, abs=1e-9)


def test_a_sure_mistake_costs_much_and_not_infinitely_much() -> None:
    assert figures(np.asarray([0.0, 1.0]), np.asarray([True, False]))["log_loss"] == pytest.approx(36.04, abs=0.01)


def test_one_class_has_no_macro_f1_but_the_other_figures() -> None:
    found = figures(np.asarray([0.2, 0.4]), np.asarray([False, False]))
    assert np.isnan(found.pop("macro_f1"))
    assert found["accuracy"] == 1.0
    assert found["brier"] == pytest.approx(0.1)
    assert found["ece"] == pytest.approx(0.3)


def test_calibration_error_is_the_weighted_distance_in_ten_bins() -> None:
    # 20 rows, two a bin: bin b holds 0.1 b + 0.02 and 0.1 b + 0.06; the upper one of each bin is imported.
    p = np.asarray([0.1 * at + step for at in range(10) for step in (0.02, 0.06)])
    imported = np.tile([False, True], 10)
    by_hand = np.mean([abs(0.1 * at + 0.04 - 0.5) for at in range(10)])
    assert figures(p, imported)["ece"] == pytest.approx(by_hand, abs=1e-12)


def test_bins_hold_equally_many_rows() -> None:
    bins = equal_count_bins(np.random.default_rng(0).random(103))
    assert np.bincount(bins).tolist() == [11, 11, 11, 10, 10, 10, 10, 10, 10, 10]


def test_bins_keep_equal_probabilities_together() -> None:
    p = np.asarray([0.3] * 50 + [0.1] * 25 + [0.9] * 25)
    assert equal_count_bins(p).tolist() == [1] * 50 + [0] * 25 + [2] * 25


def test_few_rows_make_few_bins() -> None:
    assert equal_count_bins(np.asarray([0.9, 0.1, 0.5])).tolist() == [2, 0, 1]


@given(hnp.arrays(float, st.integers(1, 60), elements=st.sampled_from([0.1, 0.2, 0.2001, 0.7])), st.randoms())
def test_bins_do_not_depend_on_the_order_of_rows(p: FloatArray, random: object) -> None:
    order = np.random.default_rng(len(p)).permutation(len(p))
    assert np.array_equal(equal_count_bins(p)[order], equal_count_bins(p[order]))


def test_constant_probabilities_that_are_right_on_average_are_calibrated() -> None:
    # Ties cut into ten bins by their place in the table would find a calibration error in sorted labels.
    assert figures(np.full(100, 0.5), np.arange(100) < 50)["ece"] == 0.0


def test_reliability_describes_every_bin() -> None:
    p, imported = np.asarray([0.2, 0.4, 0.9, 0.7]), np.asarray([False, True, True, True])
    assert reliability(p, imported, np.asarray([0, 0, 1, 1])) == [
        {"n": 2, "p_low": 0.2, "p_high": 0.4, "p_mean": pytest.approx(0.3), "share_imported": 0.5},
        {"n": 2, "p_low": 0.7, "p_high": 0.9, "p_mean": pytest.approx(0.8), "share_imported": 1.0},
    ]


def test_confusion_counts_exactly_half_as_imported() -> None:
    found = confusion(np.asarray([0.5, 0.49, 0.9, 0.1]), np.asarray([True, True, False, False]))
    assert found == {"local": {"local": 1, "imported": 1}, "imported": {"local": 1, "imported": 1}}


def test_each_group_has_its_mean_probability_and_the_share_that_is_imported() -> None:
    p, y = np.asarray([0.2, 0.4, 0.9, 0.6]), np.asarray([False, True, True, True])
    groups, shops = np.asarray([0, 0, 2, 2]), np.asarray([0, 1, 2, 2])
    found = InGroups(p, y, groups, 3)
    np.testing.assert_allclose(found(once(shops))[:, 0], [0.3, np.nan, 0.75, 0.5, np.nan, 1.0])
    twice = Weights(np.asarray([[2.0], [0.0], [1.0], [1.0]]), np.asarray([[2.0], [0.0], [1.0]]))
    np.testing.assert_allclose(found(twice)[:, 0], [0.2, np.nan, 0.75, 0.0, np.nan, 1.0])
