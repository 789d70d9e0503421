"""A decision needs labels of the family and two sources, and cheap words for the seller decide nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.model.decision import DecisionRule, Weighed, count_agreeing
from umkm_classifier.model.risk import NOTHING, Thresholds

KNOWN = {"batik": {"local": 59, "imported": 14}}
AT = Thresholds(2.0, -1.0, 183, 17, 0.02, 0.2, 0.975)
SCORES = st.floats(-9.0, 9.0)


def weighed(score: float, unspoken: float, others: float = -1.0, agreeing: int = 2) -> Weighed:
    return Weighed(*(np.asarray([value]) for value in (score, unspoken, others)), np.asarray([agreeing]))


def decided(rule: DecisionRule, family: str, *of_row: float) -> str:
    return str(rule.decide(np.asarray([family], dtype=object), weighed(*of_row))[0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("score", "unspoken", "decision"),
    [
        (2.0, 2.0, "imported"),
        (5.0, 6.0, "imported"),
        (1.9, 9.0, "review"),
        (0.0, 0.0, "review"),
        (-0.9, -0.9, "review"),
        (-1.0, -1.0, "local"),
        (-4.0, -0.9, "review"),
        (-4.0, 4.0, "review"),
    ],
)
def test_thresholds_decide_and_what_the_seller_says_makes_nothing_local(
    score: float, unspoken: float, decision: str
) -> None:
    assert decided(DecisionRule(KNOWN, thresholds=AT), "batik", score, unspoken) == decision


@pytest.mark.parametrize(
    ("local", "imported", "low", "high"),
    [
        (59, 14, "local", "imported"),
        (58, 14, "local", "review"),
        (59, 13, "review", "imported"),
        (0, 0, "review", "review"),
    ],
)
def test_a_good_of_which_too_few_shops_were_labelled_is_left_to_a_person(
    local: int, imported: int, low: str, high: str
) -> None:
    rule = DecisionRule({"koko": {"local": local, "imported": imported}}, thresholds=AT)
    assert decided(rule, "koko", -3.0, -3.0) == low
    assert decided(rule, "koko", 3.0, 3.0) == high
    is_promised = rule.is_promised(np.asarray(["koko", "tasbih"], dtype=object)).tolist()
    assert is_promised == [(low, high) == ("local", "imported"), False]


def test_a_good_without_any_label_is_decided_only_where_that_was_asked_for() -> None:
    assert decided(DecisionRule(KNOWN, thresholds=AT), "tasbih", -3.0, -3.0) == "review"
    asked = DecisionRule(KNOWN, decide_unsupported=True, thresholds=AT)
    assert decided(asked, "tasbih", -3.0, -3.0) == "local"
    assert decided(asked, "tasbih", -3.0, 0.4) == "review"
    assert asked.is_promised(np.asarray(["tasbih"], dtype=object)).tolist() == [False]


@given(score=SCORES, more=SCORES, cheap=SCORES)
def test_no_words_for_the_seller_make_a_listing_local_that_was_not(score: float, more: float, cheap: float) -> None:
    rule = DecisionRule(KNOWN, thresholds=AT)
    unspoken = max(score, more)
    before = decided(rule, "batik", unspoken, unspoken)
    after = decided(rule, "batik", min(score, cheap), unspoken)
    assert not (after == "local" and before != "local")


def test_of_an_unknown_good_nothing_is_decided_or_promised() -> None:
    rule = DecisionRule({"other": {"local": 900, "imported": 900}}, thresholds=AT)
    assert decided(rule, "other", -3.0, -3.0) == decided(rule, "other", 3.0, 3.0) == "review"
    assert rule.is_promised(np.asarray(["other"], dtype=object)).tolist() == [False]


@pytest.mark.parametrize(("others", "decision"), [(-0.1, "local"), (0.0, "review"), (0.4, "review")])
def test_a_listing_is_local_only_where_more_than_its_text_speaks_for_it(others: float, decision: str) -> None:
    assert decided(DecisionRule(KNOWN, thresholds=AT), "batik", -3.0, -3.0, others) == decision
    assert decided(DecisionRule(KNOWN, thresholds=AT), "batik", 3.0, 3.0, others) == "imported"


@pytest.mark.parametrize(("agreeing", "decision"), [(0, "review"), (1, "review"), (2, "imported"), (4, "imported")])
def test_a_flag_needs_two_sources_that_agree(agreeing: int, decision: str) -> None:
    assert decided(DecisionRule(KNOWN, thresholds=AT), "batik", 9.0, 9.0, -1.0, agreeing) == decision
    assert decided(DecisionRule(KNOWN, thresholds=AT), "batik", -3.0, -3.0, -1.0, agreeing) == "local"


def test_a_source_that_hardly_moves_the_odds_agrees_with_nothing() -> None:
    of_sources = np.asarray([[0.0, 0.09, 5.0, -2.0], [0.1, 0.1, -3.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    assert count_agreeing(of_sources).tolist() == [1, 2, 4]


def test_without_thresholds_and_without_an_answer_everything_is_left_to_a_person() -> None:
    for score in (-9.0, 0.0, 9.0):
        assert decided(DecisionRule(KNOWN, thresholds=NOTHING), "batik", score, score) == "review"
    assert decided(DecisionRule(KNOWN, thresholds=AT), "batik", np.nan, np.nan, np.nan, 0) == "review"


def test_what_another_rule_keeps_from_a_decision_counts_as_no_mistake_when_thresholds_are_chosen() -> None:
    rule = DecisionRule(KNOWN)
    families = np.asarray(["batik"] * 5 + ["koko"], dtype=object)
    score = np.asarray([3.0, 3.0, -3.0, -3.0, np.nan, 3.0])
    rows = Weighed(score, score + 1.0, np.asarray([1.0, 1.0, -1.0, 1.0, 1.0, 1.0]), np.asarray([2, 1, 0, 0, 2, 2]))
    flag, passing = rule.sides(families, rows)
    np.testing.assert_array_equal(flag, [3.0, -np.inf, -np.inf, -np.inf, np.nan, -np.inf])
    np.testing.assert_array_equal(passing, [np.inf, np.inf, -2.0, np.inf, np.nan, np.inf])


@pytest.mark.parametrize(
    ("imported", "local", "lacking"), [(2.0, -1.0, [0, 0]), (None, -1.0, [0, 1]), (2.0, None, [1, 0])]
)
def test_a_listing_lacks_the_threshold_of_the_class_it_leans_to(
    imported: float | None, local: float | None, lacking: list[int]
) -> None:
    rule = DecisionRule(KNOWN, thresholds=Thresholds(imported, local, 0, 0, None, None, None))
    assert rule.lacks_threshold(np.asarray([-0.1, 0.0])).tolist() == [bool(one) for one in lacking]


def test_a_rule_is_saved_whole() -> None:
    rule = DecisionRule(KNOWN, True, AT, "out_of_fold")
    assert DecisionRule.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
