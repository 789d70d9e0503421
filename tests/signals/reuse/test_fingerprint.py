from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.signals.reuse.pictures import pixels, scene, vector
from umkm_classifier.errors import InputError
from umkm_classifier.signals.reuse.fingerprint import fingerprint, signs_of

# eighths: doubling and halving them loses no bit
numbers = arrays(np.float32, st.integers(1, 40), elements=st.integers(-800, 800).map(lambda n: n / 8))


def test_a_fingerprint_is_five_kilobytes_and_the_same_bits_twice() -> None:
    photo = pixels(scene("snap", "tas", 0))
    once, again = (fingerprint(photo, vector(photo)) for _ in range(2))
    assert [one.shape for one in (once.hashes, once.signs, once.thumb, once.colours)] == [
        (13, 32),
        (128,),
        (48, 48),
        (8, 8, 2),
    ]
    parts = [
        (one.hashes, one.signs, one.thumb, one.colours, one.features.places, one.features.codes)
        for one in (once, again)
    ]
    assert [part.tobytes() for part in parts[0]] == [part.tobytes() for part in parts[1]]
    assert 4000 < sum(part.nbytes for part in parts[0]) < 5100


@given(numbers, st.integers(-4, 8))
def test_signs_tell_the_direction_and_not_the_length(vector: np.ndarray, doubled: int) -> None:
    signs = signs_of(vector)
    assert (signs.shape, signs.dtype) == ((128,), np.uint8)
    np.testing.assert_array_equal(signs, signs_of(vector * np.float32(2.0**doubled)))


@given(numbers)
def test_signs_of_the_opposite_are_the_opposite(vector: np.ndarray) -> None:
    this, other = (np.unpackbits(signs_of(one)).astype(bool) for one in (vector, -vector))
    assert not (this & other).any()


def test_the_share_of_differing_signs_is_the_angle_between_vectors() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 400)).astype(np.float32)
    for part in (0.0, 0.3, 0.7, 1.0):
        mixed = (1 - part) * one + part * other
        angle = np.arccos(mixed @ one / np.linalg.norm(mixed) / np.linalg.norm(one))
        differing = np.bitwise_count(signs_of(mixed) ^ signs_of(one)).sum() / 1024
        assert differing == pytest.approx(angle / np.pi, abs=0.05)


def test_what_all_entries_have_in_common_says_nothing() -> None:
    one = np.random.default_rng(0).standard_normal(400).astype(np.float32)
    assert np.bitwise_count(signs_of(one) ^ signs_of(one + 3)).sum() < 10


@pytest.mark.parametrize(
    ("vector", "shape", "finite"),
    [
        (np.zeros(0, dtype=np.float32), "(0,)", "0 of 0"),
        (np.zeros((2, 3), dtype=np.float32), "(2, 3)", "6 of 6"),
        (np.asarray([1, np.nan, np.inf], dtype=np.float32), "(3,)", "1 of 3"),
    ],
)
def test_what_is_no_vector_is_refused(vector: np.ndarray, shape: str, finite: str) -> None:
    with pytest.raises(InputError) as caught:
        signs_of(vector)
    assert str(caught.value) == (
        f"vector: an array of finite numbers of shape (d,) expected, found one of shape {shape}, {finite} finite. "
        "Check the encoder."
    )
