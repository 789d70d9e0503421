"""How far the colours of two photos laid over each other differ.

Brightness alone joins cloths of one motif in two colours, and one outline of goods in two materials. A copy may have
another white balance; that multiplies red, green and blue everywhere by the same, so that the logarithms of their
ratios, told here in steps of 2.2 %, move by one constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import BLOCKS, FEWEST_BLOCKS, Map, covered_blocks, in_middle, laid
from umkm_classifier.signals.reuse.squares import PX, opencv

Colours = NDArray[np.uint8]

_STEPS, _GREY = 45.0, 128  # steps of an e-fold; of grey: 29 to 227 are reached
_DARK = 32  # levels that are added to each channel: in the dark, ratios are noise
_MOST_OF_MIDDLE = 0.7
_LOGS = (_STEPS * np.log(np.arange(256) + _DARK)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class ColourDifference:
    """How far colours differ, as the sum of the steps in red to green and in blue to green, from 0 to 396.

    Parameters
    ----------
    typical : float
        Median over blocks of an eighth of the photo.
    shifted : float
        What seven of ten blocks in the middle differ by at most, when the median of all has been taken off.
    """

    typical: float
    shifted: float


def colours_of(pixels: Pixels) -> Colours:
    """Return the colours of a photo squashed to a square.

    Parameters
    ----------
    pixels : array of uint8, shape (h, w, 3)

    Returns
    -------
    array of uint8, shape (256, 256, 2)
        Steps of red to green and of blue to green; 128 where they are equal.
    """
    cv2 = opencv()
    small = cv2.resize(np.ascontiguousarray(pixels), (PX, PX), interpolation=cv2.INTER_AREA)
    logs = _LOGS[small]
    return np.asarray(np.rint(logs[:, :, [0, 2]] - logs[:, :, 1:2] + _GREY), dtype=np.uint8)


def stored_colours(colours: Colours) -> Colours:
    """Return what an index keeps of them, means over blocks: array of uint8, shape (8, 8, 2)."""
    cv2 = opencv()
    return np.asarray(cv2.resize(colours, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA))


def colour_difference(stored: Colours, asked: Colours, place: Map) -> ColourDifference:
    """Compare the colours of a stored photo with those of an asked one.

    Parameters
    ----------
    stored : array of uint8, shape (8, 8, 2)
    asked : array of uint8, shape (256, 256, 2)
    place : Map

    Returns
    -------
    ColourDifference
        Zeros where the asked photo covers fewer than four blocks.
    """
    seen, inside = laid(asked, place)
    covered = covered_blocks(inside)
    if covered.sum() < FEWEST_BLOCKS:
        return ColourDifference(0.0, 0.0)
    side = len(seen) // BLOCKS
    there = seen.reshape(BLOCKS, side, BLOCKS, side, 2).mean(axis=(1, 3)).reshape(-1, 2)  # (64, 2)
    apart = there - stored.reshape(-1, 2)
    shifted = np.abs(apart - np.median(apart[covered], axis=0)).sum(axis=1)
    return ColourDifference(
        float(np.median(np.abs(apart[covered]).sum(axis=1))),
        float(np.quantile(shifted[in_middle(covered, covered)], _MOST_OF_MIDDLE)),
    )
