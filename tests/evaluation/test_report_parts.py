"""Parts of a report that not every measurement has: a random split, the worst slice, the worst mistakes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.conftest import objects
from tests.evaluation.test_report import CONTEXT, Page
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.random_split import beside_random_split
from umkm_classifier.evaluation.report import render, write_report
from umkm_classifier.evaluation.worst_errors import described, mistaken, without_text, worst_rows
from umkm_classifier.evaluation.worst_slice import worst_slice
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.reasons import Reason

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def errors(market) -> list[dict[str, Any]]:
    """Return the mistakes on the market with text, of which every title and one reason would run a script."""
    table, p = market
    table = table.replace(title=objects([f"{EVIL} brelko {at}" for at in range(300)]))
    rows = worst_rows(table, p, np.full(300, "review", dtype=object))
    reasons = (Reason("words", "text", f"{EVIL} dunvi", 1.25), Reason("facts", "shop", "brand", -0.5))
    answers = [Prediction("", "review", 0.9, 2.0, "ok", reasons=reasons, good="sajadah") for _ in rows]
    return described(
        table.replace(id=objects([f"id-{at}" for at in range(300)])), p, mistaken(rows, answers), show_text=True
    )


@pytest.fixture
def measured(market, errors: list[dict[str, Any]]) -> dict[str, Any]:
    metrics = measure(*market, redraws=40)
    metrics |= {"promise": {"local_flagged_rate": {"at_most": 0.02}}}
    metrics |= worst_slice(metrics)
    del metrics["promise"]
    return metrics | {"worst_errors": without_text(errors)}


def test_mistakes_are_named_by_ids_and_no_word_of_a_listing_is_written(measured, errors, tmp_path: Path) -> None:
    write_report(tmp_path, measured, CONTEXT)
    for file in sorted(tmp_path.iterdir()):
        text = file.read_text(encoding="utf-8")
        assert "brelko" not in text, file.name
        assert "dunvi" not in text, file.name
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.faults == []
    assert all(error["id"] in page.text for error in errors)
    assert "+1.25 words, text: words or names of the listing" in page.text
    assert "-0.50 facts, shop: brand" in page.text
    assert "Titles and quoted words are left out, --show-text adds them." in page.text


def test_asked_for_titles_stand_in_the_report_alone_and_are_escaped(measured, errors, tmp_path: Path) -> None:
    write_report(tmp_path, measured, dataclasses.replace(CONTEXT, errors=tuple(errors)))
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(source)
    assert page.all("img") == []
    assert "<img" not in source
    assert page.text.count(f"{EVIL} brelko") == len(errors)
    assert f"+1.25 words, text: {EVIL} dunvi" in page.text
    assert "--show-text" not in page.text
    assert "brelko" not in (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert "brelko" not in (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_slice_beyond_the_promise_is_warned_of_wherever_one_looks(measured, tmp_path: Path) -> None:
    write_report(tmp_path, measured, CONTEXT)
    worst = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["worst_slice"]
    assert worst["beyond"][0] == [worst["slicing"], worst["value"]]
    low, high = worst["local_flagged_rate_ci"]
    warning = (
        f"{worst['value']}: {worst['local_flagged_rate']:.1%} of a shop's local listings are called imported "
        f"({100 * low:.1f} to {high:.1%}), {worst['n_local_shops']} shops. The whole interval is beyond the 2.0% "
        "that is promised over all listings."
    )
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert text.count(warning) == 2  # before any figure, and where the slices are
    assert text.index(warning) < text.index("In short")
    assert text.count("beyond the promise") == len(worst["beyond"])
    assert warning in (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_random_split_stands_beside_the_figures(measured, market) -> None:
    table, p = market
    flattered = np.clip(p + 0.1 * table.is_imported, 0, 1)
    decisions = np.where(p > 0.5, "imported", "local").astype(object)
    metrics = measured | beside_random_split(measured, table, p, (flattered, decisions))
    text = Page(render(metrics, CONTEXT)).text
    r = metrics["random_split"]
    low, high = r["roc_auc_ci"]
    assert f"ROC AUC {metrics['roc_auc']:.3f} " in text
    assert f"{r['roc_auc']:.3f} {low:.3f} to {high:.3f}" in text
    assert f"A random split changes the ROC AUC by {r['roc_auc_gain']:+.3f}" in text
    assert r["roc_auc_gain"] > 0


def test_without_a_random_split_the_report_says_where_to_find_one(measured) -> None:
    assert (
        "umkm crossval puts a random split beside folds that keep shops whole" in Page(render(measured, CONTEXT)).text
    )


def test_confusions_count_what_is_left_to_a_person(market) -> None:
    table, p = market
    decisions = np.where(p > 0.6, "imported", np.where(p < 0.3, "local", "review")).astype(object)
    metrics = measure(table, p, decisions=decisions, redraws=0)
    counts = metrics["confusion_decided"]["local"]
    text = Page(render(metrics, CONTEXT)).text
    assert f"Label: local {counts['local']} {counts['imported']} {counts['review']}" in text


def test_a_slice_of_few_listings_is_left_out_of_the_page_and_stays_in_the_figures(listings) -> None:
    table = listings(["local"] * 20 + ["imported"] * 20, brand=["x"] * 4 + [""] * 36)
    metrics = measure(table, np.linspace(0.1, 0.9, 40), redraws=10)
    assert metrics["slices"]["brand"]["given"]["n"] == 4
    text = Page(render(metrics, CONTEXT)).text
    assert "missing 20 of 36 imported" in text
    assert "given 0 of 4 imported" not in text
    assert "Slices of fewer than 10 listings are left out; metrics.json has them." in text
