"""Signal ``writing``: what is written on a listing's photos. It speaks for ``imported`` or not at all.

Like ``cues`` it needs no labels: its marks have prior log-odds, and labels of many shops only move them.
"""

from __future__ import annotations

import logging

import numpy as np

from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.encoders.image_cache import encode_photos
from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photos import MOST_PHOTOS
from umkm_classifier.signals.cues_fit import learn_weights
from umkm_classifier.signals.cues_score import shares_of
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State
from umkm_classifier.signals.writing_marks import MARKS, MOST

KIND = "writing"
NOT_READ = "writing_not_read"
# What reviewers want to know and what is no evidence.
NOTES = {"contact.local": "writing_contact", "market.local": "writing_marketplace"}
_log = logging.getLogger(__name__)

Found = dict[int, int]  # position of a mark in MARKS to the first photo that shows it, from 0


class WritingView:
    """Score the marks on a listing's photos; silent where none with a weight is found.

    Parameters
    ----------
    reader : ImageEncoder
        A ``WritingReader``, perhaps cached. ``NoImageEncoder`` reads nothing: the view is always silent.
    weights : array of float64, shape (len(MARKS),)
        Log-odds of ``imported`` that each mark adds, not negative. Of one family the strongest counts fully, the next
        half, others a quarter, as of cues; all together at most ``MOST``.
    """

    name = "writing.photos"

    def __init__(self, reader: ImageEncoder, weights: FloatArray) -> None:
        self.reader = reader
        self.weights = weights

    @property
    def can_read(self) -> bool:
        """Whether there is a reader."""
        return self.reader.dim > 0

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        rows = [self._shares(found) for found in self._marks(listings)]
        return np.asarray([sum(shares.values()) if shares else np.nan for shares in rows], dtype=np.float64)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: one for each mark, with the first photo that shows it."""
        return [
            [
                Evidence("photo", f"photo {found[at] + 1}: {MARKS[at].say['en']}", share)
                for at, share in self._shares(found).items()
            ]
            for found in self._marks(listings)
        ]

    def noted(self, listings: Listings) -> Listings:
        """Return the table with notes of what was found and is no evidence, or of photos that could not be read."""
        column = listings.notes.copy()
        rows = zip(listings.column("photos"), find_marks(self.reader, listings), strict=True)
        for row, (photos, found) in enumerate(rows):
            codes = {NOTES[MARKS[at].id] for at in found if MARKS[at].id in NOTES}
            codes |= {NOT_READ} if len(photos) and not self.can_read else set()
            column[row] = tuple(sorted({*column[row], *codes}))
        return listings.replace(notes=column)

    def state(self) -> State:
        """See ``View.state``: weights go by name, so that a later list of marks can be another."""
        return State(KIND, {}, {"weights": self.weights}, {"marks": [mark.id for mark in MARKS]})

    @classmethod
    def from_state(cls, state: State, reader: ImageEncoder) -> WritingView:
        """Build the view that ``state`` was taken from; a line in the log tells if nothing can be read here."""
        known = dict(zip(state.words["marks"], state.arrays["weights"].tolist(), strict=True))
        view = cls(reader, np.asarray([known.get(mark.id, 0.0) for mark in MARKS], dtype=np.float64))
        if not view.can_read:
            _log.warning(
                "signal 'writing': the extra 'ocr' expected, found it not installed; writing on photos is not read. "
                "Install it with: pip install 'umkm-classifier[ocr]'"
            )
        return view

    def _marks(self, listings: Listings) -> list[Found]:
        return once(self, "marks", listings, lambda: find_marks(self.reader, listings))

    def _shares(self, found: Found) -> dict[int, float]:
        shares = shares_of(MARKS, self.weights, sorted(found))
        scale = min(1.0, MOST / sum(shares.values())) if shares else 1.0
        return {at: scale * share for at, share in shares.items()}


def find_marks(reader: ImageEncoder, listings: Listings) -> list[Found]:
    """Return the marks on the photos of each row."""
    if reader.dim == 0:
        return [{} for _ in range(len(listings))]
    lists = [photos[:MOST_PHOTOS] for photos in listings.column("photos")]
    vectors, _ = encode_photos(reader, (photo for photos in lists for photo in photos))
    rows: list[Found] = []
    at = 0
    for photos in lists:
        found: Found = {}
        for number, vector in enumerate(vectors[at : at + len(photos)]):
            for mark in np.flatnonzero(vector > 0.0).tolist():  # NaN, which could not be read, is not
                found.setdefault(mark, number)
        rows.append(found)
        at += len(photos)
    return rows


def fit_writing(
    listings: Listings, y: IntArray, weights: FloatArray, groups: IntArray, reader: ImageEncoder
) -> list[WritingView]:
    """Learn the view of ``writing`` as cues are learned; with few labels it holds the priors.

    Parameters
    ----------
    listings : Listings of n rows
    y : array of int, shape (n,)
        1 for imported.
    weights : array of float64, shape (n,)
        Of the rows.
    groups : array of int, shape (n,)
        Shops and near-duplicates united.
    reader : ImageEncoder

    Returns
    -------
    list of WritingView
        One; none without a reader.
    """
    if reader.dim == 0:
        return []
    fired = [dict.fromkeys(found, "") for found in find_marks(reader, listings)]
    return [WritingView(reader, learn_weights(MARKS, fired, goods_of(listings), y, weights, groups))]
