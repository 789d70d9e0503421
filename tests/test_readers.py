"""Two readers judged titles of koko and batik, each alone: an opinion about words, never an origin."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
OPINIONS = {"maker", "trade", "cannot tell"}


@pytest.fixture(scope="module")
def judged() -> list[dict[str, str]]:
    with (DATA / "readers_opinions.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_two_hundred_koko_and_a_hundred_batik_were_judged_twice(judged: list[dict[str, str]]) -> None:
    assert Counter(row["good"] for row in judged) == {"koko": 200, "batik": 100}
    assert len({row["id"] for row in judged}) == 300
    assert {row["reader_a"] for row in judged} | {row["reader_b"] for row in judged} <= OPINIONS


def test_nothing_that_a_seller_wrote_is_kept(judged: list[dict[str, str]]) -> None:
    assert set(judged[0]) == {"id", "good", "reader_a", "reader_b"}
    assert all(row["id"].isdigit() for row in judged)


@pytest.mark.parametrize(("good", "kappa"), [("koko", 0.80), ("batik", 0.64), ("both", 0.77)])
def test_the_readers_agree_beyond_chance(judged: list[dict[str, str]], good: str, kappa: float) -> None:
    from sklearn.metrics import cohen_kappa_score

    rows = [row for row in judged if good in ("both", row["good"])]
    found = cohen_kappa_score([row["reader_a"] for row in rows], [row["reader_b"] for row in rows])
    assert round(float(found), 2) == kappa
