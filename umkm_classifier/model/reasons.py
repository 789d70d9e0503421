"""Why a listing got its score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from umkm_classifier.signals.signal import Evidence

MOST_REASONS = 12  # beyond, what is left of a view is one reason
REST = "(rest)"  # in the evidence of what was summed up


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


def strongest(reasons: Sequence[Reason]) -> list[Reason]:
    """Unite reasons about the same thing, sort them by strength, and sum up the tail of each signal and source."""
    total: dict[tuple[str, str, str], float] = defaultdict(float)
    for reason in reasons:
        total[reason.signal, reason.source, reason.evidence] += reason.log_odds
    ranked = sorted((Reason(*key, value) for key, value in total.items()), key=lambda reason: -abs(reason.log_odds))
    tail: dict[tuple[str, str], float] = defaultdict(float)
    for reason in ranked[MOST_REASONS:]:
        tail[reason.signal, reason.source] += reason.log_odds
    rest = [Reason(signal, source, REST, value) for (signal, source), value in tail.items()]
    return [*ranked[:MOST_REASONS], *rest]
