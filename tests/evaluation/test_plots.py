from __future__ import annotations

import numpy as np

from umkm_classifier.evaluation import plots
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.plots import across, plots_of, points, up


def test_zero_is_at_the_lower_left_and_one_at_the_upper_right() -> None:
    assert (across(0), up(0)) == (plots.LEFT, plots.HEIGHT - plots.BOTTOM)
    assert (across(1), up(1)) == (plots.WIDTH - plots.RIGHT, plots.TOP)
    assert points([(0, 1), (1, 0)]) == f"{across(0)},{up(1)} {across(1)},{up(0)}"


def test_there_are_four_plots_of_a_model(market) -> None:
    drawn = plots_of(measure(*market, redraws=20))
    assert list(drawn) == ["reliability", "review_risk", "roc", "precision_recall"]
    for name in ("reliability", "review_risk"):
        assert len(drawn[name].marks) == 10
        assert all(mark.high <= mark.y <= mark.low for mark in drawn[name].marks)  # downwards is larger


def test_a_plot_of_small_shares_is_drawn_large(listings) -> None:
    table = listings(["local"] * 24 + ["imported"] * 26)
    p = np.r_[np.full(24, 0.2), np.full(25, 0.8), 0.45]
    risk = plots_of(measure(table, p, redraws=0))["review_risk"]
    assert risk.highest == 0.08
    assert [label for _, label in risk.y_ticks] == ["0", "0.02", "0.04", "0.06", "0.08"]
    assert (risk.marks[0].y, risk.marks[1].y) == (up(0.25), up(0.0))  # the one mistake is the least sure answer
    assert risk.marks[0].says == "with 0% left to a person 2.0% of the other answers are wrong"


def test_a_plot_says_in_words_what_is_seen(listings) -> None:
    table = listings(["local", "imported"] * 5)
    drawn = plots_of(measure(table, np.tile([0.25, 0.75], 5), redraws=0))
    assert drawn["reliability"].says == (
        "5 listings with a probability of 0.25 to 0.25: 0% are imported. "
        "5 listings with a probability of 0.75 to 0.75: 100% are imported."
    )
    assert drawn["roc"].says == "The area under the curve is 1.000; guessing gives 0.5, a perfect ranking 1."
    assert drawn["precision_recall"].says == "The average precision is 1.000; guessing gives 0.500."


def test_without_intervals_marks_have_no_length(market) -> None:
    assert all(mark.low == mark.y == mark.high for mark in plots_of(measure(*market, redraws=0))["reliability"].marks)


def test_one_class_has_no_curves_and_an_empty_table_no_plot(listings) -> None:
    assert list(plots_of(measure(listings(["local"] * 3), [0.1, 0.2, 0.3], redraws=0))) == [
        "reliability",
        "review_risk",
    ]
    assert plots_of(measure(listings([""]), [0.1], redraws=0)) == {}
