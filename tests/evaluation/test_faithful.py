"""A reason is faithful when the score moves against it once it is taken out of the listing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.hash_encoder import HashEncoder
from umkm_classifier.config import TrainConfig
from umkm_classifier.evaluation.faithful import faithfulness, top_reason, without_reason
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.prediction import Prediction, Reason
from umkm_classifier.simulate.market import simulate

ROW: dict[str, Any] = {
    "title": "Kain Batik - ready stock", "description": "Batik halus\nready stock, batik-an", "price": 90_000,
    "category": "Fashion", "shop_name": "Toko Jaya", "shop_city": "Surakarta", "brand": "Jaya", "photos": [b"1", b"2"],
    "attributes": {"Bahan": "katun"},
}  # fmt: skip


def left(signal: str, source: str, evidence: str) -> Listings:
    return without_reason(prepare([ROW])[0], Reason(signal, source, evidence, 1.0))


def texts(listings: Listings) -> tuple[str, str]:
    return listings.column("title")[0], listings.column("description")[0]


def test_words_are_taken_out_wherever_they_stand() -> None:
    assert texts(left("words", "text", "batik")) == ("Kain - ready stock", "halus\nready stock, -an")
    assert texts(left("words", "text", "ready stock")) == ("Kain Batik -", "Batik halus\n, batik-an")
    assert texts(left("cues", "text", "trade.stock: ready stock")) == ("Kain Batik -", "Batik halus\n, batik-an")
    shop = left("facts", "shop", "jaya")
    assert (shop.column("brand")[0], shop.column("shop_name")[0]) == ("", "Toko")


@pytest.mark.parametrize(
    ("signal", "evidence", "column"),
    [
        ("facts", "category", "category"),
        ("facts", "place", "shop_city"),
        ("cues", "place.batik: Surakarta", "shop_city"),
        ("facts", "brand_in_title", "brand"),
        ("meaning", "title", "title"),
        ("facts", "attributes", "attributes"),
    ],
)
def test_fields_are_emptied(signal: str, evidence: str, column: str) -> None:
    assert not left(signal, "price and place", evidence).column(column)[0]


@pytest.mark.parametrize("evidence", ["price", "price: 0.25 times what makers ask for batik_cloth", "price.low: Rp9"])
def test_a_price_is_emptied_however_it_is_named(evidence: str) -> None:
    assert np.isnan(left("facts", "price and place", evidence).price_idr).all()


def test_photos_are_dropped_one_or_all() -> None:
    assert len(left("looks", "photo", "photo 2 [box 0,0,1,1]").column("photos")[0]) == 1
    assert left("joint", "photo", "photos").column("photos")[0] == ()


def test_what_holds_for_every_listing_is_no_top_reason() -> None:
    reasons = (Reason("prior", "base", "", 3.0), Reason("facts", "shop", "(rest)", 2.0))
    named = Reason("words", "text", "kain", 1.0)
    assert top_reason(Prediction("1", "review", 0.5, 0.0, "ok", reasons=(*reasons, named))) == named
    assert top_reason(Prediction("1", "review", 0.5, 0.0, "ok", reasons=reasons)) is None


def test_taking_the_strongest_reason_out_moves_the_score_against_it() -> None:
    config = TrainConfig(
        folds=2, text_encoder="none", image_encoder="none", facts_bags=2, facts_forest=100, facts_trees=60
    )
    model = fit_model(prepare(simulate(400, 0).records)[0], config, HashEncoder())
    found = faithfulness(model, prepare(simulate(200, 1).records)[0])
    assert found.n >= 190
    assert found.share >= 0.95, found.failed
    assert found.n_moved + len(found.failed) == found.n
