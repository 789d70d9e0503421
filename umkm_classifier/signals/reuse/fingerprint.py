"""What an index keeps of a photo: five kilobytes, from which the photo cannot be shown again but for a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.errors import InputError
from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import THUMB_PX
from umkm_classifier.signals.reuse.colours import Colours, colours_of, stored_colours
from umkm_classifier.signals.reuse.features import STORED_FEATURES, Features, features
from umkm_classifier.signals.reuse.hashes import Hashes, stored_hashes
from umkm_classifier.signals.reuse.squares import WHOLE, Grey, cut, grey_of, opencv

SIGN_BYTES = 128
_SEED = 21


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of one photo.

    Parameters
    ----------
    hashes : array of uint8, shape (13, 32)
    signs : array of uint8, shape (128,)
        Of the embedding.
    thumb : array of uint8, shape (48, 48)
    colours : array of uint8, shape (8, 8, 2)
        From ``stored_colours``.
    features : Features
        At most sixty.
    """

    hashes: Hashes
    signs: NDArray[np.uint8]
    thumb: Grey
    colours: Colours
    features: Features


def fingerprint(pixels: Pixels, vector: NDArray[np.float32]) -> Fingerprint:
    """Take the fingerprint of a photo.

    Parameters
    ----------
    pixels : array of uint8, shape (h, w, 3)
    vector : array of float32, shape (d,)
        Its embedding.
    """
    cv2 = opencv()
    square = cut(grey_of(pixels), WHOLE)
    thumb = cv2.resize(square, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA)
    colours = stored_colours(colours_of(pixels))
    return Fingerprint(stored_hashes(square), signs_of(vector), thumb, colours, features(square, STORED_FEATURES))


def signs_of(vector: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Reduce an embedding to signs, whose differing bits grow with the angle between vectors (SimHash, Charikar, 2002).

    Raises
    ------
    InputError
        If it is no vector of finite numbers.
    """
    if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
        raise InputError(
            f"vector: an array of finite numbers of shape (d,) expected, found one of shape {vector.shape}, "
            f"{int(np.isfinite(vector).sum())} of {vector.size} finite. Check the encoder."
        )
    # einsum without BLAS: a photo's bits do not depend on the machine's
    return np.packbits(np.einsum("d,ds->s", vector.astype(np.float32), _planes(len(vector)), optimize=False) > 0)


@cache
def _planes(dim: int) -> NDArray[np.float32]:
    """Random planes that hold a vector of equal entries: those of a network's last layer are all positive."""
    planes = np.random.default_rng(_SEED).standard_normal((dim, 8 * SIGN_BYTES), dtype=np.float32)
    return np.asarray(planes - planes.mean(axis=0), dtype=np.float32)
