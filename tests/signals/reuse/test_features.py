from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signals.reuse.pictures import pixels, scene
from umkm_classifier.signals.reuse.features import features
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, cut, grey_of


def square(seed: int = 0) -> Grey:
    return cut(grey_of(pixels(scene("snap", "tas", seed))), WHOLE)


def test_the_strongest_features_come_first_whatever_is_the_most() -> None:
    few, many = features(square(), 20), features(square(), 60)
    assert (len(few), len(many)) == (20, 60)
    np.testing.assert_array_equal(few.places, many.places[:20])
    np.testing.assert_array_equal(few.codes, many.codes[:20])


def test_features_are_the_same_bits_twice() -> None:
    once, again = features(square(), 60), features(square(), 60)
    assert once.codes.tobytes() == again.codes.tobytes()
    assert once.places.tobytes() == again.places.tobytes()


def test_a_plain_photo_has_none() -> None:
    nothing = features(np.full((PX, PX), 200, dtype=np.uint8), 60)
    assert len(nothing) == 0
    assert (nothing.places.shape, nothing.codes.shape) == ((0, 2), (0, 32))


def test_what_moves_takes_its_features_along() -> None:
    moved = np.full((PX, PX), 255, dtype=np.uint8)
    moved[40:] = square()[:-40]
    before, after = features(square(), 60), features(moved, 200)
    distances = np.bitwise_count(before.codes[:, None] ^ after.codes).sum(axis=2)  # (60, 200)
    expected = before.places.astype(int) + np.asarray([0, 40])
    is_there = np.abs(expected[:, None] - after.places).max(axis=2) <= 2
    is_same = is_there & (distances < 60)
    assert is_same.any(axis=1).mean() > 0.6


def test_codes_of_different_photos_differ_in_half_of_their_bits() -> None:
    one, other = features(square(1), 60), features(square(7), 60)
    assert 90 < np.bitwise_count(one.codes[:, None] ^ other.codes).sum(axis=2).mean() < 140


@settings(max_examples=40)
@given(seed=st.integers(0, 999), levels=st.integers(1, 256), cells=st.integers(1, PX), most=st.integers(1, 80))
def test_features_of_any_picture_lie_in_it_and_are_no_more_than_asked_for(
    seed: int, levels: int, cells: int, most: int
) -> None:
    coarse = np.random.default_rng(seed).integers(0, levels, (cells, cells), dtype=np.uint8)
    found = features(cut(coarse, WHOLE), most)
    assert len(found) <= most
    assert (found.places.dtype, found.codes.dtype) == (np.uint8, np.uint8)
    assert found.places.shape == (len(found), 2)
    assert found.codes.shape == (len(found), 32)
