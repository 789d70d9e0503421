"""Both promises, counted over redrawn calibration shops whose true risk is known by construction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom, norm

from umkm_classifier.model.risk import Thresholds, control

REDRAWS = 600
MOST_FAILURES = int(binom.ppf(0.999, REDRAWS, 0.025))  # 2.5 % and the error of so many redraws
ACROSS, WITHIN = 1.0, 0.6  # standard deviations of scores between shops and within one
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class World:
    """Shops of one class, a share of them large; the scores of a shop's listings are alike."""

    large: float
    mean: float
    mean_large: float
    small_most: int = 3  # listings, at least one

    def draw(self, rng: np.random.Generator, n_shops: int) -> tuple[np.ndarray, np.ndarray]:
        """Return score and shop of each listing."""
        is_large = rng.random(n_shops) < self.large
        size = np.where(is_large, rng.integers(30, 91, n_shops), rng.integers(1, self.small_most + 1, n_shops))
        centre = np.where(is_large, self.mean_large, self.mean) + rng.normal(0.0, ACROSS, n_shops)
        shops = np.repeat(np.arange(n_shops), size)
        return centre[shops] + rng.normal(0.0, WITHIN, len(shops)), shops

    def risk(self, threshold: float) -> float:
        """Return the true mean over shops of the share of listings at or above a threshold."""
        spread = np.hypot(ACROSS, WITHIN)
        above = norm.sf((threshold - np.asarray([self.mean, self.mean_large])) / spread)
        return float(above @ [1.0 - self.large, self.large])


@dataclass
class Failures:
    """How often each promise was broken, and the mean true risks."""

    flagged: int = 0
    passed: int = 0
    risk_flagged: float = 0.0
    risk_passed: float = 0.0


def redraw(worlds: Sequence[World], choose: Callable[[Rows], Thresholds], n_local: int, n_imported: int) -> Failures:
    """Draw calibration shops again and again, of local ones, and of imported ones with the sign of scores turned."""
    local_world, imported_world = worlds
    found, rng = Failures(), np.random.default_rng(7)
    for _ in range(REDRAWS):
        local, local_shops = local_world.draw(rng, n_local)
        turned, imported_shops = imported_world.draw(rng, n_imported)
        is_imported = np.arange(len(local) + len(turned)) >= len(local)
        shops = np.concatenate([local_shops, n_local + imported_shops])
        thresholds = choose((np.concatenate([local, -turned]), is_imported, shops))
        flagged = 0.0 if thresholds.imported is None else local_world.risk(thresholds.imported)
        passed = 0.0 if thresholds.local is None else imported_world.risk(-thresholds.local)
        found.flagged += flagged > 0.02
        found.passed += passed > 0.20
        found.risk_flagged += flagged / REDRAWS
        found.risk_passed += passed / REDRAWS
    return found


def plug_in(rows: Rows) -> Thresholds:
    """Take the thresholds at which the calibration shops themselves show just what was asked for."""
    score, is_imported, shops = rows
    imported = least_within(score[~is_imported], shops[~is_imported], 0.02)
    local = -least_within(-score[is_imported], shops[is_imported], 0.20)
    return Thresholds(imported, local, 0, 0, None, None, None)


def least_within(score: np.ndarray, shops: np.ndarray, most: float) -> float:
    _, shop, size = np.unique(shops, return_inverse=True, return_counts=True)
    order = np.argsort(-score)
    share = np.cumsum(1.0 / size[shop[order]]) / len(size)
    return float(score[order][np.searchsorted(share, most, side="right") - 1])


def as_if_listings_were_shops(rows: Rows) -> Thresholds:
    score, is_imported, _ = rows
    return control(score, is_imported, np.arange(len(score)))


WORLDS = {  # of local and of imported listings; those of large shops look more like the other class, or less
    "one listing a shop": (World(0.0, -1.5, 0.0, small_most=1), World(0.0, -0.4, 0.0, small_most=1)),
    "a quarter large": (World(0.25, -2.2, -0.8), World(0.25, -0.6, 0.2)),
    "few large": (World(0.04, -2.2, -0.2), World(0.04, -0.4, 0.5)),
    "large ones better": (World(0.1, -0.8, -2.2), World(0.1, 0.2, -1.6)),
}


@pytest.mark.parametrize(("n_local", "n_imported"), [(183, 17), (400, 60)])
@pytest.mark.parametrize("name", WORLDS)
def test_each_promise_is_broken_in_no_more_redraws_than_was_said(name: str, n_local: int, n_imported: int) -> None:
    found = redraw(WORLDS[name], lambda rows: control(*rows), n_local, n_imported)
    assert found.flagged <= MOST_FAILURES
    assert found.passed <= MOST_FAILURES
    assert found.risk_flagged > 1e-4  # and yet listings are decided
    assert found.risk_passed > 0.01


@pytest.mark.parametrize("name", WORLDS)
def test_thresholds_at_what_the_calibration_shops_show_break_the_promise_in_every_third_redraw(name: str) -> None:
    found = redraw(WORLDS[name], plug_in, 400, 60)
    assert found.flagged > REDRAWS / 3
    assert found.passed > REDRAWS / 3


def test_counting_listings_as_if_each_were_a_shop_breaks_the_promise() -> None:
    found = redraw(WORLDS["large ones better"], as_if_listings_were_shops, 183, 17)
    assert found.flagged > REDRAWS / 3
    assert found.passed > REDRAWS / 3


def test_with_one_listing_a_shop_nothing_is_given_away() -> None:
    """As few shops as can show it, one listing each: the promise is broken about as often as was said."""
    found = redraw(WORLDS["one listing a shop"], lambda rows: control(*rows), 183, 17)
    assert found.flagged >= binom.ppf(0.001, REDRAWS, 0.98**183)
    assert found.passed >= binom.ppf(0.001, REDRAWS, 0.8**17)
