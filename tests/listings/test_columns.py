"""Columns are found by name, or it is said which are missing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umkm_classifier.errors import InputError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.table import read


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """Write a file and return its path."""

    def write(content: str | bytes, name: str = "listings.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(path: Path | str, **options: Any) -> str:
    with pytest.raises(InputError) as raised:
        read(path, **options)
    assert raised.value.exit_code == 3
    return str(raised.value)


def titles(listings: Listings) -> list[str]:
    return listings.column("title").tolist()


def test_fault_44_a_name_twice_is_refused(table: Any) -> None:
    path = table("id,title,id\n1,Kain,2\n")
    assert refusal(path) == (
        f"{path}: each column name once expected, found 'id' more than once. Rename or remove one of each."
    )


@pytest.mark.parametrize(("separator", "name"), [(";", "a semicolon"), ("\t", "a tab"), ("|", "a bar")])
def test_fault_45_another_separator_is_named_with_the_columns_found(table: Any, separator: str, name: str) -> None:
    path = table(f"id{separator}title\n1{separator}Kain\n")
    assert refusal(path) == (
        f"{path}: columns separated by commas expected, found {name} in the only column 'id{separator}title'. "
        "Save the table with commas."
    )


def test_fault_48_unknown_columns_are_ignored_and_named_when_close(
    table: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = table("rating,title,Price\n5,Kain,25rb\n")
    with caplog.at_level(logging.INFO, "umkm_classifier"):
        listings, rejects = read(path)
    assert np.isnan(listings.price_idr[0])
    assert rejects == []
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", f"{path}: column 'Price' is not read. Did you mean 'price'?"),
        ("INFO", f"{path}: columns not read: 'rating', 'Price'"),
    ]


def test_fault_49_a_missing_title_is_told_with_what_was_found_and_the_nearest(table: Any) -> None:
    path = table("id,tittle,harga\n1,Kain,2\n")
    assert refusal(path) == (
        f"{path}: a column 'title' expected, found 'id', 'tittle', 'harga'. Did you mean 'tittle'? Rename the column "
        "that holds the titles, or map it: columns={'title': NAME}, or in the config [columns] title = \"NAME\"."
    )
    path = table('{"judul": "Kain"}\n{"harga": 5}\n', "a.jsonl")
    assert refusal(path).startswith(f"{path}: a column 'title' expected, found 'judul', 'harga'. Rename")


def test_columns_maps_other_names(table: Any) -> None:
    columns = {"title": "nama_produk", "price": "harga"}
    content = "nama_produk,harga,title\nKain,25rb,x\n"
    listings, _ = read(table(content), columns=columns)
    assert (titles(listings), listings.price_idr.tolist()) == (["Kain"], [25_000.0])
    listings, _ = read(
        table('{"nama_produk": "Kain", "harga": "25rb", "title": "x"}\n{"harga": 1}\n', "a.jsonl"), columns=columns
    )
    assert titles(listings) == ["Kain", ""]


def test_columns_names_must_be_those_of_a_listing_and_of_the_table(table: Any) -> None:
    path = table("nama,harga\nKain,25rb\n")
    assert refusal(path, columns={"title": "nama", "prices": "harga"}).startswith(
        f"{path}: columns maps names of a listing to names of the table, found 'prices' (did you mean 'price'?). "
        "A listing has: title,"
    )
    assert refusal(path, columns={"title": "nama_", "price": "x"}) == (
        f"{path}: the mapped columns expected, did not find 'nama_' for 'title' (did you mean 'nama'?), 'x' for "
        "'price'. Columns found: 'nama', 'harga'. Correct the mapping."
    )
