"""A field becomes a block of numbers, missing as a whole where the field is empty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.facts import hide
from umkm_classifier.signals.fields import Block, features, fit_blocks

DIMS = {"title": 8, "description": 8, "brand": 8, "shop_name": 8, "category": 8, "place": 8, "attributes": 8}
FULL: dict[str, Any] = {
    "title": "Kain batik cap motif parang",
    "description": "Bahan katun halus\nUkuran 2 x 1 m",
    "price": "Rp150.000",
    "category": "Fashion > Kain",
    "shop_name": "Toko Ayu",
    "shop_city": "Kota Surakarta",
    "brand": "Ayu",
    "attributes": '{"Bahan": "Katun", "Ukuran": "2 m"}',
}
FILLED_FROM = {**{name: (name,) for name in DIMS}, "price": ("price",), "place": ("shop_city",)}
READS = {"brand_in_title": ("brand", "title"), "brand_in_shop_name": ("brand", "shop_name")}  # others their own field


@pytest.fixture(scope="module")
def blocks(market: Listings) -> dict[str, Block]:
    return fit_blocks(market, DIMS, seed=0)


def by_block(blocks: dict[str, Block], *rows: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the numbers of each block, one row a listing."""
    numbers, group = features(blocks, prepare(rows)[0])
    return {name: numbers[:, group == at] for at, name in enumerate(blocks)}


def test_every_field_that_is_filled_in_has_a_block(blocks: dict[str, Block]) -> None:
    assert set(blocks) == {*DIMS, *READS, "price"}


def test_every_column_belongs_to_one_block(blocks: dict[str, Block], market: Listings) -> None:
    numbers, group = features(blocks, market)
    assert numbers.shape == (len(market), len(group))
    assert numbers.dtype == np.float64
    assert set(group.tolist()) == set(range(len(blocks)))
    assert np.all(np.diff(group) >= 0)


def test_a_block_is_there_as_a_whole_or_missing_as_a_whole(blocks: dict[str, Block], unseen: Listings) -> None:
    numbers, group = features(blocks, unseen)
    for at in range(len(blocks)):
        missing = np.isnan(numbers[:, group == at])
        assert np.array_equal(missing.any(axis=1), missing.all(axis=1))
        assert missing.any()
        assert not missing.all()


@pytest.mark.parametrize("name", [*DIMS, "price"])
def test_an_empty_field_makes_the_blocks_that_read_it_missing_and_no_other(blocks: dict[str, Block], name: str) -> None:
    emptied = {key: value for key, value in FULL.items() if key not in FILLED_FROM[name]}
    for block, numbers in by_block(blocks, FULL, emptied).items():
        assert np.isfinite(numbers[0]).all()
        assert np.isnan(numbers[1]).any() == (name in READS.get(block, (block,)))


@pytest.mark.parametrize("name", ["description", "place", "attributes"])
def test_an_empty_field_leaves_the_others_as_they_are(blocks: dict[str, Block], name: str) -> None:
    emptied = {key: value for key, value in FULL.items() if key not in FILLED_FROM[name]}
    for block, numbers in by_block(blocks, FULL, emptied).items():
        if block != name:
            np.testing.assert_array_equal(numbers[1], numbers[0])


def test_a_listing_has_the_same_bits_whatever_its_mates(blocks: dict[str, Block], unseen: Listings) -> None:
    together, _ = features(blocks, unseen)
    for at in range(0, len(unseen), 5):
        np.testing.assert_array_equal(features(blocks, unseen[at])[0][0], together[at])
    np.testing.assert_array_equal(features(blocks, unseen[::-1])[0], together[::-1])


def test_no_listing_gives_no_row(blocks: dict[str, Block], unseen: Listings) -> None:
    numbers, group = features(blocks, unseen[:0])
    assert numbers.shape == (0, len(group))


def test_a_price_twice_as_high_lies_log_two_higher_on_every_scale(blocks: dict[str, Block]) -> None:
    price = by_block(blocks, FULL, {**FULL, "price": 300_000})["price"]
    np.testing.assert_allclose(price[1] - price[0], np.log(2.0), rtol=0, atol=1e-9)
    assert np.isclose(price[0], np.log(150_000)).any()


def test_the_price_is_read_against_its_own_good() -> None:
    rows: list[dict[str, Any]] = []
    rows += [{"title": "Tasbih kayu 33 butir", "price": 10_000}] * 20
    rows += [{"title": "Kain batik tulis motif parang", "price": 1_000_000}] * 20
    blocks = fit_blocks(prepare(rows)[0], DIMS, seed=0)
    price = by_block(blocks, rows[0], rows[-1])["price"]
    assert np.any(np.isclose(price[0], 0.0, atol=1e-9) & np.isclose(price[1], 0.0, atol=1e-9))


def test_a_brand_that_stands_in_the_title_is_seen(blocks: dict[str, Block]) -> None:
    seen = by_block(blocks, {**FULL, "title": "Kain AYU halus"}, FULL)["brand_in_title"]
    assert seen.tolist() == [[1.0], [0.0]]


def test_a_brand_in_the_name_of_the_shop_is_seen(blocks: dict[str, Block]) -> None:
    seen = by_block(blocks, FULL, {**FULL, "brand": "Sari"})["brand_in_shop_name"]
    assert seen.tolist() == [[1.0], [0.0]]


def test_listings_that_are_written_alike_lie_close(blocks: dict[str, Block]) -> None:
    same, like, other = by_block(
        blocks,
        {"title": "kain batik cap motif parang"},
        {"title": "kain batik cap motif parung"},
        {"title": "alat potong sayur otomatis"},
    )["title"]
    assert np.linalg.norm(same - like) < np.linalg.norm(same - other)


def test_blocks_are_learned_without_labels(blocks: dict[str, Block], market: Listings, unseen: Listings) -> None:
    bare = market.replace(label=np.asarray([""] * len(market), dtype=object))
    again = fit_blocks(bare, DIMS, seed=0)
    np.testing.assert_array_equal(features(again, unseen)[0], features(blocks, unseen)[0])


def test_a_field_that_hardly_anybody_fills_in_has_no_block(market: Listings) -> None:
    brand = market.column("brand").copy()
    brand[3:] = ""
    price = np.full(len(market), np.nan)
    blocks = fit_blocks(market.replace(brand=brand, price_idr=price), DIMS, seed=0)
    assert set(blocks) == set(DIMS) - {"brand"}, "nor has what reads it"


@pytest.mark.parametrize("brand", ["Merk Sama", "ab", "a", "-", "😀"])
def test_a_field_that_says_the_same_everywhere_does_not_stop_training(brand: str) -> None:
    rows = [{"title": f"kain nomor {at} dan {at % 13}", "brand": brand, "price": 5_000 + at} for at in range(60)]
    listings, _ = prepare(rows)
    blocks = fit_blocks(listings, DIMS, seed=0)
    assert {"title", "price"} <= set(blocks)
    numbers = by_block(blocks, rows[0])
    assert np.isfinite(numbers["title"]).all()
    assert np.isfinite(numbers["price"]).all()


@pytest.mark.parametrize("brand", ["-", "...", "😀"])
def test_a_brand_without_a_letter_is_looked_for_nowhere(blocks: dict[str, Block], brand: str) -> None:
    found = by_block(blocks, {**FULL, "brand": brand})
    assert np.isnan(found["brand_in_title"]).all()
    assert np.isnan(found["brand_in_shop_name"]).all()


def test_hiding_takes_whole_blocks() -> None:
    numbers, group = np.ones((2_000, 7)), np.asarray([0, 0, 0, 1, 2, 2, 2])
    hidden = hide(numbers, group, 0.3, np.random.default_rng(0))
    for block in range(3):
        gone = np.isnan(hidden[:, group == block])
        assert np.array_equal(gone.any(axis=1), gone.all(axis=1))
        assert gone.mean() == pytest.approx(0.3, abs=0.05)
    together = np.isnan(hidden[:, 0]) & np.isnan(hidden[:, 3])
    assert together.mean() == pytest.approx(0.09, abs=0.03)  # each block by itself
    assert not np.isnan(numbers).any()


@pytest.mark.parametrize(("share", "missing"), [(0.0, 0.0), (1.0, 1.0)])
def test_hiding_none_or_all(share: float, missing: float) -> None:
    hidden = hide(np.ones((50, 3)), np.asarray([0, 1, 1]), share, np.random.default_rng(0))
    assert np.isnan(hidden).mean() == missing
