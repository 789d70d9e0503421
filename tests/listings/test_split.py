"""No shop and no copied text is ever learned from and judged by at once."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.errors import SplitError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.listings.split import feasible_folds, folds, groups
from umkm_classifier.simulate.market import simulate

LONG = (
    "Kain batik cap motif parang dengan warna cokelat tua, bahan katun prima yang halus dan adem dipakai. Ukuran kain "
    "dua meter kali satu koma lima belas meter, cukup untuk satu kemeja lengan panjang. Cuci dengan tangan, jangan "
    "memakai pemutih, jemur di tempat teduh agar warnanya awet. Dikirim dengan kotak tebal supaya tidak kusut."
)
OTHER = (
    "Lampu meja belajar dengan tiga tingkat terang, leher lentur dan colokan kabel sepanjang satu meter. Tombol sentuh "
    "di bagian bawah, tidak panas walau menyala semalaman. Garansi toko tujuh hari bila mati ketika barang diterima."
)


def table(*rows: dict[str, Any]) -> Listings:
    return prepare(rows)[0]


def changed(text: str, n_words: int, seed: int = 0) -> str:
    """Return a text with some of its words exchanged."""
    dice, words = random.Random(seed), text.split()
    for at in dice.sample(range(len(words)), n_words):
        words[at] = "promo"
    return " ".join(words)


def together(*rows: dict[str, Any]) -> bool:
    first, second = groups(table(*rows)).tolist()
    return bool(first == second)


def test_listings_of_one_shop_are_one_group() -> None:
    found = groups(
        table(
            {"title": "kain", "shop_id": "a"},
            {"title": "lampu", "shop_id": "b"},
            {"title": "gelas", "shop_id": "a"},
            {"title": "sepatu", "shop_id": "c"},
            {"title": "payung", "shop_id": "b"},
        )
    )
    assert found.tolist() == [0, 1, 0, 2, 1]  # numbered as they appear
    assert found.dtype == np.int64


def test_a_listing_without_a_shop_stays_alone() -> None:
    found = groups(table({"title": "kain"}, {"title": "lampu"}, {"title": "gelas", "shop_id": ""}))
    assert found.tolist() == [0, 1, 2]


def test_the_same_text_in_two_shops_is_one_group() -> None:
    assert together(
        {"title": "Kain Batik", "description": "Bahan  katun", "shop_id": "a"},
        {"title": "kain batik", "description": "bahan\nkatun", "shop_id": "b"},
    )


def test_the_same_text_without_a_shop_is_one_group() -> None:
    assert together({"title": "kain batik"}, {"title": "kain batik"})


@pytest.mark.parametrize("seed", range(10))
def test_a_text_with_a_few_words_changed_is_the_same_text(seed: int) -> None:
    assert together(
        {"title": "Kain batik parang", "description": LONG, "shop_id": "a"},
        {"title": "Kain batik parang", "description": changed(LONG, 3, seed), "shop_id": "b"},
    )


@pytest.mark.parametrize("description", [OTHER, changed(LONG, 25), LONG[::-1], ""])
def test_different_texts_are_different_groups(description: str) -> None:
    assert not together(
        {"title": "Kain batik parang", "description": LONG, "shop_id": "a"},
        {"title": "Barang lain", "description": description, "shop_id": "b"},
    )


@pytest.mark.parametrize("seed", range(5))
def test_texts_that_share_half_of_their_words_are_different_texts(seed: int) -> None:
    other = changed(LONG, 10, seed)
    assert 0.35 < likeness(LONG.lower(), other.lower()) < 0.75
    assert not together({"description": LONG, "shop_id": "a"}, {"description": other, "shop_id": "b"})


def test_listings_without_any_text_are_not_one_text() -> None:
    assert not together({"price": 5000, "shop_id": "a"}, {"price": 5000, "shop_id": "b"})


def test_what_is_alike_through_a_third_is_one_group() -> None:
    found = groups(
        table(
            {"title": "kain", "description": LONG, "shop_id": "a"},
            {"title": "lampu", "description": OTHER, "shop_id": "b"},
            {"title": "kain", "description": changed(LONG, 2), "shop_id": "c"},
            {"title": "lampu", "description": changed(OTHER, 1), "shop_id": "c"},
            {"title": "gelas", "shop_id": "d"},
        )
    )
    assert found.tolist() == [0, 0, 0, 0, 1]


def test_labels_are_not_looked_at() -> None:
    listings = table(*simulate(150, 5).records)
    bare = listings.replace(label=np.asarray([""] * 150, dtype=object))
    np.testing.assert_array_equal(groups(bare), groups(listings))


def test_no_listing_makes_no_group() -> None:
    assert groups(table()).tolist() == []


def test_groups_are_the_same_every_time_and_in_every_order() -> None:
    listings = table(*simulate(150, 6).records)
    found = groups(listings)
    np.testing.assert_array_equal(groups(listings), found)
    order = np.random.default_rng(0).permutation(150)
    again = groups(listings[order])
    same = found[order][:, None] == found[order][None, :]
    np.testing.assert_array_equal(again[:, None] == again[None, :], same)


def likeness(left: str, right: str) -> float:
    """Share of runs of five characters that two texts have in common, counted here by hand."""
    one, other = ({text[at : at + 5] for at in range(len(text) - 4)} for text in (left, right))
    return len(one & other) / len(one | other)


def test_fault_60_near_duplicates_never_stand_on_both_sides() -> None:
    rows: list[dict[str, Any]] = []
    for at, record in enumerate(record for record in simulate(500, 7).records if len(record["description"]) > 200):
        copied = changed(record["description"], 1 + at % 5, seed=at)
        rows.append({"title": record["title"], "description": record["description"], "shop_id": f"first {at}"})
        rows.append({"title": record["title"], "description": copied, "shop_id": f"second {at}"})
    rows = rows[:160]
    listings = table(*rows)
    texts = [
        " ".join(f"{title} {text}".lower().split())
        for title, text in zip(listings.column("title"), listings.column("description"), strict=True)
    ]
    alike = [at for at in range(0, len(rows), 2) if likeness(texts[at], texts[at + 1]) >= 0.8]
    assert len(alike) > 40
    group = groups(listings)
    y = np.arange(len(rows)) // 2 % 2
    for train, test in folds(y, group, 4, seed=0):
        assert not set(group[train]) & set(group[test])
        sides = np.isin(np.arange(len(rows)), test)
        assert [at for at in alike if sides[at] != sides[at + 1]] == []


def test_fault_60_a_shop_never_stands_on_both_sides() -> None:
    listings = table(*simulate(300, 8).records)
    shops = listings.column("shop_id").astype(str)
    for train, test in folds(listings.is_imported, groups(listings), 5, seed=1):
        assert not set(shops[train]) & set(shops[test])


labelled_groups = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1)), min_size=8, max_size=80)


@given(rows=labelled_groups, n_folds=st.integers(2, 5), seed=st.integers(0, 1_000))
def test_folds_share_no_group_and_hold_every_row_once(rows: list[tuple[int, int]], n_folds: int, seed: int) -> None:
    group, y = np.asarray(rows, dtype=np.int64).T
    refused = told = ""
    try:
        parts = folds(y, group, n_folds, seed)
    except SplitError as error:
        fewest = min(len(set(group[y == value].tolist())) for value in (0, 1))
        # refused for a reason, which is told: too few groups of a class, or a few large ones that hold most of it
        told = "leaves one class only to train on" if fewest >= n_folds else "found"
        refused = str(error)
    if refused:
        assert told in refused
        return
    assert len(parts) == n_folds
    assert sorted(row for _, test in parts for row in test.tolist()) == list(range(len(y)))
    for train, test in parts:
        assert not set(group[train].tolist()) & set(group[test].tolist())
        assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(y)))
        assert len(test)
        assert set(y[train].tolist()) == {0, 1}


def test_folds_are_stratified() -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 200, 1_000)
    y = (rng.random(200) < 0.3).astype(np.int64)[group]
    for _, test in folds(y, group, 5, seed=0):
        assert len(test) == pytest.approx(200, abs=15)
        assert y[test].mean() == pytest.approx(y.mean(), abs=0.03)


def test_folds_follow_the_seed() -> None:
    group, y = np.arange(100), np.arange(100) % 2
    one, same, other = (folds(y, group, 5, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a[1], b[1]) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("n_imported_shops", "made"), [(2, 2), (3, 3), (5, 5), (9, 5)])
def test_fault_58_folds_are_lowered_to_what_the_scarcer_class_allows(n_imported_shops: int, made: int) -> None:
    group = np.arange(20 + n_imported_shops)
    y = (group >= 20).astype(np.int64)
    assert feasible_folds(y, group, 5) == made
    assert len(folds(y, group, made, seed=0)) == made


def test_fault_58_more_folds_than_the_scarcer_class_has_shops_are_refused() -> None:
    group = np.arange(23)
    with pytest.raises(SplitError) as caught:
        folds((group >= 20).astype(np.int64), group, 5, seed=0)
    assert str(caught.value) == (
        "the rows cannot be split into 5 folds: each class must be sold by at least 5 groups of shops, "
        "found 3 for the scarcer class. Ask for 3 folds or label listings of more shops."
    )


def test_fault_58_a_training_part_of_one_class_is_refused() -> None:
    # the middle shop sells nearly all of both: whoever learns without it sees one class
    group = np.asarray([0, *[1] * 10, 2])
    y = np.asarray([0, *[0] * 5, *[1] * 5, 1])
    with pytest.raises(SplitError) as caught:
        folds(y, group, 2, seed=0)
    assert str(caught.value) == (
        "the rows cannot be split into 2 folds with seed 0: fold 0 leaves one class only to train on, because a few "
        "large groups hold nearly all of the other. Ask for fewer folds or label listings of more shops."
    )


@pytest.mark.parametrize("call", [lambda y, group: feasible_folds(y, group, 5), lambda y, group: folds(y, group, 3, 0)])
def test_fault_59_one_seller_only_is_refused(call: Any) -> None:
    with pytest.raises(SplitError) as caught:
        call(np.arange(40) % 2, np.zeros(40, dtype=np.int64))
    assert str(caught.value) == (
        "the rows cannot be split: two folds need at least 2 groups (shops, with near-duplicate texts united) of each "
        "class, found 1 with local and 1 with imported listings, 1 in all. Label listings of more shops."
    )


def test_fault_59_one_imported_seller_is_refused() -> None:
    group = np.arange(30)
    with pytest.raises(SplitError) as caught:
        feasible_folds((group == 7).astype(np.int64), group, 5)
    assert str(caught.value) == (
        "the rows cannot be split: two folds need at least 2 groups (shops, with near-duplicate texts united) of each "
        "class, found 29 with local and 1 with imported listings, 30 in all. Label listings of more shops."
    )
