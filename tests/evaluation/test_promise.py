"""A report says what was promised, on what it rests, and whether what was measured keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from umkm_classifier.evaluation.promise import decisions_in_words, measured_promise
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.risk import NOTHING, Thresholds

PROMISED = DecisionRule({}, False, Thresholds(0.9, -0.8, 189, 61, 0.02, 0.2, 0.975), "held_out")
TOO_FEW = "no threshold can be promised: 87 local shops, 183 needed"
NO_FLAG = DecisionRule({}, thresholds=Thresholds(None, -0.8, 87, 61, 0.02, 0.2, 0.975, (TOO_FEW,)))


def measured(flagged: float, ends: list[float] | None, n_local_shops: int = 900) -> dict[str, Any]:
    return {
        "local_flagged_rate": flagged, "local_flagged_rate_ci": ends, "n_local_shops": n_local_shops,
        "imported_passed_rate": 0.1, "imported_passed_rate_ci": [0.05, 0.15], "n_imported_shops": 300,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flagged", "ends", "n_shops", "kept"),
    [
        (0.010, [0.005, 0.019], 900, "yes"),
        (0.016, [0.009, 0.025], 900, "open"),
        (0.030, [0.021, 0.040], 900, "no"),
        (0.0, [0.0, 0.0], 900, "yes"),
        (0.0, [0.0, 0.0], 100, "open"),  # 100 shops without a mistake still allow 3 %
        (0.0, None, 1, "open"),
    ],
)
def test_a_promise_is_kept_where_the_whole_interval_keeps_it(
    flagged: float, ends: list[float] | None, n_shops: int, kept: str
) -> None:
    found = measured_promise([PROMISED], measured(flagged, ends, n_shops))["promise"]
    assert found["local_flagged_rate"] == {"at_most": 0.02, "n_shops": 189, "n_without_threshold": 0, "kept": kept}
    assert found["imported_passed_rate"]["kept"] == "yes"
    assert (found["calibration"], found["confidence"], found["notes"]) == ("held_out", 0.975, [])


def test_of_several_folds_the_fewest_shops_count_and_missing_thresholds_are_told() -> None:
    found = measured_promise([PROMISED, NO_FLAG], measured(0.01, [0.0, 0.015]))["promise"]
    assert found["local_flagged_rate"] == {"at_most": 0.02, "n_shops": 87, "n_without_threshold": 1, "kept": "yes"}
    assert found["notes"] == [TOO_FEW]


def test_where_nothing_is_promised_the_reason_is_given() -> None:
    by_cost = Thresholds(0.9, None, 9, 9, None, None, None, ("nothing is promised: by cost",))
    for thresholds, why in ((by_cost, "nothing is promised: by cost"), (NOTHING, "the model has no thresholds")):
        found = measured_promise([DecisionRule({}, thresholds=thresholds)], measured(0.0, None))
        assert found["promise"] is None
        assert found["promise_reason"].endswith(why)


def test_a_card_says_when_a_listing_is_decided_and_on_what_that_rests() -> None:
    assert decisions_in_words(PROMISED) == [
        "- `imported` from a probability of 0.711 on, where two sources agree",
        "- `local` up to a probability of 0.310, where more than its text speaks for it",
        "- all others are left to a person (`review`), as are goods of which too few shops were labelled",
        "- promised at 97.5% each, as a mean over shops like these: at most 2% of a shop's local listings are decided "
        "`imported`, at most 20% of its imported ones `local`",
        "- chosen on 189 shops with local and 61 with imported listings, shops that were held out: nothing was learned "
        "from them",
    ]


def test_a_card_says_what_cannot_be_promised() -> None:
    said = decisions_in_words(NO_FLAG)
    assert said[0] == "- no listing is decided `imported`"
    assert "at most 2%" not in " ".join(said)
    assert said[-1] == f"- {TOO_FEW}"


def test_a_card_of_out_of_fold_thresholds_calls_them_approximate() -> None:
    said = decisions_in_words(DecisionRule({}, thresholds=PROMISED.thresholds, calibration="out_of_fold"))
    assert "Approximate: the model that is served learned from all of them" in said[-1]
