from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.evaluation.explain import cautions, most_without_error, reason_says, source_says
from umkm_classifier.evaluation.metrics import measure


@pytest.mark.parametrize(("n_shops", "most"), [(149, 0.02), (59, 0.05), (14, 0.2)])
def test_shops_without_a_mistake_still_allow_some(n_shops: int, most: float) -> None:
    assert most_without_error(n_shops) <= most < most_without_error(n_shops - 1)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("brand_country", "the country of the brand; the thing itself may be made elsewhere"),
        ("simulated_brand", "made up by umkm simulate: no real listing stands behind it"),
        ("my own rule", ""),
    ],
)
def test_known_label_sources_are_explained(source: str, says: str) -> None:
    assert source_says(source) == says


def test_a_sound_evaluation_needs_no_caution(draw_market) -> None:
    assert cautions(measure(*draw_market(300, 200), redraws=50), ("by_hand",), 0.0) == []


def test_simulated_listings_are_announced_when_all_are(market) -> None:
    measured = measure(*market, redraws=0)
    says = (
        "These listings are simulated. The figures say that the parts work together; they say nothing about real "
        "listings."
    )
    assert cautions(measured, ("simulated_a", "simulated_b"), None) == [says]
    assert cautions(measured, ("simulated_a", "by_hand"), None) == []


def test_listings_known_from_training_are_announced_however_few(market) -> None:
    (says,) = cautions(measure(*market, redraws=0), (), 0.00001)
    assert says == (
        "The model was trained on 0.1% of these listings. It knows them, so the figures are too good. Judge it on "
        "listings of other shops."
    )


def test_few_shops_are_announced_by_class(listings) -> None:
    measured = measure(listings(["local"] * 40 + ["imported"] * 4), np.linspace(0, 1, 44), redraws=0)
    assert cautions(measured, (), None) == [
        "Few shops stand behind this: 4 with imported ones. Read the intervals rather than the figures."
    ]


def test_one_class_is_announced(listings) -> None:
    measured = measure(listings(["local"] * 40), np.full(40, 0.1), redraws=0)
    assert cautions(measured, (), None) == [
        "Little can be said: every labelled listing is 'local' (40); both classes are needed."
    ]


def test_a_model_that_guesses_and_one_that_is_worse_are_told_apart(draw_market) -> None:
    table, p = draw_market(400, 300)
    guessing = measure(table, np.random.default_rng(0).random(400), redraws=100)
    assert cautions(guessing, (), None) == [
        "On these listings the model cannot be told from guessing: its interval holds 0.5."
    ]
    assert cautions(measure(table, 1 - p, redraws=100), (), None) == [
        "On these listings the model ranks worse than guessing. Do not use it here."
    ]


@pytest.mark.parametrize(
    ("signal", "source", "evidence", "says"),
    [
        ("prior", "base", "", "what holds for every listing"),
        ("words", "text", None, "words, text: words or names of the listing"),
        ("words", "text", "(rest)", "words, text: the rest"),
        ("facts", "base", "no brand", "facts: no brand"),
        ("looks", "photo", "", "looks, photo"),
        (
            "facts", "price and place", "price: 2.6e+02 times what makers ask for prayer_mat",
            "facts, price and place: price: 260 times what makers ask for prayer mat",
        ),
        (
            "facts", "price and place", "price: 0.25 times what makers ask for sajadah",
            "facts, price and place: price: 0.25 times what makers ask for sajadah",
        ),
    ],
)  # fmt: skip
def test_a_reason_is_said_in_words(signal: str, source: str, evidence: str | None, says: str) -> None:
    assert reason_says({"signal": signal, "source": source, "evidence": evidence}) == says
