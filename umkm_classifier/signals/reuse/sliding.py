"""Slide a photo over a larger one: where in the stored photo a crop of it may lie.

A crop keeps few of a photo's strongest local features; its embedding stays near. So the asked photo is slid, in many
sizes, over the thumbnail that an index keeps (normalised cross-correlation, Lewis, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.alignment import THUMB_PX, Map
from umkm_classifier.signals.reuse.squares import PX, Grey, opencv

Templates = Sequence[Grey]

_SIDES = (19, 22, 25, 29, 34, 38, 44)  # of 48 pixels: a crop of 0.4 to 0.9 of the photo's width or height
_MOST_STRETCHED = 1.8
# Stripes agree with other stripes wherever they are moved along them. For 86 real crops correlation fell by 0.3 or more
# a few pixels from nearly all right places, and by 0.1 at most from those of other cloth that agreed as well.
_LEAST_FALL = 0.25
_NEAR, _FAR = 2.5, 3.6  # pixels of the thumbnail, between which a place must correlate less by that


def templates(square: Grey) -> Templates:
    """Shrink a photo that is asked about to the sizes in which it may lie in another.

    Parameters
    ----------
    square : array of uint8, shape (256, 256)

    Returns
    -------
    sequence of arrays of uint8, shape (h, w)
        Of 19 to 44 pixels.
    """
    cv2 = opencv()
    small = cv2.resize(square, (2 * THUMB_PX, 2 * THUMB_PX), interpolation=cv2.INTER_AREA)
    pairs = [(wide, high) for wide in _SIDES for high in _SIDES if max(wide, high) <= _MOST_STRETCHED * min(wide, high)]
    return [cv2.resize(small, pair, interpolation=cv2.INTER_AREA) for pair in pairs]


def slid(thumb: Grey, parts: Templates) -> Map | None:
    """Find where in a stored photo the asked one correlates most.

    Parameters
    ----------
    thumb : array of uint8, shape (48, 48)
    parts : sequence of arrays of uint8, shape (h, w)
        From ``templates``.

    Returns
    -------
    Map or None
        None where it correlates about as much a few pixels away.
    """
    cv2 = opencv()
    best, found = -1.0, None
    for part in parts:
        surface = cv2.matchTemplate(thumb, part, cv2.TM_CCOEFF_NORMED)
        _, highest, _, place = cv2.minMaxLoc(surface)
        if highest > best:
            best, found = highest, (surface, part.shape, place)
    if found is None:
        return None
    surface, (high, wide), (left, top) = found
    if best - _highest_around(surface, left, top) < _LEAST_FALL:
        return None
    across, down = THUMB_PX / wide, THUMB_PX / high
    pixel = PX / THUMB_PX
    return np.asarray([[across, 0.0, -left * pixel * across], [0.0, down, -top * pixel * down]])


def _highest_around(surface: NDArray[np.float32], left: int, top: int) -> float:
    """Return the highest correlation about three pixels away; -1 where all of these lie outside."""
    around = np.add(_ring(), [top, left])
    places = around[((around >= 0) & (around < surface.shape)).all(axis=1)]
    return float(surface[places[:, 0], places[:, 1]].max(initial=-1.0))


@cache
def _ring() -> NDArray[np.int64]:
    reach = range(-int(_FAR), int(_FAR) + 1)
    return np.asarray([(down, across) for down in reach for across in reach if _NEAR <= np.hypot(down, across) <= _FAR])
