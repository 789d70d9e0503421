"""Shops are counted by family of goods: where too few were labelled, nothing is promised."""

from __future__ import annotations

import numpy as np

from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.families import (
    FEWEST_IMPORTED,
    FEWEST_LOCAL,
    count_families,
    families_of,
    has_both,
    is_supported,
)

TITLES = ("Kain batik tulis", "Kemeja batik pria", "Sajadah tenun", "Baju koko", "Tasbih kayu", "xyzzy")


def test_each_good_of_the_story_is_a_family_of_its_own() -> None:
    listings = prepare([{"title": title} for title in TITLES])[0]
    assert families_of(listings).tolist() == ["batik", "batik", "sajadah", "koko", "tasbih", "other"]


def test_shops_are_counted_once_in_each_family_and_class() -> None:
    listings = prepare([{"title": title} for title in TITLES])[0]
    y, group = np.asarray([0, 0, 1, 1, 1, 0]), np.asarray([0, 0, 1, 1, 2, 3])
    assert count_families(listings, y, group) == {
        "batik": {"local": 1, "imported": 0},
        "koko": {"local": 0, "imported": 1},
        "other": {"local": 1, "imported": 0},
        "sajadah": {"local": 0, "imported": 1},
        "tasbih": {"local": 0, "imported": 1},
    }


def test_a_shop_that_may_stand_in_the_table_of_a_base_too_is_not_counted_twice() -> None:
    listings = prepare([{"title": "Kain batik"}, {"title": "Baju koko"}, {"title": "Koko bordir"}])[0]
    base = {"batik": {"local": 58, "imported": 14}, "koko": {"local": 1, "imported": 3}}
    counts = count_families(listings, np.asarray([0, 0, 0]), np.asarray([0, 1, 2]), base)
    assert counts == {"batik": {"local": 58, "imported": 14}, "koko": {"local": 2, "imported": 3}}
    assert base["koko"]["local"] == 1


def test_a_family_needs_59_local_and_14_imported_shops() -> None:
    assert (FEWEST_LOCAL, FEWEST_IMPORTED) == (59, 14)
    assert is_supported({"local": 59, "imported": 14})
    assert not is_supported({"local": 58, "imported": 900})
    assert not is_supported({"local": 900, "imported": 13})


def test_labels_say_something_of_a_family_when_five_shops_of_each_class_have_one() -> None:
    counts = {"koko": {"local": 5, "imported": 5}, "batik": {"local": 900, "imported": 4}}
    assert has_both(counts, np.asarray(["koko", "batik", "tasbih"], dtype=object)).tolist() == [True, False, False]
