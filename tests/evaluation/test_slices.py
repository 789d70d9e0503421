from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.evaluation.judged import judge
from umkm_classifier.evaluation.slices import MAX_VALUES, Slicing, slicings


@pytest.fixture
def sliced(listings):
    """Return a function that slices a table of local listings and gives each row's values by name."""

    def make(n: int, **columns: object) -> dict[str, list[str]]:
        found = slicings(judge(listings(["local"] * n, **columns), {"p": np.full(n, 0.5)}))
        return {slicing.name: [slicing.values[at] for at in slicing.index] for slicing in found}

    return make


def test_a_table_is_sliced_in_seven_ways(sliced) -> None:
    assert list(sliced(1)) == [
        "good_family", "brand", "city", "description", "text_length", "price_idr", "label_source",
    ]  # fmt: skip


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
