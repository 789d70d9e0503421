"""Ask an index which of its photos show the same picture as a photo, in spite of what was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import Agreement, Map, agreement, fitted, of_rectangle, refined
from umkm_classifier.signals.reuse.features import ASKED_FEATURES, Features, features
from umkm_classifier.signals.reuse.fingerprint import signs_of
from umkm_classifier.signals.reuse.hashes import ASKED, STORED, asked_hashes
from umkm_classifier.signals.reuse.index import Candidate, PhotoIndex
from umkm_classifier.signals.reuse.seams import seam_rectangles
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, cut, grey_of, opencv

_MOST_SEAMS = 24
_MOST_VIEWS = 8  # of a photo whose features are looked for, ten milliseconds each
# Of real photos under the edits of the benchmark, copies reach 0.95 in 99 of 100 cases; other photos with enough
# features in common reach 0.3.
_FEWEST_FOLLOWERS, _LEAST_CORRELATION = 8, 0.6
_FEW_FOLLOWERS, _HIGH_CORRELATION = 5, 0.85
_HASH_ALONE_BITS, _HASH_ALONE_CORRELATION = 40, 0.9  # plain photos have no features to speak of
_HOPELESS, _NO_NEED = 0.2, 0.9  # correlations that refining a map neither mends nor improves
_LEAST_SHARE = 0.1  # of the stored photo


@dataclass(frozen=True, slots=True)
class Match:
    """A photo of the index that shows the same picture.

    Parameters
    ----------
    row : int
        In the index.
    correlation : float
        Of the two photos laid over each other, 0 to 1; 1 for the same file.
    share : float
        How much of the stored photo is seen in the asked one, 0 to 1.
    is_mirrored : bool
    """

    row: int
    correlation: float
    share: float
    is_mirrored: bool


def matches(index: PhotoIndex, pixels: Pixels, vector: NDArray[np.float32] | None) -> list[Match]:
    """Find the photos of an index that show the same picture as a photo, or a part of it.

    Parameters
    ----------
    index : PhotoIndex
    pixels : array of uint8, shape (h, w, 3)
    vector : array of float32, shape (d,), or None
        Its embedding, by the encoder that the index was built with.

    Returns
    -------
    list of Match
        The surest first.
    """
    asked = _Asked(pixels)
    candidates = index.candidates(asked.hashes, None if vector is None else signs_of(vector))
    found = (_judged(index, asked, one) for one in candidates)
    return sorted((one for one in found if one is not None), key=lambda one: (-one.correlation, one.row))


class _Asked:
    """A photo that is asked about, its views cut out and looked at when they are needed."""

    def __init__(self, pixels: Pixels) -> None:
        cv2 = opencv()
        self._grey = grey_of(pixels)
        small = cv2.resize(np.ascontiguousarray(pixels), (PX, PX), interpolation=cv2.INTER_AREA)
        self._rectangles = [*ASKED, *seam_rectangles(small.astype(np.int16), _MOST_SEAMS)]
        self.hashes = asked_hashes(cut(self._grey, WHOLE), self._rectangles)
        self._squares: dict[int, Grey] = {}
        self._features: dict[int, Features] = {}

    def is_mirrored(self, view: int) -> bool:
        return view >= len(self._rectangles)

    def mirrored(self) -> int:
        """Return the view of the whole photo, mirrored."""
        return len(self._rectangles)

    def square(self, view: int) -> Grey:
        if view not in self._squares:
            square = cut(self._grey, self._rectangles[view % len(self._rectangles)])
            self._squares[view] = np.ascontiguousarray(square[:, ::-1]) if self.is_mirrored(view) else square
        return self._squares[view]

    def features(self, view: int) -> Features | None:
        """Return the features of a view, or None when enough views were looked at."""
        if view not in self._features and len(self._features) < _MOST_VIEWS:
            self._features[view] = features(self.square(view), ASKED_FEATURES)
        return self._features.get(view)


def _judged(index: PhotoIndex, asked: _Asked, candidate: Candidate) -> Match | None:
    """Return the surest match of a candidate, or None."""
    best: Match | None = None
    for view, place, followers in _guesses(index, asked, candidate):
        thumb, square = index.thumbs[candidate.row], asked.square(view)
        found = _best_agreement(thumb, square, place)
        if found.correlation >= _needed(followers) and found.share >= _LEAST_SHARE:
            this = Match(candidate.row, found.correlation, found.share, asked.is_mirrored(view))
            if best is None or this.correlation > best.correlation:
                best = this
            if best.correlation >= _NO_NEED:
                break
    return best


def _guesses(index: PhotoIndex, asked: _Asked, candidate: Candidate) -> Iterator[tuple[int, Map, int]]:
    """Yield views with a map that may lay the candidate over them, and how many features follow it."""
    views = [] if candidate.asked < 0 else [candidate.asked]
    if candidate.by_vector:
        views += [view for view in (0, asked.mirrored()) if view not in views]
    if candidate.bits <= _HASH_ALONE_BITS:
        yield candidate.asked, of_rectangle(STORED[candidate.stored]), 0
    stored = index.features(candidate.row)
    for view in views:
        own = asked.features(view)
        found = None if own is None else fitted(stored, own)
        if found is not None and found[1] >= _FEW_FOLLOWERS:
            yield view, *found


def _best_agreement(thumb: Grey, square: Grey, place: Map) -> Agreement:
    found = agreement(thumb, square, place)
    if _HOPELESS < found.correlation < _NO_NEED:
        moved = refined(thumb, square, place)
        if moved is not None:
            found = max(found, agreement(thumb, square, moved), key=lambda one: one.correlation)
    return found


def _needed(followers: int) -> float:
    if followers == 0:
        return _HASH_ALONE_CORRELATION
    return _LEAST_CORRELATION if followers >= _FEWEST_FOLLOWERS else _HIGH_CORRELATION
