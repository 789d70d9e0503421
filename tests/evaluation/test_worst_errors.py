from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.evaluation.worst_errors import described, mistaken, told, without_text, worst_rows
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.reasons import Reason

SECRET = "brelko dunvi"


def decided(*words: str) -> np.ndarray:
    return np.asarray(words, dtype=object)


def test_wrong_decisions_come_before_sure_scores_that_a_person_sees(listings) -> None:
    table = listings(["local"] * 4 + ["imported"] * 3)
    p = np.asarray([0.99, 0.8, 0.6, 0.2, 0.01, 0.3, 0.9])
    decisions = decided("review", "imported", "review", "local", "review", "local", "imported")
    assert worst_rows(table, p, decisions).tolist() == [1, 0, 2, 5, 4]
    assert worst_rows(table, p, decisions, most=1).tolist() == [1, 5]


def test_what_cannot_be_judged_is_no_mistake(listings) -> None:
    table = listings(["local", "", "local"], rejected=[False, False, True])
    assert worst_rows(table, np.asarray([np.nan, 0.9, 0.9]), decided("review", "imported", "imported")).tolist() == []


@given(st.integers(0, 10_000), st.integers(0, 40), st.integers(1, 6))
def test_the_worst_of_parts_hold_the_worst_of_all(listings, seed: int, n: int, most: int) -> None:
    dice = np.random.default_rng(seed)
    table = listings(dice.choice(["local", "imported"], n).tolist())
    p, decisions = dice.random(n).round(1), dice.choice(["local", "imported", "review"], n).astype(object)
    of_all = set(worst_rows(table, p, decisions, most).tolist())
    parts = np.array_split(np.arange(n), 3)
    assert of_all <= {int(at) for part in parts for at in part[worst_rows(table[part], p[part], decisions[part], most)]}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason("words", "text", SECRET, 1.0), None),
        (Reason("words", "text", "price", 1.0), None),  # a word that a seller wrote, by chance the name of a field
        (Reason("base", "text", "title", 1.0), None),
        (Reason("facts", "shop", SECRET, 1.0), None),
        (Reason("facts", "price and place", "price", 1.0), "price"),
        (Reason("meaning", "text", "description", 1.0), "description"),
        (
            Reason("facts", "price and place", "price: 0.25 times what makers ask for sajadah", 1.0),
            "price: 0.25 times what makers ask for sajadah",
        ),
        (Reason("cues", "text", f"material.antislip: {SECRET}", 1.0), "material.antislip"),
        (Reason("cues", "text", f"of.another.bundle: {SECRET}", 1.0), None),
        (Reason("looks", "photo", "photo 2", 1.0), "photo 2"),
        (Reason("writing", "photo", "photo 1: Chinese characters", 1.0), "photo 1: Chinese characters"),
        (Reason("writing", "photo", f"photo 1: {SECRET}", 1.0), None),
        (Reason("reuse", "photo", "photo 1 also in 2 other shops (toko-budi, toko-ani), first here", 1.0), None),
        (Reason("facts", "base", "no brand", -0.1), "no brand"),
        (Reason("prior", "base", "", -1.0), ""),
        (Reason("words", "text", "(rest)", 0.1), "(rest)"),
        (Reason("of tomorrow", "text", SECRET, 0.1), None),
    ],
)
def test_evidence_is_told_only_where_no_word_of_a_listing_can_be_in_it(reason: Reason, expected: str | None) -> None:
    assert told(reason) == expected


def prediction(*reasons: Reason) -> Prediction:
    return Prediction("a7", "imported", 0.9, 2.0, "ok", reasons=reasons, good="sajadah")


def test_mistakes_are_described_without_a_word_unless_text_is_asked_for(listings) -> None:
    table = listings(["local"], id=["a7"], title=[f"Sajadah {SECRET}"])
    words = (Reason("words", "text", "brelko", 1.0), Reason("words", "text", "dunvi", 0.5))
    answers = mistaken(np.asarray([0]), [prediction(*words, Reason("facts", "shop", "brand", -2.0))])
    without = described(table, np.asarray([0.9]), answers)
    assert without == [
        {
            "id": "a7", "label": "local", "p_imported": 0.9, "decision": "imported", "good": "sajadah",
            "reasons": [
                {"signal": "facts", "source": "shop", "evidence": "brand", "log_odds": -2.0},
                {"signal": "words", "source": "text", "evidence": None, "log_odds": 1.5},
            ],
        }
    ]  # fmt: skip
    shown = described(table, np.asarray([0.9]), answers, show_text=True)
    assert shown[0]["title"] == f"Sajadah {SECRET}"
    assert [reason["evidence"] for reason in shown[0]["reasons"]] == ["brand", "brelko", "dunvi"]
    assert without_text(shown) == without
    assert not any(word in json.dumps(without) for word in SECRET.split())


TEXTS = st.sampled_from(["", "price", "photo 1", "(rest)", "no brand", "material.antislip: x", "zzz", "a: b"])
REASONS = st.builds(
    Reason, st.sampled_from(["words", "cues", "facts", "base"]), st.sampled_from(["text", "shop", "base"]), TEXTS,
    st.integers(-8, 8).map(lambda at: at / 4),
)  # fmt: skip


@given(st.lists(REASONS, max_size=8))
def test_hiding_words_keeps_the_sum_of_the_reasons(reasons: list[Reason]) -> None:
    hidden = without_text([{"reasons": [asdict(reason) for reason in reasons]}])
    total = sum(reason["log_odds"] for error in hidden for reason in error["reasons"])
    assert total == pytest.approx(sum(reason.log_odds for reason in reasons))
