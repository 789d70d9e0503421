"""Platt's curve unless the rows clearly ask for a bent one; another share of imports moves no decision."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.model.calibration import fit_platt
from umkm_classifier.model.calibration_choice import Curve, fit_beta, fit_calibration, with_share
from umkm_classifier.model.fusion import Platt
from umkm_classifier.model.risk import control

BENT = Curve(0.3, 2.0, -0.4)
STRAIGHT = Curve(0.6, 0.6, -0.5)
SLOPES = st.floats(0.0, 5.0)


def draw(n: int, truth: Curve, seed: int, spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Draw log-odds, and labels whose true probabilities lie on a curve."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, spread, n)
    return x, (rng.random(n) < truth.probability(x)).astype(np.int64)


def log_loss(curve: Curve, x: np.ndarray, y: np.ndarray) -> float:
    p = curve.probability(x)
    return float(-np.mean(np.log(np.where(y == 1, p, 1 - p))))


def test_the_curve_is_the_formula_of_the_paper() -> None:
    x = np.linspace(-5.0, 5.0, 101)
    s = 1 / (1 + np.exp(-x))
    assert BENT.log_odds(x) == pytest.approx(0.3 * np.log(s) - 2.0 * np.log(1 - s) - 0.4, abs=1e-12)
    assert BENT.probability(x) == pytest.approx(1 / (1 + np.exp(0.4) * (1 - s) ** 2.0 / s**0.3), abs=1e-12)
    slope = (BENT.log_odds(np.asarray([1e-6])) - BENT.log_odds(np.asarray([-1e-6]))) / 2e-6
    assert BENT.slope == pytest.approx(float(slope[0]), abs=1e-6)


def test_with_equal_slopes_the_curve_is_platts_to_the_bit() -> None:
    x = np.random.default_rng(0).normal(0.0, 30.0, 1_000)
    assert np.array_equal(STRAIGHT.probability(x), Platt(0.6, -0.5).probability(x))
    assert (STRAIGHT.kind, BENT.kind) == ("platt", "beta")


@given(a=SLOPES, b=SLOPES, c=st.floats(-5.0, 5.0), seed=st.integers(0, 1_000))
def test_no_probability_falls_where_the_score_rises(a: float, b: float, c: float, seed: int) -> None:
    x = np.sort(np.random.default_rng(seed).normal(0.0, 20.0, 200))
    p = Curve(a, b, c).probability(x)
    assert (np.diff(p) >= -1e-13).all()  # an ulp or two of rounding
    assert ((p >= 0) & (p <= 1)).all()


def test_scores_without_bounds_stay_probabilities() -> None:
    p = BENT.probability(np.asarray([-1e300, -1e4, 0.0, 1e4, 1e300, np.nan]))
    assert np.isfinite(p[:5]).all()
    assert (np.diff(p[:5]) >= 0).all()
    assert np.isnan(p[5])


@pytest.mark.parametrize("curve", [BENT, STRAIGHT])
def test_a_curve_is_written_and_read_back(curve: Curve) -> None:
    assert Curve.from_dict(json.loads(json.dumps(curve.to_dict()))) == curve


def test_a_bent_truth_is_found_with_many_rows() -> None:
    x, y = draw(4_000, BENT, seed=1)
    found = fit_calibration(x, y, np.arange(4_000), 5, seed=0)
    assert found.kind == "beta"
    assert (found.a, found.b, found.c) == pytest.approx((0.3, 2.0, -0.4), abs=0.3)
    assert found == fit_beta(x, y)
    fresh = draw(20_000, BENT, seed=2)
    platt = fit_platt(x, y)
    assert log_loss(found, *fresh) < log_loss(Curve(platt.slope, platt.slope, platt.offset), *fresh) - 0.005


def test_a_straight_truth_is_left_straight() -> None:
    found = [fit_calibration(*draw(800, STRAIGHT, seed), np.arange(800), 5, seed=0) for seed in range(10)]
    assert sum(one.kind == "platt" for one in found) >= 8
    assert np.mean([one.a for one in found]) == pytest.approx(0.6, abs=0.1)


def test_with_few_rows_a_truth_that_bends_a_little_is_mostly_left_straight() -> None:
    found = []
    for seed in range(20):
        x, y = draw(40, Curve(0.8, 1.2, 0.0), seed)
        found.append(fit_calibration(x, y, np.arange(40), 5, seed=0))
        if found[-1].kind == "platt":
            platt = fit_platt(x, y)
            assert found[-1] == Curve(platt.slope, platt.slope, platt.offset)
    assert sum(one.kind == "platt" for one in found) >= 14


def test_many_listings_of_a_shop_are_not_many_shops() -> None:
    by_shop, by_listing = 0, 0
    for seed in range(12):
        x, y = (np.repeat(one, 8) for one in draw(150, Curve(0.8, 1.2, 0.0), seed))  # eight alike in each shop
        by_shop += fit_calibration(x, y, np.arange(1_200) // 8, 5, seed=0).kind == "beta"
        by_listing += fit_calibration(x, y, np.arange(1_200), 5, seed=0).kind == "beta"
    assert by_shop <= 2
    assert by_listing >= 5  # noise that eight listings repeat looks like a bend


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_shops_for_folds_are_given_platts_curve(n: int) -> None:
    x, y = np.linspace(-1.0, 1.0, n), np.zeros(n, dtype=np.int64)
    platt = fit_platt(x, y)
    found = fit_calibration(x, y, np.arange(n), 5, seed=0)
    assert found == Curve(platt.slope, platt.slope, platt.offset)


def test_scores_that_point_backwards_are_flattened_and_never_turned_round() -> None:
    x, y = draw(2_000, Curve(1.0, 1.0, 0.0), seed=5)
    found = fit_beta(-x, y)
    assert 0.0 <= found.a < 0.1
    assert 0.0 <= found.b < 0.1


def test_huge_scores_are_survived() -> None:
    found = fit_beta(np.asarray([-1e4, 1e4, -900.0, 900.0]), np.asarray([0, 1, 1, 0]))
    assert np.isfinite([found.a, found.b, found.c]).all()


def test_probabilities_are_right_again_where_only_the_share_of_imports_differs() -> None:
    x, y = draw(400_000, Curve(1.0, 1.0, 0.0), seed=6)
    share = y.mean()
    rng = np.random.default_rng(7)
    kept = (y == 0) | (rng.random(len(y)) < 0.1)  # a market with a tenth of the imports
    p, corrected = STRAIGHT.probability(x[kept]), with_share(1 / (1 + np.exp(-x[kept])), share, y[kept].mean())
    for low in (0.02, 0.1, 0.3):
        near = (corrected > low) & (corrected < low + 0.1)
        assert y[kept][near].mean() == pytest.approx(corrected[near].mean(), abs=0.015)
    assert corrected.mean() == pytest.approx(y[kept].mean(), abs=0.002)
    assert p.mean() > 2 * y[kept].mean()  # uncorrected


@given(p=st.floats(0.0, 1.0), one=st.floats(0.01, 0.99), other=st.floats(0.01, 0.99))
def test_a_correction_shifts_log_odds_and_can_be_taken_back(p: float, one: float, other: float) -> None:
    there = with_share(np.asarray([p]), one, other)
    assert with_share(there, other, one)[0] == pytest.approx(p, abs=1e-9)
    assert with_share(np.asarray([p]), one, one)[0] == pytest.approx(p, abs=1e-12)
    assert with_share(np.asarray([one]), one, other)[0] == pytest.approx(other, abs=1e-12)
    assert (there[0] >= p - 1e-12) if other >= one else (there[0] <= p + 1e-12)


def test_certainty_and_silence_stay_what_they_are() -> None:
    assert with_share(np.asarray([0.0, 1.0, np.nan]), 0.3, 0.05)[:2].tolist() == [0.0, 1.0]
    assert np.isnan(with_share(np.asarray([np.nan]), 0.3, 0.05)[0])


def test_another_expected_share_moves_probabilities_and_no_decision() -> None:
    rng = np.random.default_rng(8)
    imported = np.arange(600) >= 400
    score = rng.normal(np.where(imported, 2.0, -2.0), 1.0)
    thresholds = control(score, imported, np.arange(600))
    p = 1 / (1 + np.exp(-score))
    corrected = with_share(p, 1 / 3, 0.02)
    flagged = thresholds.flags(score)
    assert flagged.sum() > 100
    assert (corrected[flagged] < 0.5).any()  # and still flagged, as a score that stands on no share of imports
    assert np.array_equal(np.argsort(p, kind="stable"), np.argsort(corrected, kind="stable"))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=f"^share_expected must be above 0 and below 1. Got {share!r} instead.$"):
        with_share(np.asarray([0.5]), 0.3, share)
