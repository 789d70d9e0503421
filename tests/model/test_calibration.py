"""The curve is found where there are rows to find it, and left alone where there are not."""

from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.model.calibration import fit_platt


def draw(n: int, slope: float, offset: float, seed: int, spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Draw log-odds, and labels whose true log-odds are ``slope x + offset``."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, spread, n)
    return x, (rng.random(n) < 1.0 / (1.0 + np.exp(-(slope * x + offset)))).astype(np.int64)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.4, 0.0), (2.0, -1.0), (1.0, 1.5), (0.3, -2.0)])
def test_with_many_rows_the_true_curve_is_found(slope: float, offset: float) -> None:
    found = fit_platt(*draw(20_000, slope, offset, seed=1))
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.offset == pytest.approx(offset, abs=0.08)


def test_with_many_rows_a_quarter_of_the_listings_given_a_quarter_is_imported() -> None:
    x, y = draw(20_000, 0.5, -0.7, seed=2)
    p = fit_platt(x, y).probability(x)
    near = np.abs(p - 0.25) < 0.05
    assert near.sum() > 1_000
    assert y[near].mean() == pytest.approx(0.25, abs=0.03)
    assert p.mean() == pytest.approx(y.mean(), abs=0.005)


@pytest.mark.parametrize("seed", range(20))
def test_with_ten_rows_the_scores_stay_nearly_as_they_are(seed: int) -> None:
    found = fit_platt(*draw(10, 1.0, 0.0, seed))
    assert 0.35 < found.slope < 1.65
    assert abs(found.offset) < 0.7


def test_ten_rows_in_perfect_order_do_not_make_it_certain() -> None:
    x = np.linspace(-1.0, 1.0, 10)
    found = fit_platt(x, (x > 0).astype(np.int64))  # a free curve would be infinitely steep
    assert 1.0 < found.slope < 2.0
    assert found.offset == pytest.approx(0.0, abs=1e-6)


def test_no_row_changes_nothing() -> None:
    found = fit_platt(np.empty(0), np.empty(0, dtype=np.int64))
    assert (found.slope, found.offset) == (1.0, 0.0)


def test_scores_that_point_backwards_are_flattened_and_never_turned_round() -> None:
    x, y = draw(2_000, -1.0, 0.0, seed=3)
    found = fit_platt(x, y)
    assert 0.0 < found.slope < 0.1


def test_the_order_of_the_rows_does_not_matter() -> None:
    x, y = draw(300, 0.7, 0.2, seed=4)
    one, other = fit_platt(x, y), fit_platt(x[::-1], y[::-1])
    assert one.slope == pytest.approx(other.slope, abs=1e-6)
    assert one.offset == pytest.approx(other.offset, abs=1e-6)


def test_huge_scores_are_survived() -> None:
    found = fit_platt(np.asarray([-1e4, 1e4, -900.0, 900.0]), np.asarray([0, 1, 1, 0]))
    assert np.isfinite([found.slope, found.offset]).all()
