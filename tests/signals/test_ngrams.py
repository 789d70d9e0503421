"""A view of n-grams is scikit-learn's pipeline with the prior taken out, and its reasons add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.ngrams import NgramSettings, NgramView, fit_ngrams
from umkm_classifier.signals.once import remembering
from umkm_classifier.signals.signal import Evidence, State
from umkm_classifier.signals.tfidf import TfidfSettings

WORDS, CHARACTERS = TfidfSettings("word", 1, 2), TfidfSettings("char_wb", 2, 5)
KNOWN = ["kain", "batik", "import", "sajadah", "-", ",", "(kain)", "po", "\n"]
TEXTS = st.builds(
    lambda title, known: " ".join([title, *known]), st.text(max_size=40), st.lists(st.sampled_from(KNOWN), max_size=8)
)
BOTH = NgramSettings("words.text", "text", ("title", "description"), (WORDS, CHARACTERS), 3.0)


def texts_of(listings: Listings) -> list[str]:
    pairs = zip(listings.column("title"), listings.column("description"), strict=True)
    return [f"{title}\n{text}" if title and text else title or text for title, text in pairs]


def pipeline() -> Any:
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\b\w+\b", sublinear_tf=True, min_df=2)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    return make_pipeline(make_union(words, characters), LogisticRegression(C=3.0, max_iter=1000))


def titled(*titles: str) -> Listings:
    """Return listings with titles that are read as they are, without cleaning or masking."""
    blank, _ = prepare([{"title": "kain"}] * len(titles))
    return blank.replace(title=np.asarray([*titles, None], dtype=object)[:-1])


@pytest.fixture(scope="module")
def view(market: Listings) -> NgramView:
    found = fit_ngrams(BOTH, market, market.is_imported, np.ones(len(market)))
    assert found is not None
    return found


@pytest.mark.parametrize("weighted", [False, True])
def test_log_odds_are_those_of_the_pipeline_less_the_prior(market: Listings, unseen: Listings, weighted: bool) -> None:
    y = market.is_imported
    weights = np.random.default_rng(0).uniform(0.2, 3.0, len(y)) if weighted else np.ones(len(y))
    twin = pipeline().fit(texts_of(market), y, logisticregression__sample_weight=weights)
    view = fit_ngrams(BOTH, market, y, weights)
    assert view is not None
    texts = texts_of(unseen)
    share = weights[y == 1].sum() / weights.sum()
    expected = twin.decision_function(texts) - np.log(share / (1.0 - share))
    expected[[not text for text in texts]] = np.nan
    np.testing.assert_allclose(view.log_odds(unseen), expected, rtol=0, atol=1e-9)


def test_rows_without_text_teach_nothing(market: Listings, unseen: Listings, view: NgramView) -> None:
    blanks, _ = prepare([{"price": 1000 * at, "label": "imported"} for at in range(1, 30)])
    more = Listings({name: np.concatenate([market._columns[name], blanks._columns[name]]) for name in market._columns})
    again = fit_ngrams(BOTH, more, more.is_imported, np.ones(len(more)))
    assert again is not None
    np.testing.assert_array_equal(again.log_odds(unseen), view.log_odds(unseen))


def test_a_view_is_silent_where_its_columns_are_empty(view: NgramView) -> None:
    listings, _ = prepare([{"price": "Rp5.000", "brand": "Ayu"}, {"title": "kain"}, {"description": "kain"}, {}])
    assert np.isnan(view.log_odds(listings)).tolist() == [True, False, False, True]
    assert [bool(evidence) for evidence in view.explain(listings)] == [False, True, True, False]


def test_the_reasons_add_up_to_the_log_odds(view: NgramView, unseen: Listings) -> None:
    log_odds = view.log_odds(unseen)
    for row, evidence in enumerate(view.explain(unseen)):
        if evidence:
            assert sum(one.log_odds for one in evidence) == pytest.approx(log_odds[row], abs=1e-9)
        else:
            assert np.isnan(log_odds[row])


@given(text=TEXTS)
def test_the_reasons_of_any_text_add_up(view: NgramView, text: str) -> None:
    listings = titled(text)
    (evidence,) = view.explain(listings)
    log_odds = float(view.log_odds(listings)[0])
    assert sum(one.log_odds for one in evidence) == pytest.approx(0.0 if np.isnan(log_odds) else log_odds, abs=1e-9)


def written_out(view: NgramView, text: str) -> list[Evidence]:
    """Return what a view says of one text the long way: each n-gram is looked up and shared by itself."""
    total: dict[str, float] = {}
    for tfidf, coef in view.blocks:
        columns, weights = tfidf.row(text)
        if tfidf.analyzer == "word":
            tokens = re.findall(r"\b\w+\b", text.lower())
            pairs = [" ".join(pair) for pair in pairwise(tokens)]
            places = [(gram, [tfidf.vocabulary[gram]]) for gram in tokens + pairs if gram in tfidf.vocabulary]
        else:
            places = [(word.strip(".,;:!?()[]\"'*-|/") or word, tfidf.of_word(word)) for word in text.lower().split()]
        stands = Counter(column for _, of_place in places for column in of_place)
        said = dict(zip(columns.tolist(), (weights * coef[columns]).tolist(), strict=True))
        for name, of_place in places:
            if of_place:
                value = 0.0
                for column in of_place:
                    value += said[column] / stands[column]
                total[name] = total.get(name, 0.0) + value
    return [*(Evidence("text", name, value) for name, value in total.items()), Evidence("base", view.name, view.bias)]


def test_a_table_is_explained_as_each_text_by_itself_to_the_bit(view: NgramView, unseen: Listings) -> None:
    texts = texts_of(unseen)
    assert view.explain(unseen) == [written_out(view, text) if text else [] for text in texts]


@given(texts=st.lists(TEXTS, max_size=6))
def test_any_texts_are_explained_together_as_each_by_itself_to_the_bit(view: NgramView, texts: list[str]) -> None:
    assert view.explain(titled(*texts)) == [written_out(view, text) if text else [] for text in texts]


def test_what_scoring_looked_up_explains_the_same(view: NgramView, unseen: Listings) -> None:
    alone = view.explain(unseen)
    with remembering():
        view.log_odds(unseen)
        assert view.explain(unseen) == alone


def test_reasons_name_the_words_of_the_listing(view: NgramView) -> None:
    (evidence,) = view.explain(titled("Sajadah turki: (tebal) - ready stock, 100x60! / - ***"))
    base = [one for one in evidence if one.source == "base"]
    assert [one.what for one in base] == ["words.text"]
    words = {one.what for one in evidence if one.source == "text"}
    assert {one.source for one in evidence} == {"base", "text"}
    known = {"sajadah", "turki", "tebal", "ready", "stock", "100x60"}
    neighbours = {"sajadah turki", "turki tebal", "tebal ready", "ready stock", "stock 100x60"}
    assert "sajadah" in words
    assert words <= known | neighbours | {"-", "/", "***"}


def test_words_of_the_class_speak_for_it() -> None:
    rows = [{"title": f"{word} nomor {at}"} for at in range(20) for word in ("payung", "gayung")]
    listings, _ = prepare(rows)
    y = np.asarray([0, 1] * 20)
    view = fit_ngrams(BOTH, listings, y, np.ones(40))
    assert view is not None
    local, imported = view.log_odds(titled("payung", "gayung"))
    assert local < -1.0
    assert imported > 1.0
    strongest = max(view.explain(titled("gayung"))[0], key=lambda one: one.log_odds)
    assert strongest.what == "gayung"


def test_signs_that_stand_alone_are_named_as_they_are() -> None:
    listings = titled(*["kain - (bagus) !"] * 10, *["kain bagus"] * 10)
    view = fit_ngrams(BOTH, listings, np.asarray([1] * 10 + [0] * 10), np.ones(20))
    assert view is not None
    (evidence,) = view.explain(titled("kain - (bagus) !"))
    assert {"-", "!", "bagus", "kain"} <= {one.what for one in evidence}
    assert "" not in {one.what for one in evidence}


def test_an_unknown_text_has_the_bias_alone(view: NgramView) -> None:
    listings = titled("ዀ")
    assert view.log_odds(listings)[0] == view.bias
    assert [one.log_odds for one in view.explain(listings)[0]] == [view.bias]


def test_a_listing_has_the_same_bits_whatever_its_mates(view: NgramView, unseen: Listings) -> None:
    together = view.log_odds(unseen)
    for at in range(0, len(unseen), 7):
        np.testing.assert_array_equal(view.log_odds(unseen[at]), together[at : at + 1])
    np.testing.assert_array_equal(view.log_odds(unseen[::-1]), together[::-1])


def test_a_saved_view_scores_the_same_to_the_bit(
    view: NgramView, unseen: Listings, save_and_read: Callable[[State], State]
) -> None:
    again = NgramView.from_state(save_and_read(view.state()))
    np.testing.assert_array_equal(again.log_odds(unseen), view.log_odds(unseen))
    assert again.explain(unseen) == view.explain(unseen)
    assert (again.name, again.source, again.fields) == (view.name, view.source, view.fields)


@pytest.mark.parametrize(("n_imported", "learned"), [(4, False), (5, True)])
def test_fewer_than_five_filled_rows_of_a_class_leave_no_view(n_imported: int, learned: bool) -> None:
    rows = [{"title": "kain bagus"}] * (20 + n_imported) + [{"description": ""}] * 20
    listings, _ = prepare(rows)
    y = np.asarray([0] * 20 + [1] * (n_imported + 20))
    assert (fit_ngrams(BOTH, listings, y, np.ones(len(y))) is not None) is learned


def test_texts_that_share_no_n_gram_leave_no_view() -> None:
    listings = titled(*"abcdefghijklmnopqrst")
    settings = NgramSettings("words.text", "text", ("title",), (WORDS,), 3.0)
    assert fit_ngrams(settings, listings, np.asarray([0, 1] * 10), np.ones(20)) is None
