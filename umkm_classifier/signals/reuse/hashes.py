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
_TURN, _TURNED = 4.0, (0.04, 0.04, 0.96, 0.96)  # degrees; what a photo turned by them still fills


def _tiles(side: float, count: int) -> list[Rectangle]:
    starts = np.linspace(0, 1 - side, count).tolist()
    return [(left, top, left + side, top + side) for top in starts for left in starts]


def _strips(count: int) -> list[Rectangle]:
    ends = [(at / count, (at + 1) / count) for at in range(count)]
    return [(start, 0.0, end, 1.0) for start, end in ends] + [(0.0, start, 1.0, end) for start, end in ends]


_CENTRE: Rectangle = (0.1, 0.1, 0.9, 0.9)
_CUTS = (0.1, 0.18, 0.26)  # of the height, where a caption may hide the photo
_CAPTIONS = [(0.0, cut, 1.0, 1.0) for cut in _CUTS] + [(0.0, 0.0, 1.0, 1.0 - cut) for cut in _CUTS]
#: What an index keeps: the whole, its centre, nine crops of nine tenths, and two turns of the whole.
STORED: tuple[Rectangle, ...] = (WHOLE, _CENTRE, *_tiles(0.9, 3), WHOLE, WHOLE)
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
    cv2 = opencv()
    views = [cut(square, rectangle, _VIEW_PX) for rectangle in STORED[:-2]]
    ground = float(square.mean())
    for degrees in (-_TURN, _TURN):
        turn = cv2.getRotationMatrix2D((PX / 2, PX / 2), degrees, 1.0)
        turned = cv2.warpAffine(square, turn, (PX, PX), flags=cv2.INTER_LINEAR, borderValue=ground)
        views.append(cut(turned, _TURNED, _VIEW_PX))
    return _bits(_strengths(views))


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
