"""What each source of evidence adds to a score: text, price and place, shop, photo.

Two rules ask for it: a listing is ``local`` only where more than its text speaks for it, and ``imported`` only where
two sources agree.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.facts import FieldsView
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.signals.ngrams import NgramView
from umkm_classifier.signals.signal import SOURCES, FloatArray, View, signal_of

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
    cues those in the text, of trees over all fields what title and description add to the others.

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
    if isinstance(view, FieldsView):
        return _both(said - np.nan_to_num(view.log_odds(_without_text(listings))))
    return _both(said) if signal_of(view.name) in OF_TEXT else np.zeros((len(listings), N_TEXT))


def sources_of(view: View, listings: Listings, column: FloatArray) -> FloatArray:
    """Return what each of ``SOURCES`` adds to a view's log-odds, shape (n, sources); see ``text_of``.

    An empty field adds nothing, whatever the view makes of it: what is not there agrees with nothing.
    """
    if isinstance(view, TellsSources):
        return view.of_sources(listings)
    total = np.zeros((len(listings), len(SOURCES)))
    whole = view.source if isinstance(view, NgramView) else None
    whole = "text" if isinstance(view, MeaningView) else "photo" if isinstance(view, LooksView) else whole
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


def _without_text(listings: Listings) -> Listings:
    nothing = np.full(len(listings), "", dtype=object)
    return listings.replace(title=nothing, description=nothing)
