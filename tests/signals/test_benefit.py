"""What an empty field takes from makers is given back to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.benefit import BenefitView, fit_benefit, is_empty
from umkm_classifier.signals.signal import Evidence, State

FIELDS = ("brand", "price_idr", "attributes")
FULL: dict[str, object] = {"title": "Sarung", "brand": "Ayu", "price": "Rp90.000", "attributes": {"bahan": "katun"}}


def rows(*records: dict[str, object]) -> Listings:
    return prepare(list(records))[0]


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in FULL.items() if name not in names}


def test_a_field_is_empty_when_nothing_stands_in_it() -> None:
    found = is_empty(rows(FULL, without("brand"), without("price", "attributes")), FIELDS)
    assert found.tolist() == [[False, False, False], [True, False, False], [False, True, True]]


def test_no_rows_and_no_fields_are_ordinary() -> None:
    assert is_empty(rows(FULL)[[]], FIELDS).shape == (0, 3)
    assert is_empty(rows(FULL), ()).shape == (1, 0)


def test_each_empty_field_is_given_back_by_itself() -> None:
    view = BenefitView({"brand": 0.5, "price_idr": 0.25})
    table = rows(FULL, without("brand"), without("brand", "price"))
    np.testing.assert_array_equal(view.log_odds(table), [np.nan, -0.5, -0.75])
    assert view.explain(table) == [
        [],
        [Evidence("base", "no brand", -0.5)],
        [Evidence("base", "no brand", -0.5), Evidence("base", "no price_idr", -0.25)],
    ]


def test_it_never_speaks_for_imported() -> None:
    table = rows(*[FULL] * 40)
    gone = rows(*[without("brand")] * 40)
    assert fit_benefit(table, [gone], FIELDS, [np.full(40, -1.0)]) is None  # emptying helped: nothing to give back


def test_the_mean_that_emptying_takes_is_given_back() -> None:
    table = rows(*[FULL] * 40)
    copies = [rows(*[without("brand")] * 40), rows(*[without("price")] * 40)]
    view = fit_benefit(table, copies, FIELDS, [np.tile([0.2, 0.6], 20), np.full(40, 0.1)])
    assert view is not None
    assert view.given_back == {"brand": pytest.approx(0.4), "price_idr": pytest.approx(0.1)}


def test_nothing_is_given_back_for_a_field_that_training_rows_left_empty_themselves() -> None:
    # what its absence means was learned from those rows
    given = rows(*[FULL] * 30, *[without("brand")] * 10)
    gone = rows(*[without("brand")] * 40)
    assert fit_benefit(given, [gone], FIELDS, [np.full(40, 0.3)]) is None


def test_without_local_rows_nothing_is_learned() -> None:
    none = rows(FULL)[[]]
    assert fit_benefit(none, [none], FIELDS, [np.empty(0)]) is None


def test_it_comes_back_from_files_as_it_was(save_and_read: Callable[[State], State]) -> None:
    view = BenefitView({"brand": 0.1 + 0.2, "price_idr": 1 / 3})
    again = BenefitView.from_state(save_and_read(view.state()))
    table = rows(FULL, without("brand"), without("brand", "price"))
    np.testing.assert_array_equal(again.log_odds(table), view.log_odds(table))
