"""Thresholds by cost are the cheapest there are, and promise nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.model.risk import Thresholds, thresholds_by_cost

SCORE = np.asarray([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
IMPORTED = np.asarray([0, 0, 1, 0, 1, 1])
SHOPS = np.arange(6)


def cost(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray], costs: tuple[float, float, float], found: Thresholds
) -> float:
    """Return the mean over shops of the mean cost of a shop's rows."""
    score, imported, shops = rows
    flagged, passed = found.flags(score), found.passes(score)
    each = np.where(flagged, costs[0] * (1 - imported), np.where(passed, costs[1] * imported, costs[2]))
    return float(np.mean([each[shops == shop].mean() for shop in np.unique(shops)]))


def at(imported: float | None, local: float | None) -> Thresholds:
    return Thresholds(imported, local, 0, 0, None, None, None)


@pytest.mark.parametrize(
    ("costs", "imported", "local"),
    [
        ((10.0, 10.0, 1.0), 2.0, -2.0),  # 2 of 6 are reviewed
        ((0.5, 10.0, 1.0), -1.0, -2.0),  # to flag the local one above is cheaper than to review the imported one below
        ((10.0, 0.5, 1.0), 2.0, 1.0),
        ((10.0, 10.0, 0.0), None, None),
        ((0.0, 0.0, 0.0), None, None),
        ((0.0, 1.0, 1.0), -1.0, -2.0),  # flagging all costs as little: the fewest flags are taken
    ],
)
def test_the_cheapest_thresholds_of_six_listings(
    costs: tuple[float, float, float], imported: float | None, local: float | None
) -> None:
    found = thresholds_by_cost(SCORE, IMPORTED, SHOPS, *costs)
    assert (found.imported, found.local) == (imported, local)


def test_thresholds_by_cost_say_that_nothing_is_promised() -> None:
    found = thresholds_by_cost(SCORE, IMPORTED, SHOPS, 10.0, 10.0, 1.0)
    assert not found.is_promised
    assert (found.max_local_flagged, found.max_imported_passed, found.confidence) == (None, None, None)
    assert (found.n_local_shops, found.n_imported_shops) == (3, 3)
    assert found.notes == ("nothing is promised: these thresholds had the least mean cost over the calibration shops",)


def test_a_large_shop_weighs_no_more_than_a_small_one() -> None:
    score = np.concatenate([np.full(100, 1.0), [1.0, 1.0]])
    imported = np.concatenate([np.zeros(100, dtype=int), [1, 1]])
    shops = np.concatenate([np.zeros(100, dtype=int), [1, 2]])
    # One of three shops would be flagged wrongly: cheaper than reviewing all, though it has 100 of 102 listings.
    assert thresholds_by_cost(score, imported, shops, 2.0, 9.0, 1.0).imported == 1.0
    assert thresholds_by_cost(score, imported, np.arange(102), 2.0, 9.0, 1.0).imported is None


def test_listings_without_a_score_are_reviewed_and_change_nothing() -> None:
    found = thresholds_by_cost(np.append(SCORE, math.nan), np.append(IMPORTED, 1), np.arange(7), 10.0, 10.0, 1.0)
    assert (found.imported, found.local) == (2.0, -2.0)
    nothing = thresholds_by_cost(np.full(3, math.nan), np.asarray([0, 1, 1]), np.arange(3), 10.0, 10.0, 1.0)
    assert (nothing.imported, nothing.local) == (None, None)


@given(
    seed=st.integers(0, 10_000),
    costs=st.tuples(st.floats(0.0, 9.0), st.floats(0.0, 9.0), st.floats(0.0, 3.0)),
    n=st.integers(1, 9),
)
def test_no_other_thresholds_are_cheaper(seed: int, costs: tuple[float, float, float], n: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, n).astype(float), rng.integers(0, 2, n), rng.integers(0, 4, n)
    found = thresholds_by_cost(*rows, *costs)
    assert found.imported is None or found.local is None or found.local < found.imported
    ends = [None, *np.arange(-3.0, 4.0).tolist()]
    others = [at(high, low) for high in ends for low in ends if high is None or low is None or low < high]
    assert cost(rows, costs, found) <= min(cost(rows, costs, other) for other in others) + 1e-9


@pytest.mark.parametrize("wrong", [-1.0, math.inf, math.nan])
def test_a_cost_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match=f"^cost_pass must be a number of 0 or more. Got {wrong!r} instead.$"):
        thresholds_by_cost(SCORE, IMPORTED, SHOPS, 1.0, wrong, 1.0)


def test_an_infinite_score_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^thresholds_by_cost: score must be finite or NaN. Got an infinite one"):
        thresholds_by_cost(np.append(SCORE[:5], math.inf), IMPORTED, SHOPS, 1.0, 1.0, 1.0)
