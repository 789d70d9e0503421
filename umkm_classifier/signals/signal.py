"""The protocol of a signal: what learns, what it leaves behind, and what it says.

A *signal* (``words``, ``facts`` …) learns from labelled listings and leaves one or more *views*: small scorers, each of
which reads its own fields and is silent where those are empty. Views are what the fusion weighs and what a bundle
holds; they need numpy and nothing that trained them. The same scorer serves the out-of-fold pass and production.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.listing import Listings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
SOURCES = ("text", "price and place", "shop", "photo")  # what evidence comes from; a flag needs two that agree


class Evidence(NamedTuple):  # made a hundred times a listing: three times as fast as a frozen dataclass
    """Something in a listing and what it adds to the log-odds of ``imported``.

    Parameters
    ----------
    source : str
        ``'text'``, ``'price and place'``, ``'shop'``, ``'photo'``, or ``'base'`` for what holds for every listing.
    what : str
        Words of the listing, or the name of a field.
    log_odds : float
    """

    source: str
    what: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class State:
    """A view as it is saved: its kind, JSON-ready settings, arrays, and lists of strings."""

    kind: str
    settings: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    words: Mapping[str, list[str]] = field(default_factory=dict)


class View(Protocol):
    """One scorer: reads some fields of a listing and gives log-odds of ``imported`` beyond the prior."""

    @property
    def name(self) -> str:
        """Signal and view, such as ``'words.title'``."""

    def log_odds(self, listings: Listings) -> FloatArray:
        """Score listings.

        Returns
        -------
        array of float64, shape (n,)
            Log-odds of ``imported`` with the prior of the training rows taken out, so that 0 is no evidence; NaN where
            the view is silent.
        """

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """Say for each listing what its log-odds are made of; they add up to ``log_odds``. Empty where silent."""

    def state(self) -> State:
        """Return what a bundle has to keep."""


def logit(p: float) -> float:
    """Log-odds of a probability in (0, 1)."""
    return float(np.log(p) - np.log1p(-p))


def signal_of(view_name: str) -> str:
    """Name of the signal that a view belongs to."""
    return view_name.split(".")[0]


def joined(listings: Listings, fields: tuple[str, ...]) -> list[str]:
    """Texts of some columns of each row, one line a column; '' where all are empty."""
    columns = [listings.column(name) for name in fields]
    return ["\n".join(part for part in parts if part) for parts in zip(*columns, strict=True)]
