"""Long straight seams of a photo, and the rectangles between them: a picture in a frame, above a caption, in a collage.

Rectangles are ``(left, top, right, bottom)`` in shares of the photo, from 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.squares import Rectangle

_STEP = 10  # grey levels of 255 between the two sides of a seam, in some colour
_GAIN = 0.15  # of the width that must step at a seam, more than steps near by
_SEAMS = 8  # a way: a collage of 3 by 3 with gaps has four, in a frame six
_UNBROKEN = 0.5
_EVEN = 12  # grey levels within which a plain margin stays
_LEAST_SIDE = 0.2  # of the photo; the pictures of a collage of 3 by 3 have 0.33 less gap and frame
_GAP = 0.05  # of the photo; two seams nearer than this have a gap between them and no picture


def seam_rectangles(square: NDArray[np.int16], most: int) -> list[Rectangle]:
    """Find rectangles whose four sides are seams or borders of the photo, the surest first.

    Parameters
    ----------
    square : array of int16, shape (s, s, 3)
        A squashed photo, 0 to 255. Plain margins count as lying outside.
    most : int
        How many at most.
    """
    side = len(square)
    colours = np.ascontiguousarray(square.transpose(2, 0, 1))
    turned = np.ascontiguousarray(colours.transpose(0, 2, 1))
    down, across = _steps(colours), _steps(turned)
    rows, columns = _spans(colours, down), _spans(turned, across)  # (p, 2) each: top and bottom, left and right
    shares = np.stack(
        [_share(down, rows[:, at], columns) for at in (0, 1)]
        + [_share(across, columns[:, at], rows).T for at in (0, 1)]
    )  # (4, rows, columns)
    score = shares.min(axis=0) + shares.mean(axis=0) / 4
    score += _UNBROKEN * _is_shortest(rows)[:, None] * _is_shortest(columns)
    order = np.argsort(-score, axis=None, kind="stable")
    places = [(rows[at // len(columns)], columns[at % len(columns)]) for at in order[: most + 1]]
    whole = (0, side)
    return [
        (int(xs[0]) / side, int(ys[0]) / side, int(xs[1]) / side, int(ys[1]) / side)
        for ys, xs in places
        if tuple(ys) != whole or tuple(xs) != whole
    ][:most]


def _steps(colours: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Where a row differs from the one above in some colour: array of bool, shape (s - 1, s)."""
    return np.asarray((np.abs(np.diff(colours, axis=1)) > _STEP).any(axis=0))


def _spans(colours: NDArray[np.int16], steps: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Stretches of rows between two seams or borders that may be a picture: array of int64, shape (p, 2)."""
    side = colours.shape[1]
    low, high = _margins(colours)
    seams = [at for at in _seams(steps.mean(axis=1)) if low + 2 < at < high - 2]
    near = _GAP * side
    starts = [low] + [at for at in seams if not any(0 < other - at < near for other in [*seams, high])]
    ends = [at for at in seams if not any(0 < at - other < near for other in [low, *seams])] + [high]
    spans = [(start, end) for start in starts for end in ends if end - start >= _LEAST_SIDE * side]
    return np.asarray(spans or [(0, side)], dtype=np.int64)


def _is_shortest(spans: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which spans hold no other: pictures of a collage are looked up before pairs and rows of them."""
    inside = (spans[:, None, 0] <= spans[:, 0]) & (spans[:, 1] <= spans[:, None, 1])
    return np.asarray(inside.sum(axis=1) == 1)


def _margins(colours: NDArray[np.int16]) -> tuple[int, int]:
    """First row that is not plain like the photo's edge, and the row after the last one."""
    side = colours.shape[1]
    ends = []
    for rows in (colours, colours[:, ::-1]):
        plain = (np.abs(rows - rows[:, :1, :1]) <= _EVEN).all(axis=(0, 2))
        ends.append(int(np.argmin(plain)) if not plain.all() else 0)
    low, high = ends[0], side - ends[1]
    return (low, high) if high - low >= _LEAST_SIDE * side else (0, side)


def _seams(shares: NDArray[np.floating]) -> list[int]:
    """Lines across which far more of the photo's width steps than across the lines near by; sorted."""
    padded = np.pad(shares, 4, mode="edge")
    near = np.median([padded[at : at + len(shares)] for at in (0, 1, 7, 8)], axis=0)
    gain = shares - near
    chosen: list[int] = []
    for at in np.argsort(-gain, kind="stable"):
        if gain[at] < _GAIN or len(chosen) == _SEAMS:
            break
        if all(abs(at + 1 - other) > 2 for other in chosen):
            chosen.append(int(at) + 1)
    return sorted(chosen)


def _share(steps: NDArray[np.bool_], lines: NDArray[np.int64], spans: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much of each span steps at each line, borders counting as 1: array of float64, shape (lines, spans)."""
    side = steps.shape[1]
    total = np.pad(np.cumsum(steps, axis=1), ((1, 1), (1, 0)))  # (s + 1, s + 1)
    shares = (total[lines][:, spans[:, 1]] - total[lines][:, spans[:, 0]]) / (spans[:, 1] - spans[:, 0])
    return np.where(((lines == 0) | (lines == side))[:, None], 1.0, shares)
