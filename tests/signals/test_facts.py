"""Signal ``facts``: silent where nothing is filled in, with reasons that add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from umkm_classifier.config import TrainConfig
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.facts import drawn_by_weight, fit_facts
from umkm_classifier.signals.signal import State

FEW = {"facts_bags": 2, "facts_trees": 10, "facts_forest": 10}
CONFIG = TrainConfig(**{name: value for name, value in FEW.items() if name in TrainConfig.model_fields})
SOURCES = {"text", "shop", "price and place", "base"}


def learn(listings: Listings, weights: np.ndarray | None = None) -> list[Any]:
    even = np.ones(len(listings))
    return list(fit_facts(listings, listings.is_imported, even if weights is None else weights, CONFIG))


@pytest.fixture(scope="module")
def views(market: Listings) -> list[Any]:
    return learn(market)


def scores(views: list[Any], listings: Listings) -> np.ndarray:
    return np.stack([view.log_odds(listings) for view in views], axis=1)


def test_every_view_belongs_to_facts_and_has_a_name_of_its_own(views: list[Any]) -> None:
    names = [view.name for view in views]
    assert len(names) > 1
    assert all(name.startswith("facts.") for name in names)
    assert len(set(names)) == len(names)


def test_a_row_with_every_field_empty_is_met_with_silence(views: list[Any]) -> None:
    empty, _ = prepare([{}, {"shop_id": "s1", "listed_at": "2025-01-31", "label": "imported"}])
    assert np.isnan(scores(views, empty)).all()
    assert all(view.explain(empty) == [[], []] for view in views)


@pytest.mark.parametrize(
    "row",
    [{"title": "kain"}, {"description": "kain"}, {"price": 5000}, {"brand": "Ayu"}, {"shop_city": "Kota Bandung"}],
)
def test_one_field_is_enough_for_an_opinion(views: list[Any], row: dict[str, object]) -> None:
    assert np.isfinite(scores(views, prepare([row])[0])).any()


def test_the_reasons_add_up_to_the_log_odds(views: list[Any], unseen: Listings) -> None:
    for view in views:
        log_odds = view.log_odds(unseen)
        for row, evidence in enumerate(view.explain(unseen)):
            if not evidence:
                assert np.isnan(log_odds[row])
                continue
            assert sum(one.log_odds for one in evidence) == pytest.approx(log_odds[row], abs=1e-9)
            assert {one.source for one in evidence} <= SOURCES


def test_something_is_learned(views: list[Any], unseen: Listings) -> None:
    from sklearn.metrics import roc_auc_score

    labelled = unseen[np.flatnonzero(unseen.has_label)]
    columns = np.nan_to_num(scores(views, labelled))
    assert max(roc_auc_score(labelled.is_imported, column) for column in columns.T) > 0.65


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((name, "alat dapur murah grosir") for name in ("title", "description", "brand", "shop_name", "category")),
        ("shop_city", "Kota Bandung"),
        ("price_idr", 99e6),
        ("attributes", {"Bahan": "Besi"}),
    ],
)
def test_a_changed_field_of_one_row_changes_no_other_row(
    views: list[Any], unseen: Listings, column: str, value: Any
) -> None:
    before, moved = scores(views, unseen), False
    for row in (0, 5, 9, 17, 33):
        values = unseen.column(column).copy()
        values[row] = value
        after = scores(views, unseen.replace(**{column: values}))
        others = np.arange(len(unseen)) != row
        np.testing.assert_array_equal(after[others], before[others])
        moved |= not np.array_equal(after[row], before[row], equal_nan=True)
    assert moved


def test_a_listing_has_the_same_bits_whatever_its_mates(views: list[Any], unseen: Listings) -> None:
    together = scores(views, unseen)
    for at in range(0, len(unseen), 5):
        np.testing.assert_array_equal(scores(views, unseen[at]), together[at : at + 1])
    np.testing.assert_array_equal(scores(views, unseen[::-1]), together[::-1])


def test_what_no_shopper_reads_is_not_read(views: list[Any], unseen: Listings) -> None:
    n = len(unseen)
    names = ("id", "shop_id", "label", "label_source", "listed_at")
    changed = unseen.replace(**{name: np.asarray([f"x{at}" for at in range(n)], dtype=object) for name in names})
    np.testing.assert_array_equal(scores(views, changed), scores(views, unseen))


def test_the_same_rows_and_seed_give_the_same_bits(market: Listings, views: list[Any], unseen: Listings) -> None:
    np.testing.assert_array_equal(scores(learn(market), unseen), scores(views, unseen))


def test_saved_views_score_the_same_to_the_bit(
    views: list[Any], unseen: Listings, save_and_read: Callable[[State], State]
) -> None:
    for view in views:
        again = type(view).from_state(save_and_read(view.state()))
        assert again.name == view.name
        np.testing.assert_array_equal(again.log_odds(unseen), view.log_odds(unseen))
        assert again.explain(unseen) == view.explain(unseen)


def test_nothing_that_is_saved_holds_a_text_of_a_listing(views: list[Any], market: Listings) -> None:
    texts = {*market.column("title"), *market.column("description")} - {""}
    for view in views:
        kept = {word for words in view.state().words.values() for word in words}
        assert not kept & {text for text in texts if " " in text}


def test_weights_count(market: Listings, unseen: Listings, views: list[Any]) -> None:
    y = market.is_imported
    reweighed = learn(market, np.where(y == 1, 3.0, 0.5))
    assert [view.name for view in reweighed] == [view.name for view in views]
    columns = scores(reweighed, unseen)
    assert np.isfinite(columns).any(axis=0).all()
    assert not np.array_equal(columns, scores(views, unseen), equal_nan=True)


def test_few_rows_leave_fewer_views_and_no_error(market: Listings, views: list[Any]) -> None:
    few = market[:40]
    assert {view.name for view in learn(few)} < {view.name for view in views}


def test_a_table_of_titles_alone_is_learned_from(market: Listings) -> None:
    bare, _ = prepare([{"title": title} for title in market.column("title")])
    found = fit_facts(bare, market.is_imported, np.ones(len(bare)), CONFIG)
    assert found
    assert np.isfinite(found[-1].log_odds(bare)).any()


def test_rows_are_drawn_as_often_as_they_weigh() -> None:
    assert drawn_by_weight(np.ones(5)).tolist() == [0, 1, 2, 3, 4]
    weights = np.random.default_rng(0).uniform(0.25, 4.0, 400)
    times = np.bincount(drawn_by_weight(weights), minlength=400)
    assert len(drawn_by_weight(weights)) == 400
    assert np.abs(times - weights / weights.mean()).max() < 1.0
