"""The benefit of the doubt: an empty field costs a maker nothing.

A model that learned where a field was always given knows nothing of listings without it. Such a field speaks for makers
more often than not, so leaving it empty would move a maker's listing towards ``imported`` by what the field would have
said. That much is given back: the mean over local listings, out of fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.signal import Evidence, FloatArray, State

KIND = "benefit"
ALWAYS = 0.95  # share of the training rows that gave a field from which its absence was not learned


class BenefitView:
    """Log-odds given back for empty fields; silent where none is empty.

    Parameters
    ----------
    given_back : mapping of str to float
        Field to log-odds, not negative.
    """

    name = "facts.missing"

    def __init__(self, given_back: Mapping[str, float]) -> None:
        self.given_back = dict(given_back)

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        empty = is_empty(listings, tuple(self.given_back))
        total = -(empty * np.asarray(list(self.given_back.values()))).sum(axis=1)
        return np.where(empty.any(axis=1), total, np.nan)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: one for each empty field."""
        fields = list(self.given_back.items())
        return [
            [Evidence("base", f"no {name}", -value) for (name, value), gone in zip(fields, row, strict=True) if gone]
            for row in is_empty(listings, tuple(self.given_back)).tolist()
        ]

    def state(self) -> State:
        """See ``View.state``."""
        return State(KIND, {"given_back": self.given_back})

    @classmethod
    def from_state(cls, state: State) -> BenefitView:
        """Build the view that ``state`` was taken from."""
        return cls(state.settings["given_back"])


def is_empty(listings: Listings, fields: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether each field of each row is empty, shape (n, fields)."""
    columns = [
        np.isnan(listings.price_idr) if name == "price_idr" else [not value for value in listings.column(name)]
        for name in fields
    ]
    return np.asarray(columns, dtype=bool).reshape(len(fields), len(listings)).T


def fit_benefit(
    given: Listings, emptied: Sequence[Listings], fields: Sequence[str], shifts: Sequence[FloatArray]
) -> BenefitView | None:
    """Learn what emptying a field does to local listings.

    Parameters
    ----------
    given : Listings of n local rows
    emptied : sequence of Listings of n rows
        The same rows, fields emptied at random.
    fields : sequence of str
        What may be emptied.
    shifts : sequence of array of float64, shape (n,)
        By how much the fused log-odds of each copy lie above those of the rows as given, out of fold.

    Returns
    -------
    BenefitView or None
        From a least-squares fit of the shifts on the fields that are gone; None when no field was always given.
    """
    before = is_empty(given, fields)
    kept = [at for at in range(len(fields)) if (~before[:, at]).mean() >= ALWAYS] if len(given) else []
    if not kept:
        return None
    gone = np.vstack([is_empty(copy, fields) & ~before for copy in emptied]).astype(np.float64)
    effects = np.linalg.lstsq(gone, np.concatenate(list(shifts)), rcond=None)[0]
    given_back = {fields[at]: float(effects[at]) for at in kept if effects[at] > 0.0}
    return BenefitView(given_back) if given_back else None
