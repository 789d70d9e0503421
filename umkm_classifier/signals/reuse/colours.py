"""How far the colours of two photos laid over each other differ.

Brightness alone joins cloths of one motif in two colours, and one outline of goods in two materials. A copy may have
another white balance; that multiplies red, green and blue everywhere by the same, so that the logarithms of their
ratios, told here in steps of 2.2 %, move by one constant.

What is thin, as a string of beads on white, colours its blocks little: so colours also count by how far they lie from
the photo's ground, where both photos have the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import (
    BLOCKS,
    FEWEST_BLOCKS,
    Agreement,
    Map,
    covered_blocks,
    in_middle,
    laid,
)
from umkm_classifier.signals.reuse.squares import PX, Grey, opencv

Colours = NDArray[np.uint8]

_STEPS, _GREY = 45.0, 128  # steps of an e-fold; of grey: 29 to 227 are reached
_DARK = 32  # levels that are added to each channel: in the dark, ratios are noise
_MOST_OF_MIDDLE = 0.7
_COLOURED, _DARKENED = 3.0, 6.0  # steps from the ground in both photos together, from which a block has a shade
_LOGS = (_STEPS * np.log(np.arange(256) + _DARK)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class ColourDifference:
    """How far colours differ; steps are summed over red to green and blue to green, from 0 to 396.

    Parameters
    ----------
    typical : float
        Steps: median over blocks of an eighth of the photo.
    shifted : float
        Steps that seven of ten blocks in the middle differ by at most, when the median of all has been taken off.
    of_shapes : float
        Share, 0 to 1, of what blocks that agree lie from the ground in both photos: the median of these; 0 where fewer
        than four have a colour.
    in_darkness : float
        The same of their brightness.
    """

    typical: float
    shifted: float
    of_shapes: float
    in_darkness: float


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


def colour_difference(
    stored: tuple[Grey, Colours], asked: tuple[Grey, Colours], place: Map, found: Agreement
) -> ColourDifference:
    """Compare the colours of a stored photo with those of an asked one.

    Parameters
    ----------
    stored : arrays of uint8, shapes (48, 48) and (8, 8, 2)
        Thumbnail and colours.
    asked : arrays of uint8, shapes (256, 256) and (256, 256, 2)
        Brightness and colours.
    place : Map
    found : Agreement
        Of the two at this place.

    Returns
    -------
    ColourDifference
        Zeros where the asked photo covers fewer than four blocks.
    """
    thumb, colours = stored
    (grey, inside), (seen, _) = laid(asked[0], place), laid(asked[1], place)
    covered = covered_blocks(inside)
    if covered.sum() < FEWEST_BLOCKS:
        return ColourDifference(0.0, 0.0, 0.0, 0.0)
    here, there = colours.reshape(-1, 2).astype(np.float32), _means(seen)
    apart = there - here
    shifted = np.abs(apart - np.median(apart[covered], axis=0)).sum(axis=1)
    return ColourDifference(
        float(np.median(np.abs(apart[covered]).sum(axis=1))),
        float(np.quantile(shifted[in_middle(covered, covered)], _MOST_OF_MIDDLE)),
        _of_shapes((here, there), covered, found.agreeing, _COLOURED),
        _of_shapes((_means(_LOGS[thumb]), _means(_LOGS[grey])), covered, found.agreeing, _DARKENED),
    )


def _means(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return means over blocks of a thumbnail, shape (64, channels)."""
    side = len(values) // BLOCKS
    blocks = values.reshape(BLOCKS, side, BLOCKS, side, -1)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32)).reshape(BLOCKS**2, -1)


def _of_shapes(
    both: tuple[NDArray[np.float32], NDArray[np.float32]],
    covered: NDArray[np.bool_],
    agreeing: NDArray[np.bool_],
    least: float,
) -> float:
    """Return the median share of their distance from the ground by which blocks that agree differ."""
    here, there = (values - np.median(values[covered], axis=0) for values in both)
    apart = both[1] - both[0]
    differ = np.abs(apart - np.median(apart[covered], axis=0)).sum(axis=1)
    shade = (np.abs(here) + np.abs(there)).sum(axis=1)
    shaded = agreeing & (shade >= least)
    return float(np.median(differ[shaded] / shade[shaded])) if shaded.sum() >= FEWEST_BLOCKS else 0.0
