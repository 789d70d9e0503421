from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.errors import MissingExtraError
from umkm_classifier.signals.reuse.squares import PX, WHOLE, cut, grey_of, opencv

shares = st.floats(0, 1)


def test_a_stretched_photo_is_squashed_to_the_same_square() -> None:
    ramp = np.linspace(0, 255, 512).astype(np.uint8)
    wide, high = np.tile(ramp, (256, 1)), np.tile(ramp, (1024, 1))
    np.testing.assert_array_equal(cut(wide, WHOLE), cut(high, WHOLE))
    assert cut(wide, WHOLE).shape == (PX, PX)


def test_a_cut_shows_the_part_that_is_asked_for() -> None:
    quarters = np.kron(np.asarray([[10, 20], [30, 40]], dtype=np.uint8), np.ones((100, 150), dtype=np.uint8))
    corners = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))
    seen = [np.unique(cut(quarters, (left, top, left + 0.5, top + 0.5), 16)).tolist() for left, top in corners]
    assert seen == [[10], [20], [30], [40]]


@given(height=st.integers(1, 40), width=st.integers(1, 40), across=st.tuples(shares, shares), side=st.integers(1, 64))
def test_any_rectangle_of_any_photo_can_be_cut_and_shows_only_what_is_inside(
    height: int, width: int, across: tuple[float, float], side: int
) -> None:
    left, right = sorted(across)
    columns = np.tile(np.arange(width, dtype=np.uint8), (height, 1))
    part = cut(columns, (left, left, right, right), side)
    assert (part.shape, part.dtype) == ((side, side), np.uint8)
    assert part.min() >= min(round(left * width), width - 1)
    assert part.max() <= max(round(right * width), min(round(left * width), width - 1) + 1) - 1


def test_green_is_brighter_than_blue_in_grey() -> None:
    colours = np.asarray([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
    assert grey_of(colours).tolist() == [[76, 150, 29, 255]]


def test_grey_of_a_mirrored_view_is_the_mirrored_grey() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(grey_of(photo[:, ::-1]), grey_of(photo)[:, ::-1])


def test_opencv_works_on_one_thread() -> None:
    assert opencv().getNumThreads() == 1


def test_without_opencv_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    opencv.cache_clear()
    with pytest.raises(MissingExtraError) as caught:
        opencv()
    assert str(caught.value) == (
        "this needs the package 'cv2', which is not installed. Install it with: pip install 'umkm-classifier[reuse]'"
    )
