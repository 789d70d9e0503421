"""Rows are weighed so that a good says nothing of its label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.model.propensity import MOST, within_goods


def test_weighed_rows_of_every_good_hold_the_classes_in_nearly_the_same_shares() -> None:
    goods = np.asarray(["koko"] * 400 + ["bags"] * 400, dtype=object)
    y = np.asarray(([0] * 300 + [1] * 100) + ([0] * 150 + [1] * 250))
    weights = within_goods(goods, y)
    shares = [
        float(weights[(goods == good) & (y == 1)].sum() / weights[goods == good].sum()) for good in ("koko", "bags")
    ]
    assert shares == pytest.approx([y.mean(), y.mean()], abs=0.01)
    assert weights.mean() == pytest.approx(1.0)


def test_a_lone_import_among_many_does_not_count_for_all_of_them() -> None:
    goods = np.asarray(["batik_cloth"] * 100 + ["bags"] * 100, dtype=object)
    y = np.asarray([1] + [0] * 99 + [1] * 60 + [0] * 40)
    weights = within_goods(goods, y)
    assert weights[0] == weights.max()
    assert weights[0] / weights[-1] <= MOST**2


def test_rows_of_no_known_good_are_not_weighed_among_each_other() -> None:
    weights = within_goods(np.asarray(["other"] * 4 + ["koko"] * 4, dtype=object), np.asarray([0, 1, 1, 1, 0, 0, 0, 1]))
    assert len(set(weights[:4].tolist())) == 1


@given(st.lists(st.tuples(st.sampled_from(["koko", "bags", "other"]), st.integers(0, 1)), min_size=1, max_size=60))
def test_weights_are_positive_bounded_and_of_mean_one(rows: list[tuple[str, int]]) -> None:
    goods = np.asarray([good for good, _ in rows], dtype=object)
    weights = within_goods(goods, np.asarray([label for _, label in rows]))
    assert weights.min() > 0.0
    assert weights.max() / weights.min() <= MOST**2 + 1e-9
    assert weights.mean() == pytest.approx(1.0)
