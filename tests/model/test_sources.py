"""What text and each source add to a score is told of every kind of view, and empty fields agree with nothing."""

from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.model.sources import N_PARTS, parts_of, sources_of, text_of
from umkm_classifier.signals.facts import FieldsView
from umkm_classifier.signals.signal import SOURCES

TEXT, PRICE, SHOP, PHOTO = range(4)


def test_parts_have_a_row_a_listing_and_are_finite(model: OriginModel, unseen: Listings) -> None:
    columns = model.columns(unseen)
    for view, column in zip(model.views, columns.T, strict=True):
        parts = parts_of(view, unseen, column)
        assert parts.shape == (len(unseen), N_PARTS)
        assert np.isfinite(parts).all()


@pytest.mark.parametrize(
    ("name", "source"), [("words.text", TEXT), ("meaning.text", TEXT), ("facts.brand", SHOP), ("facts.shop_name", SHOP)]
)
def test_a_view_of_one_source_counts_for_it_whole(model: OriginModel, unseen: Listings, name: str, source: int) -> None:
    (view,) = (view for view in model.views if view.name == name)
    column = view.log_odds(unseen)
    found = sources_of(view, unseen, column)
    np.testing.assert_array_equal(found[:, source], np.nan_to_num(column))
    assert not np.delete(found, source, axis=1).any()


def test_cues_count_for_the_source_that_each_fired_on(model: OriginModel, unseen: Listings) -> None:
    (view,) = (view for view in model.views if view.name == "cues.trade")
    column = view.log_odds(unseen)
    found = sources_of(view, unseen, column)
    np.testing.assert_allclose(found.sum(axis=1), np.nan_to_num(column), atol=1e-12)
    np.testing.assert_allclose(found[:, TEXT], text_of(view, unseen, column)[:, 1], atol=1e-12)


def test_of_trees_each_field_counts_for_its_source_and_an_empty_one_for_none(model: OriginModel) -> None:
    (view,) = (view for view in model.views if isinstance(view, FieldsView))
    whole = {
        "title": "Kemeja katun motif",
        "description": "Bahan adem, jahitan rapi",
        "price": "Rp45.000",
        "brand": "Asri",
        "shop_name": "Toko Asri",
    }
    listings = prepare([whole, {"title": whole["title"]}, {**whole, "brand": "", "shop_name": ""}])[0]
    found = view.of_sources(listings)
    reasons = view.explain(listings)[0]
    of_each = [sum(one.log_odds for one in reasons if one.source == source) for source in SOURCES]
    assert found[0, TEXT] == pytest.approx(of_each[TEXT], abs=1e-6)
    assert not found[1, [PRICE, SHOP, PHOTO]].any()
    assert not found[2, SHOP]
    assert found[2, PRICE]


def test_a_base_tells_the_sources_of_the_model_below(model: OriginModel, unseen: Listings) -> None:
    base, columns = BaseView(model), model.columns(unseen)
    column = base.log_odds(unseen)
    np.testing.assert_array_equal(sources_of(base, unseen, column), model.of_sources(unseen, columns))
    np.testing.assert_array_equal(text_of(base, unseen, column), model.of_text(unseen, columns))
