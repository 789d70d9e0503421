from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.evaluation.bootstrap import once
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.review_risk import SHARES, RiskAtReview, confusion_decided, risk_curve

ROWS = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.501, 0.9, 1.0]), st.booleans()), min_size=1)


def risks(p: list[float], is_imported: list[bool], shares: tuple[float, ...]) -> list[float]:
    statistic = RiskAtReview(np.asarray(p), np.asarray(is_imported), shares)
    return statistic(once(np.arange(len(p))))[:, 0].tolist()


def test_the_least_sure_go_to_a_person_first() -> None:
    # wrong: the second and the fourth; the surest is the first
    p, is_imported = [0.99, 0.6, 0.1, 0.45], [True, False, False, True]
    assert risks(p, is_imported, (0.0, 0.25, 0.5, 0.75)) == pytest.approx([2 / 4, 1 / 3, 0.0, 0.0])


def test_of_listings_equally_sure_none_comes_first() -> None:
    assert risks([0.9, 0.9, 0.1, 0.1], [True, False, False, True], (0.0, 0.5, 0.75)) == pytest.approx([0.5] * 3)


@given(ROWS)
def test_without_a_review_the_risk_is_one_less_accuracy(rows: list[tuple[float, bool]]) -> None:
    p, is_imported = (np.asarray(part) for part in zip(*rows, strict=True))
    assert RiskAtReview(p, is_imported)(once(np.arange(len(p))))[0, 0] == pytest.approx(
        ((p >= 0.5) != is_imported).mean()
    )


@given(ROWS)
def test_along_the_curve_reviews_rise_and_risks_are_shares(rows: list[tuple[float, bool]]) -> None:
    p, is_imported = (np.asarray(part) for part in zip(*rows, strict=True))
    curve = np.asarray(risk_curve(p, is_imported))
    assert curve[0, 0] == 0.0
    assert (np.diff(curve[:, 0]) > 0).all()
    assert ((curve >= 0) & (curve <= 1)).all()
    assert curve[-1, 0] == pytest.approx(1 - 1 / len(p), abs=1e-5)


@given(ROWS, st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[float, bool]], seed: int) -> None:
    p, is_imported = (np.asarray(part) for part in zip(*rows, strict=True))
    order = np.random.default_rng(seed).permutation(len(p))
    assert risk_curve(p[order], is_imported[order]) == risk_curve(p, is_imported)


@given(st.lists(st.tuples(st.sampled_from(["local", "imported", "review"]), st.booleans())))
def test_a_confusion_adds_up_to_all_listings_and_to_each_label(rows: list[tuple[str, bool]]) -> None:
    decisions = np.asarray([decision for decision, _ in rows], dtype=object)
    is_imported = np.asarray([imported for _, imported in rows], dtype=bool)
    counts = confusion_decided(decisions, is_imported)
    assert sum(sum(row.values()) for row in counts.values()) == len(rows)
    assert sum(counts["imported"].values()) == is_imported.sum()


def test_a_table_is_measured_with_its_decisions_beside_the_curve(market) -> None:
    table, p = market
    decisions = np.where(p > 0.7, "imported", np.where(p < 0.2, "local", "review")).astype(object)
    found = measure(table, p, decisions=decisions, redraws=50)
    risk, counts = found["review_risk"], found["confusion_decided"]
    assert [point["review_share"] for point in risk["points"]] == list(SHARES)
    assert risk["points"][0]["risk"] == pytest.approx(1 - found["accuracy"])
    assert risk["points"][0]["risk_ci"] == pytest.approx([1 - end for end in reversed(found["accuracy_ci"])])
    wrong = counts["local"]["imported"] + counts["imported"]["local"]
    n_review = counts["local"]["review"] + counts["imported"]["review"]
    assert risk["decided"]["risk"] == pytest.approx(wrong / (300 - n_review))
    assert risk["decided"]["review_share"] == pytest.approx(found["review_rate"])
    assert risk["decided"]["risk_ci"][0] <= risk["decided"]["risk"] <= risk["decided"]["risk_ci"][1]


def test_without_a_decision_or_a_listing_it_says_so(listings) -> None:
    nothing = np.full(2, "review", dtype=object)
    undecided = measure(listings(["local", "imported"]), [0.2, 0.9], decisions=nothing, redraws=5)["review_risk"]
    assert undecided["decided"] == {
        "review_share": 1.0, "risk": None, "risk_ci": None, "risk_reason": "no listing is decided",
    }  # fmt: skip
    empty = measure(listings([""]), [0.2], redraws=5)["review_risk"]
    assert (empty["curve"], empty["points"], empty["decided"]["review_share"]) == ([], [], None)
