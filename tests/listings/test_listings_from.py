"""Whatever a caller holds listings in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from umkm_classifier.errors import InputError
from umkm_classifier.listings.listing import TEXT_COLUMNS, Listing, Listings
from umkm_classifier.listings.prepare import listings_from, prepare


def same(one: Listings, other: Listings) -> bool:
    columns = (*TEXT_COLUMNS, "attributes", "photos")
    return all(one.column(name).tolist() == other.column(name).tolist() for name in columns) and bool(
        np.array_equal(one.price_idr, other.price_idr, equal_nan=True) and np.array_equal(one.rejected, other.rejected)
    )


def test_listings_are_returned_as_they_are() -> None:
    listings, _ = prepare([{"title": "Kain"}])
    assert listings_from(listings) is listings


def test_sequences_frames_and_generators_give_the_same_table() -> None:
    rows = [{"id": "007", "title": "Kain batik", "price": "25rb"}, {"id": "008", "title": None, "price": None}]
    expected, _ = prepare(rows)
    assert same(listings_from(rows), expected)
    assert same(listings_from(tuple(Listing(**row) for row in rows)), expected)
    assert same(listings_from(row for row in rows), expected)
    assert same(listings_from(pd.DataFrame(rows, index=[5, 5])), expected)


def test_a_frame_is_read_by_name_and_never_by_position() -> None:
    listings = listings_from(pd.DataFrame({"harga": [1], "title": ["NA"], "id": [7]}))
    assert listings.record(0)["title"] == "NA"
    assert listings.record(0)["id"] == "7"


def test_fault_44_and_49_a_frame_needs_each_column_once() -> None:
    with pytest.raises(
        InputError, match=r"^frame: a column 'title' expected, found 'judul', 'Title'\. Did you mean 'Title'\?"
    ):
        listings_from(pd.DataFrame({"judul": [1], "Title": [2]}))
    with pytest.raises(InputError, match=r"^frame: each column name once expected, found 'title' more than once\."):
        listings_from(pd.DataFrame([[1, 2]], columns=["title", "title"]))


@pytest.mark.parametrize("data", [Listing(title="Kain"), {"title": "Kain"}])
def test_a_lone_listing_is_told_to_be_wrapped(data: object) -> None:
    with pytest.raises(TypeError) as raised:
        listings_from(data)
    assert str(raised.value) == "predict takes a sequence of listings; wrap it in a list: predict([listing])"


@pytest.mark.parametrize("data", ["Kain", b"Kain", Path("a.csv")])
def test_a_text_is_told_to_be_read(data: object) -> None:
    with pytest.raises(TypeError) as raised:
        listings_from(data)
    assert str(raised.value) == "predict takes a sequence of listings, found a text; read a file with read(path) first"


@pytest.mark.parametrize("data", [None, 7, object()])
def test_what_holds_no_listings_is_refused(data: object) -> None:
    with pytest.raises(
        TypeError, match=r"^predict takes a sequence of listings, found a \w+; wrap listings in a list$"
    ):
        listings_from(data)


def test_a_list_of_texts_is_refused_and_one_text_among_listings_is_a_rejected_row() -> None:
    with pytest.raises(TypeError) as raised:
        listings_from(["Kain", "Tas"])
    assert str(raised.value) == "predict takes listings, found texts; give each a name: predict([{'title': text}])"
    assert listings_from([{"title": "Kain"}, "Tas"]).rejected.tolist() == [False, True]
