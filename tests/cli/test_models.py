"""``umkm train``, ``umkm crossval`` and ``umkm evaluate``."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import QUICK, Umkm
from tests.mlflow_stand_in import client_of, copy_ready_store, local
from tests.small_models import copy_of, files_below, market_file, plain_bundle
from umkm_classifier.bundle_files import held
from umkm_classifier.serving import predictor
from umkm_classifier.simulate.market import simulate

UNTRACKED = (*QUICK, "--no-track")


def write(name: str, rows: list[dict[str, str]]) -> Path:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return Path(name)


def test_train_says_what_was_learned_to_people_and_to_programs(umkm: Umkm) -> None:
    done = umkm("train", market_file(), "--out", "models/mine", *UNTRACKED)
    assert done.code == 0
    said = done.json
    training = said["training"]
    assert done.err == (
        f"models/mine: learned from 160 listings ({training['n_local']} local, {training['n_imported']} imported), "
        f"{training['n_groups']} groups\n  note: no threshold can be promised: 46 local shops, 183 needed\n"
    )
    assert set(said) == {"bundle", "training", "run_id", "model_uri"}
    assert (said["bundle"], said["run_id"], said["model_uri"]) == ("models/mine", None, None)
    assert json.loads(Path("models/mine/manifest.json").read_text(encoding="utf-8"))["training"] == training
    assert [path.name for path in Path().iterdir()] == ["models"]  # and nothing was tracked


def test_train_tells_what_it_left_out(umkm: Umkm) -> None:
    rows = simulate(100, 6).records
    rows[0] = {**rows[0], "price": "-5000"}
    for at in (3, 50):
        rows[at] = {**rows[at], "label": ""}
    done = umkm("train", write("t.csv", rows), "--out", "mine", *UNTRACKED)
    assert done.code == 0
    lines = done.err.splitlines()
    assert lines[:3] == [
        "t.csv: 1 cell or row was not used (rows are counted from 0):",
        "  row 0, price: price_negative: a price above 0 expected, found a negative one; the cell is left empty",
        "t.csv: 2 rows were left out: they have no label",
    ]
    assert lines[3].startswith("mine: learned from 98 listings (")


def test_train_passes_on_the_notes_of_the_training(umkm: Umkm) -> None:
    shops = {"local": "s1", "imported": "s2"}
    few = [{**record, "shop_id": shops[record["label"]]} for record in simulate(30, 6).records]
    done = umkm("train", write("few.csv", few), "--out", "mine", "--base", plain_bundle(), *UNTRACKED)
    assert done.code == 0
    assert [f"  note: {note}" for note in done.json["training"]["notes"]] == done.err.splitlines()[1:]
    assert "base_only" in done.err


def test_the_config_in_a_bundle_trains_it_again(umkm: Umkm) -> None:
    umkm("train", market_file(), "--out", "first/mine", *UNTRACKED)
    done = umkm("train", market_file(), "--config", "first/mine/config.toml", "--out", "second/mine")
    assert done.code == 0
    assert done.json["run_id"] is None  # that nothing is to be tracked stands in the config as well
    assert files_below(Path("second/mine")) == files_below(Path("first/mine"))


def test_set_goes_over_a_config_and_both_may_be_wrong(umkm: Umkm) -> None:
    Path("c.toml").write_text("seed = 3\nfolds = 2\nsignals = ['words']\n", encoding="utf-8")
    done = umkm("train", market_file(), "--config", "c.toml", "--set", "seed=4", "--no-track", "--out", "mine")
    assert done.code == 0
    written = Path("mine/config.toml").read_text(encoding="utf-8")
    assert "\nfolds = 2 " in written
    assert written.startswith("seed = 4 ")
    wrong = umkm("train", market_file(), "--set", "sede=4", "--set", "folds=1", "--out", "other")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == (
        "umkm: --set: setting 'folds': input should be greater than or equal to 2, found 1. Change it or leave it "
        "out.\n--set: 'sede' is not a setting. Did you mean 'seed'?\n"
    )
    assert umkm("train", market_file(), "--config", "nowhere.toml", "--out", "other").code == 3
    bare = umkm("train", market_file(), "--set", "seed", "--out", "other")
    assert (bare.code, bare.out) == (2, "")
    assert bare.err == "umkm: --set seed: expected key=value, found no '='. Write for instance --set seed=1\n"
    Path("c.toml").write_text("folds = 1\n", encoding="utf-8")
    in_file = umkm("train", market_file(), "--config", "c.toml", "--out", "other")
    assert (in_file.code, in_file.out) == (3, "")
    assert in_file.err == (
        "umkm: c.toml: setting 'folds': input should be greater than or equal to 2, found 1. Change it or leave it "
        "out.\n"
    )
    assert not Path("other").exists()


def test_train_adapts_a_base(umkm: Umkm) -> None:
    done = umkm("train", market_file(100, 6), "--base", plain_bundle(), "--out", "adapted", *UNTRACKED)
    assert done.code == 0
    assert "base.model" in done.json["training"]["out_of_fold_roc_auc"]
    assert umkm("predict", "adapted", "--title", "Kain batik").code == 0


def test_train_leaves_out_what_the_base_knows_and_ends_with_3_when_nothing_is_left(umkm: Umkm) -> None:
    umkm("train", market_file(), "--out", "base", *UNTRACKED)
    with market_file().open(encoding="utf-8", newline="") as file:
        known = list(csv.DictReader(file))
    fresh = [{**row, "id": f"f{row['id']}"} for row in simulate(60, 7).records]
    done = umkm("train", write("both.csv", [*known, *fresh]), "--base", "base", "--out", "mine", *UNTRACKED)
    assert done.code == 0
    assert done.json["training"]["n"] == 60
    assert (
        "  note: known_to_base: 160 of 220 labelled listings were left out, since the base has learned from them; to "
        "learn from all of them, train without --base\n"
    ) in done.err
    again = umkm("train", market_file(), "--base", "base", "--out", "other", *UNTRACKED)
    assert (again.code, again.out) == (3, "")
    assert again.err == (
        f"umkm: {market_file()}: local and imported listings that the base has not learned from expected, found 0 "
        "local and 0 imported beside 160 that it knows. Add listings of your own, or train without --base.\n"
    )
    assert not Path("other").exists()


def test_train_ends_with_75_while_another_training_holds_the_place(umkm: Umkm) -> None:
    with held(Path("mine")):
        done = umkm("train", market_file(), "--out", "mine", *UNTRACKED)
    assert (done.code, done.out) == (75, "")
    assert done.err == (
        "umkm: mine: a place that nobody else trains into expected, found another training at work. Wait until it has "
        "ended, or choose another folder.\n"
    )
    assert umkm("train", market_file(), "--out", "mine", *UNTRACKED).code == 0
    assert [path.name for path in Path().iterdir()] == ["mine"]


@pytest.mark.parametrize("command", ["crossval", "evaluate"])
@pytest.mark.parametrize("out", ["mine", "mine/report"])
def test_a_report_into_a_model_ends_with_5_and_leaves_it_whole(umkm: Umkm, command: str, out: str) -> None:
    copy_of(plain_bundle(), Path().absolute()).rename("mine")
    model = ("mine",) if command == "evaluate" else ()
    done = umkm(command, *model, market_file(), "--out", out)
    assert (done.code, done.out) == (5, "")
    assert done.err == (
        "umkm: mine: a folder for a report expected, found a model (manifest.json), which would be spoilt. Choose "
        "another folder.\n"
        if out == "mine"
        else f"umkm: mine/report: a folder outside of any model expected, found that it lies in the bundle "
        f"{Path('mine').absolute()}, which would be spoilt. Choose another folder.\n"
    )
    assert files_below(Path("mine")) == files_below(plain_bundle())


@pytest.mark.parametrize("command", ["check", "train", "crossval", "evaluate"])
def test_a_table_in_another_encoding_is_read_when_it_is_named(umkm: Umkm, command: str) -> None:
    rows = simulate(100, 6).records
    rows[0] = {**rows[0], "title": "Kain batik café"}
    table = write("t.csv", rows)
    table.write_bytes(table.read_text(encoding="utf-8").encode("cp1252", "replace"))
    given = {
        "check": (table,),
        "train": (table, "--out", "out", *UNTRACKED),
        "crossval": (table, "--out", "out", *QUICK),
        "evaluate": (plain_bundle(), table, "--out", "out"),
    }[command]
    refused = umkm(command, *given)
    assert (refused.code, refused.out) == (3, "")
    assert refused.err == (
        "umkm: t.csv, line 2: text in utf-8 expected, found the byte 0xe9. Save the table as UTF-8, or name its "
        "encoding: encoding='cp1252' (--encoding cp1252) fits most tables from Windows.\n"
    )
    assert umkm(command, *given, "--encoding", "cp1252").code == 0
    unknown = umkm(command, *given, "--encoding", "latin-9000")
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err == (
        "umkm: --encoding: setting 'encoding': input should be the name of an encoding such as 'utf-8' or 'cp1252', "
        "found 'latin-9000'. Change it or leave it out.\n"
    )


def test_train_ends_with_5_when_the_place_is_taken_and_overwrites_when_told(umkm: Umkm) -> None:
    umkm("train", market_file(), "--out", "mine", *UNTRACKED)
    before = files_below(Path("mine"))
    done = umkm("train", market_file(), "--out", "mine", *UNTRACKED, "--set", "seed=1")
    assert (done.code, done.out) == (5, "")
    assert done.err == (
        "umkm: mine: a new folder expected, found one that exists. Choose another name or pass --overwrite.\n"
    )
    assert files_below(Path("mine")) == before
    assert umkm("train", market_file(), "--out", "mine", *UNTRACKED, "--set", "seed=1", "--overwrite").code == 0
    assert files_below(Path("mine")) != before


def test_train_without_a_package_that_it_needs_ends_with_2_and_names_the_install(
    umkm: Umkm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    done = umkm("train", market_file(), "--out", "mine", *QUICK)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "umkm: this needs the package 'mlflow', which is not installed. Install it with: pip install "
        "'umkm-classifier[train]'\n"
    )


@pytest.mark.parametrize("command", ["train", "crossval", "evaluate"])
def test_too_many_unusable_rows_end_with_6_unless_more_are_allowed(umkm: Umkm, command: str) -> None:
    rows = [*simulate(100, 6).records, *({"id": f"e{at}", "label": "local"} for at in range(12))]
    table = write("t.csv", rows)
    model = (plain_bundle(),) if command == "evaluate" else ()
    options = {"train": UNTRACKED, "crossval": QUICK, "evaluate": ()}[command]
    done = umkm(command, *model, table, "--out", "out", *options)
    assert (done.code, done.out) == (6, "")
    assert "at most 10% unusable rows expected, found 12 of 112." in done.err
    assert not Path("out").exists()
    assert umkm(command, *model, table, "--out", "out", *options, "--max-rejects", "0.11").code == 0


@pytest.mark.parametrize("command", ["train", "crossval"])
@pytest.mark.parametrize("spoilt", ["no label", "one class", "one shop"])
def test_what_cannot_be_learned_from_ends_with_3(umkm: Umkm, command: str, spoilt: str) -> None:
    change = {"no label": {"label": ""}, "one class": {"label": "local"}, "one shop": {"shop_id": "s1"}}[spoilt]
    table = write("t.csv", [{**record, **change} for record in simulate(60, 6).records])
    done = umkm(command, table, "--out", "out", *(UNTRACKED if command == "train" else QUICK))
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("umkm: ")
    assert "Traceback" not in done.err
    assert not Path("out").exists()


def test_crossval_leaves_figures_a_report_and_scores(umkm: Umkm) -> None:
    done = umkm("crossval", market_file(), "--out", "cv", *QUICK)
    assert done.code == 0
    assert done.err == "report: cv/report.html\n"
    metrics = json.loads(Path("cv/metrics.json").read_text(encoding="utf-8"))
    said = done.json
    assert said["report"] == "cv/report.html"
    assert {key: value for key, value in said.items() if key != "report"} == {
        key: metrics[key] for key in said.keys() - {"report"}
    }
    assert {
        "n",
        "n_imported",
        "n_shops",
        "roc_auc",
        "roc_auc_ci",
        "average_precision",
        "macro_f1",
        "brier",
        "ece",
    } <= set(said)
    assert sorted(path.name for path in Path("cv").iterdir()) == [
        "MODEL_CARD.md", "metrics.json", "out_of_fold.csv", "report.html",
    ]  # fmt: skip


def test_evaluate_judges_a_model_on_a_table(umkm: Umkm) -> None:
    table = write("unseen.csv", simulate(120, 61).records)
    done = umkm("evaluate", plain_bundle(), table, "--out", "report")
    assert (done.code, done.err) == (0, "report: report/report.html\n")
    assert done.json["n"] == 120
    assert done.json["roc_auc_ci"][0] < done.json["roc_auc"] < done.json["roc_auc_ci"][1]
    assert sorted(path.name for path in Path("report").iterdir()) == ["MODEL_CARD.md", "metrics.json", "report.html"]


def test_evaluate_warns_when_the_model_knows_the_rows(umkm: Umkm) -> None:
    done = umkm("evaluate", plain_bundle(), market_file(), "--out", "report")
    assert done.err == (
        "warning: 100.0% of these listings were in the training data: the figures look better than they are.\n"
        "report: report/report.html\n"
    )


def test_evaluate_asks_the_starter_when_no_model_is_named(umkm: Umkm, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write("unseen.csv", simulate(60, 61).records)
    monkeypatch.setattr(predictor, "STARTER", Path("no starter"))
    done = umkm("evaluate", table, "--out", "report")
    assert (done.code, done.out) == (4, "")
    assert done.err == (
        "umkm: starter: the model that the package brings expected, found none. Install the package again, or, in a "
        "checkout, run 'make starter'. Or train one, 'umkm train DATA --out models/mine', and name it: 'umkm predict "
        "models/mine --title TITLE', or load('models/mine') in Python.\n"
    )
    monkeypatch.setattr(predictor, "STARTER", plain_bundle())
    assert umkm("evaluate", table, "--out", "report").json["n"] == 60
    assert umkm("evaluate", "starter", table, "--out", "report").json["n"] == 60


def test_evaluate_takes_one_class_and_gives_reasons_for_what_it_cannot_say(umkm: Umkm) -> None:
    table = write("local.csv", [{**record, "label": "local"} for record in simulate(60, 61).records])
    done = umkm("evaluate", plain_bundle(), table, "--out", "report")
    assert done.code == 0
    assert (done.json["roc_auc"], done.json["roc_auc_ci"]) == (None, None)
    assert done.json["roc_auc_reason"] == "every labelled listing is 'local' (60); both classes are needed"


def test_evaluate_tells_how_many_rows_had_no_label(umkm: Umkm) -> None:
    rows = simulate(60, 61).records
    rows[5] = {**rows[5], "label": ""}
    done = umkm("evaluate", plain_bundle(), write("t.csv", rows), "--out", "report")
    assert "t.csv: 1 row was left out: it has no label\n" in done.err


@pytest.mark.parametrize("label", ["", "loakl"])
def test_evaluate_ends_with_3_when_there_is_nothing_to_judge_by(umkm: Umkm, label: str) -> None:
    table = write("t.csv", [{**record, "label": label} for record in simulate(20, 61).records])
    done = umkm("evaluate", plain_bundle(), table, "--out", "report")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("umkm: label: expected 'local' or 'imported', found ")


def test_evaluate_ends_with_4_without_a_model_and_with_5_without_a_place(umkm: Umkm) -> None:
    assert umkm("evaluate", "nowhere", market_file(), "--out", "report").code == 4
    Path("file").write_text("", encoding="utf-8")
    assert umkm("evaluate", plain_bundle(), market_file(), "--out", "file").code == 5
    assert umkm("crossval", market_file(), "--out", "file/below").code == 5


@pytest.mark.slow
def test_a_tracked_training_writes_json_alone_to_stdout_and_names_its_run(
    process: Callable[..., subprocess.CompletedProcess[bytes]], working_folder: Path
) -> None:
    copy_ready_store(working_folder)
    done = process("train", market_file(), "--out", "mine", "--run", "first", *QUICK)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    lines = done.stderr.decode().splitlines()
    assert [line for line in lines if line.startswith("  ") and not line.startswith("  note: ")] == [
        f"  MLflow run {said['run_id']} in {local(working_folder)}",
        "  registered as models:/umkm/1: a name for this model wherever one is asked for",
    ]
    assert said["model_uri"] == "models:/umkm/1"
    answered = process("predict", "models:/umkm/1", "--title", "Kain batik")
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["status"] == "ok"
    assert client_of(local(working_folder)).get_run(said["run_id"]).info.run_name == "first"
