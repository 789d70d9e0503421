"""Signal ``meaning``: linear in frozen vectors; neighbours say where to look, never what was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.hash_encoder import HashEncoder
from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import NoEncoder, UseEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.meaning import MeaningView, Neighbour, fit_meaning
from umkm_classifier.signals.signal import State

CONFIG = TrainConfig()
ENCODER = HashEncoder()


def titled(*titles: str) -> Listings:
    return prepare([{"title": title} for title in titles])[0]


def learn(listings: Listings, encoder: Any = ENCODER) -> MeaningView:
    (view,) = fit_meaning(listings, listings.is_imported, np.ones(len(listings)), CONFIG, encoder)
    return view


@pytest.fixture(scope="module")
def view(market: Listings) -> MeaningView:
    return learn(market)


def test_log_odds_are_those_of_a_logistic_regression_on_the_vectors_less_the_prior(
    market: Listings, unseen: Listings
) -> None:
    y, weights = market.is_imported, np.random.default_rng(0).uniform(0.2, 3.0, len(market))

    def vectors(listings: Listings) -> np.ndarray:
        both = [ENCODER.encode(list(listings.column(name))) for name in ("title", "description")]
        return np.hstack(both).astype(np.float64)

    twin = LogisticRegression(C=CONFIG.meaning_c, max_iter=2000).fit(vectors(market), y, sample_weight=weights)
    share = weights[y == 1].sum() / weights.sum()
    expected = twin.decision_function(vectors(unseen)) - np.log(share / (1.0 - share))
    empty = (unseen.column("title") == "") & (unseen.column("description") == "")
    expected[empty] = np.nan
    (view,) = fit_meaning(market, y, weights, CONFIG, ENCODER)
    np.testing.assert_allclose(view.log_odds(unseen), expected, rtol=0, atol=1e-9)


def test_the_reasons_add_up_to_the_log_odds_and_name_the_columns(view: MeaningView, unseen: Listings) -> None:
    log_odds = view.log_odds(unseen)
    for row, evidence in enumerate(view.explain(unseen)):
        if not evidence:
            assert np.isnan(log_odds[row])
            continue
        assert sum(one.log_odds for one in evidence) == pytest.approx(log_odds[row], abs=1e-9)
        assert [(one.source, one.what) for one in evidence] == [
            ("text", "title"),
            ("text", "description"),
            ("base", view.name),
        ]


def test_an_empty_column_adds_nothing(view: MeaningView) -> None:
    listings, _ = prepare([{"title": "kain batik"}])
    (evidence,) = view.explain(listings)
    assert {one.what: one.log_odds for one in evidence}["description"] == 0.0


def test_a_listing_without_text_gets_silence(view: MeaningView) -> None:
    listings, _ = prepare([{"price": 5000, "brand": "Ayu"}, {"description": "kain"}])
    assert np.isnan(view.log_odds(listings)).tolist() == [True, False]
    assert view.explain(listings)[0] == []


def test_a_listing_has_the_same_bits_whatever_its_mates(view: MeaningView, unseen: Listings) -> None:
    together = view.log_odds(unseen)
    for at in range(len(unseen)):
        np.testing.assert_array_equal(view.log_odds(unseen[at]), together[at : at + 1])
    np.testing.assert_array_equal(view.log_odds(unseen[::-1]), together[::-1])


def test_a_saved_view_scores_the_same_to_the_bit(
    view: MeaningView, unseen: Listings, save_and_read: Callable[[State], State]
) -> None:
    again = MeaningView.from_state(save_and_read(view.state()), ENCODER)
    np.testing.assert_array_equal(again.log_odds(unseen), view.log_odds(unseen))
    assert again.explain(unseen) == view.explain(unseen)
    assert again.neighbours(unseen) == view.neighbours(unseen)
    assert [len(mates) for mates in again.neighbours(titled("kain batik"))] == [3]


def test_a_view_without_neighbours_is_saved_too(view: MeaningView, save_and_read: Callable[[State], State]) -> None:
    bare = MeaningView(ENCODER, view.fields, view.coef, view.bias, np.empty((0, 16), np.float16), [])
    again = MeaningView.from_state(save_and_read(bare.state()), ENCODER)
    assert again.neighbours(titled("kain batik")) == [[]]


def test_a_saved_view_names_its_encoder(view: MeaningView) -> None:
    settings = view.state().settings
    assert settings["encoder"] == "hash:16"
    assert settings["encoder_hash"] == HashEncoder.hash


def test_nothing_that_is_saved_holds_a_text_of_a_listing(view: MeaningView, market: Listings) -> None:
    state = view.state()
    kept = {text for values in state.words.values() for text in values}
    for column in ("title", "description", "shop_name", "brand"):
        assert not kept & (set(market.column(column)) - {""})
    assert all(values.dtype.kind == "f" for values in state.arrays.values())


def test_the_nearest_neighbour_of_a_labelled_title_is_its_own_listing(view: MeaningView, market: Listings) -> None:
    titles = list(market.column("title"))
    row = next(at for at, title in enumerate(titles) if titles.count(title) == 1)
    ((first, second, third),) = view.neighbours(market[row])
    assert isinstance(first, Neighbour)
    assert first.id == market.column("id")[row]
    assert first.label == market.column("label")[row]
    assert first.label_source == market.column("label_source")[row]
    assert first.similarity == pytest.approx(1.0, abs=2e-3)  # kept in 16 bits
    assert first.similarity >= second.similarity >= third.similarity


def test_neighbours_are_as_many_as_asked_for(view: MeaningView) -> None:
    seven, none = view.neighbours(titled("kain batik", ""), most=7)
    assert (len(seven), none) == (7, [])


def test_without_an_encoder_there_is_no_view(market: Listings) -> None:
    assert fit_meaning(market, market.is_imported, np.ones(len(market)), CONFIG, NoEncoder()) == []


@pytest.mark.parametrize(("n_imported", "learned"), [(4, 0), (5, 1)])
def test_fewer_than_five_rows_of_a_class_with_text_leave_no_view(n_imported: int, learned: int) -> None:
    listings, _ = prepare([{"title": f"kain {at}"} for at in range(20 + n_imported)] + [{"price": 5}] * 9)
    y = np.asarray([0] * 20 + [1] * (n_imported + 9))
    assert len(fit_meaning(listings, y, np.ones(len(y)), CONFIG, ENCODER)) == learned


@pytest.mark.slow
def test_the_default_encoder_learns_scores_and_is_read_again(
    market: Listings, unseen: Listings, save_and_read: Callable[[State], State]
) -> None:
    from sklearn.metrics import roc_auc_score

    encoder = UseEncoder()
    view = learn(market, encoder)
    labelled = unseen[np.flatnonzero(unseen.has_label)]
    scores = view.log_odds(labelled)
    assert roc_auc_score(labelled.is_imported, scores) > 0.6
    again = MeaningView.from_state(save_and_read(view.state()), encoder)
    np.testing.assert_array_equal(again.log_odds(labelled[:5]), scores[:5])
    (mates,) = view.neighbours(market[:1])
    assert mates[0].similarity == pytest.approx(1.0, abs=2e-3)
    assert np.array_equal(view.log_odds(labelled[3]), scores[3:4])
