"""What reviews buy: how many answers are wrong when the least sure share of listings is left to a person.

The curve of risk against coverage of El-Yaniv and Wiener (2010), read from its other side. Sure is who is far from even
odds; the other rules of a decision (a promise, two sources) are left out; the decisions as they are stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, Redrawn, Statistic, Weights, figure, once
from umkm_classifier.evaluation.judged import DECISIONS, Judged
from umkm_classifier.evaluation.probabilities import THRESHOLD
from umkm_classifier.evaluation.ranking import CURVE_POINTS
from umkm_classifier.listings.listing import ObjectArray

SHARES = tuple(at / 10 for at in range(10))


class RiskAtReview:
    """Share of wrong answers at 0.5 among the listings not left to a person, for each share of reviews: (k, b).

    Parameters
    ----------
    p_imported : float64 array of shape (n,)
        In [0, 1].
    is_imported : bool array of shape (n,)
    shares : sequence of float
        In [0, 1).

    Notes
    -----
    Listings equally sure are one step: of those on the edge each counts by the part of the step that is answered. NaN
    without a listing.
    """

    def __init__(
        self, p_imported: FloatArray, is_imported: BoolArray, shares: tuple[float, ...] | FloatArray = SHARES
    ) -> None:
        sure = np.abs(p_imported - THRESHOLD)
        self._rows = np.argsort(-sure, kind="stable")
        ordered = sure[self._rows]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])
        self._wrong = ((p_imported >= THRESHOLD) != is_imported)[self._rows].astype(np.float64)[:, None]
        self._answered = 1.0 - np.asarray(shares)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return shares of wrong answers of shape (k, b)."""
        out = np.full((len(self._answered), weights.rows.shape[1]), np.nan)
        if not len(self._rows):
            return out
        drawn = weights.rows[self._rows]
        steps = (np.add.reduceat(part, self._starts, axis=0) for part in (drawn, drawn * self._wrong))
        n, wrong = (np.vstack([np.zeros((1, part.shape[1])), part.cumsum(axis=0)]) for part in steps)
        for at in np.flatnonzero(n[-1] > 0):
            answered = self._answered * n[-1, at]
            out[:, at] = np.interp(answered, n[:, at], wrong[:, at]) / answered
        return out


class WrongDecisions:
    """Share of the listings decided, one way or the other, that is decided wrongly: (1, b); NaN where none is."""

    def __init__(self, decisions: ObjectArray, is_imported: BoolArray) -> None:
        decided = decisions != "review"
        wrong = decided & ((decisions == "imported") != is_imported)
        self._sums = np.stack([wrong, decided]).astype(np.float64)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return the share of wrong decisions of shape (1, b)."""
        wrong, decided = self._sums @ weights.rows
        share: FloatArray = np.divide(wrong, decided, out=np.full_like(decided, np.nan), where=decided > 0)
        return share[None]


class ReviewRisk:
    """The part ``review_risk`` and ``confusion_decided`` of a measurement.

    Parameters
    ----------
    judged : Judged
    decisions : array of str, shape (n,)
        ``'local'``, ``'imported'`` or ``'review'``.
    """

    def __init__(self, judged: Judged, decisions: ObjectArray) -> None:
        self._judged, self._decisions = judged, decisions
        self.statistics: dict[str, Statistic] = {
            "review risk": RiskAtReview(judged.p_imported, judged.is_imported),
            "wrong decisions": WrongDecisions(decisions, judged.is_imported),
        }

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        """Return ``confusion_decided`` and ``review_risk``: a thinned ``curve``, ``points``, and ``decided``."""
        judged, found = self._judged, redrawn["review risk"]
        points = [
            {"review_share": share} | figure("risk", found.value[at], found.draws[at], "", judged.n_shops)
            for at, share in enumerate(SHARES)
        ]
        wrong, n_review = redrawn["wrong decisions"], int((self._decisions == "review").sum())
        decided = {"review_share": n_review / len(judged) if len(judged) else None} | figure(
            "risk", wrong.value[0], wrong.draws[0], "no listing is decided", judged.n_shops
        )
        curve = risk_curve(judged.p_imported, judged.is_imported)
        return {
            "confusion_decided": confusion_decided(self._decisions, judged.is_imported),
            "review_risk": {"curve": curve, "points": points if len(judged) else [], "decided": decided},
        }


def risk_curve(p_imported: FloatArray, is_imported: BoolArray) -> list[list[float]]:
    """Return pairs of a share of reviews and the share of wrong answers among the others, reviews rising from 0.

    Parameters
    ----------
    p_imported : float64 array of shape (n,)
        In [0, 1].
    is_imported : bool array of shape (n,)

    Returns
    -------
    list of [float, float]
        At most ``CURVE_POINTS``, up to one listing that is answered; empty without a listing.
    """
    n = len(p_imported)
    if not n:
        return []
    answered = np.unique(np.linspace(1, n, CURVE_POINTS).round())[::-1]
    risk = RiskAtReview(p_imported, is_imported, 1.0 - answered / n)(once(np.arange(n)))[:, 0]
    pairs: list[list[float]] = np.column_stack([1.0 - answered / n, risk]).round(5).tolist()
    return pairs


def confusion_decided(decisions: ObjectArray, is_imported: BoolArray) -> dict[str, dict[str, int]]:
    """Count listings by label, then by decision: ``local``, ``imported`` and ``review``."""
    return {
        label: {said: int((chosen & (decisions == said)).sum()) for said in DECISIONS}
        for label, chosen in (("local", ~is_imported), ("imported", is_imported))
    }
