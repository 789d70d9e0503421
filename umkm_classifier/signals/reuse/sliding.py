"""Slide a photo over a larger one: where in the stored photo a crop of it may lie.

A crop keeps few of a photo's strongest local features; its embedding stays near. So the asked photo is slid, in many
sizes, over the thumbnail that an index keeps (normalised cross-correlation, Lewis, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.alignment import THUMB_PX, Map
from umkm_classifier.signals.reuse.squares import PX, Grey, opencv

Templates = Sequence[Grey]

_SIDES = (19, 22, 25, 29, 34, 38, 44)  # of 48 pixels: a crop of 0.4 to 0.9 of the photo's width or height
_MOST_STRETCHED = 1.8
# Stripes agree with other stripes wherever they are moved along them, a lattice with another one at each of its knots.
# So a place must correlate by so much more than those a few pixels away, and than any other. Of 172 real photos and 86
# crops of such, three in four right places do; of wrong ones that agree by 0.75 in the end, none. Some drawn ones do.
_LEAST_CORRELATION = 0.65
_LEAST_FALL, _LEAST_LEAD = 0.25, 0.05
_NEAR, _FAR = 2.5, 3.6  # pixels of the thumbnail


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
        None where it correlates little, or about as much a few pixels away or somewhere else.
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
    around, elsewhere = _highest_of_others(surface, left, top)
    if best < _LEAST_CORRELATION or best - around < _LEAST_FALL or best - elsewhere < _LEAST_LEAD:
        return None
    across, down = THUMB_PX / wide, THUMB_PX / high
    pixel = PX / THUMB_PX
    return np.asarray([[across, 0.0, -left * pixel * across], [0.0, down, -top * pixel * down]])


def _highest_of_others(surface: NDArray[np.float32], left: int, top: int) -> tuple[float, float]:
    """Return the highest correlations about three pixels away and anywhere further; -1 where no place is left."""
    down, across = np.ogrid[: surface.shape[0], : surface.shape[1]]
    away = np.hypot(down - top, across - left)
    near = surface[(away >= _NEAR) & (away <= _FAR)]
    return float(near.max(initial=-1.0)), float(surface[away >= _NEAR].max(initial=-1.0))
