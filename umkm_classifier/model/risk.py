"""Thresholds that keep a promise: how often listings are decided wrongly at most, whatever the score is worth.

Promised is the mean over shops of the share of a shop's local listings decided ``imported``, and the same of imported
listings decided ``local``, each with ``confidence`` (0.975: both together with 0.95). A wrong decision only gets rarer
as its threshold is tightened, so one test at the border covers all thresholds: the argument of risk-controlling
prediction sets (Bates, Angelopoulos, Lei, Malik and Jordan 2021, Theorem 1), which is fixed-sequence testing in Learn
then Test (Angelopoulos, Bates, Candès, Jordan and Lei 2025) from the strictest threshold on.

The test. Shares of n shops are independent, in [0, 1] and sum up to S; were their mean ``most`` or more, then for every
h above c, with K binomial (n, ``most``) and F its distribution function,

    P(S <= c)  <=  E max(h - S, 0) / (h - c)  <=  E max(h - K, 0) / (h - c):

a convex function of S has its largest mean where shares are 0 or 1 (Hoeffding 1963; Bentkus 2004). The best h turns
P(S <= c) <= delta into ``c <= sum over k of max(0, 1 - F(k) / delta)``. Without an error that is the exact count,
(1 - most)^n <= delta. It never allows less than the Hoeffding-Bentkus bound of Bates et al., and allows less than one
shop more than Clopper and Pearson's count, which is shown for shares of 0 and 1 only. A betting bound (Waudby-Smith and
Ramdas 2024, as set in Bates et al.) asks 189 shops without an error where 183 are enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.signal import FloatArray, IntArray

BoolArray = NDArray[np.bool_]

MAX_LOCAL_FLAGGED = 0.02  # as in TrainConfig, which serving does not load
MAX_IMPORTED_PASSED = 0.20
CONFIDENCE = 0.975  # of each promise, so that both hold with 0.95
EVEN = 0.0  # log-odds: no listing is decided against the likelier class, even where the promise would allow it
TIE = 1e-9  # relative: the same sum in another order may end that far away


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where decisions begin on the score, and what is promised of them.

    Parameters
    ----------
    imported : float or None
        Least score decided ``imported``; None: no listing is.
    local : float or None
        Greatest score decided ``local``, below ``imported``; None: no listing is.
    n_local_shops, n_imported_shops : int
        Calibration shops with listings of the class.
    max_local_flagged, max_imported_passed : float or None
        Most that is promised, in (0, 1), of the mean over shops of the share of a shop's listings of the class that are
        decided the other; None: nothing is promised.
    confidence : float or None
        Of each promise, over the draw of the calibration shops.
    notes : tuple of str
        Sentences that say why a threshold is missing, or that nothing is promised.
    """

    imported: float | None
    local: float | None
    n_local_shops: int
    n_imported_shops: int
    max_local_flagged: float | None
    max_imported_passed: float | None
    confidence: float | None
    notes: tuple[str, ...] = ()

    @property
    def is_promised(self) -> bool:
        """Whether what these thresholds decide carries a promise."""
        return self.confidence is not None

    def flags(self, score: FloatArray) -> BoolArray:
        """Return which rows are decided ``imported``, shape (n,); False where the score is NaN."""
        return np.asarray(score >= (math.inf if self.imported is None else self.imported))

    def passes(self, score: FloatArray) -> BoolArray:
        """Return which rows are decided ``local``, shape (n,); False where the score is NaN."""
        return np.asarray(score <= (-math.inf if self.local is None else self.local))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that ``json.dumps(allow_nan=False)`` can write."""
        return asdict(self) | {"notes": list(self.notes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Thresholds:
        """Read what ``to_dict`` wrote."""
        return cls(**{**values, "notes": tuple(values["notes"])})


NOTHING = Thresholds(None, None, 0, 0, None, None, None)  # every listing is reviewed


def control(
    score: FloatArray,
    is_imported: NDArray[Any],
    shops: IntArray,
    *,
    max_local_flagged: float = MAX_LOCAL_FLAGGED,
    max_imported_passed: float = MAX_IMPORTED_PASSED,
    confidence: float = CONFIDENCE,
) -> Thresholds:
    """Choose the least strict thresholds that keep both promises.

    Parameters
    ----------
    score : array of float64, shape (n,)
        Log-odds of ``imported``, calibrated, before any correction of the prior, of rows from which nothing of the
        score was learned. NaN: the row is reviewed whatever the thresholds. A local row that another rule keeps from
        being flagged may be given -inf, an imported one that cannot pass +inf: no threshold is stricter for its sake.
    is_imported : array of bool or of int 0 and 1, shape (n,)
    shops : array of int, shape (n,)
        The shop of each row. The promise holds for shops drawn like these, independently of each other.
    max_local_flagged, max_imported_passed, confidence : float
        In (0, 1); see ``Thresholds``.

    Raises
    ------
    ValueError
        If a share or the confidence is not in (0, 1), lengths differ, or a row would be decided wrongly under every
        threshold: a local one with +inf, an imported one with -inf.
    """
    imported = np.asarray(is_imported, dtype=bool)
    _check_shares(max_local_flagged=max_local_flagged, max_imported_passed=max_imported_passed, confidence=confidence)
    _check_lengths(score, imported, shops)
    _check_sides(score, imported)
    flag, n_local = _strictest_needed(score[~imported], shops[~imported], max_local_flagged, confidence)
    below, n_imported = _strictest_needed(-score[imported], shops[imported], max_imported_passed, confidence)
    notes = [
        f"no threshold can be promised: {n} {label} shops, {shops_needed(most, confidence)} needed"
        for n, label, most, found in (
            (n_local, "local", max_local_flagged, flag),
            (n_imported, "imported", max_imported_passed, below),
        )
        if found is None
    ]
    return Thresholds(
        imported=None if flag is None else max(flag, EVEN),
        local=None if below is None else min(-below, math.nextafter(EVEN, -math.inf)),
        n_local_shops=n_local,
        n_imported_shops=n_imported,
        max_local_flagged=max_local_flagged,
        max_imported_passed=max_imported_passed,
        confidence=confidence,
        notes=tuple(notes),
    )


def shops_needed(most: float, confidence: float = CONFIDENCE) -> int:
    """Return how many shops without an error show that at most a share of ``most`` is wrong.

    At 95 %: 149 for 2 %, 59 for 5 %, 14 for 20 %; at 97.5 %: 183, 72 and 17 (exact, one-sided; Clopper and Pearson
    1934).
    """
    _check_shares(most=most, confidence=confidence)
    return max(1, math.ceil(math.log(1.0 - confidence) / math.log1p(-most) - 1e-9))


def allowed_error(n_shops: int, most: float, confidence: float = CONFIDENCE) -> float | None:
    """Return how large the sum over shops of shares decided wrongly may be; None where there are too few shops.

    See the head of this file. Of ``n_shops`` shops, whose mean share of wrong decisions is then at most ``most``.
    """
    from scipy.special import bdtr

    if n_shops < shops_needed(most, confidence):
        return None
    below = bdtr(np.arange(n_shops, dtype=np.float64), n_shops, most)  # F(k)
    return float(np.maximum(0.0, 1.0 - below / (1.0 - confidence)).sum())


def _strictest_needed(score: FloatArray, shops: IntArray, most: float, confidence: float) -> tuple[float | None, int]:
    """Return the least threshold whose ``score >= threshold`` keeps within ``most``, and the number of shops.

    None where there are too few shops; -inf where no threshold is too low.
    """
    _, shop, size = np.unique(shops, return_inverse=True, return_counts=True)
    allowed = allowed_error(len(size), most, confidence)
    if allowed is None:
        return None, len(size)
    score = np.where(np.isnan(score), -math.inf, score)
    share = 1.0 / size[shop]  # what a row adds to its shop's share
    order = np.lexsort((share, -score))  # of equal rows any: what is found depends on no order of rows
    wrong = np.cumsum(share[order])
    # Never all of them: the sum of all shares is the number of shops. All rows with the score of the first one too
    # many stay below.
    first_too_many = float(score[order][np.argmax(wrong > allowed)])
    return _just_above(first_too_many), len(size)


def _just_above(score: float) -> float:
    return score if math.isinf(score) else max(score + TIE * abs(score), math.nextafter(score, math.inf))


def thresholds_by_cost(
    score: FloatArray,
    is_imported: NDArray[Any],
    shops: IntArray,
    cost_flag: float,
    cost_pass: float,
    cost_review: float,
    *,
    between: float | None = None,
) -> Thresholds:
    """Choose the thresholds whose mean cost over shops was least on these rows; nothing is promised of other rows.

    Parameters
    ----------
    score : array of float64, shape (n,)
        On which the thresholds will stand: log-odds, or a probability. NaN: reviewed whatever the thresholds.
    is_imported : array of bool or of int 0 and 1, shape (n,)
    shops : array of int, shape (n,)
        A shop's cost is the mean over its rows.
    cost_flag, cost_pass, cost_review : float
        Of a local listing decided ``imported``, an imported one decided ``local``, and any listing reviewed; not
        negative, in any unit. Of equally cheap thresholds those with the fewest flags, then fewest passes, are taken.
    between : float or None
        No row below it is decided ``imported`` and none from it on ``local``, however cheap that would be.

    Raises
    ------
    ValueError
        If a cost is negative or not finite, a score is infinite, or lengths differ.
    """
    imported = np.asarray(is_imported, dtype=bool)
    _check_costs(cost_flag=cost_flag, cost_pass=cost_pass, cost_review=cost_review)
    _check_lengths(score, imported, shops)
    if np.isinf(score).any():
        raise ValueError("thresholds_by_cost: score must be finite or NaN. Got an infinite one instead.")
    _, shop, size = np.unique(shops, return_inverse=True, return_counts=True)
    weight = 1.0 / size[shop]
    order = np.lexsort((weight, imported, score))[: len(score) - int(np.isnan(score).sum())]  # NaN is sorted last
    values, at = np.unique(score[order], return_inverse=True)
    sums = [np.bincount(at, weight[order] * (imported[order] == label), minlength=len(values)) for label in (0, 1)]
    reviewed = cost_review * (sums[0] + sums[1])
    # By how much deciding the lowest values local, and the highest imported, changes the cost of reviewing all.
    passing = np.concatenate([[0.0], np.cumsum(cost_pass * sums[1] - reviewed)])
    flagging = np.concatenate([np.cumsum((cost_flag * sums[0] - reviewed)[::-1])[::-1], [0.0]])
    if between is not None:
        n_below = int(np.searchsorted(values, between))
        passing[n_below + 1 :], flagging[:n_below] = math.inf, math.inf
    n_passed, first_flagged = _cheapest(passing, flagging)
    return Thresholds(
        imported=float(values[first_flagged]) if first_flagged < len(values) else None,
        local=float(values[n_passed - 1]) if n_passed else None,
        n_local_shops=len(np.unique(shops[~imported])),
        n_imported_shops=len(np.unique(shops[imported])),
        max_local_flagged=None,
        max_imported_passed=None,
        confidence=None,
        notes=("nothing is promised: these thresholds had the least mean cost over the calibration shops",),
    )


def _cheapest(passing: FloatArray, flagging: FloatArray) -> tuple[int, int]:
    """Return i <= j with the least ``passing[i] + flagging[j]``; of equal ones the greatest j, and then the least i."""
    both = np.minimum.accumulate(passing) + flagging
    last = len(both) - 1 - int(np.argmin(both[::-1]))
    return int(np.argmin(passing[: last + 1])), last


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name} must be above 0 and below 1. Got {share!r} instead.")


def _check_costs(**costs: float) -> None:
    for name, cost in costs.items():
        if not 0.0 <= cost < math.inf:
            raise ValueError(f"{name} must be a number of 0 or more. Got {cost!r} instead.")


def _check_lengths(score: FloatArray, imported: BoolArray, shops: IntArray) -> None:
    if not len(score) == len(imported) == len(shops):
        raise ValueError(
            "score, is_imported and shops must have one value a row. "
            f"Got {len(score)}, {len(imported)} and {len(shops)} instead."
        )


def _check_sides(score: FloatArray, imported: BoolArray) -> None:
    worst = np.where(imported, -score, score) == math.inf
    if worst.any():
        raise ValueError(
            "score of a local row must be below +inf and of an imported row above -inf, since no threshold keeps such "
            f"a row from being decided wrongly. Got {int(worst.sum())} such rows, the first is row "
            f"{int(np.argmax(worst))}."
        )
