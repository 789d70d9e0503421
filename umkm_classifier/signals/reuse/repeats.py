"""Whether the place at which two photos agree stands out, or a pattern repeats and they agree elsewhere as well.

A lattice agrees with another of its spacing wherever their knots meet, whatever hangs between them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.reuse.alignment import THUMB_PX, Map, laid
from umkm_classifier.signals.reuse.squares import Grey, opencv

Field = NDArray[np.float32]

_FARTHEST = 20  # pixels of the thumbnail that the asked photo is moved by
_SAME, _ELSEWHERE = 1.5, 3.6  # pixels: up to one is the same place, from the other on it is another
_LOCAL_PX = 9  # what differs from the mean of so many pixels counts: frames and shadows do not
_LEAST_OVERLAP = 0.35  # of what is covered at the place itself


def lead(thumb: Grey, square: Grey, place: Map) -> float:
    """Return by how much two photos correlate more at a place than anywhere else within 20 pixels, -2 to 2.

    The correlation is normalised and heeds what the asked photo does not cover (Padfield, 2012).

    Parameters
    ----------
    thumb : array of uint8, shape (48, 48)
    square : array of uint8, shape (256, 256)
    place : Map
    """
    seen, inside = laid(square, place)
    surface = _correlations(thumb.astype(np.float32), seen.astype(np.float32), inside.astype(np.float32))
    down, across = np.mgrid[-_FARTHEST : _FARTHEST + 1, -_FARTHEST : _FARTHEST + 1]
    away = np.hypot(down, across)
    return float(surface[away <= _SAME].max() - surface[away >= _ELSEWHERE].max())


def _correlations(thumb: Field, seen: Field, inside: Field) -> Field:
    """Correlate for each move down and across, shape (41, 41); -1 where too little overlaps or nothing is seen."""
    everywhere = np.ones_like(thumb)
    one, other = _local(thumb, everywhere), _local(seen, inside)
    parts = (one, np.square(one), everywhere), (other, np.square(other), inside)
    (one_, one_square, all_), (other_, other_square, in_) = [[_waves(part) for part in some] for some in parts]
    both = _moved(one_ * np.conj(other_))
    energies = [_moved(one_square * np.conj(in_)), _moved(all_ * np.conj(other_square))]
    overlap = _moved(all_ * np.conj(in_))
    found = both / np.sqrt(np.maximum(energies[0], 1.0) * np.maximum(energies[1], 1.0))
    nothing = (np.minimum(*energies) < 1.0) | (overlap < _LEAST_OVERLAP * inside.sum())
    return np.asarray(np.where(nothing, -1.0, found), dtype=np.float32)


def _local(values: Field, inside: Field) -> Field:
    """Take off the mean of the neighbourhood, as far as it is seen."""
    cv2, size = opencv(), (_LOCAL_PX, _LOCAL_PX)
    means = [cv2.blur(part, size, borderType=cv2.BORDER_CONSTANT) for part in (values * inside, inside)]
    return np.asarray((values - means[0] / np.maximum(means[1], 1e-6)) * inside)


def _waves(values: Field) -> NDArray[np.complex128]:
    return np.fft.rfft2(values, (2 * THUMB_PX, 2 * THUMB_PX))


def _moved(waves: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the sums of products for each move, from 20 pixels up and left to 20 down and right."""
    sums = np.fft.irfft2(waves, (2 * THUMB_PX, 2 * THUMB_PX))
    return np.roll(sums, (_FARTHEST, _FARTHEST), axis=(0, 1))[: 2 * _FARTHEST + 1, : 2 * _FARTHEST + 1]
