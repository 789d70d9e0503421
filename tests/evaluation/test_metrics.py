from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score

from umkm_classifier.errors import UsageError
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.listings.listing import concatenate

# Every figure that has an interval beside it.
FIGURES = [
    "roc_auc", "average_precision", "roc_auc_within_goods", "roc_auc_within_goods_pooled", "macro_f1", "accuracy",
    "brier", "log_loss", "ece", "review_rate", "local_flagged_rate", "imported_passed_rate", "imported_caught_rate",
]  # fmt: skip
COUNTS = ["n", "n_rejected", "n_unlabelled", "n_imported", "n_shops", "n_local_shops", "n_imported_shops"]
RANKED = FIGURES[:5]  # what a single class leaves undefined


def test_everything_that_is_promised_is_there(market) -> None:
    measured = measure(*market, log_odds={"words": np.zeros(300)}, p_masked=market[1], redraws=20)
    besides = {
        "within_goods_largest", "n_goods_within", "reliability", "confusion", "curves", "story_goods", "signals",
        "slices", "origin_words_masked", "redraws", "seed", "review_risk", "confusion_decided",
    }  # fmt: skip
    assert set(measured) == {*FIGURES, *(f"{key}_ci" for key in FIGURES), *COUNTS, *besides}
    assert set(measured["story_goods"]) == {"batik", "koko", "sajadah", "tasbih"}


def test_figures_agree_with_scikit_learn(market) -> None:
    table, p = market
    measured, y = measure(table, p, redraws=0), table.is_imported
    assert measured["roc_auc"] == pytest.approx(roc_auc_score(y, p), abs=1e-12)
    assert measured["average_precision"] == pytest.approx(average_precision_score(y, p), abs=1e-12)
    assert measured["macro_f1"] == pytest.approx(f1_score(y, p >= 0.5, average="macro"), abs=1e-12)
    assert measured["brier"] == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_figures_lie_within_their_intervals(market) -> None:
    measured = measure(*market, redraws=300)
    for key in set(FIGURES) - {"ece"}:  # noise alone makes the calibration error larger in a redraw
        low, high = measured[f"{key}_ci"]
        assert low <= measured[key] <= high, key


def test_more_listings_of_the_same_shops_do_not_make_it_surer(market) -> None:
    # Three copies of every listing, in its shop: as many rows more, and not one more thing known.
    table, p = market
    one, three = measure(table, p, redraws=100), measure(concatenate([table] * 3), np.tile(p, 3), redraws=100)
    for key in ("roc_auc", "average_precision", "macro_f1", "brier", "local_flagged_rate"):
        assert three[key] == pytest.approx(one[key], abs=1e-9)
        assert three[f"{key}_ci"] == pytest.approx(one[f"{key}_ci"], abs=1e-9)


def test_order_of_rows_does_not_change_a_figure(market) -> None:
    table, p = market
    order = np.random.default_rng(0).permutation(len(table))
    straight, shuffled = measure(table, p, redraws=0), measure(table.take(order), p[order], redraws=0)
    assert {key: shuffled[key] for key in FIGURES} == pytest.approx({key: straight[key] for key in FIGURES}, abs=1e-12)


def test_a_perfect_model_has_perfect_figures(market) -> None:
    table, _ = market
    measured = measure(table, table.is_imported.astype(float), redraws=0)
    best = {key: 0.0 if key in ("brier", "ece", "review_rate", "local_flagged_rate", "imported_passed_rate") else 1.0
            for key in FIGURES}  # fmt: skip
    best["log_loss"] = pytest.approx(0, abs=1e-12)
    assert {key: measured[key] for key in FIGURES} == best
    assert measured["confusion"]["local"]["imported"] == measured["confusion"]["imported"]["local"] == 0


def test_the_same_seed_gives_the_same_to_the_last_bit(market) -> None:
    first, again, other = (json.dumps(measure(*market, redraws=50, seed=seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("label", ["local", "imported"])
def test_fault_61_a_figure_that_one_class_leaves_undefined_is_null_with_its_reason(listings, label: str) -> None:
    measured = measure(listings([label] * 12), np.linspace(0.1, 0.4, 12), log_odds={"words": np.zeros(12)}, redraws=50)
    why = f"every labelled listing is '{label}' (12); both classes are needed"
    for key in RANKED:
        assert measured[key] is None
        assert measured[f"{key}_ci"] is None
        assert measured[f"{key}_reason"] == why
    assert measured["signals"]["words"]["roc_auc_reason"] == why
    assert measured["curves"] == {"roc": None, "precision_recall": None, "roc_reason": why}
    assert measured["accuracy"] == (1.0 if label == "local" else 0.0)
    other = "imported" if label == "local" else "local"
    gone = "imported_passed_rate" if label == "local" else "local_flagged_rate"
    assert measured[f"{gone}_reason"] == f"there is no {other} listing"
    json.dumps(measured, allow_nan=False)


def test_fault_61_a_redraw_without_a_class_never_counts_as_a_figure(listings) -> None:
    # One imported shop of thirty is missing in about a third of all redraws.
    measured = measure(listings(["imported"] + ["local"] * 29), np.linspace(0.9, 0.1, 30), redraws=400)
    assert measured["roc_auc"] == 1.0
    assert measured["roc_auc_ci"] is None
    assert re.fullmatch(
        r"too few shops for an interval: the figure is defined in only 2\d\d of 400 redraws of shops",
        measured["roc_auc_ci_reason"],
    )


def test_fault_61_nothing_to_judge_is_no_error(listings) -> None:
    measured = measure(listings(["", ""]), [0.5, None], redraws=10)
    assert {key: measured[key] for key in FIGURES} == dict.fromkeys(FIGURES)
    assert measured["roc_auc_reason"] == "no labelled listing has a score"
    assert measured["reliability"] == []
    json.dumps(measured, allow_nan=False)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 14))
def test_whatever_is_measured_can_be_written_as_json(listings, seed: int, n: int) -> None:
    dice = np.random.default_rng(seed)
    table = listings(
        dice.choice(["local", "imported", ""], n).tolist(),
        title=dice.choice(["Tas wanita", "Kain batik", ""], n).tolist(),
        shop_id=dice.choice(["a", "b", ""], n).tolist(),
        rejected=dice.random(n) < 0.1,
    )
    p = np.where(dice.random(n) < 0.2, np.nan, dice.random(n).round(1))
    decisions = dice.choice(["local", "imported", "review"], n).astype(object)
    measured = measure(table, p, log_odds={"s": p}, p_masked=p / 2, decisions=decisions, redraws=20, seed=seed)
    json.dumps(measured, allow_nan=False)
    assert measured["n"] + measured["n_rejected"] + measured["n_unlabelled"] == n


def test_a_signal_is_judged_where_it_speaks(listings) -> None:
    table = listings(["imported", "local", "imported", "local"])
    log_odds = {"words": [2.0, 1.0, np.nan, np.nan], "looks": [np.nan] * 4, "cues": [1.0, np.nan, 2.0, np.nan]}
    signals = measure(table, np.full(4, 0.5), log_odds=log_odds, redraws=0)["signals"]
    assert (signals["words"]["n"], signals["words"]["share_silent"], signals["words"]["roc_auc"]) == (2, 0.5, 1.0)
    assert signals["looks"]["roc_auc_reason"] == "it is silent on every labelled listing"
    assert signals["cues"]["roc_auc_reason"] == "it speaks on listings of one class only"


def test_decisions_are_those_given_and_else_taken_at_one_half(listings) -> None:
    table, p = listings(["local", "local", "imported", "imported"]), [0.6, 0.1, 0.5, 0.4]
    by_default = measure(table, p, redraws=0)
    assert (by_default["local_flagged_rate"], by_default["imported_caught_rate"], by_default["review_rate"]) == (
        0.5, 0.5, 0.0,
    )  # fmt: skip
    decisions = np.asarray(["review", "local", "imported", "imported"], dtype=object)
    given_ones = measure(table, p, decisions=decisions, redraws=0)
    assert (given_ones["local_flagged_rate"], given_ones["imported_caught_rate"], given_ones["review_rate"]) == (
        0.0, 1.0, 0.25,
    )  # fmt: skip
    assert given_ones["accuracy"] == by_default["accuracy"] == 0.5


def test_a_good_of_the_story_with_too_few_shops_says_so(listings) -> None:
    table = listings(["local"] * 6 + ["imported"], title=["Kain batik tulis"] * 7)
    story = measure(table, np.linspace(0, 1, 7), redraws=0)["story_goods"]
    assert story["batik"] == {
        "n_local": 6, "n_imported": 1, "roc_auc": None, "roc_auc_ci": None,
        "roc_auc_reason": "local shops: 6, imported: 1; at least 5 of each are needed",
    }  # fmt: skip
    assert story["tasbih"]["roc_auc"] is None


def test_a_good_of_the_story_with_enough_shops_has_an_auc(listings) -> None:
    table = listings(["local"] * 5 + ["imported"] * 5, title=["Tasbih kayu"] * 10)
    story = measure(table, np.linspace(0, 1, 10), redraws=100)["story_goods"]
    assert (story["tasbih"]["roc_auc"], story["tasbih"]["roc_auc_ci"]) == (1.0, [1.0, 1.0])


def test_slices_say_who_is_flagged(listings) -> None:
    table = listings(["local"] * 12 + ["imported"] * 6, brand=(["x", ""] * 9))
    p = np.asarray([0.9, 0.1] * 6 + [0.8, 0.7] * 3)
    brand = measure(table, p, redraws=0)["slices"]["brand"]
    assert (brand["given"]["n"], brand["given"]["n_imported"], brand["given"]["n_local_shops"]) == (9, 3, 6)
    assert (brand["given"]["local_flagged_rate"], brand["missing"]["local_flagged_rate"]) == (1.0, 0.0)
    assert brand["given"]["roc_auc_reason"] == "local shops: 6, imported: 3; at least 5 of each are needed"


def test_the_second_line_measures_the_masked_probabilities(market) -> None:
    table, p = market
    masked = np.where(np.arange(300) < 30, 1 - p, p)
    second = measure(table, p, p_masked=masked, redraws=50)["origin_words_masked"]
    alone = measure(table, masked, redraws=50)
    assert second["share_changed"] == pytest.approx(0.1)
    assert {key: second[key] for key in FIGURES[:9]} == {key: alone[key] for key in FIGURES[:9]}
    assert second["roc_auc_ci"] == alone["roc_auc_ci"]


def test_a_row_that_masking_empties_is_missing_from_the_second_line_only(listings) -> None:
    table = listings(["local", "imported", "imported"])
    measured = measure(table, [0.1, 0.9, 0.2], p_masked=[0.1, 0.9, np.nan], redraws=0)
    assert (measured["n"], measured["origin_words_masked"]["n"]) == (3, 2)
    assert (measured["accuracy"], measured["origin_words_masked"]["accuracy"]) == (pytest.approx(2 / 3), 1.0)


def test_without_masked_probabilities_the_second_line_is_null_with_its_reason(market) -> None:
    measured = measure(*market, redraws=0)
    assert measured["origin_words_masked"] is None
    assert measured["origin_words_masked_reason"] == "no probabilities with statements of origin masked were given"


def test_numbers_out_of_range_are_refused_together(market) -> None:
    expected = (
        "evaluation: redraws must be a whole number of at least 0. Got -1 instead. "
        "Give one, for example redraws=1000.\n"
        "evaluation: seed must be a whole number of at least 0. Got 0.5 instead. Give one, for example seed=0."
    )
    with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
        measure(*market, redraws=-1, seed=0.5)


def test_everything_about_1600_listings_takes_less_than_six_seconds(draw_market) -> None:
    table, p = draw_market(1600, 1200)
    log_odds = {f"signal {at}": np.log(p) + at for at in range(8)}
    start = time.process_time()
    measure(table, p, log_odds=log_odds, p_masked=p, redraws=1000)
    assert time.process_time() - start < 6
