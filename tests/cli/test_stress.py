"""``umkm stress``, and its results in the report of ``umkm evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Umkm
from tests.small_models import adapted_bundle, market_file, plain_bundle
from umkm_classifier import stress

OTHERS = (50, 9)  # rows and seed of a market that the model has not seen


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stressed")
    stress(plain_bundle(), market_file(*OTHERS), folder)
    return folder / "stress.json"


def test_stress_prints_a_table_for_people_and_a_summary_for_programs(umkm: Umkm) -> None:
    done = umkm("stress", plain_bundle(), market_file(*OTHERS), "--out", "stressed")
    written = json.loads(Path("stressed/stress.json").read_text(encoding="utf-8"))
    assert done.code == 0
    assert done.json["bars"] == written["bars"]
    assert done.json["stress"] == str(Path("stressed/stress.json"))
    assert done.json["broken"] == [
        {"group": case["group"], "name": case["name"], **bar}
        for case in written["cases"]
        for bar in case.get("bars", ())
        if not bar["kept"]
    ]
    for line in ("A claim of local origin is added", "behind the shop's city", "half of the words", "Poor photos"):
        assert line in done.err
    assert f"{written['bars']['kept']} bars kept, {written['bars']['broken']} broken: stressed" in done.err
    assert "in the training data" not in done.err
    assert (written["format"], written["model"], written["warnings"]) == (1, "plain", [])


def test_stress_warns_of_rows_that_the_model_has_learned_from(umkm: Umkm) -> None:
    done = umkm("stress", plain_bundle(), market_file(), "--out", "stressed")
    warning = "100.0% of these listings were in the training data: the figures look better than they are."
    assert f"warning: {warning}" in done.err
    assert warning in json.loads(Path("stressed/stress.json").read_text(encoding="utf-8"))["warnings"]


def test_stress_is_not_written_into_a_model(umkm: Umkm) -> None:
    assert umkm("stress", plain_bundle(), market_file(*OTHERS), "--out", plain_bundle()).code == 5


def test_a_table_without_labels_ends_with_3(umkm: Umkm) -> None:
    Path("bare.csv").write_text("title\nKain batik\n", encoding="utf-8")
    assert umkm("stress", plain_bundle(), "bare.csv", "--out", "stressed").code == 3


def test_the_report_shows_what_was_found_under_stress(umkm: Umkm, results: Path) -> None:
    evaluated = ("evaluate", plain_bundle(), market_file(*OTHERS))
    assert umkm(*evaluated, "--out", "without").code == 0
    assert "Under stress" not in Path("without/report.html").read_text(encoding="utf-8")
    assert umkm(*evaluated, "--out", "named", "--stress", results).code == 0
    Path("beside").mkdir()
    Path("beside/stress.json").write_bytes(results.read_bytes())
    assert umkm(*evaluated, "--out", "beside").code == 0
    for folder in ("named", "beside"):
        page = Path(folder, "report.html").read_text(encoding="utf-8")
        for words in ("Under stress", "Text that gives orders to a program", "not measured: no photos"):
            assert words in page
    for phrase in json.loads(results.read_text(encoding="utf-8"))["adaptive"]["phrases"]:
        assert f"<code>{phrase['text']}</code>" in page


def test_the_stress_of_another_model_is_refused_where_named_and_left_out_where_found(umkm: Umkm, results: Path) -> None:
    evaluated = ("evaluate", adapted_bundle(), market_file(*OTHERS), "--out", results.parent)
    assert umkm(*evaluated, "--stress", results).code == 3
    done = umkm(*evaluated)
    assert done.code == 0
    warning = "stress.json beside this report is of another model and is not shown; run umkm stress again."
    assert f"warning: {warning}" in done.err
    assert "Under stress" not in (results.parent / "report.html").read_text(encoding="utf-8")
