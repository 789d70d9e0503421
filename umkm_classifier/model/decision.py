"""From a score to a decision: ``local``, ``imported``, or ``review`` by a person.

Thresholds stand on the calibrated log-odds before any correction of the prior (``model.risk``). Beside them three rules
hold. No listing is ``imported`` whose good too few local shops were labelled of, and none ``local`` where too few
imported ones were; of an unknown good nothing is decided. A flag needs two sources that agree. And words that speak for
the seller cost nothing to write: what text says for ``local`` makes no listing ``local`` by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.goods import OTHER
from umkm_classifier.listings.listing import ObjectArray
from umkm_classifier.model.families import FEWEST_IMPORTED, FEWEST_LOCAL, Counts, is_supported
from umkm_classifier.model.risk import EVEN, NOTHING, Thresholds
from umkm_classifier.signals.signal import FloatArray, IntArray

SPEAKS = 0.1  # log-odds: a source that moves the odds by less than a tenth agrees with nothing
FEWEST_SOURCES = 2
NO_THRESHOLD = "no_threshold"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What decisions rest on, of n rows.

    Parameters
    ----------
    score : array of float64, shape (n,)
        Calibrated log-odds of ``imported`` before any correction of the prior; NaN without an answer.
    unspoken : array of float64, shape (n,)
        The same without what text says for ``local``.
    others : array of float64, shape (n,)
        Log-odds of ``imported`` from what is no text: price, place, shop, photos.
    agreeing : array of int, shape (n,)
        Sources that speak for ``imported``.
    """

    score: FloatArray
    unspoken: FloatArray
    others: FloatArray
    agreeing: IntArray


def count_agreeing(of_sources: FloatArray) -> IntArray:
    """Count sources that speak for ``imported``, shape (n,), from what each adds, shape (n, sources)."""
    return np.asarray((of_sources >= SPEAKS).sum(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """When a listing is decided.

    Parameters
    ----------
    counts : mapping
        Labelled shops of each family of goods and class.
    decide_unsupported : bool
        Whether a good of a family with too few of them is decided all the same; its note stays.
    thresholds : Thresholds
    calibration : str
        What the thresholds were chosen on: ``'held_out'`` or ``'out_of_fold'``.
    """

    counts: Counts = field(default_factory=dict)
    decide_unsupported: bool = False
    thresholds: Thresholds = NOTHING
    calibration: str = "out_of_fold"

    def is_promised(self, families: ObjectArray) -> ObjectArray:
        """Return whether enough shops of each row's family were labelled, shape (n,), of bool."""
        known = {name for name, counts in self.counts.items() if is_supported(counts)} - {OTHER}
        return np.asarray([family in known for family in families], dtype=object)

    def lacks_threshold(self, score: FloatArray) -> NDArray[np.bool_]:
        """Return whether there is no threshold for the class that each row leans to, shape (n,)."""
        missing = [self.thresholds.local is None, self.thresholds.imported is None]
        return np.where(score >= EVEN, missing[1], missing[0]).astype(np.bool_)

    def sides(self, families: ObjectArray, weighed: Weighed) -> tuple[FloatArray, FloatArray]:
        """Return what is held against the two thresholds, each of shape (n,).

        Parameters
        ----------
        families : array of str, shape (n,)
        weighed : Weighed

        Returns
        -------
        flag : array of float64
            A row is ``imported`` from a threshold on; -inf where another rule keeps it from that.
        passing : array of float64
            A row is ``local`` up to a threshold: its score without what text says for ``local``; +inf where another
            rule keeps it from that. Both are NaN without an answer.
        """
        may_flag = (weighed.score >= EVEN) & (weighed.agreeing >= FEWEST_SOURCES)
        may_flag &= self._with(families, "local", FEWEST_LOCAL)  # a wrong one would hurt makers: enough must be known
        may_pass = (weighed.score < EVEN) & (weighed.others < 0.0) & self._with(families, "imported", FEWEST_IMPORTED)
        known = ~np.isnan(weighed.score)
        flag = np.where(may_flag, weighed.score, np.where(known, -np.inf, np.nan))
        passing = np.where(may_pass, weighed.unspoken, np.where(known, np.inf, np.nan))
        return flag, passing

    def decide(self, families: ObjectArray, weighed: Weighed) -> ObjectArray:
        """Return ``'imported'``, ``'local'`` or ``'review'`` for each row, shape (n,); see ``sides``."""
        flag, passing = self.sides(families, weighed)
        out = np.full(len(flag), "review", dtype=object)
        out[self.thresholds.flags(flag)] = "imported"
        out[self.thresholds.passes(passing)] = "local"
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "thresholds": self.thresholds.to_dict(),
            "calibration": self.calibration,
            "families": {name: dict(of) for name, of in self.counts.items()},
            "decide_unsupported": self.decide_unsupported,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DecisionRule:
        """Read what ``to_dict`` wrote."""
        thresholds = Thresholds.from_dict(values["thresholds"])
        return cls(values["families"], values["decide_unsupported"], thresholds, values["calibration"])

    def _with(self, families: ObjectArray, label: str, fewest: int) -> NDArray[np.bool_]:
        if self.decide_unsupported:
            return np.ones(len(families), dtype=bool)
        nothing: Mapping[str, int] = {}
        return np.asarray(
            [family != OTHER and self.counts.get(family, nothing).get(label, 0) >= fewest for family in families],
            dtype=bool,
        )
