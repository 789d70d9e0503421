"""Two models on the same rows: figures, and whether the champion is kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from umkm_classifier.evaluation.compare import Asked, Promised, compared_figures, promised_of, stricter
from umkm_classifier.evaluation.compare_verdict import KEEP, PROMOTE, Rule, rules, too_few, verdict_of
from umkm_classifier.evaluation.judged import judge
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import paired_difference
from umkm_classifier.evaluation.stress_scores import Said
from umkm_classifier.listings.listing import Listings

Drawn = tuple[Listings, NDArray[np.float64]]
CALM = {"n": 10, "bars": [{}] * 33, "newly_broken": []}
PROMISED = Promised(0.02, 0.20)


def said(p: NDArray[np.float64], low: float = 0.02, high: float = 0.98) -> Said:
    """What a model says that decides the surest alone."""
    decisions = np.full(len(p), "review", dtype=object)
    decisions[p < low], decisions[p > high] = "local", "imported"
    return Said(np.log(p / (1 - p)), p, decisions)


def asked(market: Drawn, champion: Said, challenger: Said, **counts: int) -> Asked:
    table, _ = market
    judged = judge(table, {"a": champion.p_imported, "b": challenger.p_imported})
    none = {"n_seen": 0, "n_silent_champion": 0, "n_silent_challenger": 0}
    return Asked(judged, champion, challenger, **(none | counts))


def better(market: Drawn) -> NDArray[np.float64]:
    """Probabilities that know more than those of the market."""
    table, p = market
    return np.clip(p + 0.3 * (table.is_imported - 0.5), 0.01, 0.99)


def found(one: Asked, stressed: Mapping[str, Any] = CALM, promised: Promised = PROMISED) -> list[Rule]:
    return rules(one, compared_figures(one, redraws=200), promised, stressed)


def broken(one: Asked, stressed: Mapping[str, Any] = CALM, promised: Promised = PROMISED) -> dict[str, str]:
    return {rule.rule: rule.says for rule in found(one, stressed, promised) if not rule.holds}


def test_figures_and_differences_are_those_that_are_found_one_by_one(market: Drawn) -> None:
    table, p = market
    one = asked(market, said(p), said(better(market)))
    figures = compared_figures(one, seed=3, redraws=200)
    for key in ("roc_auc", "average_precision"):
        expected = paired_difference(table, better(market), p, key, redraws=200, seed=3)
        assert (figures[key]["difference"], *figures[key]["difference_ci"]) == pytest.approx(expected)
    alone = measure(table, better(market), decisions=one.challenger.decisions, redraws=200, seed=3)
    for key, of in figures.items():
        assert of["challenger"] == pytest.approx(alone[key])
        assert of["challenger_ci"] == pytest.approx(alone[f"{key}_ci"])
        assert of["difference"] == pytest.approx(of["challenger"] - of["champion"])
    json.dumps(figures, allow_nan=False)


def test_a_challenger_that_is_better_is_promoted_and_every_rule_says_why(market: Drawn) -> None:
    one = asked(market, said(market[1]), said(better(market)))
    assert not too_few(one)
    verdict, reasons = verdict_of(found(one))
    assert (verdict, len(reasons)) == (PROMOTE, len(found(one)))
    assert reasons[0] == (
        "the challenger gives no answer about 0 of 300 listings that the champion answers; at most 1% may be"
    )
    assert reasons[-1] == "under stress it breaks none of 33 bars that the champion keeps"


def test_a_challenger_that_ranks_worse_is_not_promoted(market: Drawn) -> None:
    missing = broken(asked(market, said(better(market)), said(market[1])))
    assert set(missing) >= {"roc_auc", "average_precision"}
    assert missing["roc_auc"].endswith(": it may be worse by more than 0.01")


@pytest.mark.parametrize("key", ["roc_auc", "average_precision"])
@pytest.mark.parametrize(("low", "holds"), [(-0.01, True), (-0.0101, False)])
def test_not_worse_is_where_the_interval_begins(market: Drawn, key: str, low: float, *, holds: bool) -> None:
    one = asked(market, said(market[1]), said(better(market)))
    figures = compared_figures(one, redraws=20)
    figures[key] |= {"difference": 0.02, "difference_ci": [low, 0.05]}
    assert [rule.holds for rule in rules(one, figures, PROMISED, CALM) if rule.rule == key] == [holds]


def test_the_same_model_again_is_not_promoted(market: Drawn) -> None:
    missing = broken(asked(market, said(market[1]), said(market[1])))
    assert missing == {"better": "better in nothing: it ranks no better and leaves no fewer listings to people"}


def test_fewer_listings_left_to_people_are_a_gain(market: Drawn) -> None:
    p = np.linspace(0.001, 0.6, len(market[1]))
    one, table = said(p), market[0].replace(label=np.asarray(["local"] * 150 + ["imported"] * 150, dtype=object))
    rows = asked((table, p), one, said(p, low=0.1))
    assert dict((rule.rule, rule.says) for rule in found(rows))["better"].startswith(
        "better in listings left to people"
    )
    assert verdict_of(found(rows))[0] == PROMOTE


def test_a_broken_promise_keeps_the_champion(market: Drawn) -> None:
    one = asked(market, said(market[1]), said(better(market), low=0.5, high=0.5))
    missing = broken(one, promised=Promised(0.001, 0.001))
    assert set(missing) == {"local_flagged_rate", "imported_passed_rate"}
    assert missing["local_flagged_rate"].endswith(": the promise of at most 0.1% is broken")
    assert not broken(one, promised=Promised(0.99, 0.99))


def test_a_bar_that_only_the_challenger_breaks_keeps_the_champion(market: Drawn) -> None:
    bar = {"group": "prompt", "name": "x", "figure": "local_flagged", "at_most": 0.01, "champion": 0.0}
    stressed = CALM | {"newly_broken": [bar | {"challenger": 0.025, "newly_broken": True}]}
    assert broken(asked(market, said(market[1]), said(better(market))), stressed) == {
        "stress": "under stress it breaks 1 of 33 bars that the champion keeps: prompt, x: local_flagged 0.025, "
        "at most 0.01"
    }


def test_a_challenger_that_answers_less_is_not_promoted(market: Drawn) -> None:
    one = asked(market, said(market[1]), said(better(market)), n_silent_challenger=4)
    assert set(broken(one)) == {"answers"}
    assert not broken(dataclasses.replace(one, n_silent_challenger=3))


def test_what_cannot_be_measured_keeps_the_champion(listings: Callable[..., Listings]) -> None:
    table = listings(["local"] * 60, shop_id=["a"] * 60)
    p = np.linspace(0.1, 0.9, 60)
    one = asked((table, p), said(p), said(p))
    missing = broken(one)
    assert missing["roc_auc"] == (
        "AUC: no interval of the difference (every labelled listing is 'local' (60); both classes are needed)"
    )
    assert missing["local_flagged_rate"] == (
        "local listings decided imported: no interval of the rate (all listings are of one shop)"
    )
    assert missing["imported_passed_rate"] == (
        "imported listings decided local: no interval of the rate (there is no imported listing)"
    )
    assert verdict_of(found(one))[0] == KEEP


def test_too_few_rows_or_shops_decide_nothing(listings: Callable[..., Listings]) -> None:
    table = listings(["local"] * 30 + ["imported"] * 5)
    p = np.linspace(0.1, 0.9, 35)
    one = asked((table, p), said(p), said(p), n_seen=7)
    left_out = "(7 listings that a model has learned from were left out)"
    verdict, reasons = verdict_of(too_few(one))
    assert verdict == KEEP
    assert reasons == (
        f"too few rows that neither has seen: at least 50 are needed, there are 35 {left_out}",
        f"too few shops with imported listings: at least 20 are needed, there are 5 {left_out}",
    )


def test_no_rule_at_all_keeps_the_champion() -> None:
    assert verdict_of([]) == (KEEP, ())


@pytest.mark.parametrize(
    ("manifest", "promised"),
    [
        ({}, PROMISED),
        ({"decision": {"thresholds": {"max_local_flagged": None, "max_imported_passed": None}}}, PROMISED),
        ({"decision": {"thresholds": {"max_local_flagged": 0.05, "max_imported_passed": 0.1}}}, (0.05, 0.1)),
    ],
)
def test_a_promise_is_read_from_the_model(manifest: dict[str, Any], promised: tuple[float, float]) -> None:
    assert promised_of(manifest) == promised


def test_a_challenger_cannot_get_by_with_promising_less() -> None:
    assert stricter(Promised(0.02, 0.3), Promised(0.10, 0.2)) == (0.02, 0.2)
