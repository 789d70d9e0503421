"""A photo as the rest of the package sees it: opened, made square, hashed."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.errors import InputError
from umkm_classifier.listings.photo import Photo, PhotoError, open_photo, perceptual_hash, square


def bits_apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def test_content_and_path_give_the_same_photo(tmp_path: Path) -> None:
    content = saved(natural_picture(60, 40), "PNG")
    (tmp_path / "a.png").write_bytes(content)
    photos = [
        open_photo(content),
        open_photo(tmp_path / "a.png"),
        open_photo(str(tmp_path / "a.png")),
        open_photo("a.png", root=tmp_path),
    ]
    for photo in photos:
        assert photo.pixels.dtype == np.uint8
        assert np.array_equal(photo.pixels, np.asarray(natural_picture(60, 40)))
        assert photo.content == hashlib.sha256(content).hexdigest()
        assert (photo.width, photo.height, photo.notes) == (60, 40, ())


def test_a_photo_cannot_be_changed() -> None:
    photo = open_photo(saved(natural_picture(20, 20), "PNG"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        photo.width = 5  # type: ignore[misc]
    assert Photo.__slots__ == ("pixels", "content", "width", "height", "notes")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "at_least", "shape"),
    [
        ((800, 800), 512, (800, 800)),
        ((1023, 1600), 512, (1600, 1023)),
        ((1024, 1600), 512, (800, 512)),
        ((1600, 1201), 300, (301, 400)),
        ((1600, 1201), 150, (151, 200)),
        ((1600, 1201), 10, (151, 200)),
        ((300, 200), 512, (200, 300)),
    ],
)
def test_a_large_photo_is_scaled_down_but_no_side_below_what_is_asked_for(
    kind: str, size: tuple[int, int], at_least: int, shape: tuple[int, int]
) -> None:
    photo = open_photo(saved(natural_picture(*size), kind), at_least=at_least)
    assert photo.pixels.shape == (*shape, 3)
    assert (photo.width, photo.height) == size


@pytest.mark.parametrize("at_least", [1, 150, 300])
def test_a_jpeg_and_a_png_of_one_picture_show_the_same_at_every_scale(at_least: int) -> None:
    picture = natural_picture(1203, 1601)
    jpeg = open_photo(saved(picture, "JPEG", quality=95, subsampling=0), at_least=at_least).pixels
    png = open_photo(saved(picture, "PNG", compress_level=1), at_least=at_least).pixels
    assert jpeg.shape == png.shape
    assert np.abs(jpeg.astype(int) - png).mean() < 1.5


@pytest.mark.parametrize("source", [None, 5, ["a.jpg"], bytearray(b"\xff\xd8")])
def test_what_is_neither_content_nor_path_is_a_type_error(source: object) -> None:
    message = f"a photo must be bytes, str or Path, found {type(source).__name__}; give its content or its path"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        open_photo(source)  # type: ignore[arg-type]


def test_a_size_below_one_pixel_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"^at_least must be a number of pixels from 1, found 0; leave it out"):
        open_photo(b"", at_least=0)


def test_a_photo_error_is_an_input_error() -> None:
    with pytest.raises(InputError) as caught:
        open_photo(b"")
    assert isinstance(caught.value, PhotoError)
    assert caught.value.code == "image_empty"
    assert caught.value.message == str(caught.value)


def stripes(width: int, height: int) -> np.ndarray:
    """Return red on the left, blue on the right, a black row above and a green one below."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2] = (255, 0, 0)
    pixels[:, width // 2 :] = (0, 0, 255)
    pixels[: height // 10], pixels[-height // 10 :] = 0, (0, 255, 0)
    return pixels


@pytest.mark.parametrize(("width", "height"), [(300, 300), (300, 200), (200, 300), (301, 299)])
def test_a_photo_up_to_a_ratio_of_sides_of_one_and_a_half_fills_the_square(width: int, height: int) -> None:
    made = square(stripes(width, height), 100)
    assert made.shape == (100, 100, 3)
    assert made.dtype == np.uint8
    assert made[2, 50].max() < 10
    assert made[97, 50].tolist() == [0, 255, 0]
    assert made[50, 2].tolist() == [255, 0, 0]
    assert made[50, 97].tolist() == [0, 0, 255]


def test_a_longer_photo_lies_whole_in_the_middle_of_white() -> None:
    made = square(stripes(400, 100), 200)  # squashed by 1.5: 200 x 75
    filled = np.flatnonzero((made[:, 20] != 255).any(axis=1))
    assert (filled[0], filled[-1]) == (62, 136)
    assert (made[:62] == 255).all()
    assert (made[137:] == 255).all()
    assert made[100, 2].tolist() == [255, 0, 0]
    assert made[100, 197].tolist() == [0, 0, 255]


def test_nothing_jumps_where_squashing_ends_and_white_begins() -> None:
    below = square(np.asarray(natural_picture(1500, 1000)), 260).astype(int)
    above = square(np.asarray(natural_picture(1500, 1000))[:996], 260).astype(int)
    assert np.abs(below[1:-1] - above[1:-1]).mean() < 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (3, 7), (259, 261)])
def test_fault_16_any_shape_becomes_a_square_and_a_hash(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 40, dtype=np.uint8)
    made = square(pixels, 64)
    assert made.shape == (64, 64, 3)
    assert (made == 40).all(axis=2).any()
    assert perceptual_hash(pixels).shape == (32,)


def test_squares_of_two_sizes_of_one_photo_are_alike() -> None:
    picture = natural_picture(1600, 1600)
    large = square(np.asarray(picture), 260).astype(int)
    small = square(np.asarray(picture.reduce(2)), 260).astype(int)
    assert np.abs(large - small).mean() < 1


@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))), st.integers(1, 50))
def test_squares_and_hashes_never_fail_and_never_change_their_input(pixels: np.ndarray, side: int) -> None:
    before = pixels.copy()
    assert square(pixels, side).shape == (side, side, 3)
    assert perceptual_hash(pixels).dtype == np.uint8
    assert np.array_equal(pixels, before)


def test_a_hash_is_always_the_same() -> None:
    rows, columns = np.mgrid[:96, :96]
    pixels = np.stack([(rows * columns) % 256, rows * 2, columns * 2], axis=2).astype(np.uint8)
    assert perceptual_hash(pixels).tobytes().hex() == "001100ff0bff13ff2ffc0fd03f8037017e007c07781ffc3e783e78787078f160"


def test_a_hash_is_what_whole_numbers_of_any_size_give() -> None:
    pixels = np.asarray(natural_picture(64, 64))
    grey = [[int(level) for level in row] for row in np.asarray(Image.fromarray(pixels).convert("L"))]
    mean = round(sum(map(sum, grey)) / 4096)
    waves = [[round(4096 * np.cos(np.pi * k * (2 * n + 1) / 128)) for n in range(64)] for k in range(1, 17)]
    half = [[sum(wave[n] * (grey[n][m] - mean) for n in range(64)) for m in range(64)] for wave in waves]
    strength = [sum(wave[m] * row[m] for m in range(64)) for row in half for wave in waves]
    middle = sorted(strength)
    expected = [2 * value > middle[127] + middle[128] for value in strength]
    assert np.unpackbits(perceptual_hash(pixels)).astype(bool).tolist() == expected


def test_a_hash_sets_half_of_its_bits_and_none_for_one_colour() -> None:
    assert np.bitwise_count(perceptual_hash(np.asarray(natural_picture(300, 200)))).sum() == 128
    for level in (0, 1, 77, 128, 255):
        assert not perceptual_hash(np.full((50, 80, 3), level, dtype=np.uint8)).any()


def test_hashes_of_one_photo_are_near_and_of_two_photos_are_far() -> None:
    picture = natural_picture(800, 800)
    here = perceptual_hash(np.asarray(picture))
    smaller = perceptual_hash(open_photo(saved(picture.resize((301, 301)), "JPEG", quality=40)).pixels)
    brighter = perceptual_hash(np.asarray(picture.point(lambda level: min(255, level + 25))))
    assert bits_apart(here, smaller) <= 12
    assert bits_apart(here, brighter) <= 24
    apart = [bits_apart(here, perceptual_hash(np.asarray(natural_picture(800, 800, seed)))) for seed in range(1, 6)]
    assert min(apart) > 90
