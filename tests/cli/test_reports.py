"""What reports of ``umkm crossval`` and ``umkm evaluate`` show and keep back, and what the terminal says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import QUICK, Umkm
from tests.cli.test_models import write
from tests.small_models import market_file, plain_bundle
from umkm_classifier.simulate.market import simulate


@pytest.mark.parametrize("command", ["crossval", "evaluate"])
def test_titles_stand_in_a_report_only_where_they_are_asked_for(umkm: Umkm, command: str) -> None:
    rows = [{**record, "title": f"{record['title']} zqxv"} for record in simulate(120, 61).records]
    table = write("unseen.csv", rows)
    given = (table, *QUICK) if command == "crossval" else (plain_bundle(), table)
    assert umkm(command, *given, "--out", "plain").code == 0
    assert umkm(command, *given, "--out", "shown", "--show-text").code == 0
    assert json.loads(Path("plain/metrics.json").read_text(encoding="utf-8"))["worst_errors"]
    assert [file for file in Path("plain").iterdir() if "zqxv" in file.read_text(encoding="utf-8")] == []
    with_words = [file.name for file in Path("shown").iterdir() if "zqxv" in file.read_text(encoding="utf-8")]
    assert with_words == ["report.html"]


def test_crossval_puts_a_random_split_beside_unless_told_not_to(umkm: Umkm) -> None:
    umkm("crossval", market_file(), "--out", "with", *QUICK)
    umkm("crossval", market_file(), "--out", "without", "--no-random-split", *QUICK)
    beside, alone = (json.loads(Path(name, "metrics.json").read_text(encoding="utf-8")) for name in ("with", "without"))
    assert beside["random_split"]["roc_auc"] is not None
    assert "random_split" not in alone
    assert alone["roc_auc"] == beside["roc_auc"]


@pytest.mark.parametrize("promised", [0.5, 0.0001])
def test_the_worst_slice_is_named_on_the_terminal_and_warned_of_beyond_the_promise(
    umkm: Umkm, monkeypatch: pytest.MonkeyPatch, promised: float
) -> None:
    found = {"n": 60, "n_local_shops": 50, "local_flagged_rate": 0.2, "local_flagged_rate_ci": [0.1, 0.3]}
    beyond = [["photo", "dark"]] if promised < 0.1 else []
    worst = {"slicing": "photo", "value": "dark", **found, "at_most": promised, "n_slices": 9, "beyond": beyond}
    monkeypatch.setattr("umkm_classifier.evaluation.evaluate.worst_slice", lambda _: {"worst_slice": worst})
    done = umkm("evaluate", plain_bundle(), write("unseen.csv", simulate(60, 61).records), "--out", "report")
    named = (
        "Worst slice: first photo: dark: 20.0% of a shop's local listings are called imported "
        "(10.0 to 30.0%), 50 shops."
    )
    more = " The whole interval is beyond the 0.0% that is promised over all listings." if beyond else ""
    assert f"{'warning: ' if beyond else ''}{named}{more}\nreport: report/report.html\n" in done.err
    assert done.json["worst_slice"] == worst
