from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.listings.listed_photo import ListedPhoto, RootedPhoto, rooted
from umkm_classifier.listings.listing import Listing, Listings
from umkm_classifier.listings.photo import PhotoError
from umkm_classifier.listings.photos import MOST_PHOTOS, note_photos, open_listing_photos, read_photo
from umkm_classifier.listings.prepare import prepare


def file_of(seed: int, kind: str = "PNG") -> bytes:
    return saved(natural_picture(40, 30, seed=seed), kind)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of photos, and one beside it that no table may reach."""
    inside = tmp_path / "photos"
    (inside / "shop").mkdir(parents=True)
    (inside / "a.png").write_bytes(file_of(0))
    (inside / "shop/b.png").write_bytes(file_of(1))
    (inside / "cut.jpg").write_bytes(file_of(2, "JPEG")[:-200])
    (inside / "empty.jpg").write_bytes(b"")
    (tmp_path / "secret.png").write_bytes(file_of(3))
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    return inside


def table(*photos: object) -> Listings:
    return prepare([{"title": "kain", "photos": cell} for cell in photos])[0]


def test_photos_of_every_kind_are_opened_in_order(folder: Path) -> None:
    photos: list[ListedPhoto] = [
        file_of(0),
        folder / "a.png",
        str(folder / "a.png"),
        RootedPhoto(folder, "a.png"),
        RootedPhoto(folder, str(folder / "shop/b.png")),
    ]
    opened, notes = open_listing_photos(photos)
    assert [photo.content for photo in opened] == [hashlib.sha256(file_of(at)).hexdigest() for at in (0, 0, 0, 0, 1)]
    assert all(np.array_equal(photo.pixels, np.asarray(natural_picture(40, 30))) for photo in opened[:4])
    assert notes == ()


def test_a_bad_photo_costs_itself_alone_and_leaves_its_code(folder: Path) -> None:
    names = ["cut.jpg", "a.png", "empty.jpg", "none.jpg", "none.png", "https://example.org/a.jpg", "shop", "shop/b.png"]
    opened, notes = open_listing_photos([RootedPhoto(folder, name) for name in names])
    assert [photo.content for photo in opened] == [hashlib.sha256(file_of(at)).hexdigest() for at in (0, 1)]
    assert notes == (
        "image_empty", "image_missing", "image_path_invalid", "image_truncated", "image_url_not_fetched",
    )  # fmt: skip


def test_what_is_remarkable_in_a_photo_is_noted_too() -> None:
    tiny = saved(natural_picture(9, 9), "PNG")
    opened, notes = open_listing_photos([tiny, file_of(0), tiny])
    assert len(opened) == 3
    assert notes == ("image_tiny",)


def test_fault_20_a_table_reaches_nothing_outside_its_folder(folder: Path, tmp_path: Path) -> None:
    paths = ["../secret.png", str(tmp_path / "secret.png"), "link.png", "shop/../../secret.png"]
    for path in paths:
        assert open_listing_photos([RootedPhoto(folder, path)]) == ([], ("image_path_outside_root",))


def test_the_calling_program_reaches_what_it_names(folder: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "secret.png", folder / "link.png", folder / "../secret.png"):
        (photo,), notes = open_listing_photos([path])
        assert photo.content == hashlib.sha256(file_of(3)).hexdigest()
        assert notes == ()


def test_fault_19_a_pipe_does_not_wait_for_a_writer(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    assert open_listing_photos([RootedPhoto(folder, "pipe.jpg")]) == ([], ("image_path_invalid",))


def test_only_the_first_photos_are_looked_at(folder: Path) -> None:
    cell = ";".join(["none.png"] * (MOST_PHOTOS - 1) + ["a.png", "shop/b.png"])
    opened, notes = open_listing_photos(rooted(table(cell), folder).column("photos")[0])
    assert [photo.content for photo in opened] == [hashlib.sha256(file_of(0)).hexdigest()]
    assert notes == ("image_missing", "image_too_many")
    assert open_listing_photos([file_of(0)] * MOST_PHOTOS)[1] == ()


def test_photos_are_as_large_as_asked_for() -> None:
    large = saved(natural_picture(900, 700), "JPEG")
    (photo,), _ = open_listing_photos([large], at_least=100)
    assert photo.pixels.shape == (175, 225, 3)
    (photo,), _ = open_listing_photos([large])
    assert photo.pixels.shape == (700, 900, 3)


def test_a_listing_without_photos_has_none_and_nothing_to_note() -> None:
    assert open_listing_photos(()) == ([], ())


def test_a_file_is_read_whatever_it_holds(folder: Path) -> None:
    assert read_photo(RootedPhoto(folder, "empty.jpg")) == b""
    assert read_photo(RootedPhoto(folder, "cut.jpg")) == file_of(2, "JPEG")[:-200]
    assert read_photo(b"text") == b"text"
    with pytest.raises(PhotoError, match=r"^a path that stays in the folder of photos expected, found one that leaves"):
        read_photo(RootedPhoto(folder, "../secret.png"))


def test_fault_24_a_listing_whose_photos_are_all_missing_keeps_its_text_and_says_so(folder: Path) -> None:
    given = table("a.png", "none.jpg;gone.jpg", None, "cut.jpg;a.png")
    noted = note_photos(rooted(given, folder))
    assert noted.notes.tolist() == [(), ("image_missing",), (), ("image_truncated",)]
    assert not noted.rejected.any()
    assert given.notes.tolist() == [()] * 4
    assert open_listing_photos(noted.column("photos")[1]) == ([], ("image_missing",))


def test_notes_of_photos_are_added_to_those_of_the_row(folder: Path) -> None:
    listings, _ = prepare([{"title": "", "photos": "none.jpg"}])
    assert note_photos(rooted(listings, folder)).notes.tolist() == [("image_missing", "text_missing")]


def test_a_listing_of_the_calling_program_brings_content_and_paths(folder: Path) -> None:
    listings, _ = prepare([Listing(title="kain", photos=[file_of(5), folder / "a.png", str(folder / "shop/b.png")])])
    opened, notes = open_listing_photos(listings.column("photos")[0])
    assert [photo.content for photo in opened] == [hashlib.sha256(file_of(at)).hexdigest() for at in (5, 0, 1)]
    assert notes == ()


@given(st.text(max_size=40), st.binary(max_size=60))
def test_whatever_a_cell_names_or_holds_costs_no_more_than_a_photo(path: str, content: bytes) -> None:
    opened, notes = open_listing_photos([RootedPhoto(Path("/nowhere/photos"), path), content])
    assert opened == []
    assert notes
    assert all(note.startswith("image_") for note in notes)
