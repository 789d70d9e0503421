"""Reasons about the same thing are one, the strongest come first, and what is left is summed up."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.model.reasons import MOST_REASONS, REST, Reason, Totals
from umkm_classifier.signals.signal import Evidence

NAMED = "price: 2 times what makers ask for koko"
SIGNALS, SOURCES = ("words", "facts", "cues", "base"), ("text", "price and place", "shop", "base")
NAMES = st.sampled_from(("", "kain", "price", REST, "a\0b", "\0", "batik tulis", *(f"kata {at}" for at in range(20))))
STRENGTHS = st.sampled_from((0.0, -0.0, 0.5, -0.5, 0.1, 1e-300)) | st.floats(-9.0, 9.0)
EVIDENCE = st.builds(Evidence, st.sampled_from(SOURCES), NAMES, STRENGTHS)
VIEWS = st.lists(st.tuples(st.sampled_from(SIGNALS), st.lists(EVIDENCE, max_size=40), STRENGTHS), max_size=5)


def written_out(prior: float, views: list[tuple[str, list[Evidence], float]]) -> list[Reason]:
    """Return the same reasons the long way: each a ``Reason`` before any is left out."""
    total: dict[tuple[str, str, str], float] = defaultdict(float)
    total["prior", "base", ""] += prior
    for signal, evidence, weight in views:
        for one in evidence:
            if one.log_odds != 0.0:
                is_price = one.what == "price" and one.source == "price and place"
                total[signal, one.source, NAMED if is_price else one.what] += weight * one.log_odds
    ranked = sorted((Reason(*key, value) for key, value in total.items()), key=lambda reason: -abs(reason.log_odds))
    tail: dict[tuple[str, str], float] = defaultdict(float)
    for reason in ranked[MOST_REASONS:]:
        tail[reason.signal, reason.source] += reason.log_odds
    return ranked[:MOST_REASONS] + [Reason(*group, REST, value) for group, value in tail.items()]


@given(prior=STRENGTHS, views=VIEWS)
def test_any_evidence_gives_the_same_reasons_as_the_long_way_to_the_bit(
    prior: float, views: list[tuple[str, list[Evidence], float]]
) -> None:
    totals = Totals(prior, NAMED)
    for signal, evidence, weight in views:
        totals.add(signal, evidence, weight)
    assert totals.strongest() == written_out(prior, views)


@given(words=st.dictionaries(NAMES, STRENGTHS, max_size=30), weight=STRENGTHS)
def test_words_are_evidence_of_one_source(words: dict[str, float], weight: float) -> None:
    by_word, one_by_one = Totals(1.0, NAMED), Totals(1.0, NAMED)
    by_word.add_words("words", "text", words, weight)
    one_by_one.add("words", [Evidence("text", what, value) for what, value in words.items()], weight)
    assert by_word.strongest() == one_by_one.strongest()


def test_only_a_reason_that_is_the_price_is_named_so() -> None:
    totals = Totals(0.0, NAMED)
    totals.add("facts", [Evidence("price and place", "price", 3.0)], 1.0)
    totals.add("words", [Evidence("text", "price", 2.0)], 1.0)
    totals.add_words("words", "text", {"price": 0.5}, 1.0)
    assert totals.strongest() == [
        Reason("facts", "price and place", NAMED, 3.0),
        Reason("words", "text", "price", 2.5),
        Reason("prior", "base", "", 0.0),
    ]


@pytest.mark.parametrize("n_words", [MOST_REASONS - 1, MOST_REASONS, 40])
def test_beyond_twelve_one_reason_says_what_the_others_add_up_to(n_words: int) -> None:
    totals = Totals(100.0, NAMED)
    totals.add("words", [Evidence("text", f"kata {at}", 1.0 + at) for at in range(n_words)], 1.0)
    reasons = totals.strongest()
    assert len(reasons) == min(n_words + 1, MOST_REASONS + 1)
    assert sum(reason.log_odds for reason in reasons) == 100.0 + n_words * (n_words + 1) / 2
    assert (reasons[-1].evidence == REST) is (n_words >= MOST_REASONS)
