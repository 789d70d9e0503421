from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.signals.reuse.pictures import pixels, scene
from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import Map
from umkm_classifier.signals.reuse.colours import ColourDifference, colour_difference, colours_of, stored_colours
from umkm_classifier.signals.reuse.squares import PX
from umkm_classifier.simulate import edits

SAME: Map = np.asarray([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
BESIDE: Map = np.asarray([[0.0, 0.0, PX / 2], [0.0, 0.0, PX / 2]])
SNAP = pixels(scene("snap", "tas", 3))


def between(one: Pixels, other: Pixels, place: Map = SAME) -> ColourDifference:
    return colour_difference(stored_colours(colours_of(one)), colours_of(other), place)


def flat(red: int, green: int, blue: int) -> Pixels:
    return np.full((120, 90, 3), (red, green, blue), dtype=np.uint8)


def patched(ground: Pixels, patch: tuple[int, int, int]) -> Pixels:
    """Lay a patch over the middle half."""
    height, width = ground.shape[:2]
    photo = ground.copy()
    photo[height // 4 : -(height // 4), width // 4 : -(width // 4)] = patch
    return photo


def test_a_photo_has_the_colours_of_itself() -> None:
    found = between(SNAP, SNAP)
    assert found.typical < 1
    assert found.shifted < 1


def test_grey_is_in_the_middle_of_both_scales() -> None:
    np.testing.assert_array_equal(stored_colours(colours_of(flat(90, 90, 90))), np.full((8, 8, 2), 128))


def test_colours_of_another_white_balance_differ_everywhere_by_as_much() -> None:
    warmer = np.asarray(edits.colour_shift(Image.fromarray(SNAP), (1.0, 0.85, 0.7)))
    found = between(SNAP, warmer)
    assert found.typical > 10
    assert found.shifted < 7


@given(red=st.integers(0, 255), green=st.integers(0, 255), blue=st.integers(0, 255))
def test_steps_are_logarithms_of_ratios(red: int, green: int, blue: int) -> None:
    stored = stored_colours(colours_of(flat(red, green, blue)))
    steps = [128 + 45 * np.log((level + 32) / (green + 32)) for level in (red, blue)]
    assert np.abs(stored - np.asarray(steps)).max() <= 1


def test_another_colour_in_the_middle_alone_is_not_typical() -> None:
    white = flat(250, 250, 250)
    found = between(patched(white, (200, 40, 40)), patched(white, (40, 40, 200)))
    assert found.typical == 0
    assert found.shifted > 60


def test_a_caption_over_a_third_of_a_photo_does_not_count() -> None:
    captioned = SNAP.copy()
    captioned[: len(SNAP) // 3] = (220, 20, 20)
    found = between(SNAP, captioned)
    assert found.typical < 2
    assert found.shifted < 8


def test_colours_are_compared_where_the_photo_is_laid() -> None:
    framed = np.full((2 * len(SNAP), 2 * SNAP.shape[1], 3), (220, 20, 20), dtype=np.uint8)
    framed[: len(SNAP), : SNAP.shape[1]] = SNAP
    place = np.asarray([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]])
    assert between(SNAP, framed, place).typical < 2
    assert between(SNAP, framed, place + BESIDE).typical > 30


@pytest.mark.parametrize("place", [SAME + 4 * BESIDE, SAME * 40.0])
def test_where_nothing_is_covered_nothing_differs(place: Map) -> None:
    assert between(SNAP, flat(255, 0, 0), place) == ColourDifference(0.0, 0.0)
