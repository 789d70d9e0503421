from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.evaluation.worst_slice import worst_slice


def found(rate: float, low: float, high: float, shops: int = 50) -> dict[str, Any]:
    return {"n": 60, "n_local_shops": shops, "local_flagged_rate": rate, "local_flagged_rate_ci": [low, high]}


def metrics(at_most: float | None = 0.02, **slices: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"slices": slices, "promise": {"local_flagged_rate": {"at_most": at_most}}}


def test_the_worst_slice_is_named_with_every_other_beyond_the_promise() -> None:
    measured = metrics(
        province={"Bali": found(0.2, 0.0, 0.5), "Jawa Tengah": found(0.1, 0.05, 0.15)},
        photo={"dark": found(0.04, 0.021, 0.06), "clear": found(0.02, 0.02, 0.03)},
    )
    assert worst_slice(measured)["worst_slice"] == {
        "slicing": "province", "value": "Jawa Tengah", "n": 60, "n_local_shops": 50, "local_flagged_rate": 0.1,
        "local_flagged_rate_ci": [0.05, 0.15], "at_most": 0.02, "n_slices": 4,
        "beyond": [["province", "Jawa Tengah"], ["photo", "dark"]],
    }  # fmt: skip


def test_where_no_interval_is_beyond_the_highest_rate_is_named_and_nothing_warned_of() -> None:
    worst = worst_slice(metrics(brand={"given": found(0.01, 0.0, 0.03), "missing": found(0.02, 0.0, 0.09)}))
    assert (worst["worst_slice"]["value"], worst["worst_slice"]["beyond"]) == ("missing", [])


@pytest.mark.parametrize("measured", [{"promise": None}, {}])
def test_without_a_promise_none_is_broken(measured: dict[str, Any]) -> None:
    worst = worst_slice({"slices": {"brand": {"given": found(0.5, 0.4, 0.6)}}} | measured)["worst_slice"]
    assert (worst["value"], worst["at_most"], worst["beyond"]) == ("given", None, [])


def test_four_shops_are_too_few_to_be_the_worst() -> None:
    few, more = found(1.0, 1.0, 1.0, shops=4), found(0.5, 0.1, 0.9, shops=5)
    assert worst_slice(metrics(brand={"given": few, "missing": more}))["worst_slice"]["value"] == "missing"
    assert worst_slice(metrics(brand={"given": few})) == {
        "worst_slice": None,
        "worst_slice_reason": "no slice has local listings of at least 5 shops and an interval",
    }


def test_where_no_maker_is_flagged_there_is_no_worst_slice() -> None:
    assert worst_slice(metrics(brand={"given": found(0.0, 0.0, 0.0)})) == {
        "worst_slice": None,
        "worst_slice_reason": "in no slice is a local listing called imported",
    }


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.integers(1, 9)), min_size=1, max_size=9))
def test_none_is_beyond_that_the_worst_is_not(slices: list[tuple[float, float, int]]) -> None:
    values = {str(at): found(low + more, low, 1.0, shops) for at, (low, more, shops) in enumerate(slices)}
    worst = worst_slice(metrics(brand=values))["worst_slice"]
    if worst is not None:
        beyond = {
            name for name, of in values.items() if of["n_local_shops"] >= 5 and of["local_flagged_rate_ci"][0] > 0.02
        }
        assert {value for _, value in worst["beyond"]} == beyond
        assert not beyond or worst["value"] == worst["beyond"][0][1]
