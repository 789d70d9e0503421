"""The market speaks in words of its own: most of what the catalogue of trade cues looks for does not stand in it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.cues_catalogue import catalogue
from umkm_classifier.signals.cues_score import CueFinder, Fired
from umkm_classifier.simulate.market import simulate

CUES = catalogue().cues
SEEDS = (0, 1, 2)
ROWS = 2000


@cache
def market(seed: int) -> Listings:
    return prepare(simulate(ROWS, seed).records)[0]


@cache
def fired(seed: int) -> list[Fired]:
    return CueFinder(catalogue()).fired(market(seed))


def ids_fired() -> dict[str, str]:
    """Return the cues that fire anywhere in the markets, each with something that it fired on."""
    return {CUES[at].id: what for seed in SEEDS for of_row in fired(seed) for at, what in of_row.items()}


def has_spoken(seed: int) -> np.ndarray:
    """Return for each row whether a cue of the text that says anything fires in it."""
    says = {at for at, cue in enumerate(CUES) if cue.source == "text" and cue.prior}
    return np.asarray([not says.isdisjoint(of_row) for of_row in fired(seed)])


def test_at_most_a_third_of_the_cues_fire_in_three_markets() -> None:
    found = ids_fired()
    assert len(found) <= len(CUES) / 3, found


def test_at_least_a_few_cues_of_the_text_of_places_and_of_prices_fire() -> None:
    families = [name.split(".")[0] for name in ids_fired()]
    assert families.count("place") >= 5
    assert families.count("price") >= 3
    assert len(families) - families.count("place") - families.count("price") >= 8


@pytest.mark.parametrize("seed", SEEDS)
def test_cues_of_the_text_speak_in_some_listings_and_leave_most_alone(seed: int) -> None:
    assert 0.05 < has_spoken(seed).mean() < 0.33


@pytest.mark.parametrize("seed", SEEDS)
def test_words_tell_makers_from_resellers_where_no_cue_of_the_text_speaks(seed: int) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    silent = market(seed).take(np.flatnonzero(~has_spoken(seed)))
    texts = silent.column("title") + "\n" + silent.column("description")
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=3.0))
    p_imported = cross_val_predict(
        model, texts, silent.is_imported, groups=silent.column("shop_id"), cv=GroupKFold(5), method="predict_proba"
    )[:, 1]
    assert 0.7 < roc_auc_score(silent.is_imported, p_imported) < 0.93
