"""Photos squashed to squares of grey: a stretched copy then equals its original."""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.errors import require
from umkm_classifier.listings.photo import Pixels

Grey = NDArray[np.uint8]
Rectangle = tuple[float, float, float, float]

PX = 256  # side of a square; places are told in its pixels
WHOLE: Rectangle = (0.0, 0.0, 1.0, 1.0)


@cache
def opencv() -> ModuleType:
    """Return OpenCV, set to one thread: several would neither change nor speed up what is done here.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    require("cv2", "reuse")
    import cv2

    cv2.setNumThreads(1)
    return cv2


def grey_of(pixels: Pixels) -> Grey:
    """Return the brightness of an RGB photo, array of uint8, shape (h, w)."""
    cv2 = opencv()
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))


def cut(grey: Grey, rectangle: Rectangle, side: int = PX) -> Grey:
    """Cut a rectangle out of a photo and squash it.

    Parameters
    ----------
    grey : array of uint8, shape (h, w)
    rectangle : (left, top, right, bottom)
        In shares of the photo, 0 to 1.
    side : int

    Returns
    -------
    array of uint8, shape (side, side)
    """
    cv2 = opencv()
    height, width = grey.shape
    left, right = _ends(rectangle[0], rectangle[2], width)
    top, bottom = _ends(rectangle[1], rectangle[3], height)
    part = grey[top:bottom, left:right]
    smaller = min(part.shape) >= side
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side, side), interpolation=method))


def _ends(start: float, end: float, length: int) -> tuple[int, int]:
    first = min(round(start * length), length - 1)
    return first, max(round(end * length), first + 1)
