"""Fault 25: the picture that says 'no photo yet'."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.listings.listed_photo import rooted
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.placeholders import is_nearly_empty, placeholders, without_placeholders
from umkm_classifier.listings.prepare import prepare


def no_photo_yet(size: int = 480, ground: tuple[int, int, int] = (236, 236, 236)) -> Image.Image:
    """Draw a camera and a line of letters on one colour."""
    picture = Image.new("RGB", (480, 480), ground)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((160, 140, 320, 260), 12, outline=(170, 170, 170), width=8)
    pen.ellipse((215, 175, 265, 225), outline=(170, 170, 170), width=8)
    for at in range(12):
        pen.rectangle((120 + 20 * at, 310, 132 + 20 * at, 330), fill=(150, 150, 150))
    return picture.resize((size, size), Image.Resampling.BICUBIC)


def tasbih_on_white() -> Image.Image:
    """Draw beads with light and shade on a wide white ground, as a catalogue shows them."""
    picture = Image.new("RGB", (480, 480), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    for at in range(24):
        x, y = 240 + 90 * np.cos(at * np.pi / 12), 240 + 90 * np.sin(at * np.pi / 12)
        for radius in range(13, 0, -1):
            pen.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=(230 - 12 * radius, 150 - 8 * radius, 60)
            )
    return picture


def content_of(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


def shown_by(shops: int, *files: bytes, first: int = 0) -> list[dict[str, object]]:
    return [{"title": "kain", "shop_id": f"S{first + at}", "photos": list(files)} for at in range(shops)]


def table(*rows: dict[str, object]) -> Listings:
    return prepare(rows)[0]


def own_photos(shops: int, first: int = 1000) -> list[dict[str, object]]:
    """Shops with a photo of their own each."""
    photos = [saved(natural_picture(30, 30, seed=first + at), "PNG") for at in range(shops)]
    return [{"title": "kain", "shop_id": f"S{first + at}", "photos": [photo]} for at, photo in enumerate(photos)]


@pytest.mark.parametrize(("shops", "found"), [(5, False), (6, True)])
def test_fault_25_a_nearly_empty_picture_in_more_than_five_shops_is_a_placeholder(shops: int, found: bool) -> None:
    file = saved(no_photo_yet(), "JPEG")
    assert placeholders(table(*shown_by(shops, file), *own_photos(30))) == ({content_of(file)} if found else set())


def test_fault_25_one_shop_may_show_it_as_often_as_it_likes() -> None:
    rows = [{"title": "kain", "shop_id": "S1", "photos": [saved(no_photo_yet(), "JPEG")]} for _ in range(50)]
    assert placeholders(table(*rows)) == set()


def test_fault_25_rows_of_unknown_shops_count_for_none() -> None:
    rows = [{"title": "kain", "photos": [saved(no_photo_yet(), "JPEG")]} for _ in range(50)]
    assert placeholders(table(*rows)) == set()


def test_fault_25_a_placeholder_in_other_sizes_and_qualities_is_the_same() -> None:
    files = [
        saved(no_photo_yet(), "JPEG", quality=90),
        saved(no_photo_yet(), "JPEG", quality=30),
        saved(no_photo_yet(800), "PNG"),
        saved(no_photo_yet(240), "JPEG", quality=80),
    ]
    rows = [row for at, file in enumerate(files) for row in shown_by(2, file, first=10 * at)]
    assert placeholders(table(*rows)) == {content_of(file) for file in files}
    assert placeholders(table(*rows[:4])) == set()


def test_fault_25_two_placeholders_are_told_apart() -> None:
    other = Image.new("RGB", (300, 300), (250, 250, 250))
    ImageDraw.Draw(other).ellipse((110, 60, 190, 140), fill=(200, 60, 40))
    files = [saved(no_photo_yet(), "JPEG"), saved(other, "JPEG")]
    rows = [*shown_by(3, files[0]), *shown_by(3, files[1], first=3)]
    assert placeholders(table(*rows)) == set()
    assert placeholders(table(*rows, *shown_by(3, files[1], first=6))) == {content_of(files[1])}


@pytest.mark.parametrize("draw", [tasbih_on_white, lambda: natural_picture(300, 300)], ids=["on white", "full"])
def test_fault_25_a_suppliers_picture_in_many_shops_is_no_placeholder(draw: Callable[[], Image.Image]) -> None:
    file = saved(draw(), "JPEG")
    assert placeholders(table(*shown_by(15, file))) == set()
    assert placeholders(table(*shown_by(40, file), *own_photos(130))) == set()


def test_fault_25_any_picture_in_a_quarter_of_many_shops_is_a_placeholder() -> None:
    banner = saved(natural_picture(300, 100), "JPEG")
    assert placeholders(table(*shown_by(20, banner), *own_photos(60))) == {content_of(banner)}
    assert placeholders(table(*shown_by(20, banner), *own_photos(61))) == set()
    assert placeholders(table(*shown_by(19, banner))) == set()


def test_fault_25_photos_that_cannot_be_opened_are_passed_over() -> None:
    file = saved(no_photo_yet(), "JPEG")
    rows = shown_by(6, file[:400], b"", file)
    assert placeholders(table(*rows, {"title": "kain", "shop_id": "S9", "photos": "none.jpg"})) == {content_of(file)}
    assert placeholders(table({"title": "kain"})) == set()


def test_fault_25_placeholders_count_as_no_photo_and_are_noted(tmp_path: Path) -> None:
    file, own = saved(no_photo_yet(), "JPEG"), saved(natural_picture(30, 30), "PNG")
    (tmp_path / "no.jpg").write_bytes(file)
    (tmp_path / "own.png").write_bytes(own)
    given = rooted(
        table(*({"title": "kain", "photos": cell} for cell in ("no.jpg", "own.png;no.jpg", "gone.jpg", ""))), tmp_path
    )
    left = without_placeholders(given, {content_of(file)})
    photos = given.column("photos")
    assert left.column("photos").tolist() == [(), photos[1][:1], photos[2], ()]
    assert left.notes.tolist() == [("image_placeholder",), ("image_placeholder",), (), ()]
    assert len(photos[0]) == 1  # the table that was given is as it was


def test_without_known_placeholders_no_file_is_read(tmp_path: Path) -> None:
    listings = rooted(table({"title": "kain", "photos": "a.jpg"}), tmp_path)
    assert without_placeholders(listings, frozenset()) is listings


@pytest.mark.parametrize(
    ("picture", "empty"),
    [
        (no_photo_yet(), True),
        (no_photo_yet(ground=(20, 30, 90)), True),
        (Image.new("RGB", (50, 50), (255, 255, 255)), True),
        (Image.new("RGB", (1, 1)), True),
        (tasbih_on_white(), False),
        (natural_picture(200, 200), False),
        (Image.fromarray(np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (99, 1, 3))), False),
    ],
    ids=["drawn", "blue", "white", "one pixel", "beads", "photo", "shade"],
)
def test_what_shows_next_to_nothing_is_told_from_what_shows_something(picture: Image.Image, empty: bool) -> None:
    assert is_nearly_empty(np.asarray(picture)) is empty


def test_the_placeholder_of_a_simulated_market_is_found_and_no_suppliers_picture_is() -> None:
    from umkm_classifier.simulate.market import simulate
    from umkm_classifier.simulate.photos import jpeg, plan

    market = simulate(700, 1)
    rows, kinds = [], {}
    for truth, shown in zip(market.truth, plan(market), strict=True):
        # of those that others show too; those of one shop alone can be none
        files = {jpeg(photo): photo.kind for photo in shown if photo.kind != "own"}
        kinds |= {content_of(file): kind for file, kind in files.items()}
        rows.append({"title": "kain", "shop_id": truth["shop_id"], "photos": list(files)})
    assert {kinds[content] for content in placeholders(table(*rows))} == {"placeholder"}
