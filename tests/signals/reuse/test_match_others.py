"""Photos that have much in common and are not the same are not taken for one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.signals.reuse.pictures import SIZE, index_of, rows_found, scene, wax_cloth
from umkm_classifier.simulate import edits
from umkm_classifier.simulate.shapes import outline
from umkm_classifier.simulate.textures import LOUD, NATURAL, SHARED, Style, any_cloth, texture

SEEDS = range(4)
GOODS = ("sandal", "tas", "keramik", "mainan", "lampu", "koko", "peci", "sabun")
Dress = Callable[[Image.Image], Image.Image]


def linked(one: Image.Image, other: Image.Image) -> bool:
    return rows_found(index_of([one]), other) != []


@pytest.mark.parametrize("motif", ["bunga", "ceplok", "kawung", "parang"])
def test_two_cloths_of_one_family_are_two(motif: str) -> None:
    for seed in SEEDS:
        assert not linked(wax_cloth(seed, motif), wax_cloth(seed + 100, motif))


@pytest.mark.parametrize("at", range(len(GOODS)))
@pytest.mark.parametrize("kind", ["wax", "gloss"])
def test_two_goods_on_white_are_two(at: int, kind: str) -> None:
    one = scene("packshot", GOODS[at], at, kind=kind)
    assert not linked(one, scene("packshot", GOODS[at - 1], at + 50, kind=kind))


def snaps(seed: int) -> list[Image.Image]:
    return [scene("snap", GOODS[(seed + at) % 8], 10 * seed + at, palette=SHARED[at]) for at in range(4)]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_collages_in_one_shop_frame_are_two(seed: int) -> None:
    one, other = (edits.frame(edits.collage(snaps(at), 2), 0.1, (200, 30, 30)) for at in (seed, seed + 10))
    assert not linked(one, other)


def laid_on(floor: Image.Image, good: str, style: Style) -> Image.Image:
    """Lay a good on the middle of a floor."""
    mask, _ = outline(good, 230, np.random.default_rng(0), 0.006)
    picture = floor.copy()
    picture.paste(texture(np.random.default_rng(1), (230, 230), style), (95, 95), mask)
    return picture


@pytest.mark.parametrize("seed", SEEDS)
def test_two_goods_on_the_very_same_floor_are_two(seed: int) -> None:
    floor = any_cloth(np.random.default_rng(seed), SIZE)
    one = laid_on(floor, GOODS[seed], Style("wax", "kawung", NATURAL[seed], 0.3, 10.0))
    other = laid_on(floor, GOODS[seed + 3], Style("print", "bunga", LOUD[seed], 0.25, 50.0))
    assert not linked(one, other)


@pytest.mark.parametrize("good", GOODS)
def test_two_goods_of_one_outline_in_two_colours_are_two(good: str) -> None:
    for seed, colours in enumerate((LOUD[0], LOUD[1], SHARED[3])):
        one = scene("packshot", good, seed, palette=NATURAL[seed])
        assert not linked(one, scene("packshot", good, seed + 900, kind="gloss", palette=colours))


@pytest.mark.parametrize("motif", ["bunga", "ceplok", "kawung", "parang"])
def test_cloths_of_one_lattice_in_many_colours_are_as_many(motif: str) -> None:
    palettes = (NATURAL[0], NATURAL[2], SHARED[2], LOUD[1], LOUD[3])
    styles = [Style("wax", motif, palette, 0.2, 20.0) for palette in palettes]
    pictures = [texture(np.random.default_rng(at), SIZE, style) for at, style in enumerate(styles)]
    index = index_of(pictures)
    assert [rows_found(index, picture) for picture in pictures] == [[at] for at in range(len(pictures))]


def test_of_a_hundred_cloths_none_is_taken_for_another() -> None:
    pictures = [any_cloth(np.random.default_rng(seed), SIZE) for seed in range(100)]
    index = index_of(pictures)
    joined = {(at, row) for at, picture in enumerate(pictures) for row in rows_found(index, picture) if row != at}
    assert joined == set()


DRESSES: dict[str, Dress] = {
    "watermark": lambda photo: edits.watermark(photo, "Solo Shop", 0.5),
    "logo": lambda photo: edits.logo(photo, "Griya Batik", 0.28, (200, 0, 0), 3),
    "caption": lambda photo: edits.caption_bar(photo, "READY STOCK", 0.28),
    "caption at the top": lambda photo: edits.caption_bar(photo, "GRATIS ONGKIR", 0.2, top=True),
    "frame": lambda photo: edits.frame(photo, 0.2, (230, 120, 0)),
    "all of them": lambda photo: edits.caption_bar(
        edits.logo(edits.frame(photo, 0.15, (230, 120, 0)), "TokoKita", 0.25, (200, 0, 0), 1), "PROMO", 0.18
    ),
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("seed", SEEDS)
def test_two_photos_in_one_shop_dress_are_two(dress: str, seed: int) -> None:
    one, other = scene("snap", GOODS[seed], seed), scene("snap", GOODS[seed + 4], seed + 20, palette=LOUD[seed])
    assert not linked(DRESSES[dress](one), DRESSES[dress](other))


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 40)])
def test_two_plain_photos_have_nothing_to_compare(colour: edits.Colour) -> None:
    assert not linked(Image.new("RGB", (300, 300), colour), Image.new("RGB", (400, 300), colour))


def test_two_captions_on_their_own_ground_mirrored_and_upside_down_are_not_one() -> None:
    """Most capital letters lie over themselves then."""
    sheet = Image.new("RGB", SIZE, (90, 120, 150))
    ImageDraw.Draw(sheet).ellipse((60, 30, 200, 200), fill=(20, 40, 60))
    for seed in SEEDS:
        one, other = (edits.caption_bar(picture, "READY STOCK", 0.28) for picture in (sheet, snaps(seed)[0]))
        assert not linked(one, other)
