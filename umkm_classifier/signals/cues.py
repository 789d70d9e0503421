"""Signal ``cues``: what people who know the trade look at, by name.

Unlike the other signals it needs no labels: its catalogue holds prior log-odds, and labels only move them. So it ranks
listings within goods of which not one has a label.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.cues_catalogue import Catalogue, catalogue
from umkm_classifier.signals.cues_fit import learn_weights
from umkm_classifier.signals.cues_score import CueFinder, Fired, priors_of, shares_of
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State

KIND = "cues"


class CuesView:
    """Score what a catalogue of cues finds; silent where no cue with a weight fires.

    Parameters
    ----------
    catalogue : Catalogue
    weights : array of float64, shape (cues,)
        Log-odds of ``imported`` that each cue adds.

    Raises
    ------
    ValueError
        If there is not one weight for each cue.
    """

    name = "cues.trade"

    def __init__(self, catalogue: Catalogue, weights: FloatArray) -> None:
        if weights.shape != (len(catalogue.cues),):
            raise ValueError(
                f"{self.name}: weights of shape ({len(catalogue.cues)},), one for each cue, expected, found "
                f"{weights.shape}. Take both from one bundle."
            )
        self.catalogue = catalogue
        self.weights = weights
        self._finder = CueFinder(catalogue)
        self._sentences = {cue.id: cue.say for cue in catalogue.cues}

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        totals = [sum(shares.values()) if shares else np.nan for shares in self._shares(listings)]
        return np.asarray(totals, dtype=np.float64)

    def of_text(self, listings: Listings) -> FloatArray:
        """Return what cues in the text add, shape (n, 2): those for ``local`` alone, and all of them."""
        cues = self.catalogue.cues
        sums = []
        for shares in self._shares(listings):
            in_text = [share for at, share in shares.items() if cues[at].source == "text"]
            sums.append((sum(share for share in in_text if share < 0.0), sum(in_text)))
        return np.asarray(sums, dtype=np.float64).reshape(len(listings), 2)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: one for each cue, as its id and what it fired on."""
        cues = self.catalogue.cues
        return [
            [Evidence(cues[at].source, f"{cues[at].id}: {fired[at]}", share) for at, share in shares.items()]
            for fired, shares in zip(self._fired(listings), self._shares(listings), strict=True)
        ]

    def _fired(self, listings: Listings) -> list[Fired]:
        return once(self, "fired", listings, lambda: self._finder.fired(listings))

    def _shares(self, listings: Listings) -> list[dict[int, float]]:
        def read() -> list[dict[int, float]]:
            return [shares_of(self.catalogue.cues, self.weights, fired) for fired in self._fired(listings)]

        return once(self, "shares", listings, read)

    def say(self, evidence: Evidence, language: str) -> str:
        """Return the sentence for people of a piece of evidence.

        Parameters
        ----------
        evidence : Evidence
            One of ``explain``.
        language : {'id', 'en'}

        Raises
        ------
        KeyError
            If the evidence is not of this view, or there is no such language.
        """
        return self._sentences[evidence.what.split(":")[0]][language]

    def state(self) -> State:
        """See ``View.state``: the cues go along, so that a later catalogue changes no score of an earlier bundle."""
        return State(KIND, {}, {"weights": self.weights}, {"cues": self.catalogue.to_lines()})

    def __reduce__(self) -> tuple[Callable[[State], CuesView], tuple[State]]:
        """Travel between processes as its state: the automaton is built again faster than it is copied."""
        return CuesView.from_state, (self.state(),)

    @classmethod
    def from_state(cls, state: State) -> CuesView:
        """Build the view that ``state`` was taken from."""
        return cls(Catalogue.from_lines(state.words["cues"]), state.arrays["weights"])


def fit_cues(listings: Listings, y: IntArray, weights: FloatArray, groups: IntArray) -> list[CuesView]:
    """Learn the view of ``cues``; see ``learn_weights``. With few labels or none it is the catalogue as it stands.

    Parameters
    ----------
    listings : Listings of n rows
    y : array of int, shape (n,)
        1 for imported.
    weights : array of float64, shape (n,)
        Of the rows.
    groups : array of int, shape (n,)
        Shops and near-duplicates united.
    """
    known = catalogue()
    fired = CueFinder(known).fired(listings)
    return [CuesView(known, learn_weights(known.cues, fired, goods_of(listings), y, weights, groups))]


def untrained_cues() -> CuesView:
    """Return the view before any label: the priors."""
    return CuesView(catalogue(), priors_of(catalogue().cues))
