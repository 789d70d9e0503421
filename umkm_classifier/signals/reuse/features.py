"""Local features of a photo: SIFT (Lowe, 2004), each reduced to 256 bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.squares import PX, Grey, opencv

CODE_BYTES = 32
STORED_FEATURES = 60  # of a photo in an index: two kilobytes
ASKED_FEATURES = 250  # of one that is asked about, which holds frames, captions and neighbours of a collage too
_CONTRAST, _EDGE = 0.02, 12.0  # below OpenCV's own: the photos are small and some of them plain
_SEED = 20


@dataclass(frozen=True, slots=True)
class Features:
    """Corners and blobs of a photo, the strongest first.

    Parameters
    ----------
    places : array of uint8, shape (k, 2)
        Across and down, in pixels of the square.
    codes : array of uint8, shape (k, 32)
        What is around each.
    """

    places: NDArray[np.uint8]
    codes: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.places)


def features(square: Grey, most: int) -> Features:
    """Find the local features of a photo.

    A descriptor is square-rooted (RootSIFT, Arandjelovic and Zisserman, 2012) and reduced to the signs of 256 random
    projections (SimHash, Charikar, 2002): a quarter of its size, and compared by counting bits.

    Parameters
    ----------
    square : array of uint8, shape (256, 256)
    most : int
    """
    sift = opencv().SIFT_create(contrastThreshold=_CONTRAST, edgeThreshold=_EDGE)
    points, descriptors = sift.detectAndCompute(square, None)
    if not points:
        return Features(np.zeros((0, 2), dtype=np.uint8), np.zeros((0, CODE_BYTES), dtype=np.uint8))
    # Of a fine texture the strongest features are all small, and gone once the photo is cropped or shrunk.
    order = np.argsort([-point.response * point.size**2 for point in points], kind="stable")[:most]
    places = np.asarray([points[at].pt for at in order], dtype=np.float32)
    chosen = descriptors[order]
    roots = np.sqrt(chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1.0))
    codes = np.packbits(roots @ _planes() > 0, axis=1)
    return Features(np.clip(np.round(places), 0, PX - 1).astype(np.uint8), codes)


@cache
def _planes() -> NDArray[np.float32]:
    """Random planes that hold a vector of equal entries: those of a descriptor are all positive."""
    planes = np.random.default_rng(_SEED).standard_normal((128, 8 * CODE_BYTES), dtype=np.float32)
    return np.asarray(planes - planes.mean(axis=0), dtype=np.float32)
