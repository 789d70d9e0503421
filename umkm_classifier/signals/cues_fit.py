"""Move the weights of cues from their priors towards labels, as far as labels of many shops ask for it.

A maximum a posteriori fit: logistic regression whose weights are pulled towards the priors with a normal prior of one
strength for all. What is learned has to hold within goods it was not learned from: every good has an intercept of its
own, and the strength is the one that tells listings apart best within goods left out.

Discounts and cap make the score depend on the weights in a crooked way. They are kept as they are under the priors:
a row's value of a cue is its share over its prior, so that weights equal to the priors give exactly the untrained
score, and the fit stays a convex one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.listing import ObjectArray
from umkm_classifier.signals.cues_catalogue import Cue
from umkm_classifier.signals.cues_score import Fired, priors_of, shares_of
from umkm_classifier.signals.signal import FloatArray, IntArray, logit

FEWEST_SHOPS = 100  # in which a cue fired, or it stays at its prior
FEWEST_ROWS = 5  # of each class in a good that is left out
FEWEST_GOODS = 3  # to leave out; with fewer there is no telling what a label teaches beyond its good
# Precision of the prior, the strongest first; 1 lets a weight wander by about one, 64 by about an eighth.
STRENGTHS = (64.0, 16.0, 4.0, 1.0)
_GOOD_STRENGTH = 1.0  # of the prior of each good's own intercept
_NEWTON_STEPS = 20


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of labels: ``x`` (n, moved) and ``offset`` (n,) as the module explains, ``good`` (n,) as positions."""

    x: FloatArray
    offset: FloatArray
    good: IntArray
    y: IntArray
    weights: FloatArray

    def take(self, at: NDArray[np.bool_]) -> _Rows:
        return _Rows(self.x[at], self.offset[at], self.good[at], self.y[at], self.weights[at])


def learn_weights(
    cues: Sequence[Cue], fired: Sequence[Fired], goods: ObjectArray, y: IntArray, weights: FloatArray, groups: IntArray
) -> FloatArray:
    """Return a weight for each cue.

    Parameters
    ----------
    cues : sequence of Cue, length k
    fired : sequence of n mappings
        What each row fired.
    goods : array of str, shape (n,)
    y : array of int, shape (n,)
        1 for imported.
    weights : array of float64, shape (n,)
        Of the rows.
    groups : array of int, shape (n,)
        Shops.

    Returns
    -------
    array of float64, shape (k,)
        The priors, but for cues that fired in ``FEWEST_SHOPS`` or more; of these none changes its sign, and one whose
        prior is 0 stays there. All are the priors when fewer than ``FEWEST_GOODS`` goods have both labels.
    """
    priors = priors_of(cues)
    moved = _often_fired(cues, fired, groups)
    names, good = np.unique(goods.astype(str), return_inverse=True)
    counts = np.zeros((len(names), 2))
    np.add.at(counts, (good, y), weights > 0.0)
    left_out = np.flatnonzero(counts.min(axis=1) >= FEWEST_ROWS).tolist()
    if not moved or len(left_out) < FEWEST_GOODS:
        return priors
    rows = _rows(cues, fired, moved, good, y, weights)
    start = priors[moved]
    strength = _strength(rows, start, left_out)
    if strength is not None:
        priors[moved] = _fit(rows, start, strength)
    return priors


def _often_fired(cues: Sequence[Cue], fired: Sequence[Fired], groups: IntArray) -> list[int]:
    shops: dict[int, set[int]] = {at: set() for at, cue in enumerate(cues) if cue.prior != 0.0}
    for row, group in zip(fired, groups.tolist(), strict=True):
        for at in row.keys() & shops.keys():
            shops[at].add(group)
    return [at for at, seen in shops.items() if len(seen) >= FEWEST_SHOPS]


def _rows(
    cues: Sequence[Cue], fired: Sequence[Fired], moved: Sequence[int], good: IntArray, y: IntArray, weights: FloatArray
) -> _Rows:
    priors = priors_of(cues)
    column = {at: place for place, at in enumerate(moved)}
    x = np.zeros((len(y), len(moved)))
    offset = np.zeros(len(y))
    for row, found in enumerate(fired):
        for at, share in shares_of(cues, priors, found).items():
            if at in column:
                x[row, column[at]] = share / priors[at]
            else:
                offset[row] += share
    return _Rows(x, offset, good.astype(np.int64), y, weights)


def _strength(rows: _Rows, priors: FloatArray, left_out: Sequence[int]) -> float | None:
    """Return the strongest prior that is within one standard error of the best, None for the priors themselves."""
    losses = np.asarray([_left_out(rows, priors, good) for good in left_out])  # (goods, 1 + strengths)
    best = int(np.argmin(losses.mean(axis=0)))
    behind = losses - losses[:, [best]]
    error = behind.std(axis=0, ddof=1) / np.sqrt(len(left_out))
    chosen = int(np.argmax(behind.mean(axis=0) <= error))  # the first: the strongest
    return (None, *STRENGTHS)[chosen]


def _left_out(rows: _Rows, priors: FloatArray, good: int) -> list[float]:
    """Return the loss of each strength within a good that was not learned from; first of all that of the priors."""
    held_out, others = rows.take(rows.good == good), rows.take(rows.good != good)
    candidates = [priors, *(_fit(others, priors, strength) for strength in STRENGTHS)]
    return [_loss_within(held_out.offset + held_out.x @ weights, held_out) for weights in candidates]


def _loss_within(log_odds: FloatArray, rows: _Rows) -> float:
    """Return the log loss of the rows of one good, with the intercept that suits them best.

    So it is about telling its listings apart, and not about how many of them are imported.
    """
    share = rows.weights / rows.weights.sum()
    intercept = logit(float(share @ rows.y)) - float(share @ log_odds)
    for _ in range(_NEWTON_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(log_odds + intercept, -30.0, 30.0)))
        intercept += float(np.clip(share @ (rows.y - p) / (share @ (p * (1.0 - p))), -1.0, 1.0))
    return float(share @ np.logaddexp(0.0, (1.0 - 2.0 * rows.y) * (log_odds + intercept)))


def _fit(rows: _Rows, priors: FloatArray, strength: float) -> FloatArray:
    """Return the weights of the moved cues, shape (moved,)."""
    from scipy.optimize import minimize

    goods, good = np.unique(rows.good, return_inverse=True)
    x = np.hstack([rows.x, np.eye(len(goods))[good], np.ones((len(rows.y), 1))])  # (n, moved + goods + 1)
    centre = np.r_[priors, np.zeros(len(goods) + 1)]
    pull = np.r_[np.full(len(priors), strength), np.full(len(goods), _GOOD_STRENGTH), 0.0]
    sign = 2.0 * rows.y - 1.0

    def loss(beta: FloatArray) -> tuple[float, FloatArray]:
        margin = sign * (rows.offset + x @ beta)
        wrong = np.exp(-np.logaddexp(0.0, margin))  # probability of the other class
        away = beta - centre
        value = rows.weights @ np.logaddexp(0.0, -margin) + 0.5 * pull @ away**2
        return float(value), -x.T @ (rows.weights * sign * wrong) + pull * away

    signs = [(0.0, None) if prior > 0.0 else (None, 0.0) for prior in priors]
    free = [(None, None)] * (len(goods) + 1)
    result = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=[*signs, *free], options={"maxiter": 500})
    return np.asarray(result.x[: len(priors)], dtype=np.float64)
