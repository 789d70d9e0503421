"""From a probability to a decision: ``local``, ``imported``, or ``review`` by a person.

No listing is ``imported`` whose good too few local shops were labelled of, and none ``local`` where too few imported
ones were; of an unknown good nothing is decided. Words that speak for the seller cost nothing to write: what text says
for ``local`` makes no listing ``local`` by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from umkm_classifier.listings.goods import OTHER
from umkm_classifier.listings.listing import ObjectArray
from umkm_classifier.model.families import FEWEST_IMPORTED, FEWEST_LOCAL, Counts, is_supported
from umkm_classifier.signals.signal import FloatArray

HALF = 0.5


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """When a listing is decided.

    Parameters
    ----------
    counts : mapping
        Labelled shops of each family of goods and class.
    decide_unsupported : bool
        Whether a good of a family with too few of them is decided all the same; its note stays.
    """

    counts: Counts = field(default_factory=dict)
    decide_unsupported: bool = False

    def is_promised(self, families: ObjectArray) -> ObjectArray:
        """Return whether enough shops of each row's family were labelled, shape (n,), of bool."""
        known = {name for name, counts in self.counts.items() if is_supported(counts)} - {OTHER}
        return np.asarray([family in known for family in families], dtype=object)

    def decide(self, families: ObjectArray, p: FloatArray, p_unspoken: FloatArray, others: FloatArray) -> ObjectArray:
        """Decide rows.

        Parameters
        ----------
        families : array of str, shape (n,)
        p : array of float64, shape (n,)
            Probability of ``imported``.
        p_unspoken : array of float64, shape (n,)
            The same without what text says for ``local``.
        others : array of float64, shape (n,)
            Log-odds of ``imported`` from what is no text: price, place, shop, photos.

        Returns
        -------
        array of str, shape (n,)
            ``'imported'`` where ``p`` is a half or more; ``'local'`` where it is less, with and without what the text
            says for it, and what is no text speaks for it as well; else ``'review'``. None is ``'imported'`` with
            fewer than 59 labelled local shops of a family, and none ``'local'`` with fewer than 14 imported ones.
        """
        out = np.full(len(p), "review", dtype=object)
        enough_local = self._with(families, "local", FEWEST_LOCAL)
        enough_imported = self._with(families, "imported", FEWEST_IMPORTED)
        out[(p >= HALF) & enough_local] = "imported"  # a wrong one would hurt makers: enough of them must be known
        out[(p < HALF) & (p_unspoken < HALF) & (others < 0.0) & enough_imported] = "local"
        return out

    def _with(self, families: ObjectArray, label: str, fewest: int) -> ObjectArray:
        if self.decide_unsupported:
            return np.ones(len(families), dtype=bool)
        nothing: Mapping[str, int] = {}
        return np.asarray(
            [family != OTHER and self.counts.get(family, nothing).get(label, 0) >= fewest for family in families],
            dtype=bool,
        )
