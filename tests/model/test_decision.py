"""A decision needs labels of the good's family, and cheap words for the seller decide nothing alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.model.decision import DecisionRule

KNOWN = {"batik": {"local": 59, "imported": 14}}
PROBABILITIES = st.floats(0.0, 1.0)


def decided(rule: DecisionRule, family: str, p: float, p_unspoken: float, others: float = -1.0) -> str:
    families = np.asarray([family], dtype=object)
    return str(rule.decide(families, np.asarray([p]), np.asarray([p_unspoken]), np.asarray([others]))[0])


@pytest.mark.parametrize(
    ("p", "p_unspoken", "decision"),
    [
        (0.5, 0.5, "imported"),
        (0.9, 0.95, "imported"),
        (0.49, 0.49, "local"),
        (0.1, 0.5, "review"),
        (0.1, 0.9, "review"),
    ],
)
def test_a_listing_that_is_local_only_by_what_the_seller_says_is_left_to_a_person(
    p: float, p_unspoken: float, decision: str
) -> None:
    assert decided(DecisionRule(KNOWN), "batik", p, p_unspoken) == decision


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
    rule = DecisionRule({"koko": {"local": local, "imported": imported}})
    assert decided(rule, "koko", 0.1, 0.1) == low
    assert decided(rule, "koko", 0.9, 0.9) == high
    is_promised = rule.is_promised(np.asarray(["koko", "tasbih"], dtype=object)).tolist()
    assert is_promised == [(low, high) == ("local", "imported"), False]


def test_a_good_without_any_label_is_decided_only_where_that_was_asked_for() -> None:
    assert decided(DecisionRule(KNOWN), "tasbih", 0.1, 0.1) == "review"
    asked = DecisionRule(KNOWN, decide_unsupported=True)
    assert decided(asked, "tasbih", 0.1, 0.1) == "local"
    assert decided(asked, "tasbih", 0.1, 0.6) == "review"
    assert asked.is_promised(np.asarray(["tasbih"], dtype=object)).tolist() == [False]


@given(p=PROBABILITIES, more=PROBABILITIES, cheap=PROBABILITIES)
def test_no_words_for_the_seller_make_a_listing_local_that_was_not(p: float, more: float, cheap: float) -> None:
    rule = DecisionRule(KNOWN)
    unspoken = max(p, more)
    before = decided(rule, "batik", unspoken, unspoken)
    after = decided(rule, "batik", min(p, cheap), unspoken)
    assert not (after == "local" and before != "local")


def test_of_an_unknown_good_nothing_is_decided_or_promised() -> None:
    rule = DecisionRule({"other": {"local": 900, "imported": 900}})
    assert decided(rule, "other", 0.1, 0.1) == decided(rule, "other", 0.9, 0.9) == "review"
    assert rule.is_promised(np.asarray(["other"], dtype=object)).tolist() == [False]


@pytest.mark.parametrize(("others", "decision"), [(-0.1, "local"), (0.0, "review"), (0.4, "review")])
def test_a_listing_is_local_only_where_more_than_its_text_speaks_for_it(others: float, decision: str) -> None:
    assert decided(DecisionRule(KNOWN), "batik", 0.1, 0.1, others) == decision
    assert decided(DecisionRule(KNOWN), "batik", 0.9, 0.9, others) == "imported"
