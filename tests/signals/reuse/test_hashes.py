from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.signals.reuse.pictures import pixels, scene, wax_cloth
from umkm_classifier.signals.reuse.hashes import ASKED, STORED, Hashes, asked_hashes, map_to, stored_hashes
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, cut, grey_of
from umkm_classifier.simulate import edits
from umkm_classifier.simulate.textures import any_cloth

TURNED = [at for at, (_, degrees) in enumerate(STORED) if degrees]


def square(seed: int = 0) -> Grey:
    return cut(grey_of(pixels(wax_cloth(seed))), WHOLE)


def apart(one: Hashes, other: Hashes) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def test_thirteen_views_are_stored_and_the_first_of_each_list_is_the_whole() -> None:
    assert len(STORED) == 13
    assert STORED[0] == (WHOLE, 0.0)
    assert ASKED[0] == WHOLE
    assert stored_hashes(square()).shape == (13, 32)


@pytest.mark.parametrize("rectangle", [*ASKED, *(rectangle for rectangle, _ in STORED)])
def test_views_lie_inside_the_photo(rectangle: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = rectangle
    assert 0 <= left < right <= 1 + 1e-9
    assert 0 <= top < bottom <= 1 + 1e-9


def test_half_of_the_bits_are_set_and_unlike_photos_differ_in_half_of_them() -> None:
    cloths = [any_cloth(np.random.default_rng(seed), (300, 300)) for seed in range(8)]
    hashes = [stored_hashes(cut(grey_of(pixels(one)), WHOLE))[0] for one in cloths]
    assert all(int(np.bitwise_count(one).sum()) in (127, 128) for one in hashes)
    distances = [apart(hashes[one], hashes[other]) for one in range(8) for other in range(one)]
    assert 110 < np.mean(distances) < 140


def test_a_hash_survives_recompression_and_another_white_balance() -> None:
    photo = scene("snap", "tas", 1)
    before = stored_hashes(cut(grey_of(pixels(photo)), WHOLE))[0]
    for edit in (edits.recompress(photo, quality=30), edits.colour_shift(photo, (0.8, 1.0, 1.1))):
        assert apart(before, stored_hashes(cut(grey_of(pixels(edit)), WHOLE))[0]) <= 24


def test_the_mirrored_half_is_what_the_mirrored_photo_gives() -> None:
    this = asked_hashes(square(), [WHOLE])
    other = asked_hashes(np.ascontiguousarray(square()[:, ::-1]), [WHOLE])
    assert this.shape == (2, 32)
    assert apart(this[0], other[1]) <= 2  # sums in another order: a wave may lie at the median
    assert apart(this[1], other[0]) <= 2


@pytest.mark.parametrize("at", TURNED)
def test_a_turned_photo_meets_the_hash_that_was_turned_alike(at: int) -> None:
    rectangle, degrees = STORED[at]
    turned = edits.rotate(wax_cloth(0), degrees)
    asked = asked_hashes(cut(grey_of(pixels(turned)), WHOLE), [rectangle])[0]
    distances = [apart(asked, one) for one in stored_hashes(square())]
    assert np.argmin(distances) == at
    assert distances[at] <= 40


@pytest.mark.parametrize("at", range(len(STORED)))
def test_the_map_to_a_stored_view_lays_the_photo_over_it(at: int) -> None:
    import cv2

    rectangle, degrees = STORED[at]
    turned = edits.rotate(wax_cloth(0).resize((PX, PX)), degrees)
    view = cut(grey_of(np.asarray(turned)), rectangle).astype(float)
    whole = grey_of(np.asarray(wax_cloth(0).resize((PX, PX))))
    laid = cv2.warpAffine(whole, map_to(at), (PX, PX)).astype(float)
    middle = (slice(16, -16), slice(16, -16))
    assert np.corrcoef(view[middle].ravel(), laid[middle].ravel())[0, 1] > 0.95


@pytest.mark.parametrize(("columns", "rows"), [(2, 1), (1, 2), (3, 1), (1, 3), (2, 2), (3, 3)])
def test_pictures_of_a_collage_without_gaps_are_always_asked_about(columns: int, rows: int) -> None:
    for left in range(columns):
        for top in range(rows):
            panel = (left / columns, top / rows, (left + 1) / columns, (top + 1) / rows)
            assert any(np.allclose(panel, one) for one in ASKED)


@given(st.integers(0, 255))
def test_a_plain_photo_has_a_hash_too(level: int) -> None:
    plain = np.full((PX, PX), level, dtype=np.uint8)
    assert stored_hashes(plain).shape == (13, 32)
    assert asked_hashes(plain, ASKED).shape == (2 * len(ASKED), 32)


def test_a_hash_does_not_depend_on_the_views_beside_it() -> None:
    together = asked_hashes(square(), ASKED)
    for at, rectangle in enumerate(ASKED):
        alone = asked_hashes(square(), [rectangle])
        np.testing.assert_array_equal(alone, together[[at, len(ASKED) + at]])
