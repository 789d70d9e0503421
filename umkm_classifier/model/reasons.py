"""Why a listing got its score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from umkm_classifier.signals.signal import Evidence

MOST_REASONS = 12  # beyond, what is left of a view is one reason
REST = "(rest)"  # in the evidence of what was summed up
PRICE, PRICE_SOURCE = "price", "price and place"  # the evidence of a view that reads the price
BETWEEN = "\0"  # stands in no signal and in no source


@dataclass(frozen=True, slots=True)
class Reason:
    """Something in a listing that moved its score.

    Parameters
    ----------
    signal : str
        ``'words'``, ``'meaning'``, ``'facts'`` …, or ``'prior'`` for what holds for every listing.
    source : str
        ``'text'``, ``'price and place'``, ``'shop'``, ``'photo'`` or ``'base'``: two sources are needed for a flag.
    evidence : str
        Words of the listing, the name of a field, ``'price: 0.25 times what makers ask for sajadah'``, ``'photo 2'``,
        or a cue and what it fired on (``'material.antislip: anti slip'``).
    log_odds : float
        What it adds; positive speaks for ``imported``. All reasons of a listing add up to its fused log-odds.
    """

    signal: str
    source: str
    evidence: str
    log_odds: float


def weighed(signal: str, evidence: Sequence[Evidence], weight: float) -> list[Reason]:
    """Return a view's evidence as reasons, by its weight in the fusion."""
    return [Reason(signal, one.source, one.what, weight * one.log_odds) for one in evidence if one.log_odds != 0.0]


class Totals:
    """What all reasons of one listing say, in the order in which they come; those about the same thing are one.

    Parameters
    ----------
    prior : float
        Log-odds without evidence, the first reason.
    price : str
        What a reason that is the price is named; see ``prices.price_reasons``.
    """

    # One string a reason, not a tuple: a listing has a hundred, and the garbage collector follows no strings.
    __slots__ = ("_of", "_price")

    def __init__(self, prior: float, price: str) -> None:
        self._of = {f"prior{BETWEEN}base{BETWEEN}": prior}
        self._price = price

    def add(self, signal: str, evidence: Iterable[Evidence], weight: float) -> None:
        """Add evidence of a view by its weight in the fusion."""
        of = self._of
        for source, what, log_odds in evidence:
            if log_odds != 0.0:
                name = self._price if what == PRICE and source == PRICE_SOURCE else what
                key = f"{signal}{BETWEEN}{source}{BETWEEN}{name}"
                of[key] = of.get(key, 0.0) + weight * log_odds

    def add_words(self, signal: str, source: str, words: Mapping[str, float], weight: float) -> None:
        """Add evidence of one source, by what it is."""
        of, group = self._of, f"{signal}{BETWEEN}{source}{BETWEEN}"
        for what, log_odds in words.items():
            if log_odds != 0.0:
                key = group + what
                of[key] = of.get(key, 0.0) + weight * log_odds

    def strongest(self) -> list[Reason]:
        """Return the strongest first, and what is left of each signal and source summed up."""
        of = self._of
        ranked = sorted(of, key=lambda key: -abs(of[key]))
        tail: dict[str, float] = {}
        for key in ranked[MOST_REASONS:]:
            rest = key[: key.index(BETWEEN, key.index(BETWEEN) + 1) + 1] + REST
            tail[rest] = tail.get(rest, 0.0) + of[key]
        told = [(key, of[key]) for key in ranked[:MOST_REASONS]]
        return [_reason(key, log_odds) for key, log_odds in (*told, *tail.items())]


def _reason(key: str, log_odds: float) -> Reason:
    signal, source, evidence = key.split(BETWEEN, 2)
    return Reason(signal, source, evidence, log_odds)
