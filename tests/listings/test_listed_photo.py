from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from umkm_classifier.listings.listed_photo import RootedPhoto, rooted
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare


def table(*photos: object) -> Listings:
    return prepare([{"title": "kain", "photos": cell} for cell in photos])[0]


def test_paths_of_a_table_are_tied_to_its_folder_and_content_is_left(tmp_path: Path) -> None:
    listings = table("a.png;shop/b.png", [b"content", Path("a.png")], None)
    column = rooted(listings, tmp_path).column("photos")
    assert column.tolist() == [
        (RootedPhoto(tmp_path, "a.png"), RootedPhoto(tmp_path, "shop/b.png")),
        (b"content", RootedPhoto(tmp_path, "a.png")),
        (),
    ]
    assert listings.column("photos")[0] == ("a.png", "shop/b.png")  # the table itself is as it was


def test_what_is_tied_already_stays_tied(tmp_path: Path) -> None:
    once = rooted(table("a.png", "shop/b.png"), tmp_path)
    again = rooted(once, tmp_path / "elsewhere")
    assert again.column("photos").tolist() == once.column("photos").tolist()


def test_rows_of_equally_many_photos_stay_rows(tmp_path: Path) -> None:
    listings = rooted(table("a.png;b.png", "c.png;d.png"), tmp_path)
    assert listings.column("photos").shape == (2,)
    assert listings[1].column("photos")[0][0] == RootedPhoto(tmp_path, "c.png")


def test_a_relative_folder_counts_from_where_the_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listings = rooted(table("a.png"), Path("photos"))
    monkeypatch.chdir("/")
    assert listings.column("photos")[0] == (RootedPhoto(tmp_path / "photos", "a.png"),)


def test_a_rooted_photo_is_a_value_that_travels(tmp_path: Path) -> None:
    photo = RootedPhoto(tmp_path, "a.png")
    assert pickle.loads(pickle.dumps(photo)) == photo
    assert {photo, RootedPhoto(tmp_path, "a.png")} == {photo}
    with pytest.raises(dataclasses.FrozenInstanceError):
        photo.path = "../secret.png"  # type: ignore[misc]


def test_a_row_that_is_read_again_keeps_its_photos(tmp_path: Path) -> None:
    once = rooted(table("a.png;b.png"), tmp_path)
    again, rejects = prepare(list(once))
    assert again.column("photos").tolist() == once.column("photos").tolist()
    assert rejects == []
