"""What the tests of whole models share: markets, quick settings, and one trained model."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.hash_encoder import HashEncoder
from umkm_classifier.config import SIGNALS, TrainConfig
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.simulate.market import simulate

QUICK = {
    "folds": 2, "signals": ("words", "facts"), "text_encoder": "none", "words_most": 2_000, "facts_bags": 1,
    "facts_trees": 10, "facts_forest": 10, "on_unsupported_good": "decide",
    # so few shops show no promise; costs let something be decided
    "cost_local_flagged": 1.0, "cost_imported_passed": 1.0, "cost_review": 0.9,
}  # fmt: skip
ODD: list[dict[str, Any]] = [
    {},
    {"title": "produk lokal asli Solo"},
    {"price": "Rp5.000", "brand": "Ayu"},
    {"title": "a"},
    {"title": "😀😀 - !"},
    {"description": "kain katun"},
    {"title": "kain " * 400},
    {"title": "Gelas", "price": "12rb", "brand": "-", "shop_name": "Toko"},
]


@cache
def listings_of(rows: int, seed: int) -> Listings:
    return prepare(simulate(rows, seed).records)[0]


@pytest.fixture(scope="session")
def market() -> Any:
    """Return a function of rows and seed that gives a market as ``Listings``, made once."""
    return listings_of


@pytest.fixture(scope="session")
def quick() -> Any:
    """Return a function that gives settings for a training of a second or two, some of them exchanged."""
    return lambda **settings: TrainConfig(**{**quick_settings(), **settings})


def quick_settings() -> dict[str, Any]:
    return {name: value for name, value in QUICK.items() if name in TrainConfig.model_fields}


@pytest.fixture(scope="session")
def quick_parameters() -> dict[str, Any]:
    """Return the quick settings as parameters of an estimator."""
    return quick_settings()


@pytest.fixture(scope="session")
def model() -> OriginModel:
    """Return a model of all signals that learned from 240 listings; the encoder is a hash."""
    config = TrainConfig(**{**quick_settings(), "signals": SIGNALS, "folds": 3})
    return fit_model(listings_of(240, 0), config, HashEncoder())


@pytest.fixture(scope="session")
def unseen() -> Listings:
    """Return 60 listings of another market and odd ones behind them; two of those hold nothing to score."""
    return prepare([*simulate(60, 1).records, *ODD])[0]
