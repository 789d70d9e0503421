"""Ask an index which of its photos show the same picture as a photo, in spite of what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import Agreement, Map, agreement, fitted, refined, within
from umkm_classifier.signals.reuse.colours import Colours, colour_difference, colours_of
from umkm_classifier.signals.reuse.features import ASKED_FEATURES, Features, features
from umkm_classifier.signals.reuse.fingerprint import signs_of
from umkm_classifier.signals.reuse.hashes import ASKED, asked_hashes, map_to
from umkm_classifier.signals.reuse.index import Candidate, PhotoIndex
from umkm_classifier.signals.reuse.repeats import lead
from umkm_classifier.signals.reuse.seams import seam_rectangles
from umkm_classifier.signals.reuse.sliding import Templates, slid, templates
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, Rectangle, cut, grey_of, opencv

Guess = tuple[int, Map, float]  # a view of the asked photo, what lays a candidate over it, what they must correlate by

_MOST_SEAMS = 48
# Of views whose features are looked for, thirty milliseconds each, beside the whole photo: a collage of nine has nine.
_MOST_VIEWS = 12
# Measured on 322 found copies of photos of batik under 22 edits: a correlation of 0.9 and more in the view, and of 0.65
# and more all over the photo and in its middle (two reached 0.57 and 0.6 by their first guess, and more by another).
# Drawn photos of other goods in one frame, under one caption or on one floor reach 0.99 in the view.
_FEWEST_FOLLOWERS, _LEAST_CORRELATION = 8, 0.75
_FEW_FOLLOWERS, _HIGH_CORRELATION = 5, 0.85
_HASH_ALONE_CORRELATION = 0.9  # plain photos have no features to speak of, and repeated patterns none that differ
# An embedding tells what looks alike: other cloth of one lattice reached 0.94, nearly all copies that it alone was near
# to 0.96 and more.
_VECTOR_ALONE_CORRELATION = 0.95
_SLID_CORRELATION = 0.85  # where the whole photo was slid over the stored one
_LEAST_ALL_OVER = 0.6
# Of 2,576 copies found under the benchmark's edits, which change neither contrast nor saturation, none has colours
# further apart than the first of these once their common shift is taken off; of 71 pairs of unlike goods of one shape,
# or on one floor, all but three have. Colours that differ by more than the second were shifted, or are those of another
# cloth of the same lattice, which leads by less than the third.
_MOST_SHIFTED_APART, _MOST_APART, _LEAST_LEAD = 7.0, 12.0, 0.05
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


def matches(
    index: PhotoIndex, pixels: Pixels, vector: NDArray[np.float32] | None, shop_id: str = "", *, own: bool = False
) -> list[Match]:
    """Find the photos of an index that show the same picture as a photo, or a part of it.

    Those that the asking shop alone shows say who was first, and nothing where no other shop's photo is found: so they
    are looked at last, and only then.

    Parameters
    ----------
    index : PhotoIndex
    pixels : array of uint8, shape (h, w, 3)
    vector : array of float32, shape (d,), or None
        Its embedding, by the encoder that the index was built with.
    shop_id : str
        Who asks; see ``PhotoIndex.candidates``.
    own : bool
        Whether it is known already that another shop shows the picture.

    Returns
    -------
    list of Match
        The surest first.
    """
    asked = _Asked(pixels)
    candidates = index.candidates(asked.hashes, None if vector is None else signs_of(vector), shop_id)
    found: list[Match] = []
    for is_own in (False, True):
        if is_own and not (found or own):
            break
        judged = (_judged(index, asked, one) for one in candidates if one.is_own == is_own)
        found += [one for one in judged if one is not None]
    return sorted(found, key=lambda one: (-one.correlation, one.row))


class _Asked:
    """A photo that is asked about, its views cut out and looked at when they are needed."""

    def __init__(self, pixels: Pixels) -> None:
        cv2 = opencv()
        self._grey = grey_of(pixels)
        small = cv2.resize(np.ascontiguousarray(pixels), (PX, PX), interpolation=cv2.INTER_AREA)
        self._colours = colours_of(small)
        self._rectangles = [*ASKED, *seam_rectangles(small.astype(np.int16), _MOST_SEAMS)]
        self.hashes = asked_hashes(cut(self._grey, WHOLE), self._rectangles)
        self.wholes = (0, len(self._rectangles))  # views of the whole photo: as it is, and mirrored
        self._squares: dict[int, Grey] = {}
        self._features: dict[int, Features] = {}
        self._templates: dict[int, Templates] = {}

    def is_mirrored(self, view: int) -> bool:
        return view >= len(self._rectangles)

    def whole(self, view: int) -> int:
        """Return the view of the whole photo, mirrored as another view is."""
        return self.wholes[self.is_mirrored(view)]

    def rectangle(self, view: int) -> Rectangle:
        """Return where a view lies in the whole photo, mirrored as the view is."""
        left, top, right, bottom = self._rectangles[view % len(self._rectangles)]
        return (1 - right, top, 1 - left, bottom) if self.is_mirrored(view) else (left, top, right, bottom)

    def square(self, view: int) -> Grey:
        if view not in self._squares:
            square = cut(self._grey, self._rectangles[view % len(self._rectangles)])
            self._squares[view] = np.ascontiguousarray(square[:, ::-1]) if self.is_mirrored(view) else square
        return self._squares[view]

    def colours(self, view: int) -> Colours:
        """Return the colours of the whole photo, mirrored as a view is."""
        return np.ascontiguousarray(self._colours[:, ::-1]) if self.is_mirrored(view) else self._colours

    def features(self, view: int) -> Features | None:
        """Return the features of a view, or None when enough views were looked at."""
        if view not in self._features and (view in self.wholes or len(self._features) < _MOST_VIEWS):
            self._features[view] = features(self.square(view), ASKED_FEATURES)
        return self._features.get(view)

    def templates(self, view: int) -> Templates:
        """Return a view in many sizes."""
        if view not in self._templates:
            self._templates[view] = templates(self.square(view))
        return self._templates[view]


def _judged(index: PhotoIndex, asked: _Asked, candidate: Candidate) -> Match | None:
    """Return the surest match of a candidate, or None."""
    best = _surest(index, asked, candidate.row, _guesses(index, asked, candidate))
    if best is None and candidate.by_vector:
        best = _surest(index, asked, candidate.row, _slid_guesses(index, asked, candidate))
    return best


def _surest(index: PhotoIndex, asked: _Asked, row: int, guesses: Iterable[Guess]) -> Match | None:
    """Return the surest match by some guesses, or None."""
    best: Match | None = None
    thumb = index.thumbs[row]
    for view, guess, needed in guesses:
        found, place = _best_agreement(thumb, asked.square(view), guess)
        if found.correlation < needed or found.share < _LEAST_SHARE:
            continue
        is_surest = best is None or found.correlation > best.correlation
        if is_surest and _agrees_all_over(index, row, asked, (view, place)):
            best = Match(row, found.correlation, found.share, asked.is_mirrored(view))
            if best.correlation >= _NO_NEED:
                break
    return best


def _agrees_all_over(index: PhotoIndex, row: int, asked: _Asked, found: tuple[int, Map]) -> bool:
    """Whether photos that agree in a view agree wherever they overlap: a view may show a caption and nothing else.

    Also in their colours; where those are shifted, at this place more than at any other.
    """
    view, place = found[0], within(asked.rectangle(found[0]), found[1])
    square, thumb = asked.square(asked.whole(view)), index.thumbs[row]
    everywhere = agreement(thumb, square, place)
    if min(everywhere.correlation, everywhere.middle) < _LEAST_ALL_OVER:
        return False
    apart = colour_difference(index.colours[row], asked.colours(view), place)
    if apart.shifted > _MOST_SHIFTED_APART:
        return False
    return apart.typical <= _MOST_APART or lead(thumb, square, place) >= _LEAST_LEAD


def _guesses(index: PhotoIndex, asked: _Asked, candidate: Candidate) -> Iterator[Guess]:
    """Yield maps by near hashes and by local features."""
    views = [] if candidate.asked < 0 else [candidate.asked]
    if candidate.by_vector:
        views += [view for view in asked.wholes if view not in views]
    if candidate.asked >= 0:
        yield candidate.asked, map_to(candidate.stored), _HASH_ALONE_CORRELATION
    stored = index.features(candidate.row)
    for view in views:
        own = asked.features(view)
        found = None if own is None else fitted(stored, own)
        if found is not None and found[1] >= _FEW_FOLLOWERS:
            place, followers = found
            needed = _LEAST_CORRELATION if followers >= _FEWEST_FOLLOWERS else _HIGH_CORRELATION
            yield view, place, needed if candidate.asked >= 0 else _VECTOR_ALONE_CORRELATION


def _slid_guesses(index: PhotoIndex, asked: _Asked, candidate: Candidate) -> Iterator[Guess]:
    """Yield maps by which the whole asked photo is a crop of the candidate."""
    for view in asked.wholes:
        place = slid(index.thumbs[candidate.row], asked.templates(view))
        if place is not None:
            yield view, place, _SLID_CORRELATION


def _best_agreement(thumb: Grey, square: Grey, place: Map) -> tuple[Agreement, Map]:
    """Return how far photos agree, and the map on which they do."""
    found = agreement(thumb, square, place)
    if _HOPELESS < found.correlation < _NO_NEED:
        moved = refined(thumb, square, place)
        if moved is not None:
            mended = agreement(thumb, square, moved)
            if mended.correlation > found.correlation:
                return mended, moved
    return found, place
