from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.signals.reuse.pictures import SIZE, scene, wax_cloth
from umkm_classifier.signals.reuse.seams import Rectangle, seam_rectangles
from umkm_classifier.simulate import edits

MOST = 24


def rectangles(picture: Image.Image, most: int = MOST) -> list[Rectangle]:
    return seam_rectangles(np.asarray(picture.resize((256, 256)), dtype=np.int16), most)


def has(found: list[Rectangle], wanted: Rectangle, off_by: float = 0.015) -> bool:
    return any(np.abs(np.subtract(one, wanted)).max() <= off_by for one in found)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.35])
@pytest.mark.parametrize("colour", [(255, 255, 255), (20, 20, 20), (200, 40, 40)])
def test_a_picture_in_a_frame_is_found(share: float, colour: edits.Colour) -> None:
    margin = share / (1 + 2 * share)
    found = rectangles(edits.frame(scene("snap", "tas", 2), share, colour))
    assert has(found, (margin, margin, 1 - margin, 1 - margin))


@pytest.mark.parametrize("top", [False, True])
@pytest.mark.parametrize("share", [0.08, 0.15, 0.28])
def test_a_picture_beside_a_caption_is_found(share: float, top: bool) -> None:
    found = rectangles(edits.caption_bar(scene("snap", "tas", 2), "READY STOCK", share, top=top))
    assert has(found, (0, share, 1, 1) if top else (0, 0, 1, 1 - share))


@pytest.mark.parametrize(("count", "columns"), [(2, 2), (2, 1), (3, 3), (4, 2), (9, 3)])
@pytest.mark.parametrize("gap", [0.01, 0.02, 0.04])
def test_the_pictures_of_a_collage_are_found(count: int, columns: int, gap: float) -> None:
    photos = [wax_cloth(at) if at % 2 else scene("snap", "tas", at) for at in range(count)]
    sheet = edits.collage(photos, columns, gap)
    found, space = rectangles(sheet), round(gap * SIZE[0])
    width = (sheet.width - space) / columns
    height = (sheet.height - space) / (count // columns)
    corners = [(space + at % columns * width, space + at // columns * height) for at in range(count)]
    ends = [(left, top, left + width - space, top + height - space) for left, top in corners]
    hits = [has(found, tuple(np.divide(one, [*sheet.size, *sheet.size]))) for one in ends]
    assert sum(hits) >= min(count, 7)  # a cloth may have seams of its own, and two dozen rectangles are soon used up


def test_a_photo_without_seams_has_no_rectangles_or_few() -> None:
    assert rectangles(Image.new("RGB", (90, 90), (250, 250, 250))) == []
    assert len(rectangles(scene("snap", "tas", 3))) <= MOST


def test_the_surest_come_first_whatever_is_the_most() -> None:
    sheet = edits.collage([wax_cloth(0), scene("snap", "tas", 1), wax_cloth(2), scene("snap", "gelas", 3)], 2)
    every = rectangles(sheet, 40)
    assert len(every) > 6
    assert rectangles(sheet, 6) == every[:6]


def blocks(side: int, seed: int, count: int) -> NDArray[np.int16]:
    """Draw plain rectangles of all sizes over each other: seams everywhere."""
    rng = np.random.default_rng(seed)
    picture = np.full((side, side, 3), rng.integers(256), dtype=np.int16)
    for _ in range(count):
        (top, bottom), (left, right) = np.sort(rng.integers(0, side + 1, (2, 2)), axis=1)
        picture[top:bottom, left:right] = rng.integers(0, 256, 3)
    return picture


@settings(max_examples=60)
@given(side=st.integers(12, 96), seed=st.integers(0, 999), count=st.integers(0, 30), most=st.integers(1, 40))
def test_rectangles_of_any_picture_lie_inside_it_and_are_large_enough_and_all_different(
    side: int, seed: int, count: int, most: int
) -> None:
    found = seam_rectangles(blocks(side, seed, count), most)
    assert len(found) == len(set(found)) <= most
    assert (0.0, 0.0, 1.0, 1.0) not in found
    for left, top, right, bottom in found:
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert min(right - left, bottom - top) >= 0.2 - 1e-9


@settings(max_examples=20)
@given(seed=st.integers(0, 999))
def test_rectangles_of_noise_lie_inside_it(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3)).astype(np.int16)
    assert all(0 <= end <= 1 for rectangle in seam_rectangles(noise, MOST) for end in rectangle)


def test_a_picture_on_its_side_has_its_rectangles_on_their_side() -> None:
    photo = edits.frame(edits.caption_bar(scene("snap", "tas", 2), "COD", 0.2), 0.1, (0, 90, 0)).resize((256, 256))
    turned = {(top, left, bottom, right) for left, top, right, bottom in rectangles(photo)}
    assert turned == set(rectangles(photo.transpose(Image.Transpose.TRANSPOSE)))
