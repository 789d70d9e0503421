"""Hashes of 256 bits of a photo's views.

A hash says of the 256 slowest waves of a view (its discrete cosine transform) which are above their median, as pHash
(Zauner, 2010) and PDQ (Facebook, 2019) do. One hash survives little more than recompression; among the hashes of crops,
turns, mirrors and pictures between seams at least one meets one of the copy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, Rectangle, cut, opencv

Hashes = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

HASH_BYTES = 32
_VIEW_PX, _WAVES = 32, 16
_TURN = 4.0  # degrees
_TURNED: Rectangle = (0.04, 0.04, 0.96, 0.96)  # what a photo turned by them still fills


def _tiles(side: float, count: int) -> list[Rectangle]:
    starts = np.linspace(0, 1 - side, count).tolist()
    return [(left, top, left + side, top + side) for top in starts for left in starts]


def _strips(count: int) -> list[Rectangle]:
    ends = [(at / count, (at + 1) / count) for at in range(count)]
    return [(start, 0.0, end, 1.0) for start, end in ends] + [(0.0, start, 1.0, end) for start, end in ends]


_CENTRE: Rectangle = (0.1, 0.1, 0.9, 0.9)
_CUTS = (0.1, 0.18, 0.26)  # of the height, where a caption may hide the photo
_CAPTIONS = [(0.0, cut, 1.0, 1.0) for cut in _CUTS] + [(0.0, 0.0, 1.0, 1.0 - cut) for cut in _CUTS]
#: What an index keeps, with the degrees by which the photo is turned counter-clockwise before: the whole, its centre,
#: nine crops of nine tenths, and two turns.
STORED: tuple[tuple[Rectangle, float], ...] = (
    *((rectangle, 0.0) for rectangle in (WHOLE, _CENTRE, *_tiles(0.9, 3))), (_TURNED, -_TURN), (_TURNED, _TURN),
)  # fmt: skip
#: What is asked of every photo, beside the rectangles between its own seams.
ASKED: tuple[Rectangle, ...] = (
    WHOLE, _CENTRE, (0.2, 0.2, 0.8, 0.8), *_tiles(0.5, 2), *_tiles(1 / 3, 3), *_strips(2), *_strips(3), *_CAPTIONS,
)  # fmt: skip


def stored_hashes(square: Grey) -> Hashes:
    """Hash the views of a photo that an index keeps.

    Parameters
    ----------
    square : array of uint8, shape (256, 256)

    Returns
    -------
    array of uint8, shape (13, 32)
        In the order of ``STORED``.
    """
    turned = {0.0: square, **{degrees: _turned(square, degrees) for degrees in (-_TURN, _TURN)}}
    return _bits(_strengths([cut(turned[degrees], rectangle, _VIEW_PX) for rectangle, degrees in STORED]))


def map_to(stored: int) -> NDArray[np.float64]:
    """Return the map from places in the whole stored square to places in one of its views, shape (2, 3)."""
    (left, top, right, bottom), degrees = STORED[stored]
    turn = opencv().getRotationMatrix2D((PX / 2, PX / 2), degrees, 1.0)
    turn[:, 2] -= (left * PX, top * PX)
    return np.asarray(turn / [[right - left], [bottom - top]])


def _turned(square: Grey, degrees: float) -> Grey:
    cv2 = opencv()
    turn, ground = cv2.getRotationMatrix2D((PX / 2, PX / 2), degrees, 1.0), float(square.mean())
    return np.asarray(cv2.warpAffine(square, turn, (PX, PX), flags=cv2.INTER_LINEAR, borderValue=ground))


def asked_hashes(square: Grey, rectangles: Sequence[Rectangle]) -> Hashes:
    """Hash rectangles of a photo that is asked about, first as they are, then mirrored.

    Parameters
    ----------
    square : array of uint8, shape (256, 256)
    rectangles : sequence of (left, top, right, bottom), length v

    Returns
    -------
    array of uint8, shape (2 v, 32)
    """
    strengths = _strengths([cut(square, rectangle, _VIEW_PX) for rectangle in rectangles])
    mirrored = strengths.copy()
    mirrored[:, :, 1::2] *= -1  # the waves that change their sign when left and right are swapped
    return _bits(np.concatenate([strengths, mirrored]))


def _strengths(views: Sequence[Grey]) -> FloatArray:
    waves = _waves()
    return np.asarray(waves @ np.stack(views).astype(np.float32) @ waves.T, dtype=np.float32)  # (v, 16, 16)


def _bits(strengths: FloatArray) -> Hashes:
    flat = strengths.reshape(len(strengths), -1)  # (v, 256)
    median = np.median(flat[:, 1:], axis=1, keepdims=True)  # the first one is the brightness
    return np.packbits(flat > median, axis=1)


@cache
def _waves() -> FloatArray:
    """Return the orthonormal cosine transform, shape (16, 32)."""
    at, wave = np.arange(_VIEW_PX) + 0.5, np.arange(_WAVES)[:, None]
    scale = np.sqrt(np.where(wave == 0, 1, 2) / _VIEW_PX)
    return np.asarray(scale * np.cos(np.pi * wave * at / _VIEW_PX), dtype=np.float32)
