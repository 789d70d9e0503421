"""Shops held out are seen by nothing but the thresholds, as many as a promise needs and no more than a third."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import Rows, labelled_rows
from umkm_classifier.model.held_out import hold_out

LOOSE = {"calibration": "held_out", "max_local_flagged": 0.3, "max_imported_passed": 0.5}
NO_COSTS: dict[str, Any] = dict.fromkeys(("cost_local_flagged", "cost_imported_passed", "cost_review"))


def shops(n_local: int, n_imported: int, rows_each: int = 1) -> Rows:
    """Rows of shops that sell listings of one class; their texts are not looked at."""
    group = np.repeat(np.arange(n_local + n_imported), rows_each)
    y = (group >= n_local).astype(np.int64)
    return Rows(None, y, group, np.zeros(len(y), dtype=np.int64), ("x",))  # type: ignore[arg-type]


def n_held(rows: Rows, **settings: Any) -> tuple[int, int, int]:
    """Return how many shops are held out: in all, of each class."""
    learned, held = hold_out(rows, TrainConfig(calibration="held_out", **settings))
    assert sorted([*learned, *held]) == list(range(len(rows.y)))
    assert not set(rows.group[learned]) & set(rows.group[held])
    groups = [set(rows.group[held][rows.y[held] == label]) for label in (0, 1)]
    return len(groups[0] | groups[1]), len(groups[0]), len(groups[1])


def test_a_fifth_of_the_shops_is_held_out_where_that_is_enough() -> None:
    assert n_held(shops(2_000, 500, rows_each=3))[0] == 500


def test_more_are_held_out_where_a_promise_needs_them() -> None:
    in_all, local, imported = n_held(shops(700, 200))
    assert local == 183
    assert 180 < in_all <= 300
    assert imported >= 17


def test_what_is_within_reach_is_held_out_for_though_the_other_promise_is_not() -> None:
    in_all, local, imported = n_held(shops(100, 60))
    assert imported >= 17
    assert in_all <= 160 / 3
    assert local < 183


@pytest.mark.parametrize(("n_local", "n_imported"), [(87, 50), (548, 50), (4, 4)])
def test_where_no_promise_is_within_reach_nothing_is_held_out(n_local: int, n_imported: int) -> None:
    assert n_held(shops(n_local, n_imported)) == (0, 0, 0)


def test_too_few_shops_to_learn_from_beside_them_hold_nothing_out() -> None:
    assert n_held(shops(900, 1)) == (0, 0, 0)


def test_with_costs_nothing_is_promised_and_a_fifth_is_held_out() -> None:
    costs = {"cost_local_flagged": 9.0, "cost_imported_passed": 3.0, "cost_review": 1.0}
    assert n_held(shops(60, 30), **costs)[0] == 18


def test_out_of_fold_holds_nothing_out() -> None:
    learned, held = hold_out(shops(2_000, 500), TrainConfig(calibration="out_of_fold"))
    assert (len(learned), len(held)) == (2_500, 0)


def test_another_seed_holds_other_shops_out() -> None:
    rows = shops(2_000, 500)
    one, same, other = (
        hold_out(rows, TrainConfig(calibration="held_out", seed=seed))[1].tolist() for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other


def test_nothing_but_thresholds_learns_from_what_is_held_out(market: Any, quick: Any) -> None:
    table, config = market(300, 0), quick(**NO_COSTS, **LOOSE)
    _, held = hold_out(labelled_rows(table), config)
    labels = table.column("label").copy()
    labels[held] = np.where(labels[held] == "local", "imported", "local")
    one, other = fit_model(table, config, NoEncoder()), fit_model(table.replace(label=labels), config, NoEncoder())
    unseen = market(60, 1)
    np.testing.assert_array_equal(one.columns(unseen), other.columns(unseen))
    np.testing.assert_array_equal(one.p_imported(unseen), other.p_imported(unseen))
    assert one.rule.thresholds != other.rule.thresholds
    assert (one.training["n"], one.training["n_held_out"]) == (300 - len(held), len(held))
    assert one.rule.thresholds.n_local_shops == len(set(labelled_rows(table).group[held][table.is_imported[held] == 0]))
    assert one.rule.calibration == "held_out"


def test_too_few_shops_to_hold_out_leave_everything_to_a_person_and_say_how_many_are_needed(
    market: Any, quick: Any
) -> None:
    table = market(160, 0)
    model = fit_model(table, quick(**NO_COSTS, calibration="held_out"), NoEncoder())
    rows = labelled_rows(table)
    n_local, n_imported = (len(np.unique(rows.group[rows.y == label])) for label in (0, 1))
    assert n_imported < 51
    assert model.rule.thresholds.notes == (
        f"no threshold can be promised: {n_local} local shops, 549 needed to hold out 183",
        f"no threshold can be promised: {n_imported} imported shops, 51 needed to hold out 17",
    )
    assert model.training["n"] == 160
    assert set(model.training["notes"]) >= set(model.rule.thresholds.notes)
    answers = model.predict(market(60, 1), explain=False)
    assert {one.decision for one in answers} == {"review"}
    assert all("no_threshold" in one.notes for one in answers if one.p_imported is not None)
    assert math.isfinite(sum(one.p_imported or 0.0 for one in answers))
