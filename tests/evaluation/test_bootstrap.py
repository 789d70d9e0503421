from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.evaluation import bootstrap
from umkm_classifier.evaluation.bootstrap import FloatArray, Interval, Weights, figure, interval, redraw

SHOPS = np.asarray([0, 0, 0, 1, 2, 2])


def row_weights(weights: Weights) -> FloatArray:
    return weights.rows


def shop_weights(weights: Weights) -> FloatArray:
    return weights.shops


def test_as_it_is_every_row_counts_once() -> None:
    assert redraw({"rows": row_weights}, SHOPS, 0, 0)["rows"].value.tolist() == [1.0] * 6


def test_a_redraw_takes_as_many_shops_as_there_are() -> None:
    drawn = redraw({"shops": shop_weights}, SHOPS, 200, 0)["shops"].draws
    assert drawn.shape == (3, 200)
    assert set(drawn.sum(axis=0)) == {3.0}
    assert set(np.unique(drawn)) == {0.0, 1.0, 2.0, 3.0}


def test_a_shop_is_drawn_with_all_its_listings() -> None:
    drawn = redraw({"rows": row_weights, "shops": shop_weights}, SHOPS, 50, 0)
    assert np.array_equal(drawn["rows"].draws, drawn["shops"].draws[SHOPS])


def test_every_shop_is_drawn_once_on_average() -> None:
    drawn = redraw({"shops": shop_weights}, np.arange(20), 4000, 3)["shops"].draws
    assert np.allclose(drawn.mean(axis=1), 1, atol=0.06)  # three standard errors of 1 / sqrt(4000)
    assert drawn.var() == pytest.approx(1 - 1 / 20, abs=0.02)


def test_the_same_seed_gives_the_same_redraws_and_another_gives_others() -> None:
    first, again, other = (redraw({"s": shop_weights}, SHOPS, 50, seed)["s"].draws for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_how_many_redraws_fit_in_memory_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = redraw({"rows": row_weights}, SHOPS, 57, 5)["rows"].draws
    monkeypatch.setattr(bootstrap, "_BLOCK_CELLS", 13)
    assert np.array_equal(redraw({"rows": row_weights}, SHOPS, 57, 5)["rows"].draws, at_once)


def test_without_rows_nothing_is_redrawn() -> None:
    drawn = redraw({"rows": row_weights}, np.empty(0, dtype=np.int64), 100, 0)["rows"]
    assert drawn.value.shape == (0,)
    assert drawn.draws.shape == (0, 0)


def test_an_interval_holds_the_middle_95_percent() -> None:
    assert interval(np.arange(1001.0), n_shops=9) == Interval(25.0, 975.0)


@pytest.mark.parametrize(
    ("draws", "n_shops", "reason"),
    [
        (np.arange(10.0), 1, "all listings are of one shop"),
        (np.empty(0), 5, "no redraws of shops were asked for"),
        (
            np.r_[np.full(101, np.nan), np.zeros(899)],
            5,
            "too few shops for an interval: the figure is defined in only 899 of 1,000 redraws of shops",
        ),
    ],
)
def test_where_there_is_no_interval_it_says_why(draws: FloatArray, n_shops: int, reason: str) -> None:
    assert interval(draws, n_shops) == Interval(None, None, reason)


def test_redraws_without_a_figure_are_left_out_of_the_interval() -> None:
    assert interval(np.r_[np.full(100, np.nan), np.full(900, 0.5)], 5) == Interval(0.5, 0.5)


def test_a_figure_has_its_interval_beside_it() -> None:
    assert figure("auc", 0.7, np.asarray([0.6, 0.6, 0.8, 0.8]), "", 9) == {"auc": 0.7, "auc_ci": [0.6, 0.8]}


def test_an_undefined_figure_is_null_with_its_reason() -> None:
    found = figure("auc", np.nan, np.ones(9), "one class only", 9)
    assert found == {"auc": None, "auc_ci": None, "auc_reason": "one class only"}


def test_a_figure_without_interval_says_why_there_is_none() -> None:
    found = figure("auc", 0.7, np.ones(9), "", 1)
    assert found == {"auc": 0.7, "auc_ci": None, "auc_ci_reason": "all listings are of one shop"}
