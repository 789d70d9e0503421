"""Signal ``words`` reads titles and descriptions, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.config import TrainConfig
from umkm_classifier.listings.listing import TEXT_COLUMNS, Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.ngrams import NgramView
from umkm_classifier.signals.words import fit_words

CONFIG = TrainConfig()


@pytest.fixture(scope="module")
def views(market: Listings) -> list[NgramView]:
    return fit_words(market, market.is_imported, np.ones(len(market)), CONFIG)


def test_every_view_belongs_to_words_and_has_a_name_of_its_own(views: list[NgramView]) -> None:
    names = [view.name for view in views]
    assert names
    assert all(name.startswith("words.") for name in names)
    assert len(set(names)) == len(names)
    assert {view.source for view in views} == {"text"}


def test_something_is_learned(views: list[NgramView], unseen: Listings) -> None:
    from sklearn.metrics import roc_auc_score

    labelled = unseen[np.flatnonzero(unseen.has_label)]
    best = max(roc_auc_score(labelled.is_imported, np.nan_to_num(view.log_odds(labelled))) for view in views)
    assert best > 0.7


def test_only_title_and_description_are_read(views: list[NgramView], market: Listings) -> None:
    n = len(market)
    other = {
        name: np.asarray(["lain"] * n, dtype=object) for name in TEXT_COLUMNS if name not in ("title", "description")
    }
    changed = market.replace(price_idr=np.full(n, 77.0), **other)
    for view in views:
        np.testing.assert_array_equal(view.log_odds(changed), view.log_odds(market))


def test_title_and_description_both_count(views: list[NgramView]) -> None:
    listings, _ = prepare([{"title": "kain batik"}, {"title": "ready stock"}, {"description": "ready stock"}])
    scores = np.stack([view.log_odds(listings) for view in views], axis=1)
    assert np.all(np.isfinite(scores), axis=0).any()
    assert np.nanmax(scores[1]) != np.nanmax(scores[0])


def test_a_listing_without_text_gets_silence(views: list[NgramView]) -> None:
    listings, _ = prepare([{"brand": "Ayu", "shop_name": "Toko Ayu", "price": 5000}])
    for view in views:
        assert np.isnan(view.log_odds(listings)).all()
        assert view.explain(listings) == [[]]


def test_a_claim_of_local_origin_changes_no_score(views: list[NgramView]) -> None:
    claim = "produk lokal asli Solo handmade UMKM"
    plain, _ = prepare([{"title": "Kain motif parang", "description": "Bahan katun halus\nUkuran 2 m"}])
    claimed, _ = prepare(
        [{"title": f"Kain motif parang {claim}", "description": f"Bahan katun halus\nUkuran 2 m\n{claim}"}]
    )
    for view in views:
        np.testing.assert_array_equal(view.log_odds(claimed), view.log_odds(plain))


def test_too_few_rows_leave_no_view(market: Listings) -> None:
    assert fit_words(market[:4], np.asarray([0, 1, 0, 1]), np.ones(4), CONFIG) == []
