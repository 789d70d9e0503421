from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from umkm_classifier.errors import UsageError
from umkm_classifier.evaluation.judged import check_decisions, check_log_odds, judge


def test_only_labelled_rows_that_are_not_rejected_and_have_a_probability_are_judged(listings) -> None:
    table = listings(["local", "imported", "", "local", "local", ""], rejected=[False, False, False, True, False, True])
    judged = judge(table, {"p": [0.1, 0.9, 0.5, 0.2, None, None]})
    assert judged.rows.tolist() == [0, 1]
    assert judged.p_imported.tolist() == [0.1, 0.9]
    assert judged.is_imported.tolist() == [False, True]
    assert (judged.n_rejected, judged.n_unlabelled) == (3, 1)


def test_a_row_without_shop_is_a_shop_of_its_own(listings) -> None:
    table = listings(["local"] * 6, shop_id=["a", "", "b", "a", "", "row"])
    assert judge(table, {"p": np.full(6, 0.5)}).shops.tolist() == [0, 1, 2, 0, 3, 4]


def test_shops_are_counted_by_the_class_of_their_listings(listings) -> None:
    table = listings(["local", "imported", "local", "local"], shop_id=["a", "a", "b", "b"])
    judged = judge(table, {"p": np.full(4, 0.5)})
    assert (judged.n_shops, judged.shops_of(imported=False), judged.shops_of(imported=True)) == (2, 2, 1)
    assert judged.shops_of(False, np.asarray([True, True, False, False])) == 1


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["local", "imported"], ""),
        (["local", "local"], "every labelled listing is 'local' (2); both classes are needed"),
        (["imported", ""], "every labelled listing is 'imported' (1); both classes are needed"),
        (["", ""], "no labelled listing has a score"),
    ],
)
def test_it_says_why_classes_cannot_be_compared(listings, labels: list[str], reason: str) -> None:
    assert judge(listings(labels), {"p": [0.5, 0.5]}).why_one_class == reason


def test_every_probability_must_be_there_for_a_row_to_count(listings) -> None:
    judged = judge(listings(["local"] * 3), {"p_a": [0.1, 0.2, np.nan], "p_b": [0.1, np.nan, 0.3]})
    assert judged.rows.tolist() == [0]


def test_faults_of_probabilities_are_told_all_at_once(listings) -> None:
    expected = (
        "evaluation: p_a must have one value a listing, shape (3,). Got shape (2,) instead. "
        "Give the scores of this very table, in its order.\n"
        "evaluation: p_b must lie in [0, 1]. Got -2 in row 1 (2 such rows). "
        "Give probabilities of 'imported', not log-odds."
    )
    with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
        judge(listings(["local"] * 3), {"p_a": [0.1, 0.2], "p_b": [0.5, -2.0, 1.5]})


def test_infinite_log_odds_are_refused(listings) -> None:
    expected = (
        "evaluation: log_odds['words'] must be finite, or NaN where the signal is silent. Got 2 infinite values. "
        "Clip them where they are made."
    )
    with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
        check_log_odds({"words": [np.inf, np.nan, -np.inf], "facts": [0.0, 1.0, np.nan]}, 3)


def test_a_decision_that_is_none_of_the_three_is_refused(listings) -> None:
    judged = judge(listings(["local", "", "imported"]), {"p": [0.1, 0.2, 0.3]})
    decisions: NDArray[np.object_] = np.asarray(["local", "whatever", "lokal"], dtype=object)
    expected = (
        "evaluation: decisions must be 'local', 'imported' or 'review'. Got 'lokal' in row 2 (1 such rows). "
        "Give the decision of every scored row."
    )
    with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
        check_decisions(decisions, judged, 3)
