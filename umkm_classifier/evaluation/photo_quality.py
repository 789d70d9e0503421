"""How good the photo of a listing is to look at: what a camera, a dark room or a small picture did to it.

Makers' photos are worse than those of a catalogue, so whether a model is as good on poor photos is looked at. Nothing
here is seen by a signal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import Photo, PhotoError, open_photo
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo
from umkm_classifier.listings.placeholders import is_nearly_empty

CLEAR, SMALL, DARK, BLURRED, UNREADABLE, NONE = "clear", "small", "dark", "blurred", "cannot be opened", "no photo"
QUALITIES = (CLEAR, SMALL, DARK, BLURRED, UNREADABLE, NONE)

# On 161 real photos (84 of a marketplace, 77 of batik) 98 % lie above each of these, and of 81 that `simulate.edits`
# shrank, darkened or blurred as `umkm stress` does (seed 0) at least 95 % lie below the one that is meant.
SMALL_PX = 200  # shortest side; 98 % have 252 and more, shrunk ones 160
DARK_GREY = 110.0  # the level that a tenth of the pixels is brighter than: 117 against 102
BLURRED_EDGES = 0.02  # variance of the Laplacian by that of the grey levels: 0.051 against 0.013
_LOOKED_AT_PX = 256


def photo_qualities(listings: Listings) -> list[str]:
    """Return one of ``QUALITIES`` for each row.

    It is that of the first photo that can be opened, the one that buyers see. A nearly empty picture, as a placeholder
    is, is no photo.
    """
    return [_quality_of(photos[:MOST_PHOTOS]) for photos in listings.column("photos")]


def photo_quality(photo: Photo) -> str:
    """Return ``'clear'``, or the first of ``'small'``, ``'dark'`` and ``'blurred'`` that a photo is.

    Parameters
    ----------
    photo : Photo
        Opened so that no side is shorter than 256 pixels, where the file has as many.

    Notes
    -----
    The variance of the Laplacian as a measure of focus is from Pech-Pacheco and others (2000). Divided by the variance
    of the grey levels it does not take a dark photo, or one of little contrast, for a blurred one.
    """
    if min(photo.width, photo.height) < SMALL_PX:
        return SMALL
    size = (_LOOKED_AT_PX, _LOOKED_AT_PX)
    grey = np.asarray(Image.fromarray(photo.pixels).convert("L").resize(size, Image.Resampling.BICUBIC), np.float64)
    if np.quantile(grey, 0.9) < DARK_GREY:
        return DARK
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    edges = (4.0 * grey[1:-1, 1:-1] - around).var()
    return BLURRED if edges < BLURRED_EDGES * grey.var() else CLEAR


def _quality_of(photos: Sequence[ListedPhoto]) -> str:
    for listed in photos:
        try:
            photo = open_photo(read_photo(listed), at_least=_LOOKED_AT_PX)
        except PhotoError:
            continue
        return NONE if is_nearly_empty(photo.pixels) else photo_quality(photo)
    return UNREADABLE if photos else NONE
