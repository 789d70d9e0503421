from __future__ import annotations

import dataclasses
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umkm_classifier.errors import MissingExtraError, OutputConflictError
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.report import ReportContext, render, write_report

CONTEXT = ReportContext(
    title="How models/mine does on my listings",
    model_name="models/mine",
    model_id="sha256:0123abcd",
    data_name="listings.csv",
    data_fingerprint="sha256:4567ef",
    label_sources=("by_hand", "by_brand"),
    seed=3,
    versions={"umkm_classifier": "0.1.0", "numpy": "2.4.6"},
    warnings=("The table was read with 3 rejected rows.",),
    overlap=0.0,
)
BLOCKS = {"span", "td", "th", "li", "dt", "dd", "p", "h2"}


class Page(HTMLParser):
    """A page taken apart: every element with its attributes, the text, and whether elements are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.faults: list[str] = []
        self.feed(source)
        self.close()

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in BLOCKS:
            self.words.append(" ")
        if tag != "meta":  # the only one here that stands open
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def measured(market) -> dict[str, Any]:
    table, p = market
    speaks = np.where(np.arange(300) % 4, np.log(p), np.nan)
    return measure(table, p, log_odds={"words": speaks, "looks": np.full(300, np.nan)}, p_masked=p**1.1, redraws=40)


@pytest.fixture
def page(measured: dict[str, Any]) -> Page:
    return Page(render(measured, CONTEXT))


def test_figures_are_written_for_programs_and_a_report_for_people(measured: dict[str, Any], tmp_path: Path) -> None:
    report = write_report(tmp_path / "new" / "folder", measured, CONTEXT)
    assert report == tmp_path / "new" / "folder" / "report.html"
    assert sorted(file.name for file in report.parent.iterdir()) == [
        "MODEL_CARD.md", "metrics.json", "report.html",
    ]  # fmt: skip
    assert json.loads((report.parent / "metrics.json").read_text(encoding="utf-8")) == measured
    assert report.stat().st_size < 200_000


def test_writing_again_replaces_both_files(measured: dict[str, Any], tmp_path: Path) -> None:
    write_report(tmp_path, measured, CONTEXT)
    write_report(tmp_path, measured | {"seed": 99}, dataclasses.replace(CONTEXT, title="Another"))
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["seed"] == 99
    assert "<title>Another</title>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_page_without_tags_left_open(page: Page) -> None:
    assert page.faults == []
    assert page.open == []


def test_the_report_runs_no_script_and_asks_nothing_of_a_network(page: Page, measured: dict[str, Any]) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "image", "use"}
    attributes = [(name, value) for _, given in page.elements for name, value in given.items()]
    assert [name for name, _ in attributes if name.startswith("on") or name in ("href", "src", "srcset")] == []
    assert not re.search(r"https?:|//|url\(|@import", render(measured, CONTEXT).replace("<!doctype html>", ""))
    policy = [given["content"] for given in page.all("meta") if given.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_every_plot_has_a_title_and_a_description(page: Page) -> None:
    plots = [given for given in page.all("svg") if given.get("role") == "img"]
    ids = {given["id"] for _, given in page.elements if "id" in given}
    assert len(plots) == 4
    assert all(set(str(given["aria-labelledby"]).split()) <= ids for given in plots)
    assert all(given.get("aria-hidden") == "true" for given in page.all("svg") if given not in plots)


def test_ids_are_unique_and_every_section_is_named_by_its_heading(page: Page) -> None:
    ids = [given["id"] for _, given in page.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert {given["aria-labelledby"] for given in page.all("section")} <= set(ids)


def test_every_header_of_a_table_says_what_it_heads(page: Page) -> None:
    assert {given.get("scope") for given in page.all("th")} == {"col", "row", "rowgroup"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Read this first The table was read with 3 rejected rows.",
        "Removing a listing or punishing a shop without a person's decision.",
        "No public labelled set has imported batik, koko, sajadah or tasbih.",
        "Which labels these figures rest on",
        "Statements of origin masked",
        "None of these listings was in the model's training data.",
        "models/mine sha256:0123abcd",
        "listings.csv sha256:4567ef",
        "umkm_classifier 0.1.0, numpy 2.4.6",
        "95%, percentiles of 40 redraws of shops",
    ],
)
def test_the_report_says(page: Page, sentence: str) -> None:
    assert sentence in page.text


def test_headline_figures_stand_with_their_intervals(page: Page, measured: dict[str, Any]) -> None:
    for key in ("roc_auc", "average_precision", "macro_f1", "brier"):
        low, high = measured[f"{key}_ci"]
        assert re.search(rf"{measured[key]:.3f} {low:.3f} to {high:.3f}", page.text), key


def test_a_silent_signal_is_shown_and_not_scored(page: Page) -> None:
    assert "looks photos looks always silent" in page.text
    assert "not known: it is silent on every labelled listing" in page.text


def test_fault_33_names_are_escaped(measured: dict[str, Any]) -> None:
    evil = '<script>alert("x")</script>'
    context = dataclasses.replace(
        CONTEXT, title=evil, model_name=evil, data_name=evil, warnings=(evil,), label_sources=(evil,)
    )
    slices = measured["slices"] | {"label_source": {evil: measured["slices"]["label_source"]["by_hand"]}}
    source = render(measured | {"slices": slices, "signals": {evil: measured["signals"]["words"]}}, context)
    page = Page(source)
    assert page.all("script") == []
    assert "<script" not in source
    assert page.text.count(evil) == 12


def test_fault_32_characters_that_turn_text_around_are_dropped(measured: dict[str, Any]) -> None:
    source = render(measured, dataclasses.replace(CONTEXT, title="a\u202eb\u2066c\u200bd\x00e"))
    assert "<title>abcde</title>" in source


def test_fault_36_a_lone_surrogate_does_not_stop_the_report(measured: dict[str, Any], tmp_path: Path) -> None:
    report = write_report(tmp_path, measured, dataclasses.replace(CONTEXT, title="a\ud800b"))
    assert "<title>a?b</title>" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("labels", [["local"] * 4, ["imported"] * 4, [""] * 4, ["local", "imported", "", ""]])
def test_fault_61_a_report_can_be_made_of_next_to_nothing(listings, tmp_path: Path, labels: list[str]) -> None:
    measured = measure(listings(labels, shop_id=["a"] * 4), [0.1, 0.9, 0.4, 0.6], redraws=10)
    page = Page(write_report(tmp_path, measured, CONTEXT).read_text(encoding="utf-8"))
    assert page.faults == []
    assert "not known" in page.text
    assert not re.search(r"\b(nan|inf|None(?! of these))\b", page.text)


def test_goods_of_the_story_with_figures_are_not_called_unknown(listings) -> None:
    table = listings(["local"] * 5 + ["imported"] * 5, title=["Tasbih kayu"] * 10)
    text = Page(render(measure(table, np.linspace(0, 1, 10), redraws=10), CONTEXT)).text
    assert "Figures below rest on the labels of this table alone." in text
    assert "is therefore not known" not in text


def test_no_mistake_in_few_shops_is_not_shown_as_certainty(listings) -> None:
    measured = measure(listings(["local"] * 14 + ["imported"] * 14), np.repeat([0.1, 0.9], 14), redraws=50)
    assert measured["local_flagged_rate_ci"] == [0.0, 0.0]
    text = Page(render(measured, CONTEXT)).text
    assert "mean over shops 0.0% up to 19.3%" in text
    assert "0.0 to 0.0%" not in text


@pytest.mark.parametrize(
    ("overlap", "says"),
    [
        (None, "Whether the model was trained on some of these listings was not checked."),
        (0.25, "The model was trained on 25.0% of these listings."),
    ],
)
def test_the_report_says_whether_listings_were_known(measured: dict[str, Any], overlap: float, says: str) -> None:
    assert says in Page(render(measured, dataclasses.replace(CONTEXT, overlap=overlap))).text


def test_fault_69_nan_is_never_written(measured: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        write_report(tmp_path, measured | {"roc_auc": float("nan")}, CONTEXT)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_folders_place_is_left_alone(measured: dict[str, Any], tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine", encoding="utf-8")
    expected = f"report: {taken} must be a folder, or free. Found a file in its place. Choose another folder."
    with pytest.raises(OutputConflictError, match=f"^{re.escape(expected)}$"):
        write_report(taken, measured, CONTEXT)
    assert taken.read_text(encoding="utf-8") == "mine"


def test_a_report_that_cannot_be_finished_leaves_the_old_one(
    measured: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_report(tmp_path, measured, CONTEXT).read_text(encoding="utf-8")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_report(tmp_path, measured, dataclasses.replace(CONTEXT, title="New"))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == old
    assert sorted(file.name for file in tmp_path.iterdir()) == ["MODEL_CARD.md", "metrics.json", "report.html"]


def test_without_jinja_it_says_what_to_install(measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'umkm-classifier[train]'")):
        render(measured, CONTEXT)
