"""Where in a stored photo a crop is found to lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.signals.reuse.alignment import THUMB_PX
from umkm_classifier.signals.reuse.sliding import slid, templates
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, Rectangle, cut, opencv

STEP = PX / THUMB_PX  # what a pixel of the thumbnail is in the square
share = st.floats(0.42, 0.9)


def square_and_thumb(grey: Grey) -> tuple[Grey, Grey]:
    return cut(grey, WHOLE), cut(cut(grey, WHOLE), WHOLE, THUMB_PX)


@pytest.fixture(scope="module")
def cloth() -> Grey:
    """Draw spots that repeat nowhere."""
    spots = np.random.default_rng(3).integers(0, 256, (20, 20), dtype=np.uint8)
    return np.asarray(opencv().resize(spots, (420, 420), interpolation=opencv().INTER_CUBIC))


@given(wide=share, high=share, left=st.floats(0, 1), top=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_crop_is_found_where_it_was_cut(cloth: Grey, wide: float, high: float, left: float, top: float) -> None:
    if max(wide, high) > 1.6 * min(wide, high):
        wide = high
    x, y = left * (1 - wide), top * (1 - high)
    crop: Rectangle = (x, y, x + wide, y + high)
    place = slid(square_and_thumb(cloth)[1], templates(cut(cloth, crop)))
    assert place is not None
    corners = np.asarray([[x, y], [x + wide, y + high]]) * PX  # in the stored square
    laid = corners @ place[:, :2].T + place[:, 2]
    # sizes are seven hundredths apart: a corner may be off by as much, and by a pixel of the thumbnail
    assert np.abs(laid - [[0, 0], [PX, PX]]).max() < (0.08 * PX + STEP) / min(wide, high)


def test_a_lattice_that_repeats_lies_nowhere_in_particular() -> None:
    down, across = np.mgrid[:PX, :PX]
    lattice = np.asarray(128 + 60 * np.sin(down / 6) + 60 * np.sin(across / 6), dtype=np.uint8)
    _, thumb = square_and_thumb(lattice)
    assert slid(thumb, templates(cut(lattice, (0.1, 0.1, 0.6, 0.6)))) is None


def test_stripes_lie_nowhere_in_particular() -> None:
    down, across = np.mgrid[:PX, :PX]
    stripes = np.asarray(128 + 100 * np.sin((down + across) / 9), dtype=np.uint8)
    _, thumb = square_and_thumb(stripes)
    assert slid(thumb, templates(cut(stripes, (0.1, 0.1, 0.7, 0.7)))) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_photo_of_one_colour_lies_nowhere_and_holds_nothing(cloth: Grey, level: int) -> None:
    plain = np.full((PX, PX), level, dtype=np.uint8)
    square, thumb = square_and_thumb(cloth)
    assert slid(thumb, templates(plain)) is None
    place = slid(np.ascontiguousarray(plain[:THUMB_PX, :THUMB_PX]), templates(square))
    assert place is None


def test_copies_are_of_four_to_nine_tenths_and_little_stretched() -> None:
    sizes = np.asarray([part.shape for part in templates(np.zeros((PX, PX), dtype=np.uint8))]) / THUMB_PX
    assert (sizes.min(), sizes.max()) == (19 / 48, 44 / 48)
    assert (sizes.max(axis=1) / sizes.min(axis=1)).max() <= 1.8
