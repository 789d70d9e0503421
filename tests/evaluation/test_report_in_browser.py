from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.conftest import drawn_market, objects
from tests.small_models import plain_bundle
from umkm_classifier.bundle import load_bundle
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.promise import measured_promise
from umkm_classifier.evaluation.random_split import beside_random_split
from umkm_classifier.evaluation.report import ReportContext, write_report
from umkm_classifier.evaluation.stress import stress_model
from umkm_classifier.evaluation.worst_errors import described, mistaken, worst_rows
from umkm_classifier.evaluation.worst_slice import worst_slice
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.reasons import Reason
from umkm_classifier.model.risk import Thresholds
from umkm_classifier.simulate.market import simulate

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Elements whose text ends right of the window, but in a box that is scrolled by itself.
OUTSIDE = """[...document.querySelectorAll('main *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width > 1 && box.right > innerWidth + 0.5 && !one.closest('.scrolls') && !one.closest('.unseen');
}).map(one => one.outerHTML.slice(0, 80))"""
# Text with less than 4.5 to 1 against its ground (WCAG 2, AA).
FAINT = """(() => {
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const numbers = text => text.match(/[0-9.]+/g).map(Number);
  const ground = one => {
    for (; one; one = one.parentElement) {
      const c = numbers(getComputedStyle(one).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')].filter(one => !one.closest('svg') &&
    [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())).filter(one => {
      const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground(one))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map(one => one.outerHTML.slice(0, 80));
})()"""


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


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report with every section that there is, with names and titles that would burst a line."""
    table, p = drawn_market(300, 90)
    table = table.replace(id=objects([f"row-{at}-{'x' * 60}" for at in range(300)]))
    log_odds = {name: np.log(p) for name in ("words", "meaning", "facts", "a.signal.with.a.rather.long.name")}
    decisions = np.where(p > 0.5, "imported", np.where(p < 0.3, "local", "review")).astype(object)
    metrics = measure(table, p, log_odds=log_odds, p_masked=p, decisions=decisions, redraws=50)
    rule = DecisionRule(thresholds=Thresholds(0.5, -0.5, 60, 30, 0.02, 0.2, 0.975))
    metrics |= measured_promise([rule], metrics)
    metrics |= worst_slice(metrics) | beside_random_split(metrics, table, p, (np.sqrt(p), decisions))
    reasons = tuple(Reason("words", "text", word * 9, 0.4) for word in ("kata", "<script>alert(1)</script>"))
    rows = worst_rows(table, p, decisions)
    answers = [Prediction("", "imported", 0.9, 2.0, "ok", reasons=reasons, good="prayer_mat") for _ in rows]
    errors = described(table, p, mistaken(rows, answers), show_text=True)
    context = ReportContext(
        title="Evaluation of models/a-name-without-a-break-that-would-not-fit-on-a-telephone-if-it-were-not-broken",
        model_name="models/mine",
        model_id="sha256:" + "0123456789abcdef" * 4,
        data_name="listings.csv",
        data_fingerprint="sha256:" + "fedcba9876543210" * 4,
        label_sources=("by_hand",),
        warnings=("Something to read first.",),
        overlap=0.1,
        stress=stress_model(load_bundle(plain_bundle()).model, prepare(simulate(60, 31).records)[0], redraws=20)
        | {"data": "listings.csv", "warnings": []},
        errors=tuple(errors),
    )
    return write_report(tmp_path_factory.mktemp("report"), metrics, context)


def test_the_report_looked_at_here_has_every_section(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    sections = resources.files("umkm_classifier.evaluation").joinpath("templates/sections").iterdir()
    names = [re.search(r'aria-labelledby="([a-z-]+)"', file.read_text(encoding="utf-8")) for file in sections]
    assert [name[1] for name in names if name is not None and f'<h2 id="{name[1]}"' not in page] == []
    assert "beyond the promise" in page
    assert report.stat().st_size < 2_000_000


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_the_report_never_scrolls_sideways(browser: Any, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_and_all_can_be_read(browser: Any, report: Path, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(report.as_uri())
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(FAINT) == []
    page.close()


def test_headings_come_in_order(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
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
        "What reviews buy: wrong answers against the share left to a person",
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
    assert 2 <= printed.count(b"/Type /Page\n") <= 20  # about fifteen where no id is a line long
    page.close()
