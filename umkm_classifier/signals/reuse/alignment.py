"""Lay one photo over another and see whether they show the same."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.features import Features
from umkm_classifier.signals.reuse.squares import PX, Grey, Rectangle, opencv

Map = NDArray[np.float64]  # (2, 3): from places in the stored square to places in the asked one

THUMB_PX = 48
BLOCKS = 8  # across and down
_BLOCK_PX = THUMB_PX // BLOCKS
_MOST_BITS = 90  # of 256 that two features of one place differ in; two of different places differ in 128
_FEWEST_MATCHES = 4
_OFF_BY = 6.0  # pixels: squares are small, and a tilted photo is no straight map of the other
_LARGEST, _SMALLEST, _MOST_STRETCHED = 4.0, 0.18, 2.6  # of a map; a picture of a 3 by 3 collage has a third
_MOST_TURNED = 20.0  # degrees; mirrored and turned by 180, most capital letters lie over themselves
_PLAIN = 30.0  # grey levels squared: a block with less variance in both photos says nothing
_NOISE = 20.0
FEWEST_BLOCKS, _FEWEST_IN_MIDDLE = 4, 3
_LOW_THIRD = 0.3
_REFINED_PX, _ROUNDS = 96, 30


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two photos show the same where both show something.

    Parameters
    ----------
    correlation : float
        Median over blocks of an eighth of the photo, -1 to 1; 0 where fewer than four can be compared.
    middle : float
        What seven of ten blocks in the middle half of what both show reach, where the goods are; of all blocks where
        fewer than three there can be compared.
    share : float
        How much of the stored photo the other shows, 0 to 1.
    """

    correlation: float
    middle: float
    share: float


def fitted(stored: Features, asked: Features) -> tuple[Map, int] | None:
    """Find the map on which most features of two photos agree (RANSAC, Fischler and Bolles, 1981).

    Returns
    -------
    tuple of Map and int, or None
        The map and how many features follow it; None where there is no map that an edit of a photo could be.
    """
    if min(len(stored), len(asked)) < _FEWEST_MATCHES:
        return None
    cv2 = opencv()
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(stored.codes, asked.codes)
    near = [(pair.queryIdx, pair.trainIdx) for pair in pairs if pair.distance <= _MOST_BITS]
    if len(near) < _FEWEST_MATCHES:
        return None
    one, other = np.asarray(near).T
    here, there = stored.places[one].astype(np.float32), asked.places[other].astype(np.float32)
    found, follows = cv2.estimateAffine2D(here, there, ransacReprojThreshold=_OFF_BY, maxIters=1000, confidence=0.995)
    if found is None or not _is_possible(found):
        return None
    return np.asarray(found, dtype=np.float64), int(follows.sum())


def _is_possible(found: Map) -> bool:
    largest, smallest = np.linalg.svd(found[:, :2], compute_uv=False).tolist()
    (right, sheared), (other_sheared, down) = found[:, :2].tolist()
    is_mirrored = right * down - sheared * other_sheared <= 0  # mirrored views are asked about as such
    degrees = abs(math.degrees(math.atan2(other_sheared - sheared, right + down)))
    is_of_a_size = smallest >= _SMALLEST and largest <= min(_LARGEST, _MOST_STRETCHED * smallest)
    return not is_mirrored and degrees <= _MOST_TURNED and is_of_a_size


def within(rectangle: Rectangle, place: Map) -> Map:
    """Turn a map to places in a rectangle of the asked photo into one to places in the whole of it."""
    left, top, right, bottom = rectangle
    across, down = [right - left], [bottom - top]
    return np.asarray(place * [across, down] + [[0.0, 0.0, left * PX], [0.0, 0.0, top * PX]])


def agreement(thumb: Grey, square: Grey, place: Map) -> Agreement:
    """Compare a stored photo with an asked one block by block.

    A frame, a caption or a badge covers a part of a reused photo: so the median counts. Two goods in one frame, or on
    one floor, agree in as many blocks, but not in the middle.

    Parameters
    ----------
    thumb : array of uint8, shape (48, 48)
    square : array of uint8, shape (256, 256)
    place : Map
    """
    seen, inside = laid(square, place)
    one, other = _centred(thumb), _centred(seen)
    variances = np.square(one).mean(axis=1), np.square(other).mean(axis=1)
    covered = covered_blocks(inside)
    tells = covered & (np.maximum(*variances) > _PLAIN)
    correlations = (one * other).mean(axis=1) / np.sqrt(variances[0] * variances[1] + _NOISE)
    share = float(inside.mean())
    if tells.sum() < FEWEST_BLOCKS:
        return Agreement(0.0, 0.0, share)
    middle = float(np.quantile(correlations[in_middle(tells, covered)], _LOW_THIRD))
    return Agreement(float(np.median(correlations[tells])), middle, share)


def laid(square: NDArray[np.uint8], place: Map) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Lay an asked photo over the thumbnail of a stored one.

    Parameters
    ----------
    square : array of uint8, shape (256, 256) or (256, 256, channels)
    place : Map

    Returns
    -------
    tuple of arrays of uint8, shapes (48, 48) or (48, 48, channels), and (48, 48)
        What is seen of it there, 0 where nothing is; and 1 where something is.
    """
    cv2 = opencv()
    shrink = PX / THUMB_PX
    map_of_thumb = np.column_stack([place[:, :2] * shrink, place @ [shrink / 2 - 0.5, shrink / 2 - 0.5, 1.0]])
    width = max(1, round(abs(np.linalg.det(map_of_thumb[:, :2])) ** 0.5))
    smooth = cv2.blur(square, (width, width))
    over = {"dsize": (THUMB_PX, THUMB_PX), "borderMode": cv2.BORDER_CONSTANT, "borderValue": 0}
    seen = cv2.warpAffine(smooth, map_of_thumb, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, **over)
    ground = np.ones(square.shape[:2], dtype=np.uint8)
    inside = cv2.warpAffine(ground, map_of_thumb, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP, **over)
    return np.asarray(seen), np.asarray(inside)


def refined(thumb: Grey, square: Grey, place: Map) -> Map | None:
    """Move a map to where the photos correlate best (ECC, Evangelidis and Psarakis, 2008); None where it gets lost."""
    cv2 = opencv()
    shrink, other_shrink = PX / THUMB_PX, PX / _REFINED_PX
    small = cv2.resize(square, (_REFINED_PX, _REFINED_PX), interpolation=cv2.INTER_AREA)
    start = (place * [shrink, shrink, 1.0] / other_shrink).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ROUNDS, 1e-3)
    try:
        _, moved = cv2.findTransformECC(thumb, small, start, cv2.MOTION_AFFINE, criteria, None, 3)
    except cv2.error:  # it says so when the photos no longer overlap, or correlate nowhere
        return None
    back = np.asarray(moved, dtype=np.float64) * other_shrink / [shrink, shrink, 1.0]
    return back if np.isfinite(back).all() and _is_possible(back) else None


def covered_blocks(inside: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which blocks of a thumbnail the asked photo covers, from ``laid``: shape (64,)."""
    return np.asarray(_blocks(inside).mean(axis=1) > 0.9)


def in_middle(blocks: NDArray[np.bool_], covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return those of some blocks that lie in the middle half, across and down, of the box around the covered ones.

    All of them, where fewer than three do. Both are of shape (64,).
    """
    grid = covered.reshape(BLOCKS, BLOCKS)
    middle = np.zeros_like(grid)
    middle[_middle_half(grid.sum(axis=1)), _middle_half(grid.sum(axis=0))] = True
    chosen = blocks & middle.ravel()
    return chosen if chosen.sum() >= _FEWEST_IN_MIDDLE else blocks


def _middle_half(counts: NDArray[np.int64]) -> slice:
    filled = np.flatnonzero(counts)
    start, end = int(filled[0]), int(filled[-1]) + 1
    margin = (end - start) // 4
    return slice(start + margin, end - margin)


def _blocks(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Cut a thumbnail into blocks, (64, 36)."""
    parts = values.reshape(BLOCKS, _BLOCK_PX, BLOCKS, _BLOCK_PX).transpose(0, 2, 1, 3)
    return parts.reshape(BLOCKS**2, _BLOCK_PX**2).astype(np.float32)


def _centred(values: NDArray[np.generic]) -> NDArray[np.float32]:
    blocks = _blocks(values)
    return np.asarray(blocks - blocks.mean(axis=1, keepdims=True))
