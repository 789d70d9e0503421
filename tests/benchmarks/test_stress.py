"""What `benchmarks/stress.py` tells of the cases of `stress.json`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOM = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOM))
    return importlib.import_module("stress")


def case(name: str, n: int, flagged: float | None, interval: tuple[float, float] = (0.0, 0.0)) -> dict[str, Any]:
    bars = [{"figure": "local_flagged", "at_most": 0.01}]
    return {
        "group": "text_quality", "name": name, "n_local": n, "n_local_shops": n, "local_flagged": flagged,
        "local_flagged_ci": list(interval), "bars": bars,
    }  # fmt: skip


def test_the_worst_case_of_a_group_stands_for_it(bench: ModuleType) -> None:
    cases = [case("slang", 200, 0.005), case("lower case", 200, 0.02, (0.005, 0.04))]
    said = bench.worst({"cases": cases}, "text_quality", "local_flagged", 0.01)
    assert said == "4 of 200, 2.0% [0.5%, 4.0%] (lower case), broken"


def test_where_none_turned_the_fewest_listings_give_the_bound(bench: ModuleType) -> None:
    cases = [case("slang", 400, 0.0), case("lower case", 59, 0.0)]
    said = bench.worst({"cases": cases}, "text_quality", "local_flagged", 0.01)
    assert said == "0 of 59 (up to 5.0%), kept"
    assert bench.worst({"cases": cases}, "fields_emptied", "local_flagged", 0.01) == "–"


def test_a_figure_that_a_seed_lacks_has_no_mean(bench: ModuleType) -> None:
    pair = [case("slang", 200, 0.01, (0.0, 0.02)), case("slang", 200, 0.03, (0.01, 0.05))]
    assert bench.share(pair, "local_flagged") == "2.0% [0.5%, 3.5%]"
    assert bench.share([pair[0], case("slang", 200, None)], "local_flagged") == "–"


def test_each_bar_is_told_once(bench: ModuleType) -> None:
    assert bench.bars({"cases": [case("slang", 1, 0.0), case("lower case", 1, 0.0), {"group": "prompt"}]}) == [
        ("text_quality", "local_flagged", 0.01)
    ]
