from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.evaluation import slices
from umkm_classifier.evaluation.judged import judge
from umkm_classifier.evaluation.slices import MAX_VALUES, Slicing, slicings


@pytest.fixture
def sliced(listings):
    """Return a function that slices a table of local listings and gives each row's values by name."""

    def make(n: int, **columns: object) -> dict[str, list[str]]:
        found = slicings(judge(listings(["local"] * n, **columns), {"p": np.full(n, 0.5)}))
        return {slicing.name: [slicing.values[at] for at in slicing.index] for slicing in found}

    return make


def test_a_table_is_sliced_in_twelve_ways(sliced) -> None:
    assert list(sliced(1)) == [
        "good_family", "good", "province", "brand", "city", "description", "fields_given", "text_length", "price_idr",
        "photo", "shop_size", "label_source",
    ]  # fmt: skip


def test_goods_of_the_story_are_shown_however_rare_and_rare_others_are_put_together(listings, monkeypatch) -> None:
    monkeypatch.setattr(slices, "MAX_GOODS", 1)
    titles = ["Tas wanita", "Tas wanita", "Sepatu pria", "Sajadah", "zzz"]
    good = slicings(judge(listings(["local"] * 5, title=titles), {"p": np.full(5, 0.5)}))[1]
    assert [good.values[at] for at in good.index] == ["bags", "bags", "(others)", "sajadah", "other"]
    assert good.values == ("bags", "sajadah", "(others)", "other")


def test_a_province_is_read_from_the_city_of_the_shop(sliced) -> None:
    cities = ["Kota Surakarta", "Kab. Sleman", "KOTA SURABAYA", "", "Shenzhen"]
    assert sliced(5, shop_city=cities)["province"] == [
        "Jawa Tengah", "DI Yogyakarta", "Jawa Timur", "not known", "not known",
    ]  # fmt: skip


def test_fields_are_counted_beside_the_title(sliced) -> None:
    two = {"title": ["a", "a"], "description": ["b", ""], "brand": ["c", ""]}
    assert sliced(2, **two, price_idr=[1000.0, np.nan])["fields_given"] == ["2 or 3", "none or 1"]
    all_texts = {key: ["x"] for key in ("description", "category", "shop_name", "shop_city", "ships_from", "brand")}
    assert sliced(1, **all_texts)["fields_given"] == ["6 and more"]


def test_a_shop_is_as_large_as_its_listings_are_many(sliced) -> None:
    shops = ["a", "b", "b", "", *["c"] * 5, *["d"] * 20]
    found = sliced(len(shops), shop_id=shops)["shop_size"]
    assert found[:5] == ["1 listing", "2 to 4", "2 to 4", "(not named)", "5 to 19"]
    assert found[-1] == "20 and more"


@given(st.integers(0, 10_000), st.integers(0, 30))
def test_every_slicing_parts_the_whole_table(listings, seed: int, n: int) -> None:
    dice = np.random.default_rng(seed)
    columns = {
        name: dice.choice(["", "Sajadah", "Solo", "x"], n).tolist() for name in ("title", "shop_id", "shop_city")
    }
    price = np.where(dice.random(n) < 0.3, np.nan, 10 ** dice.uniform(3, 8, n)).tolist()
    judged = judge(listings(["local"] * n, price_idr=price, **columns), {"p": np.full(n, 0.5)})
    for slicing in slicings(judged):
        counts = np.bincount(slicing.index, minlength=len(slicing.values))
        assert (counts.sum(), len(counts), counts.min(initial=1) > 0) == (n, len(slicing.values), True), slicing.name


def test_fields_are_given_or_missing(sliced) -> None:
    found = sliced(2, brand=["x", ""], shop_city=["", "Solo"], description=["", ""])
    assert found["brand"] == ["given", "missing"]
    assert found["city"] == ["missing", "given"]
    assert found["description"] == ["missing", "missing"]


def test_text_length_counts_title_and_description(sliced) -> None:
    found = sliced(4, title=["a" * 40] * 4, description=["a" * n for n in (9, 10, 160, 960)])
    assert found["text_length"] == ["under 50 characters", "50 to 199", "200 to 999", "1,000 and more"]


def test_prices_fall_into_bands(sliced) -> None:
    found = sliced(6, price_idr=[0.0, 49_999, 50_000, 999_999.5, 1e6, np.nan])
    assert found["price_idr"] == [
        "under Rp50,000", "under Rp50,000", "Rp50,000 to Rp199,999", "Rp200,000 to Rp999,999", "Rp1,000,000 and more",
        "missing",
    ]  # fmt: skip


def test_families_come_largest_first_and_other_last(listings) -> None:
    titles = ["zzz", "zzz", "zzz", "Sajadah", "Tas wanita", "Tas pria"]
    family: Slicing = slicings(judge(listings(["local"] * 6, title=titles), {"p": np.full(6, 0.5)}))[0]
    assert family.values == ("accessories", "sajadah", "other")


def test_a_label_source_without_name_is_shown_as_such(sliced) -> None:
    assert sliced(2, label_source=["", "brand"])["label_source"] == ["(not named)", "brand"]


def test_a_flood_of_label_sources_is_put_together(listings) -> None:
    sources = ["(others)"] * 3 + ["a"] * 2 + [f"s{at}" for at in range(40)]
    table = listings(["local"] * len(sources), label_source=sources)
    found = slicings(judge(table, {"p": np.full(len(sources), 0.5)}))[-1]
    assert len(found.values) == MAX_VALUES
    assert found.values[:2] == ("(others)", "a")
    assert np.bincount(found.index).min() > 0
