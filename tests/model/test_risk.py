"""Thresholds keep their promises, exactly where that can be counted and in redraws where it cannot."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from umkm_classifier.model.risk import Thresholds, allowed_error, control, shops_needed, thresholds_by_cost

DELTA = 0.025


def calibration(local: np.ndarray, imported: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return score, label and shop of shops with one listing each."""
    n = len(local) + len(imported)
    return np.concatenate([local, imported]), np.arange(n) >= len(local), np.arange(n)


def drawn(seed: int, n_local: int = 260, n_imported: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw shops of 1 to 6 listings, some with both classes; scores are on a grid, so that many tie."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 7, n_local + n_imported)
    shops = np.repeat(np.arange(len(size)), size)
    imported = (shops >= n_local) | (rng.random(len(shops)) < 0.03)
    score = rng.normal(np.where(imported, 1.0, -1.0), 1.5)
    return np.round(score, 1), imported, shops


@pytest.mark.parametrize(
    ("most", "confidence", "needed"),
    [(0.02, 0.95, 149), (0.05, 0.95, 59), (0.20, 0.95, 14), (0.02, 0.975, 183), (0.05, 0.975, 72), (0.20, 0.975, 17)],
)
def test_so_many_shops_without_an_error_show_a_share_and_one_fewer_does_not(
    most: float, confidence: float, needed: int
) -> None:
    assert shops_needed(most, confidence) == needed
    assert (1 - most) ** needed <= 1 - confidence < (1 - most) ** (needed - 1)
    assert allowed_error(needed - 1, most, confidence) is None
    assert 0.0 <= (allowed_error(needed, most, confidence) or 0.0) < 1.0


def test_with_just_enough_shops_decisions_begin_above_the_worst_listing_of_the_calibration_shops() -> None:
    found = control(*calibration(np.linspace(-4.0, 2.0, 183), np.linspace(-1.0, 4.0, 17)))
    assert found.imported == pytest.approx(2.0)
    assert found.imported is not None
    assert found.imported > 2.0
    assert found.local == pytest.approx(-1.0)
    assert found.local is not None
    assert found.local < -1.0
    assert (found.n_local_shops, found.n_imported_shops, found.notes) == (183, 17, ())
    assert (found.max_local_flagged, found.max_imported_passed, found.confidence) == (0.02, 0.2, 0.975)
    assert found.is_promised


def test_with_too_few_shops_a_sentence_says_how_many_are_needed_and_nothing_is_decided() -> None:
    score, imported, shops = calibration(np.full(87, -9.0), np.full(13, 9.0))
    found = control(score, imported, shops, confidence=0.95)
    assert found.notes == (
        "no threshold can be promised: 87 local shops, 149 needed",
        "no threshold can be promised: 13 imported shops, 14 needed",
    )
    assert (found.imported, found.local) == (None, None)
    assert not found.flags(score).any()
    assert not found.passes(score).any()
    assert control(score, imported, shops).notes == (
        "no threshold can be promised: 87 local shops, 183 needed",
        "no threshold can be promised: 13 imported shops, 17 needed",
    )


def test_many_listings_of_one_shop_are_one_shop() -> None:
    score, imported, shops = calibration(np.full(5_000, -9.0), np.full(20, 9.0))
    found = control(score, imported, np.where(imported, shops, shops % 100))
    assert found.notes == ("no threshold can be promised: 100 local shops, 183 needed",)
    assert found.local is not None


def test_no_listing_at_all_is_survived() -> None:
    none = np.empty(0)
    found = control(none, none.astype(bool), none.astype(int))
    assert (found.n_local_shops, found.n_imported_shops, len(found.notes)) == (0, 0, 2)


def test_part_of_a_shop_is_part_of_an_error() -> None:
    assert allowed_error(230, 0.02) == pytest.approx(0.616, abs=0.001)
    for wrong, tolerated in ((3, True), (4, False)):  # of the five listings of one of 230 shops
        score = np.concatenate([np.full(229, 1.0), [5.0] * wrong, [1.0] * (5 - wrong), np.full(20, 9.0)])
        shops = np.concatenate([np.arange(229), np.full(5, 229), np.arange(230, 250)])
        found = control(score, np.arange(len(score)) >= 234, shops)
        assert found.imported == pytest.approx(1.0 if tolerated else 5.0)


def test_listings_that_tie_are_kept_from_being_flagged_together() -> None:
    assert 1.0 < (allowed_error(330, 0.02) or 0.0) < 2.0  # one shop may be flagged wrongly, not two
    below, imported = np.linspace(-4.0, 2.0, 327), np.full(20, 9.0)
    apart = control(*calibration(np.concatenate([below, [5.0, 6.0, 7.0]]), imported))
    tied = control(*calibration(np.concatenate([below, [6.0, 7.0, 7.0]]), imported))
    assert apart.imported == pytest.approx(6.0)
    assert tied.imported == pytest.approx(7.0)
    assert tied.imported is not None
    assert tied.imported > 7.0


def test_nothing_is_decided_against_even_odds_however_well_the_classes_part() -> None:
    score, imported, shops = calibration(np.linspace(-9.0, -5.0, 300), np.linspace(5.0, 9.0, 100))
    found = control(score, imported, shops)
    assert found.flags(np.asarray([-4.0, -1e-9, 0.0, 4.0])).tolist() == [False, False, True, True]
    assert found.passes(np.asarray([-4.0, -1e-9, 0.0, 4.0])).tolist() == [True, True, False, False]


def test_a_row_that_another_rule_sends_to_review_makes_no_threshold_stricter() -> None:
    score, imported, shops = calibration(np.linspace(-4.0, 2.0, 183), np.linspace(-1.0, 4.0, 17))
    score[182], score[183] = -math.inf, math.inf
    sure = control(score, imported, shops)
    score[182], score[183] = math.nan, math.nan
    assert control(score, imported, shops) == sure
    assert sure.imported == pytest.approx(2.0 - 6.0 / 182)
    assert sure.local == pytest.approx(-1.0 + 5.0 / 16)
    assert not sure.flags(score)[182]
    assert not sure.passes(score)[183]
    none_flagged = control(np.where(imported, score, -math.inf), imported, shops)
    assert none_flagged.imported == 0.0


def test_thresholds_are_written_as_json_and_read_back() -> None:
    for found in (control(*drawn(0)), control(*drawn(0, 20, 4)), thresholds_by_cost(*drawn(0), 5.0, 1.0, 0.5)):
        assert Thresholds.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_local_flagged": 0.0}, "max_local_flagged must be above 0 and below 1. Got 0.0 instead."),
        ({"max_imported_passed": 1}, "max_imported_passed must be above 0 and below 1. Got 1 instead."),
        ({"confidence": math.nan}, "confidence must be above 0 and below 1. Got nan instead."),
    ],
)
def test_a_share_that_is_none_is_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        control(*drawn(0), **settings)


def test_rows_that_do_not_fit_are_refused() -> None:
    score, imported, shops = drawn(0)
    with pytest.raises(ValueError, match=r"^score, is_imported and shops must have one value a row. Got 2, 3 and 4 "):
        control(score[:2], imported[:3], shops[:4])
    score[7] = -math.inf if imported[7] else math.inf
    with pytest.raises(ValueError, match=r"Got 1 such rows, the first is row 7.$"):
        control(score, imported, shops)


@pytest.mark.parametrize(("n", "most", "confidence"), [(20, 0.3, 0.9), (17, 0.2, 0.975), (40, 0.2, 0.975)])
def test_what_is_allowed_is_the_best_of_the_bounds_that_convex_functions_give(
    n: int, most: float, confidence: float
) -> None:
    """The definition, in exact fractions: the largest c with E max(h - K, 0) <= delta (h - c) for some h."""
    p, delta = Fraction(most), 1 - Fraction(confidence)
    chance = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    best = max(h - sum((h - k) * chance[k] for k in range(h)) / delta for h in range(1, n + 1))
    assert allowed_error(n, most, confidence) == pytest.approx(float(best), abs=1e-9)


@pytest.mark.parametrize("n", [183, 200, 330, 600, 1_500])
def test_what_is_allowed_lies_between_hoeffding_bentkus_and_the_count_for_whole_errors(n: int) -> None:
    allowed = allowed_error(n, 0.02) or 0.0
    sums = np.arange(0.0, 0.02 * n, 0.005)
    share = sums / n
    divergence = np.where(share > 0, share * np.log(np.maximum(share, 1e-300) / 0.02), 0.0)
    divergence += (1 - share) * np.log((1 - share) / 0.98)
    hoeffding_bentkus = np.minimum(np.exp(-n * divergence), math.e * binom.cdf(np.ceil(sums - 1e-9), n, 0.02))
    assert allowed >= sums[hoeffding_bentkus <= DELTA].max()
    assert allowed < (binom.cdf(np.arange(n), n, 0.02) <= DELTA).sum()  # Clopper and Pearson's count and one


@pytest.mark.parametrize("n", [183, 230, 330, 1_000])
def test_the_test_of_one_threshold_errs_no_more_than_it_may_whatever_two_shares_shops_have(n: int) -> None:
    """Exact: of shares ``low`` and ``high`` with the mean that must not be shown, the number of high ones is drawn."""
    most, allowed = 0.02, allowed_error(n, 0.02) or 0.0
    worst, worst_count = 0.0, 0.0
    count = (binom.cdf(np.arange(n), n, most) <= DELTA).sum() - 1
    for low in np.concatenate([[0.0], np.linspace(0.05, 0.95, 19) / n, [0.005, 0.015, 0.0199]]):
        for high in (0.0201, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1.0):
            chance = binom.cdf(np.arange(n + 1), n, (most - low) / (high - low))
            sums = n * low + np.arange(n + 1) * (high - low)
            worst = max(worst, float(chance[sums <= allowed].max(initial=0.0)))
            worst_count = max(worst_count, float(chance[sums < count + 1].max(initial=0.0)))
    assert worst <= DELTA
    assert worst_count > DELTA  # the binomial count, shares rounded down to whole errors, is no valid test


@given(seed=st.integers(0, 10_000), most=st.floats(0.01, 0.3), more=st.floats(1.0, 2.0))
def test_who_allows_more_gets_no_stricter_threshold(seed: int, most: float, more: float) -> None:
    rows = drawn(seed)
    strict = control(*rows, max_local_flagged=most, max_imported_passed=most)
    lax = control(*rows, max_local_flagged=most * more, max_imported_passed=most * more)
    assert no_stricter(lax, strict)


@given(seed=st.integers(0, 10_000), confidence=st.floats(0.5, 0.999), less=st.floats(0.5, 1.0))
def test_who_asks_for_less_confidence_gets_no_stricter_threshold(seed: int, confidence: float, less: float) -> None:
    rows = drawn(seed)
    strict = control(*rows, confidence=confidence)
    assert no_stricter(control(*rows, confidence=confidence * less), strict)


def no_stricter(lax: Thresholds, strict: Thresholds) -> bool:
    at_least = strict.imported is None or (lax.imported is not None and lax.imported <= strict.imported)
    return at_least and (strict.local is None or (lax.local is not None and lax.local >= strict.local))


@given(seed=st.integers(0, 10_000), n_shops=st.integers(1, 30), most=st.floats(0.01, 0.3))
def test_shops_that_are_decided_rightly_make_no_threshold_stricter(seed: int, n_shops: int, most: float) -> None:
    score, imported, shops = drawn(seed)
    before = control(score, imported, shops, max_local_flagged=most, max_imported_passed=most)
    rng = np.random.default_rng(seed)
    new = rng.random(3 * n_shops) < 0.5  # imported
    below = np.inf if before.imported is None else before.imported
    above = -np.inf if before.local is None else before.local
    clean = rng.normal(0.0, 3.0, 3 * n_shops)
    clean = np.where(new, np.maximum(clean, above + 1e-6), np.minimum(clean, below - 1e-6))  # nearer is a tie
    after = control(
        np.concatenate([score, clean]),
        np.concatenate([imported, new]),
        np.concatenate([shops, 10_000 + np.arange(3 * n_shops) // 3]),
        max_local_flagged=most,
        max_imported_passed=most,
    )
    assert no_stricter(after, before)


@given(seed=st.integers(0, 10_000))
def test_neither_the_order_of_rows_nor_the_names_of_shops_matter(seed: int) -> None:
    score, imported, shops = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(score))
    renamed = np.random.default_rng(seed + 1).permutation(400)[shops]
    for choose in (control, lambda *rows: thresholds_by_cost(*rows, 5.0, 1.0, 0.3)):
        assert choose(score[order], imported[order], renamed[order]) == choose(score, imported, shops)


@given(seed=st.integers(0, 10_000), power=st.integers(-20, 20))
def test_scores_in_another_unit_give_the_same_decisions(seed: int, power: int) -> None:
    score, imported, shops = drawn(seed)
    unit = 2.0**power
    one, other = control(score, imported, shops), control(score * unit, imported, shops)
    grid = np.linspace(-6.0, 6.0, 500)
    assert one.flags(grid).tolist() == other.flags(grid * unit).tolist()
    assert one.passes(grid).tolist() == other.passes(grid * unit).tolist()


@given(seed=st.integers(0, 10_000))
def test_the_two_sides_mirror_each_other(seed: int) -> None:
    score, imported, shops = drawn(seed, 260, 260)
    rates = {"max_local_flagged": 0.05, "max_imported_passed": 0.1}
    one = control(score, imported, shops, **rates)
    other = control(-score, ~imported, shops, **dict(zip(rates, reversed(rates.values()), strict=True)))
    assert np.array_equal(one.flags(score), other.passes(-score)) or one.imported == 0.0
    assert np.array_equal(one.passes(score), other.flags(-score)) or other.imported == 0.0
