from __future__ import annotations

import re

import numpy as np
import pytest

from tests.listings.photo_files import natural_picture
from umkm_classifier.encoders.image_pixels import Scaling, check_are_photos, encode_each, network_input
from umkm_classifier.listings.photo import square

SCALING = Scaling(20, (100.0, 50.0, 10.0), (2.0, 4.0, 5.0))


@pytest.mark.parametrize("size", [(20, 20), (60, 30), (300, 40), (1, 1)])
def test_a_network_sees_the_square_photo_colour_by_colour(size: tuple[int, int]) -> None:
    pixels = np.asarray(natural_picture(*size))
    given = network_input(pixels, SCALING)
    assert given.dtype == np.float32
    assert given.shape == (1, 3, 20, 20)
    assert given.flags["C_CONTIGUOUS"]
    shown = square(pixels, 20).astype(float)
    for channel, (mean, std) in enumerate(zip(SCALING.mean, SCALING.std, strict=True)):
        np.testing.assert_allclose(given[0, channel], (shown[:, :, channel] - mean) / std, rtol=1e-6)


def test_the_photo_itself_is_left_as_it_is() -> None:
    pixels = np.asarray(natural_picture(20, 20)).copy()
    before = pixels.copy()
    network_input(pixels, SCALING)
    np.testing.assert_array_equal(pixels, before)


def test_photos_are_run_one_by_one_in_their_order() -> None:
    shapes = []

    def run(photo: np.ndarray) -> np.ndarray:
        shapes.append(photo.shape)
        return photo.mean(axis=(2, 3))

    pixels = np.stack([np.full((4, 6, 3), level, dtype=np.uint8) for level in (100, 200)])
    vectors = encode_each(pixels, SCALING, 3, run)
    np.testing.assert_allclose(vectors, [[0, 12.5, 18], [50, 37.5, 38]])
    assert vectors.dtype == np.float32
    assert shapes == [(1, 3, 20, 20)] * 2
    assert encode_each([], SCALING, 3, run).shape == (0, 3)


@pytest.mark.parametrize(
    ("given", "found"),
    [(np.zeros((5, 5, 3), np.uint8), "ndarray"), (b"\xff\xd8", "bytes"), ("a.jpg", "str"), (iter([]), "list_iterator")],
)
def test_what_is_no_sequence_of_photos_is_a_type_error_with_advice(given: object, found: str) -> None:
    message = (
        f"encode: expected a sequence of photos, found one {found}. "
        "Open the file with open_photo and put its pixels into a list: encode([photo.pixels])."
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check_are_photos(given)


@pytest.mark.parametrize(
    ("photo", "found"), [(np.zeros((5, 5, 3)), "float64"), (b"\xff\xd8", "bytes"), (None, "NoneType")]
)
def test_a_photo_of_other_numbers_is_a_type_error(photo: object, found: str) -> None:
    message = f"encode: expected photo 1 as an array of uint8, found {found}. Open photos with open_photo."
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check_are_photos([np.zeros((5, 5, 3), np.uint8), photo])


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 4), (0, 5, 3), (3, 5, 5)])
def test_a_photo_of_another_shape_is_a_value_error(shape: tuple[int, ...]) -> None:
    message = f"encode: expected photo 0 with the shape (height, width, 3), found {shape}. Open photos with open_photo."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_are_photos([np.zeros(shape, np.uint8)])
