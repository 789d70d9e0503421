"""Raw rows become listings: one for one, in order, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.listings.listing import LISTING_FIELDS, TEXT_COLUMNS, Listing, Listings
from umkm_classifier.listings.prepare import prepare


def one(**cells: object) -> tuple[dict[str, Any], tuple[str, ...], list[tuple[str, str]]]:
    """Prepare one row: its record, its notes, and column and code of its rejects."""
    listings, rejects = prepare([cells])
    return listings.record(0), listings.notes[0], [(reject.column, reject.code) for reject in rejects]


def same(one: Listings, other: Listings) -> bool:
    columns = (*TEXT_COLUMNS, "attributes", "photos")
    return all(one.column(name).tolist() == other.column(name).tolist() for name in columns) and bool(
        np.array_equal(one.price_idr, other.price_idr, equal_nan=True) and np.array_equal(one.rejected, other.rejected)
    )


def test_a_full_row_comes_out_whole() -> None:
    record, notes, rejects = one(
        id="007",
        title="Kain batik tulis",
        description="Bahan katun\nUkuran 2 m",
        price="Rp450.000",
        category="Fashion > Kain",
        shop_id="s1",
        shop_name="Batik Ayu",
        shop_city="Kota Surakarta",
        ships_from="Kota Surakarta",
        brand="Ayu",
        attributes='{"Bahan": "Katun"}',
        photos='["a.jpg", "b.jpg"]',
        listed_at="2025-01-31",
        label="lokal",
        label_source="survey",
    )
    assert record == {
        "id": "007",
        "title": "Kain batik tulis",
        "description": "Bahan katun\nUkuran 2 m",
        "price": 450_000.0,
        "category": "Fashion > Kain",
        "shop_id": "s1",
        "shop_name": "Batik Ayu",
        "shop_city": "Kota Surakarta",
        "ships_from": "Kota Surakarta",
        "brand": "Ayu",
        "attributes": {"Bahan": "Katun"},
        "photos": ("a.jpg", "b.jpg"),
        "listed_at": "2025-01-31",
        "label": "local",
        "label_source": "survey",
    }
    assert (notes, rejects) == ((), [])


def test_rows_stay_in_order_and_none_is_lost() -> None:
    rows: list[Any] = [{"title": f"Kain {n}"} for n in range(5)]
    rows[1], rows[3] = None, "junk"
    listings, rejects = prepare(rows, first_row=100)
    assert listings.column("title").tolist() == ["Kain 0", "", "Kain 2", "", "Kain 4"]
    assert listings.column("id").tolist() == ["100", "101", "102", "103", "104"]
    assert listings.rejected.tolist() == [False, True, False, True, False]
    assert [listings.notes[1], listings.notes[3]] == [("malformed_row",), ("malformed_row",)]
    # The reader tells about the row it could not parse; what is no row at all is told here.
    assert [(reject.row, reject.code) for reject in rejects] == [(103, "malformed_row")]


def test_no_rows_give_an_empty_table() -> None:
    listings, rejects = prepare([])
    assert (len(listings), rejects) == (0, [])
    assert listings.price_idr.dtype == np.float64
    assert listings.rejected.dtype == bool


@pytest.mark.parametrize("title", [None, float("nan"), pd.NA, "", "  ", "\u200b", "<b></b>"])
def test_fault_26_a_row_without_text_or_photo_is_rejected(title: object) -> None:
    listings, rejects = prepare([{"title": title, "description": None, "price": "Rp5.000"}])
    assert listings.rejected.tolist() == [True]
    assert listings.notes[0] == ("no_content", "text_missing")
    assert [(reject.row, reject.column, reject.code) for reject in rejects] == [(0, "title", "no_content")]
    assert rejects[0].message == (
        "a title, a description or a photo expected, found nothing to judge by; the row is not scored"
    )


def test_fault_26_a_photo_or_a_description_is_content_enough() -> None:
    listings, rejects = prepare([{"title": None, "photos": "a.jpg"}, {"title": None, "description": "Kain batik"}])
    assert listings.rejected.tolist() == [False, False]
    assert listings.notes.tolist() == [("text_missing",), ()]
    assert rejects == []


def test_a_row_that_only_claims_has_nothing_to_score() -> None:
    _, notes, _ = one(title="Produk lokal asli Solo, handmade, UMKM")
    assert notes == ("no_content", "text_missing")


@pytest.mark.parametrize("title", ["NA", "null", "None", "nan"])
def test_fault_27_words_for_missing_stay_titles(title: str) -> None:
    assert one(title=title)[0]["title"] == title


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("007", "007"),
        (" 007 ", "007"),
        (9007199254740993, "9007199254740993"),
        ("9007199254740993", "9007199254740993"),
        (7.0, "7"),
        ("7.0", "7.0"),
        ("①<b>", "①<b>"),
        ("a\ud800", "a?"),
        (None, "0"),
        ("", "0"),
        (float("nan"), "0"),
        (["x"], "0"),
    ],
)
def test_fault_28_ids_are_text_as_their_owner_wrote_them(value: object, kept: str) -> None:
    assert one(title="Kain", id=value)[0]["id"] == kept


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ({"title": "ba\u200btik"}, "text_obfuscated"),
        ({"title": "Kain", "description": "kain " * 3_000}, "text_truncated"),
        ({"title": "Kain", "shop_name": "l\u043ekal"}, "text_obfuscated"),
        ({"title": "Kain", "price": "1.250"}, "price_ambiguous"),
        ({"title": "Kain", "price": "Rp25.000 - Rp30.000"}, "price_range"),
    ],
)
def test_what_was_mended_is_noted_and_no_reject(cells: Mapping[str, object], note: str) -> None:
    _, notes, rejects = one(**cells)
    assert note in notes
    assert rejects == []


@pytest.mark.parametrize(
    ("cells", "notes"),
    [
        ({"attributes": {"Negara Asal": "China"}}, ("declared_foreign",)),
        ({"attributes": {"Negara Asal": "Indonesia"}}, ()),
        ({"description": "Bahan: katun\nNegara Asal: Tiongkok"}, ("declared_foreign",)),
        ({"ships_from": "Mainland China"}, ("declared_foreign",)),
        ({"ships_from": "Kota Surakarta"}, ()),
        ({"description": "Barang import Korea"}, ("admits_foreign",)),
        ({"description": "Made in: China. Tas import"}, ("admits_foreign", "declared_foreign")),
        ({"description": "Dijahit dari kain import"}, ()),
        ({"description": "Bukan barang import"}, ()),
        ({"shop_name": "Toko Import China"}, ()),
    ],
)
def test_an_origin_abroad_that_the_seller_names_is_noted(cells: Mapping[str, object], notes: tuple[str, ...]) -> None:
    assert one(title="Kain", **cells)[1:] == (notes, [])


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("price", "-5000", "price_negative"),
        ("price", "1e9", "price_unreadable"),
        ("price", 1e15, "price_out_of_range"),
        ("attributes", "{bad", "attributes_unreadable"),
        ("attributes", "[1, 2]", "attributes_unreadable"),
        ("attributes", 7, "attributes_unreadable"),
        ("photos", 7, "photos_unreadable"),
        ("photos", "[bad", "photos_unreadable"),
        ("photos", ["a.jpg", 7], "photos_unreadable"),
        ("brand", ["Ayu"], "value_not_text"),
        ("description", b"x", "value_not_text"),
        ("shop_id", {"a": 1}, "value_not_text"),
        ("attributes", {"Bahan": {"a": 1}}, "value_not_text"),
    ],
)
def test_what_was_not_used_is_noted_and_told(column: str, value: object, code: str) -> None:
    record, notes, rejects = one(**{"title": "Kain", column: value})
    assert notes == (code,)
    assert rejects == [(column, code)]
    assert record["title"] == "Kain"


def test_a_message_never_holds_a_sellers_text() -> None:
    secret = "rahasia"
    row = dict.fromkeys(LISTING_FIELDS, (secret,)) | {
        "title": "Kain",
        "attributes": f"{{{secret}",
        "price": f"{secret} 1 2",
    }
    _, rejects = prepare([row, secret])
    assert len(rejects) > 8
    assert all(secret not in reject.message for reject in rejects if reject.column != "label")


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("title", 501, "501"),
        ("title", 7.5, "7.5"),
        ("brand", 3, "3"),
        ("shop_id", 12.0, "12"),
        ("title", np.int64(7), "7"),
    ],
)
def test_fault_50_scalars_are_coerced(column: str, value: object, kept: str) -> None:
    record, notes, _ = one(**{"title": "Kain", column: value})
    assert record[column] == kept
    assert notes == ()


@pytest.mark.parametrize("title", [["Kain"], b"Kain", {"a": 1}])
def test_fault_50_containers_are_rejected(title: object) -> None:
    _, notes, rejects = one(title=title)
    assert notes == ("no_content", "text_missing", "value_not_text")
    assert rejects == [("title", "value_not_text"), ("title", "no_content")]


def test_fault_51_scoring_keeps_both_rows_of_an_id() -> None:
    listings, rejects = prepare(
        [{"id": "a", "title": "Kain"}, {"id": "b", "title": "Tas"}, {"id": "a", "title": "Kain"}]
    )
    assert listings.column("id").tolist() == ["a", "b", "a"]
    assert listings.notes.tolist() == [("duplicate_id",), (), ("duplicate_id",)]
    assert rejects == []


def test_fault_52_and_53_prices_are_parsed_and_missing_ones_are_nan() -> None:
    listings, _ = prepare(
        [{"title": "Kain", "price": price} for price in ("1,2jt", "", None, "999.999.999.999.999", 1250.5)]
    )
    assert np.array_equal(listings.price_idr, [1_200_000, np.nan, np.nan, np.nan, 1250.5], equal_nan=True)


@pytest.mark.parametrize("label", ["lokal ", "LOCAL", "Local", "local", "produk_lokal"])
def test_fault_55_spellings_of_local_are_local(label: str) -> None:
    assert one(title="Kain", label=label)[0]["label"] == "local"


@pytest.mark.parametrize("label", ["imported", "IMPORT", " impor", "imported_resale", "Imported Resale"])
def test_fault_55_spellings_of_imported_are_imported(label: str) -> None:
    assert one(title="Kain", label=label)[0]["label"] == "imported"


def test_fault_55_a_label_that_is_not_understood_is_told_and_left_out() -> None:
    listings, rejects = prepare([{"title": "Kain", "label": "loakl"}])
    assert listings.column("label").tolist() == [""]
    assert listings.notes[0] == ("label_unknown",)
    assert [(reject.column, reject.code, reject.message) for reject in rejects] == [
        ("label", "label_unknown", "expected 'local' or 'imported', found 'loakl'")
    ]


@pytest.mark.parametrize("label", [None, "", float("nan"), pd.NA, "  "])
def test_fault_56_a_missing_label_is_no_label(label: object) -> None:
    record, notes, rejects = one(title="Kain", label=label)
    assert (record["label"], notes, rejects) == (None, (), [])


CLAIM = "Produk lokal asli Solo, handmade"


@pytest.mark.parametrize(
    "column", ["title", "description", "brand", "shop_name", "category", "shop_city", "ships_from"]
)
def test_claims_are_masked_in_every_column_that_a_seller_types(column: str) -> None:
    cells = {
        "title": "Kain batik",
        "description": "Katun",
        "brand": "Ayu",
        "shop_name": "Toko Ayu",
        "category": "Fashion > Kain",
        "shop_city": "Kab. Sleman",
        "ships_from": "Kota Medan",
    }
    plain, claimed = one(**cells), one(**{**cells, column: f"{cells[column]} {CLAIM}"})
    assert claimed == plain


def test_declared_origin_and_foreign_dispatch_are_masked() -> None:
    plain, _, _ = one(title="Kain", description="Katun", attributes={"Bahan": "Katun"})
    declared, notes, rejects = one(
        title="Kain",
        description="Katun\nNegara Asal: Tiongkok",
        ships_from="Luar Negeri",
        brand="Lokal",
        attributes={"Bahan": "Katun", "Negara Asal": "Tiongkok", "Dikirim Dari": "China"},
    )
    assert declared == plain
    assert (notes, rejects) == (("declared_foreign",), [])
    assert one(title="Kain", ships_from="Kab. Sleman")[0]["ships_from"] == "Kab. Sleman"


def test_unknown_columns_are_ignored() -> None:
    assert one(title="Kain", harga="x", notes="y", price_idr=7, rejected=True) == one(title="Kain")


def test_a_listing_and_a_mapping_give_the_same_row() -> None:
    cells: dict[str, Any] = {
        "title": "Kain batik",
        "price": "25rb",
        "attributes": {"Bahan": "Katun"},
        "photos": ["a.jpg"],
    }
    assert same(prepare([Listing(**cells)])[0], prepare([cells])[0])


_cells = (
    st.none()
    | st.text(max_size=40)
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.binary(max_size=8)
    | st.sampled_from(
        ["Rp25.000", "lokal", CLAIM, "<b>x</b>", "ba\u200btik", '{"Bahan": "Katun"}', "a.jpg;b.jpg", "\ud800", "China"]
    )
    | st.lists(st.text(max_size=5), max_size=3)
    | st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)
)
_rows = st.lists(
    st.none() | st.dictionaries(st.sampled_from([*LISTING_FIELDS, "harga"]), _cells, max_size=8) | st.text(max_size=3),
    max_size=5,
)


@settings(max_examples=400, deadline=None)
@given(_rows)
def test_any_rows_give_as_many_and_preparing_them_again_gives_the_same_table(rows: list[Any]) -> None:
    listings, rejects = prepare(rows)
    assert len(listings) == len(rows)
    assert all(0 <= reject.row < len(rows) for reject in rejects)
    again, _ = prepare(list(listings))
    assert same(again, listings)
    json.dumps([listings.column(name).tolist() for name in TEXT_COLUMNS], ensure_ascii=False).encode("utf-8")
