from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.evaluation.bootstrap import Weights
from umkm_classifier.evaluation.decisions import Decided, ShopShare

# Shop 0: four local, one flagged. Shop 1: one local, flagged. Shop 2: two imported, one passed. Shop 3: both classes.
SHOPS = np.asarray([0, 0, 0, 0, 1, 2, 2, 3, 3])
IMPORTED = np.asarray([0, 0, 0, 0, 0, 1, 1, 1, 0], dtype=bool)
DECISIONS = np.asarray(
    ["imported", "local", "local", "review", "imported", "local", "imported", "imported", "local"], dtype=object
)


def decided(of_shop: list[float]) -> dict[str, float]:
    shops = np.asarray(of_shop)[:, None]
    found = Decided(DECISIONS, IMPORTED, SHOPS)(Weights(shops[SHOPS], shops))[:, 0]
    return dict(zip(Decided.NAMES, found.tolist(), strict=True))


def test_rates_of_mistakes_are_means_over_shops_and_the_caught_rate_is_a_share_of_listings() -> None:
    assert decided([1, 1, 1, 1]) == {
        "review_rate": pytest.approx(1 / 9),
        "local_flagged_rate": pytest.approx((1 / 4 + 1 + 0) / 3),
        "imported_passed_rate": pytest.approx((1 / 2 + 0) / 2),
        "imported_caught_rate": pytest.approx(2 / 3),
    }


def test_a_shop_drawn_twice_counts_twice() -> None:
    found = decided([2, 0, 1, 1])
    assert found["local_flagged_rate"] == pytest.approx((2 * 1 / 4 + 0) / 3)
    assert found["review_rate"] == pytest.approx(2 / 12)


def test_a_redraw_without_imported_shops_has_no_rates_for_them() -> None:
    found = decided([2, 2, 0, 0])
    assert np.isnan(found["imported_passed_rate"])
    assert np.isnan(found["imported_caught_rate"])


def test_shop_shares_are_kept_apart_by_group() -> None:
    happens, among = np.asarray([1, 0, 1, 1, 0], dtype=bool), np.asarray([1, 1, 1, 1, 0], dtype=bool)
    shops, groups = np.asarray([0, 0, 0, 1, 1]), np.asarray([0, 0, 1, 0, 2])
    share = ShopShare(happens, among, shops, groups, 4)(Weights(np.ones((5, 1)), np.ones((2, 1))))[:, 0]
    assert share[:2].tolist() == [(0.5 + 1.0) / 2, 1.0]
    assert np.isnan(share[2:]).all()


def test_a_share_never_exceeds_one() -> None:
    shops = np.arange(7)
    everything = np.ones(7, dtype=bool)
    share = ShopShare(everything, everything, shops)(Weights(np.full((7, 1), 0.1), np.full((7, 1), 0.1)))
    assert share.tolist() == [[1.0]]
