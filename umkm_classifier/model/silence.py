"""Whether a model read anything of a listing: where it did not, it has no answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.text import is_legible
from umkm_classifier.model.sources import without_text
from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.joint.view import JointView
from umkm_classifier.signals.signal import FloatArray, View, signal_of

OF_PHOTOS = frozenset(("looks", "writing", "joint"))


def is_silent(views: Sequence[View], listings: Listings, columns: FloatArray) -> NDArray[np.bool_]:
    """Tell in which rows nothing could be read.

    That is so where no view reads anything (what is given back for empty fields is no reading), and where the text is
    not legible and no photo was looked at: of such a text a view only gives back what holds for every listing.

    Parameters
    ----------
    views : sequence of View, length k
    listings : Listings of n rows
    columns : array of float64, shape (n, k)
        Log-odds of each view.

    Returns
    -------
    array of bool, shape (n,)
    """
    silent = np.isnan(columns)
    reading = [not isinstance(view, BenefitView) for view in views]
    texts = zip(listings.column("title"), listings.column("description"), strict=True)
    illegible = np.asarray([not any(map(is_legible, text)) for text in texts], dtype=bool)
    if illegible.any():
        illegible[illegible] = ~_has_looked(views, listings[np.flatnonzero(illegible)], columns[illegible])
    return np.asarray(illegible | silent[:, reading].all(axis=1))


def _has_looked(views: Sequence[View], listings: Listings, columns: FloatArray) -> NDArray[np.bool_]:
    """Return whether a photo was looked at in a row, shape (n,); the network may have read its text alone."""
    looked = np.zeros(len(listings), dtype=bool)
    for view, column in zip(views, columns.T, strict=True):
        if isinstance(view, JointView):
            looked |= ~np.isnan(view.log_odds(without_text(listings)))
        elif signal_of(view.name) in OF_PHOTOS:
            looked |= ~np.isnan(column)
    return looked
