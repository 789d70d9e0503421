"""What the network reads of a listing: a vector for each modality that is there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.encoders.image_cache import encode_photos
from umkm_classifier.listings.listing import Listings

TEXTS = ("title", "description")
PHOTOS = "photos"
MODALITIES = (*TEXTS, PHOTOS)
SOURCES = {"title": "text", "description": "text", PHOTOS: "photo"}

BoolArray = NDArray[np.bool_]
Vectors = NDArray[np.float32]


def read_vectors(
    listings: Listings, encoders: Encoders, modalities: Sequence[str], most_photos: int
) -> tuple[Vectors, BoolArray]:
    """Encode listings.

    Parameters
    ----------
    listings : Listings of n rows
    encoders : Encoders
    modalities : sequence of str
        Those asked for, in the order of ``MODALITIES``.
    most_photos : int
        First photos of a listing that are read.

    Returns
    -------
    vectors : array of float32, shape (n, sum of dims)
        One modality beside the other; of the photos that can be opened the mean. Zeros where a modality is missing.
    present : array of bool, shape (n, modalities)
        Whether there was something to read.
    """
    parts = [
        _photo_vectors(listings, encoders.image, most_photos)
        if name == PHOTOS
        else encoders.text.encode(list(listings.column(name)))
        for name in modalities
    ]
    n = len(listings)
    vectors = np.concatenate([np.empty((n, 0), np.float32), *parts], axis=1, dtype=np.float32)
    present = np.asarray([part.any(axis=1) for part in parts], dtype=bool).reshape(len(parts), n).T
    return vectors, present


def _photo_vectors(listings: Listings, encoder: ImageEncoder, most: int) -> Vectors:
    lists = [photos[:most] for photos in listings.column(PHOTOS)]
    encoded, codes = encode_photos(encoder, (photo for photos in lists for photo in photos))
    opened = np.asarray([not code for code in codes], dtype=bool)
    vectors = np.zeros((len(listings), encoder.dim), dtype=np.float32)
    end = 0
    for row, photos in enumerate(lists):
        start, end = end, end + len(photos)
        if opened[start:end].any():
            vectors[row] = encoded[start:end][opened[start:end]].mean(axis=0, dtype=np.float64)
    return vectors
