from __future__ import annotations

import re

import numpy as np
import pytest

from umkm_classifier.errors import UsageError
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import paired_difference
from umkm_classifier.evaluation.quality import KEYS


@pytest.mark.parametrize("key", KEYS)
def test_the_difference_is_that_of_the_two_figures(market, key: str) -> None:
    table, p = market
    other = np.clip(p + np.random.default_rng(0).normal(scale=0.3, size=len(p)), 0, 1)
    found = paired_difference(table, p, other, key, redraws=100)
    expected = measure(table, p, redraws=0)[key] - measure(table, other, redraws=0)[key]
    assert found.difference == pytest.approx(expected, abs=1e-12)
    assert found.low < found.high


def test_a_model_does_not_differ_from_itself(market) -> None:
    table, p = market
    assert paired_difference(table, p, p, "roc_auc", redraws=50) == (0.0, 0.0, 0.0)


def test_the_same_redraws_make_a_small_difference_sure(market) -> None:
    # Both models stand on wide intervals, and yet one is better in almost every redraw.
    table, p = market
    worse = np.clip(p - 0.05 * table.is_imported, 0, 1)
    _, low, high = paired_difference(table, p, worse, "roc_auc", redraws=300)
    own_low, own_high = measure(table, p, redraws=300)["roc_auc_ci"]
    assert 0 < low < high
    assert high - low < (own_high - own_low) / 3


def test_only_rows_that_both_have_scored_count(listings) -> None:
    table = listings(["local", "imported", "imported"])
    found = paired_difference(table, [0.1, 0.9, np.nan], [0.9, 0.1, 0.5], "accuracy", redraws=0)
    assert found == (1.0, None, None)


def test_an_undefined_difference_is_none(listings) -> None:
    table = listings(["local", "local"])
    assert paired_difference(table, [0.1, 0.2], [0.2, 0.1], "roc_auc", redraws=10) == (None, None, None)


def test_one_shop_gives_no_interval(listings) -> None:
    table = listings(["local", "imported"], shop_id=["a", "a"])
    assert paired_difference(table, [0.1, 0.2], [0.2, 0.1], "roc_auc", redraws=10) == (1.0, None, None)


def test_an_unknown_figure_is_refused_with_those_there_are(market) -> None:
    table, p = market
    expected = (
        "paired_difference: key must be one of roc_auc, average_precision, roc_auc_within_goods, "
        "roc_auc_within_goods_pooled, macro_f1, accuracy, brier, log_loss, ece. Got 'auc' instead. Choose one of these."
    )
    with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
        paired_difference(table, p, p, "auc")
