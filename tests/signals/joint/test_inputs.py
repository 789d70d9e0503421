"""What is read of a listing: one vector a modality, zeros where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.hash_encoder import HashEncoder
from tests.signals.joint.made import ENCODERS, TEXT_ONLY, StripeEncoder, made
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.signals.joint.inputs import MODALITIES, read_vectors


def opened(photos: tuple[bytes, ...]) -> list[Any]:
    return [open_photo(photo, at_least=StripeEncoder.side).pixels for photo in photos]


def test_the_vectors_are_the_encoders_one_beside_the_other_and_the_mean_of_the_photos() -> None:
    listings, *_ = made(5, 3, missing=0.0)
    vectors, present = read_vectors(listings, ENCODERS, MODALITIES, 10)
    assert present.all()
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[:, :16], HashEncoder().encode(list(listings.column("title"))))
    np.testing.assert_array_equal(vectors[:, 16:32], HashEncoder().encode(list(listings.column("description"))))
    for row, photos in enumerate(listings.column("photos")):
        mean = StripeEncoder().encode(opened(photos)).astype(np.float64).mean(axis=0)
        np.testing.assert_allclose(vectors[row, 32:], mean, rtol=0, atol=1e-7)


def test_what_a_listing_lacks_is_zeros_and_not_present() -> None:
    listings, *_ = made(3, 3, has=("title",), missing=0.0)
    vectors, present = read_vectors(listings, ENCODERS, MODALITIES, 10)
    assert present.tolist() == [[True, False, False]] * 3
    assert not vectors[:, 16:].any()


def test_only_the_first_photos_are_read() -> None:
    listings, *_ = made(40, 4, has=("photos",), missing=0.0)
    vectors, _ = read_vectors(listings, ENCODERS, ("photos",), 1)
    firsts = [opened(photos)[0] for photos in listings.column("photos")]
    np.testing.assert_array_equal(vectors, StripeEncoder().encode(firsts))


def test_a_photo_that_cannot_be_opened_costs_the_listing_that_photo_alone() -> None:
    listings, *_ = made(3, 4, has=("photos",), missing=0.0)
    expected, _ = read_vectors(listings, ENCODERS, ("photos",), 10)
    photos = listings.column("photos").copy()
    photos[0], photos[1] = (b"no photo", *photos[0], photos[0][0][:200]), (b"", b"GIF89a")
    vectors, present = read_vectors(listings.replace(photos=photos), ENCODERS, ("photos",), 10)
    assert present[:, 0].tolist() == [True, False, True]
    np.testing.assert_array_equal(vectors[[0, 2]], expected[[0, 2]])


def test_a_cached_image_encoder_encodes_no_photo_twice(tmp_path: Path) -> None:
    seen: list[int] = []

    class Counting(StripeEncoder):
        def encode(self, pixels: Any) -> np.ndarray:
            seen.append(len(pixels))
            return super().encode(pixels)

    listings, *_ = made(20, 4)
    encoders = Encoders(HashEncoder(), CachedImageEncoder(Counting(), tmp_path))
    first, _ = read_vectors(listings, encoders, MODALITIES, 10)
    assert sum(seen) == sum(map(len, listings.column("photos")))
    again, _ = read_vectors(listings, encoders, MODALITIES, 10)
    assert sum(seen) == sum(map(len, listings.column("photos")))
    np.testing.assert_array_equal(again, first)


def test_without_an_encoder_there_is_no_modality() -> None:
    assert TEXT_ONLY.dims() == {"title": 16, "description": 16}
    assert Encoders(NoEncoder(), StripeEncoder()).dims() == {"photos": 6}
    assert Encoders(NoEncoder()).dims() == {}


def test_reading_nothing_gives_rows_of_no_length() -> None:
    listings, *_ = made(3, 3)
    vectors, present = read_vectors(listings, Encoders(NoEncoder()), (), 10)
    assert (vectors.shape, present.shape) == ((3, 0), (3, 0))
