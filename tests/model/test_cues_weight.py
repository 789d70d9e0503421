"""The cues keep a weight in the fusion whatever labels of other goods say, one for each label source."""

from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.model.cues_weight import FLOOR, WEIGHT, CuesWeight, cues_weight
from umkm_classifier.model.fusion_estimator import FusionClassifier

NAN = np.nan
COLUMNS = np.asarray([[1.0, 2.0, 3.0], [4.0, NAN, 6.0], [7.0, 8.0, 9.0]])  # the cues in the middle
SOURCE = np.asarray([0, 1, 1])


@pytest.fixture
def held() -> CuesWeight:
    return cues_weight(("words.text", "cues.trade", "facts.fields"), 2)


def test_the_cues_get_a_column_for_each_source_behind_the_others(held: CuesWeight) -> None:
    expected = [[1.0, 3.0, 2.0, NAN], [4.0, 6.0, NAN, NAN], [7.0, 9.0, NAN, 8.0]]
    np.testing.assert_array_equal(held.spread(COLUMNS, SOURCE), expected)


def test_only_the_cues_have_a_weight_to_be_pulled_to_and_a_floor(held: CuesWeight) -> None:
    np.testing.assert_array_equal(held.prior(None), [NAN, NAN, WEIGHT, WEIGHT])
    np.testing.assert_array_equal(held.prior(np.asarray([0.8, 0.0])), [0.8, 0.0, WEIGHT, WEIGHT])
    np.testing.assert_array_equal(held.floor(), [0.0, 0.0, FLOOR, FLOOR])


def test_the_weight_of_a_source_finds_its_way_back_among_the_views(held: CuesWeight) -> None:
    learned = np.asarray([0.3, 0.4, 0.6, 0.9])
    np.testing.assert_array_equal(held.of_views(learned, 0), [0.3, 0.6, 0.4])
    np.testing.assert_array_equal(held.of_views(learned, 1), [0.3, 0.9, 0.4])
    assert held.by_source(learned, ("a", "b")) == {"a": 0.6, "b": 0.9}


def test_what_a_base_says_of_cues_already_counts(held: CuesWeight) -> None:
    adapted = cues_weight(("base.model", "cues.trade"), 1, (0.7, 0.7), 1.0)
    np.testing.assert_allclose(adapted.prior(np.asarray([0.9])), [0.9, 0.3])
    np.testing.assert_allclose(adapted.floor(), [0.0, 0.0])
    full = cues_weight(("base.model", "cues.trade"), 1, (1.4, 1.4), 1.0)
    np.testing.assert_array_equal(full.prior(np.asarray([0.9])), [0.9, 0.0])


def test_in_goods_without_labels_of_both_classes_the_cues_count_fully_and_what_was_learned_half() -> None:
    names = ("base.model", "words.text", "cues.trade", "facts.missing")
    weights = np.asarray([0.9, 0.6, 0.5, 1.0])
    held = cues_weight(names[:3], 1)
    np.testing.assert_allclose(held.elsewhere(names, weights), [0.9, 0.3, 1.0, 1.0])
    strong = np.asarray([0.9, 0.6, 1.4, 1.0])
    np.testing.assert_allclose(held.elsewhere(names, strong), [0.9, 0.3, 1.4, 1.0])
    adapted = cues_weight(names[:3], 1, (0.5, 0.8), 1.0)
    np.testing.assert_allclose(adapted.elsewhere(names, np.asarray([0.5, 0.6, 0.1, 1.0])), [0.5, 0.3, 0.6, 1.0])


def test_cues_that_are_lost_with_a_base_are_made_up_for() -> None:
    adapted = cues_weight(("base.model", "cues.trade"), 1, (0.8, 1.0), 1.0)
    np.testing.assert_allclose(adapted.floor(), [0.0, 0.0])
    np.testing.assert_allclose(adapted.of_views(np.asarray([0.0, 0.0]), 0), [0.0, 0.5])
    np.testing.assert_allclose(adapted.of_views(np.asarray([1.0, 0.0]), 0), [1.0, 0.0])


def test_a_model_without_cues_is_left_as_it_is() -> None:
    without = cues_weight(("words.text", "facts.fields"), 3)
    columns = COLUMNS[:, :2]
    np.testing.assert_array_equal(without.spread(columns, SOURCE), columns)
    assert without.prior(None) is None
    np.testing.assert_array_equal(without.floor(), [0.0, 0.0])
    np.testing.assert_array_equal(without.of_views(np.asarray([0.2, 0.3]), 0), [0.2, 0.3])
    np.testing.assert_array_equal(without.elsewhere(("words.text", "facts.fields"), np.asarray([0.2, 0.3])), [0.2, 0.3])
    assert without.by_source(np.asarray([0.2, 0.3]), ("a", "b", "c")) == {}


@pytest.mark.parametrize("pull", [1e-4, 0.1, float("inf")])
def test_labels_that_find_nothing_in_the_cues_lower_their_weight_to_the_floor_and_no_further(pull: float) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 800)
    columns = np.stack([1.5 * (2 * y - 1) + rng.normal(0, 2, 800), rng.normal(0, 2, 800)], axis=1)
    held = cues_weight(("words.text", "cues.trade"), 1)
    spread = held.spread(columns, np.zeros(800, dtype=np.int64))
    fitted = FusionClassifier(prior=held.prior(None), floor=held.floor(), pull=pull).fit(spread, y)
    assert FLOOR <= fitted.weights_[1] <= WEIGHT
    assert fitted.best_ == 0
    if pull == 1e-4:
        assert fitted.weights_[1] == pytest.approx(FLOOR, abs=1e-3)
    if pull == float("inf"):
        assert fitted.weights_[1] == WEIGHT


def test_labels_that_agree_with_the_cues_raise_their_weight() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 2_000)
    columns = np.stack([rng.normal(0, 1, 2_000), 0.8 * (2 * y - 1) + rng.normal(0, 0.7, 2_000)], axis=1)
    held = cues_weight(("words.text", "cues.trade"), 1)
    spread = held.spread(columns, np.zeros(2_000, dtype=np.int64))
    fitted = FusionClassifier(prior=held.prior(None), floor=held.floor()).fit(spread, y)
    assert fitted.weights_[1] > 1.5
