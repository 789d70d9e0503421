"""What is promised holds of decisions as they are taken, with everything that keeps a row from being decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.model import thresholds as module
from umkm_classifier.model.decision import DecisionRule, Weighed
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import Rows
from umkm_classifier.model.thresholds import choose_thresholds

REDRAWS = 500
MOST_FAILURES = int(binom.ppf(0.999, REDRAWS, 0.025))  # 2.5 % and the error of so many redraws
RULE = DecisionRule({"batik": {"local": 59, "imported": 14}, "koko": {"local": 40, "imported": 20}})
NO_COSTS: dict[str, Any] = dict.fromkeys(("cost_local_flagged", "cost_imported_passed", "cost_review"))


@pytest.fixture(autouse=True)
def _families_as_listings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "market" not in request.fixturenames:
        monkeypatch.setattr(module, "families_of", lambda listings: listings)


def population(n_shops: int, seed: int) -> tuple[Rows, Weighed]:
    """Shops of one class, some large, whose scores say something of it; a family has too few local shops for a flag."""
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(n_shops) < 0.05, rng.integers(20, 60, n_shops), rng.integers(1, 4, n_shops))
    shop = np.repeat(np.arange(n_shops), size)
    y = (rng.random(n_shops) < 0.25).astype(np.int64)[shop]
    score = 2.4 * y - 1.6 + rng.normal(0.0, 1.0, n_shops)[shop] + rng.normal(0.0, 0.7, len(shop))
    unspoken = score + np.maximum(rng.normal(-0.2, 0.6, len(shop)), 0.0)
    agreeing = rng.integers(1, 4, len(shop))
    family = np.where(rng.random(len(shop)) < 0.8, "batik", "koko").astype(object)
    rows = Rows(family, y, shop, np.zeros_like(y), ("x",))  # type: ignore[arg-type]
    return rows, Weighed(score, unspoken, rng.normal(-0.7, 0.7, len(shop)), agreeing)


def drawn(rows: Rows, weighed: Weighed, of: list[np.ndarray], rng: np.random.Generator, n: int) -> tuple[Rows, Weighed]:
    """Draw shops, each independently of all others."""
    chosen = [of[shop] for shop in rng.integers(0, len(of), n)]
    at, group = np.concatenate(chosen), np.repeat(np.arange(n), [len(one) for one in chosen])
    some = Weighed(weighed.score[at], weighed.unspoken[at], weighed.others[at], weighed.agreeing[at])
    return Rows(rows.listings[at], rows.y[at], group, rows.source[at], rows.sources), some


def risk(happens: np.ndarray, among: np.ndarray, shop: np.ndarray) -> float:
    """Return the mean over shops of the share of a shop's rows among which something happens."""
    of = np.bincount(shop[among], minlength=shop.max() + 1)
    return float((np.bincount(shop[among & happens], minlength=len(of))[of > 0] / of[of > 0]).mean())


def test_both_promises_hold_of_the_whole_rule_in_redraws_of_shops() -> None:
    rows, weighed = population(6_000, 0)
    of = np.split(np.arange(len(rows.y)), np.flatnonzero(np.diff(rows.group)) + 1)
    rng, broken, decided, config = np.random.default_rng(1), [0, 0], np.zeros(2), TrainConfig()
    for _ in range(REDRAWS):
        found = choose_thresholds(RULE, *drawn(rows, weighed, of, rng, 400), config)
        decisions = replace(RULE, thresholds=found).decide(rows.listings, weighed)  # type: ignore[arg-type]
        broken[0] += risk(decisions == "imported", rows.y == 0, rows.group) > 0.02
        broken[1] += risk(decisions == "local", rows.y == 1, rows.group) > 0.20
        decided += [(decisions == "imported").mean() / REDRAWS, (decisions == "local").mean() / REDRAWS]
    assert max(broken) <= MOST_FAILURES
    assert decided[0] > 0.01  # and yet listings are decided
    assert decided[1] > 0.2


def test_rows_that_another_rule_keeps_from_a_flag_make_no_threshold_stricter() -> None:
    rows, weighed = population(2_000, 2)
    lone = replace(weighed, agreeing=np.where(rows.y == 0, 1, weighed.agreeing))
    assert choose_thresholds(RULE, rows, lone, TrainConfig()).imported == 0.0
    assert (choose_thresholds(RULE, rows, weighed, TrainConfig()).imported or 0.0) > 0.5


def test_costs_choose_the_cheapest_thresholds_and_never_against_the_likelier_class() -> None:
    rows, weighed = population(2_000, 3)
    costs = dict(zip(("cost_local_flagged", "cost_imported_passed", "cost_review"), (0.1, 0.1, 5.0), strict=True))
    found = choose_thresholds(RULE, rows, weighed, TrainConfig(**costs))
    assert found.imported is not None
    assert found.local is not None
    assert found.local < 0.0 <= found.imported
    assert not found.is_promised
    dear = TrainConfig(**{**costs, "cost_local_flagged": 500.0, "cost_imported_passed": 500.0})
    strict = choose_thresholds(RULE, rows, weighed, dear)
    assert strict.imported is None or strict.imported > found.imported
    assert strict.local is None or strict.local < found.local


def test_too_few_shops_give_no_threshold_and_a_sentence_with_the_true_number(market: Any, quick: Any) -> None:
    model = fit_model(market(160, 0), quick(**NO_COSTS), NoEncoder())
    at = model.rule.thresholds
    assert at.imported is None
    assert at.notes[0] == f"no threshold can be promised: {at.n_local_shops} local shops, 183 needed"
    assert 20 < at.n_local_shops < 183
    assert model.rule.calibration == "out_of_fold"
    assert "imported" not in {one.decision for one in model.predict(market(60, 1), explain=False)}


def test_a_promise_that_few_shops_can_show_gives_thresholds_on_out_of_fold_scores(market: Any, quick: Any) -> None:
    model = fit_model(market(300, 0), quick(**NO_COSTS, max_local_flagged=0.3, max_imported_passed=0.5), NoEncoder())
    at = model.rule.thresholds
    assert at.imported is not None
    assert at.local is not None
    assert (at.max_local_flagged, at.max_imported_passed, at.confidence) == (0.3, 0.5, 0.975)
    assert at.notes == ()
