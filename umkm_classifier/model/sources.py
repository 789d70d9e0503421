"""What each source of evidence adds to a score: text, price and place, shop, photo.

Two rules ask for it: a listing is ``local`` only where more than its text speaks for it, and ``imported`` only where
two sources agree.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.facts import FieldsView
from umkm_classifier.signals.joint.view import JointView
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.signals.ngrams import NgramView
from umkm_classifier.signals.signal import SOURCES, FloatArray, View, signal_of
from umkm_classifier.signals.writing import WritingView

OF_TEXT = frozenset(("words", "meaning"))
N_TEXT = 2  # columns of ``text_of``
N_PARTS = N_TEXT + len(SOURCES)  # columns of ``parts_of``


@runtime_checkable
class TellsText(Protocol):
    """A view that tells what the text adds."""

    def of_text(self, listings: Listings) -> FloatArray:
        """Return what ``text_of`` does."""


@runtime_checkable
class TellsSources(Protocol):
    """A view that tells what each source adds."""

    def of_sources(self, listings: Listings) -> FloatArray:
        """Return what ``sources_of`` does."""


def text_of(view: View, listings: Listings, column: FloatArray) -> FloatArray:
    """Return what the text adds to a view's log-odds, shape (n, 2).

    First what it says for ``local`` alone, then all of it: of n-grams and of sentence vectors their whole view, of
    cues those in the text, of what reads text and other fields together (trees over all fields, the network over text
    and photos) what title and description add to the others. So whatever a seller can change by typing counts as text.
    What is given back for empty fields counts with all of it: it spares makers a loss and is evidence of nothing.

    Parameters
    ----------
    view : View
    listings : Listings of n rows
    column : array of float64, shape (n,)
        ``view.log_odds(listings)``.
    """
    if isinstance(view, TellsText):
        return view.of_text(listings)
    said = np.nan_to_num(column)
    if isinstance(view, BenefitView):
        return np.stack([np.zeros(len(said)), said], axis=1)
    if isinstance(view, FieldsView | JointView):
        return _both(said - np.nan_to_num(view.log_odds(without_text(listings))))
    return _both(said) if signal_of(view.name) in OF_TEXT else np.zeros((len(listings), N_TEXT))


def sources_of(view: View, listings: Listings, column: FloatArray) -> FloatArray:
    """Return what each of ``SOURCES`` adds to a view's log-odds, shape (n, sources); see ``text_of``.

    An empty field adds nothing, whatever the view makes of it: what is not there agrees with nothing. Of the network
    over text and photos only what it says with the text hidden is the photos'.
    """
    if isinstance(view, TellsSources):
        return view.of_sources(listings)
    total = np.zeros((len(listings), len(SOURCES)))
    if isinstance(view, JointView):
        of_photos = np.nan_to_num(view.log_odds(without_text(listings)))
        total[:, SOURCES.index("photo")] = of_photos
        total[:, SOURCES.index("text")] = np.nan_to_num(column) - of_photos
        return total
    whole = view.source if isinstance(view, NgramView) else None
    whole = "text" if isinstance(view, MeaningView) else whole
    whole = "photo" if isinstance(view, LooksView | WritingView) else whole
    if whole is not None:
        total[:, SOURCES.index(whole)] = np.nan_to_num(column)
        return total
    for row, evidence in enumerate(view.explain(listings)):
        for one in evidence:
            if one.source in SOURCES:
                total[row, SOURCES.index(one.source)] += one.log_odds
    return total


def parts_of(view: View, listings: Listings, column: FloatArray) -> FloatArray:
    """Return ``text_of`` and ``sources_of`` side by side, shape (n, N_PARTS)."""
    return np.hstack([text_of(view, listings, column), sources_of(view, listings, column)])


def _both(values: FloatArray) -> FloatArray:
    """Return values below 0, and all of them, shape (n, 2)."""
    return np.stack([np.minimum(values, 0.0), values], axis=1)


def without_text(listings: Listings) -> Listings:
    """Return the listings with title and description empty."""
    nothing = np.full(len(listings), "", dtype=object)
    return listings.replace(title=nothing, description=nothing)
