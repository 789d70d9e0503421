"""Cells written anew, and what reads differently after it."""

from __future__ import annotations

import numpy as np

from umkm_classifier.evaluation.stress_rows import differing, emptied, rewritten
from umkm_classifier.listings.prepare import prepare

ROWS = (
    {"id": "a", "title": "Kain batik", "description": "Katun", "price": "1000", "attributes": {"Bahan": "Katun"}},
    {"id": "b", "title": "Tas", "brand": "Ayu"},
)


def draw(text: str, rng: np.random.Generator) -> str:
    return f"{text} {rng.integers(10**9)}"


def test_a_row_fares_the_same_whatever_stands_beside_it() -> None:
    table = prepare(ROWS)[0]
    both, alone = (rewritten(rows, "x", 3, title=draw).column("title") for rows in (table, table[1:]))
    assert both[1] == alone[0]
    assert both[0].split()[-1] != both[1].split()[-1]
    other = rewritten(table, "x", 4, title=draw).column("title")
    assert not set(other) & set(both)


def test_what_is_written_is_masked_like_any_other_text() -> None:
    table = prepare(ROWS)[0]
    same = rewritten(table, "x", 0, title=lambda text, rng: f"{text} - produk lokal")
    assert not differing(table, same).any()


def test_every_column_that_is_read_can_make_rows_differ() -> None:
    table = prepare(ROWS)[0]
    for name in ("title", "description", "price_idr", "attributes", "brand"):
        filled = [True, True] if name == "title" else [name != "brand", name == "brand"]
        assert differing(table, emptied(table, (name,))).tolist() == filled
    assert not differing(table, table.replace(id=table.column("brand"))).any()


def test_a_row_of_which_nothing_is_left_is_rejected() -> None:
    table = prepare([{"title": "Kain"}, {"title": "Kain", "description": "Katun"}, {"title": "Kain", "photos": [b"x"]}])
    assert emptied(table[0], ("title",)).rejected.tolist() == [True, False, False]
