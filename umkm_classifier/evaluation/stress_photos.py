"""What a poor camera, a dark room and a messenger do to photos; ``simulate.edits`` does it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from umkm_classifier.evaluation.bootstrap import IntArray
from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import PhotoError, open_photo
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo
from umkm_classifier.simulate import edits

MOST_ROWS = 300  # a photo costs a tenth of a second, each time it is spoilt
QUALITY = 90  # of the JPEG that a spoilt photo is kept as, but where that is what spoils it
_SMALL_PX = 160
_LONGEST_SENT_PX, _SENT_QUALITY = 480, 20

PhotoEdit = Callable[[edits.Photo, np.random.Generator], edits.Photo]

EDITS: Mapping[str, PhotoEdit] = {
    "blurred": lambda photo, rng: edits.blur(photo, 0.012),
    "dark": lambda photo, rng: edits.darken(photo, 0.4),
    "noisy": lambda photo, rng: edits.noise(photo, rng, 28.0),
    "tilted": lambda photo, rng: edits.tilt(photo, 0.12, int(rng.integers(4))),
    "small": lambda photo, rng: edits.resize(photo, min(1.0, _SMALL_PX / min(photo.size))),
    "recompressed": lambda photo, rng: edits.recompress(photo, _LONGEST_SENT_PX, _SENT_QUALITY),
}


def spoilt(listings: Listings, name: str, seed: int) -> Listings:
    """Return the table with every photo spoilt; one that cannot be opened stays as it is.

    Parameters
    ----------
    listings : Listings
    name : str
        One of ``EDITS``.
    seed : int
        With a photo's own content it chooses what is drawn.
    """
    column = np.empty(len(listings), dtype=object)
    for row, photos in enumerate(listings.column("photos")):
        column[row] = tuple(_spoilt(photo, name, seed) for photo in photos[:MOST_PHOTOS])
    return listings.replace(photos=column)


def rows_with_photos(listings: Listings, seed: int) -> IntArray:
    """Return rows that have photos, in order; of more than ``MOST_ROWS`` as many drawn at random."""
    rows = np.flatnonzero([len(photos) > 0 for photos in listings.column("photos")])
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])


def _spoilt(photo: ListedPhoto, name: str, seed: int) -> ListedPhoto:
    try:
        content = read_photo(photo)
        pixels = open_photo(content).pixels
    except PhotoError:
        return photo
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), zlib.crc32(content)])
    file = io.BytesIO()
    EDITS[name](Image.fromarray(pixels), rng).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
