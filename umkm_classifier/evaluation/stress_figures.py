"""The figures of stresses: mean shifts and changed decisions, with intervals over shops, and the bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from umkm_classifier.evaluation.bootstrap import (
    BoolArray,
    FloatArray,
    Redrawn,
    Weights,
    count_shops,
    figure,
    redraw,
)
from umkm_classifier.evaluation.judged import DECISIONS, Judged
from umkm_classifier.evaluation.stress_cases import IMPORTED_PASSED, LOCAL_FLAGGED, MAX_SHIFT, Case
from umkm_classifier.evaluation.stress_scores import Outcome, Said

HALF = 0.5
NO_ROWS = "no such listing has an answer before and after"


class Quantity(NamedTuple):
    """What is averaged over the stressed rows: a figure of the case, or a ``change`` of decision of a label ``name``.

    ``value`` and ``among``, the rows that count, have a value a stressed row.
    """

    name: str
    change: str
    value: FloatArray
    among: BoolArray


class Means:
    """Means over rows of k quantities, each over rows of its own: (k, b); NaN where there is no such row.

    Parameters
    ----------
    values, among : float64 arrays of shape (k, n)
        What is averaged, and 1 for the rows that it is averaged over, 0 for others.
    """

    def __init__(self, values: FloatArray, among: FloatArray) -> None:
        self._values = np.where(among > 0, values, 0.0)
        self._among = among

    def __call__(self, weights: Weights) -> FloatArray:
        """Return means of shape (k, b)."""
        n = self._among @ weights.rows
        return np.divide(self._values @ weights.rows, n, out=np.full_like(n, np.nan), where=n > 0)


class CaseFigures:
    """The figures of one stress.

    Parameters
    ----------
    case : Case
    outcome : Outcome
    judged : Judged
        The table that was stressed.
    """

    def __init__(self, case: Case, outcome: Outcome, judged: Judged) -> None:
        self._case, self._outcome = case, outcome
        is_imported = judged.is_imported[outcome.rows]
        self._of_label = {"local": ~is_imported, "imported": is_imported}
        self._shops = judged.shops[outcome.rows]
        self._quantities = self._measured()
        # (k, n): the redraws are of all shops, whichever rows a stress is about
        values, among = (np.zeros((len(self._quantities), len(judged))) for _ in range(2))
        for at, quantity in enumerate(self._quantities):
            values[at, outcome.rows], among[at, outcome.rows] = quantity.value, quantity.among
        self.statistic = Means(values, among)

    def _measured(self) -> list[Quantity]:
        """Return what is averaged over the stressed rows."""
        before, after, shift = self._outcome.before, self._outcome.after, self._outcome.shift
        has_shift = np.isfinite(shift)
        found = [Quantity("mean_shift", "", shift, has_shift)]
        for label, wrong, became, passed_half in (
            ("local", "imported", LOCAL_FLAGGED, "local_over_half"),
            ("imported", "local", IMPORTED_PASSED, "imported_under_half"),
        ):
            rows = self._of_label[label]
            is_wrong = [_is_on_side(said, wrong) for said in (before, after)]
            found += [
                Quantity(f"mean_shift_{label}", "", shift, has_shift & rows),
                Quantity(became, "", ((before.decisions != wrong) & (after.decisions == wrong)).astype(float), rows),
                Quantity(passed_half, "", (~is_wrong[0] & is_wrong[1]).astype(float), rows),
            ]
            for one, other in permutations(DECISIONS, 2):
                happened = (before.decisions == one) & (after.decisions == other)
                found.append(Quantity(label, f"{one} to {other}", happened.astype(float), rows))
        return found

    def to_dict(self, redrawn: Redrawn) -> dict[str, Any]:
        """Return the figures as they stand in ``stress.json``."""
        outcome, shift = self._outcome, self._outcome.shift
        finite = shift[np.isfinite(shift)]
        found: dict[str, Any] = {
            "n": len(outcome.rows),
            **{f"n_{label}": int(rows.sum()) for label, rows in self._of_label.items()},
            "n_shops": count_shops(self._shops),
            **{f"n_{label}_shops": count_shops(self._shops[rows]) for label, rows in self._of_label.items()},
            "n_changed": int(outcome.changed.sum()),
            "n_unanswered": int((np.isnan(shift) & np.isfinite(outcome.before.log_odds)).sum()),
            MAX_SHIFT: float(np.abs(finite).max()) if len(finite) else 0.0,
        }
        changes: dict[str, dict[str, Any]] = {label: {} for label in self._of_label}
        for at, quantity in enumerate(self._quantities):
            key = "share" if quantity.change else quantity.name
            n_shops = count_shops(self._shops[quantity.among])
            one = figure(key, redrawn.value[at], redrawn.draws[at], NO_ROWS, n_shops)
            if quantity.change:
                n = int((quantity.value * quantity.among).sum())
                changes[quantity.name][quantity.change] = {"n": n} | one
            else:
                found |= one
        return found | {"decisions": changes, "bars": self._bars(found)}

    def _bars(self, found: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {"figure": name, "at_most": most, "found": found[name], "kept": found[name] is None or found[name] <= most}
            for name, most in self._case.bars.items()
        ]


def _is_on_side(said: Said, label: str) -> BoolArray:
    """Return which answers lie on a label's side of a half; none where there is no answer."""
    return np.asarray(said.p_imported >= HALF if label == "imported" else said.p_imported < HALF)


def figures_of(
    stressed: Sequence[tuple[Case, Outcome]], judged: Judged, redraws: int, seed: int
) -> list[dict[str, Any]]:
    """Return the figures of stresses, computed in the same redraws of shops; one dict each, in order."""
    all_of = {str(at): CaseFigures(case, outcome, judged) for at, (case, outcome) in enumerate(stressed)}
    redrawn = redraw({at: one.statistic for at, one in all_of.items()}, judged.shops, redraws, seed)
    return [one.to_dict(redrawn[at]) for at, one in all_of.items()]
