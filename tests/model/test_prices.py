"""What makers ask is a median of local listings, and a price is named against it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.fusion import Fusion
from umkm_classifier.model.prices import makers_prices, price_reasons, times_makers_price


def priced(title: str, *prices: Any, label: str = "local") -> list[dict[str, Any]]:
    return [{"title": title, "price": price, "label": label} for price in prices]


def table(*rows: list[dict[str, Any]]) -> Listings:
    return prepare([row for some in rows for row in some])[0]


def test_it_is_the_median_of_local_listings_where_five_have_a_price() -> None:
    listings = table(
        priced("Sajadah", 100_000, 200_000, 300_000, 400_000, 900_000, None),
        priced("Sajadah", 5_000, 6_000, 7_000, 8_000, 9_000, label="imported"),
        priced("Tasbih", 10_000, 20_000, 30_000, 40_000),
    )
    assert makers_prices(listings, listings.is_imported) == {"sajadah": 300_000.0}


def test_a_base_speaks_for_goods_of_which_there_are_too_few() -> None:
    listings = table(priced("Sajadah", *[100_000] * 5), priced("Tasbih", 10_000))
    known = makers_prices(listings, listings.is_imported, {"sajadah": 7.0, "tasbih": 8.0})
    assert known == {"sajadah": 100_000.0, "tasbih": 8.0}


def test_a_price_is_named_against_what_makers_of_its_good_ask() -> None:
    listings = table(priced("Sajadah", 75_000, None), priced("Tasbih", 10_000))
    named = price_reasons(listings, {"sajadah": 300_000.0})
    assert named == ["price: 0.25 times what makers ask for sajadah", "price", "price"]
    assert times_makers_price(named[0]) == (0.25, "sajadah")
    assert times_makers_price("price") is None


@pytest.mark.parametrize("price", [1, 999, 12_345_678, 10**12])
def test_any_ratio_is_read_back(price: int) -> None:
    (named,) = price_reasons(table(priced("Sajadah", price)), {"sajadah": 70_000.0})
    found = times_makers_price(named)
    assert found is not None
    assert found[0] == pytest.approx(price / 70_000, rel=0.06)


def test_a_model_learns_prices_and_names_them(market: Any, quick: Any) -> None:
    listings = market(240, 0)
    model = fit_model(listings, quick(signals=("facts",)), NoEncoder())
    assert model.training["prices"] == makers_prices(listings, listings.is_imported)
    assert len(model.training["prices"]) > 5
    names, ones = model.fusion.names, np.ones(len(model.views))  # the views that read a price count in any case
    weighed = dataclasses.replace(model, fusion=Fusion(names, ones, ones, {"x": 0.0}, "x"))
    reasons = [reason for one in weighed.predict(market(60, 1)) for reason in one.reasons]
    named = [reason for reason in reasons if times_makers_price(reason.evidence)]
    assert len(named) > 10
    assert {(reason.signal, reason.source) for reason in named} == {("facts", "price and place")}
