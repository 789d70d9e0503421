from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signals.reuse.pictures import pixels, scene, wax_cloth
from umkm_classifier.signals.reuse.alignment import THUMB_PX, Map, agreement, fitted, refined, within
from umkm_classifier.signals.reuse.features import Features, features
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, Rectangle, cut, grey_of

SAME: Map = np.asarray([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
MIRRORED: Map = np.asarray([[-1.0, 0.0, PX - 1], [0.0, 1.0, 0.0]])


def square(seed: int = 0) -> Grey:
    return cut(grey_of(pixels(scene("snap", "tas", seed))), WHOLE)


def thumb(of: Grey) -> Grey:
    import cv2

    return np.asarray(cv2.resize(of, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA))


def moved_by(across: float, down: float) -> Map:
    return np.asarray([[1.0, 0.0, across], [0.0, 1.0, down]])


def laid(of: Grey, place: Map) -> Grey:
    import cv2

    return np.asarray(cv2.warpAffine(of, place, (PX, PX), borderValue=255))


def turned(degrees: float, scale: float = 1.0) -> Map:
    import cv2

    return np.asarray(cv2.getRotationMatrix2D((PX / 2, PX / 2), degrees, scale))


def some(seed: int, count: int) -> Features:
    rng = np.random.default_rng(seed)
    places, codes = ((count, 2), (count, 32))
    return Features(rng.integers(0, 256, places, dtype=np.uint8), rng.integers(0, 256, codes, dtype=np.uint8))


@pytest.mark.parametrize("place", [SAME, turned(6), turned(-3, 0.6), turned(0, 1.7), SAME * [[1.2, 1, 1], [1, 0.7, 1]]])
def test_the_map_between_two_photos_is_found(place: Map) -> None:
    found = fitted(features(square(), 60), features(laid(square(), place), 250))
    assert found is not None
    corners = np.asarray([[0, 0, 1], [PX, 0, 1], [0, PX, 1], [PX, PX, 1]])
    assert np.abs((found[0] - place) @ corners.T).max() < 8
    assert found[1] >= 8


@pytest.mark.parametrize("place", [turned(25), turned(180), turned(0, 0.1), MIRRORED])
def test_a_map_that_no_edit_makes_is_not_taken(place: Map) -> None:
    own = features(square(), 60)
    there = own.places @ place[:, :2].T + place[:, 2]
    inside = np.clip(there, 0, 255).astype(np.uint8)
    assert fitted(own, Features(own.places, own.codes)) is not None
    assert fitted(own, Features(inside, own.codes)) is None


@settings(max_examples=60)
@given(seed=st.integers(0, 9999), counts=st.tuples(st.integers(0, 12), st.integers(0, 12)), alike=st.booleans())
def test_fitting_never_fails_on_any_features(seed: int, counts: tuple[int, int], alike: bool) -> None:
    one, other = some(seed, counts[0]), some(seed + 1, counts[1])
    if alike:  # codes that match, at places that do not
        other = Features(some(seed + 1, counts[0]).places, one.codes)
    found = fitted(one, other)
    if found is not None:
        assert np.isfinite(found[0]).all()
        assert 3 <= found[1] <= min(len(one), len(other))


def test_features_all_in_one_place_have_no_map() -> None:
    one = some(0, 20)
    assert fitted(one, Features(np.full((20, 2), 7, dtype=np.uint8), one.codes)) is None


def test_a_photo_agrees_with_itself_all_over() -> None:
    found = agreement(thumb(square()), square(), SAME)
    assert found.correlation > 0.97
    assert found.middle > 0.97
    assert found.share == 1.0


def test_half_of_the_photo_is_a_share_of_a_half() -> None:
    found = agreement(thumb(square()), square(), moved_by(PX / 2, 0))
    assert found.share == pytest.approx(0.5, abs=0.02)


def test_another_picture_around_the_same_frame_disagrees_in_the_middle() -> None:
    other = square().copy()
    other[64:192, 64:192] = square(5)[64:192, 64:192]
    found = agreement(thumb(square()), other, SAME)
    assert found.middle < 0.5
    assert found.correlation > found.middle


def test_a_caption_leaves_the_middle_as_it_was() -> None:
    cloth = cut(grey_of(pixels(wax_cloth(0))), WHOLE)
    captioned = cloth.copy()
    captioned[184:] = 255
    found = agreement(thumb(cloth), captioned, SAME)
    assert found.correlation > 0.9
    assert found.middle > 0.9


def test_where_there_is_nothing_to_compare_nothing_agrees() -> None:
    plain = np.full((PX, PX), 255, dtype=np.uint8)
    assert agreement(thumb(plain), plain, SAME).correlation == 0.0
    beside = agreement(thumb(square()), square(), moved_by(2 * PX, 0))
    assert (beside.correlation, beside.middle, beside.share) == (0.0, 0.0, 0.0)


def test_a_negative_disagrees() -> None:
    assert agreement(thumb(square()), 255 - square(), SAME).correlation < -0.9


maps = st.tuples(*[st.floats(-4, 4)] * 4, *[st.floats(-300, 300)] * 2)


@settings(max_examples=60)
@given(numbers=maps, seed=st.integers(0, 99), levels=st.integers(1, 256))
def test_agreement_lies_between_minus_one_and_one_on_any_map(
    numbers: tuple[float, ...], seed: int, levels: int
) -> None:
    rng = np.random.default_rng(seed)
    one, other = (rng.integers(0, levels, (side, side), dtype=np.uint8) for side in (THUMB_PX, PX))
    place = np.asarray([[numbers[0], numbers[1], numbers[4]], [numbers[2], numbers[3], numbers[5]]])
    found = agreement(one, other, place)
    assert -1 <= found.correlation <= 1
    assert -1 <= found.middle <= 1
    assert 0 <= found.share <= 1


@pytest.mark.parametrize("place", [turned(3), turned(0, 0.95), moved_by(8, -6)])
def test_refining_moves_a_map_to_where_the_photos_agree(place: Map) -> None:
    asked = laid(square(), place)
    before = agreement(thumb(square()), asked, SAME).correlation
    moved = refined(thumb(square()), asked, SAME)
    assert moved is not None
    assert agreement(thumb(square()), asked, moved).correlation > max(0.9, before)


def test_refining_a_plain_photo_gets_lost() -> None:
    plain = np.full((PX, PX), 90, dtype=np.uint8)
    assert refined(thumb(plain), plain, SAME) is None


@pytest.mark.parametrize("rectangle", [WHOLE, (0.1, 0.3, 0.6, 0.9)])
def test_a_map_into_a_rectangle_is_a_map_into_the_whole(rectangle: Rectangle) -> None:
    left, top, right, bottom = rectangle
    corner, middle = ([0, 0, 1], [PX / 2, PX / 2, 1])
    np.testing.assert_allclose(within(rectangle, SAME) @ corner, [left * PX, top * PX])
    np.testing.assert_allclose(within(rectangle, SAME) @ middle, [(left + right) * PX / 2, (top + bottom) * PX / 2])
