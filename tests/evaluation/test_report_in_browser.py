from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.report import ReportContext, write_report

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def report(market, tmp_path: Path) -> Path:
    table, p = market
    log_odds = {name: np.log(p) for name in ("words", "meaning", "facts", "a.signal.with.a.rather.long.name")}
    context = ReportContext(
        title="Evaluation of models/a-name-without-a-break-that-would-not-fit-on-a-telephone-if-it-were-not-broken",
        model_name="models/mine",
        model_id="sha256:" + "0123456789abcdef" * 4,
        data_name="listings.csv",
        data_fingerprint="sha256:" + "fedcba9876543210" * 4,
        label_sources=("by_hand",),
        warnings=("Something to read first.",),
        overlap=0.1,
    )
    return write_report(tmp_path, measure(table, p, log_odds=log_odds, p_masked=p, redraws=50), context)


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_the_report_never_scrolls_sideways(browser: Any, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_the_report_asks_for_nothing_but_itself_and_complains_of_nothing(browser: Any, report: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert said == []
    page.close()


def test_plots_are_images_with_a_name_for_those_who_hear_them(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    names = [
        "Said and found: probabilities against the share that is imported",
        "ROC: imported listings found against local ones disturbed",
        "Precision and recall: how many of those flagged are imported",
    ]
    for name in names:
        assert page.get_by_role("img", name=name, exact=False).count() == 1
    page.close()


def test_the_report_can_be_printed(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert 2 <= printed.count(b"/Type /Page\n") <= 9
    page.close()
