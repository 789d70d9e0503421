"""From a table to a bundle, and from a bundle to figures."""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.small_models import adapted_bundle, files_below, market_file, plain_bundle, small_config
from umkm_classifier import train as train_function
from umkm_classifier.bundle import load_bundle
from umkm_classifier.config import load_config
from umkm_classifier.errors import (
    BundleError,
    InputError,
    LabelError,
    MissingExtraError,
    OutputConflictError,
    SplitError,
    TooManyRejectsError,
)
from umkm_classifier.simulate.market import RECORD_COLUMNS, simulate
from umkm_classifier.train import crossval, evaluate, train

QUICK = small_config(signals=("words",))
Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Write rows as CSV and return its path."""

    def write(rows: Sequence[dict[str, str]], name: str = "table.csv") -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, RECORD_COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / name

    return write


def test_training_leaves_a_bundle_with_its_config_and_card(tmp_path: Path) -> None:
    trained = train(market_file(), tmp_path / "models/mine", config=QUICK)
    assert trained.bundle == tmp_path / "models/mine"
    assert (trained.rejects, trained.run, trained.n_unlabelled) == ([], None, 0)
    assert trained.training["n"] == 160
    assert load_bundle(trained.bundle).manifest["training"] == trained.training
    assert load_config(trained.bundle / "config.toml") == QUICK
    card = (trained.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("# mine\n")
    assert f"160 labelled listings in {trained.training['n_groups']} groups" in card


def test_training_twice_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    config = small_config(facts_hide=0.5)
    first, second = (train(market_file(), tmp_path / name / "mine", config=config).bundle for name in ("a", "b"))
    assert files_below(first) == files_below(second)
    other = train(market_file(), tmp_path / "c/mine", config=config.model_copy(update={"seed": 1})).bundle
    assert files_below(other)["arrays.safetensors"] != files_below(first)["arrays.safetensors"]


def test_the_config_of_a_bundle_trains_the_same_bundle_again(tmp_path: Path) -> None:
    first = train(market_file(), tmp_path / "a/mine", config=QUICK).bundle
    again = train(market_file(), tmp_path / "b/mine", config=load_config(first / "config.toml")).bundle
    assert files_below(again) == files_below(first)


def test_something_is_learned(tmp_path: Path, table: Table) -> None:
    unseen = table(simulate(300, 41).records)
    bundle = train(market_file(400, 42), tmp_path / "mine", config=QUICK).bundle
    judged = evaluate(bundle, unseen, tmp_path / "report")
    assert judged.metrics["roc_auc_ci"][0] > 0.6


def test_nothing_is_learned_from_shuffled_labels(tmp_path: Path, table: Table) -> None:
    records = simulate(400, 42).records
    labels = [record["label"] for record in records]
    shuffled = [{**record, "label": label} for record, label in zip(records, labels[201:] + labels[:201], strict=True)]
    judged = crossval(table(shuffled), tmp_path / "report", config=QUICK)
    assert judged.metrics["roc_auc_ci"][0] < 0.5 < judged.metrics["roc_auc_ci"][1]


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path, table: Table) -> None:
    records = simulate(100, 6).records
    unlabelled = [{**record, "id": f"x{record['id']}", "label": ""} for record in simulate(7, 8).records]
    with_more = table([*records, *unlabelled])
    alone = train(table(records, "alone.csv"), tmp_path / "a/mine", config=QUICK)
    trained = train(with_more, tmp_path / "b/mine", config=QUICK)
    assert (alone.n_unlabelled, trained.n_unlabelled) == (0, 7)
    assert trained.training == alone.training
    assert files_below(trained.bundle)["arrays.safetensors"] == files_below(alone.bundle)["arrays.safetensors"]


def test_cells_that_were_not_used_are_handed_back(tmp_path: Path, table: Table) -> None:
    records = simulate(100, 6).records
    records[3] = {**records[3], "price": "-5000"}
    trained = train(table(records), tmp_path / "mine", config=QUICK)
    assert [(reject.row, reject.column, reject.code) for reject in trained.rejects] == [(3, "price", "price_negative")]


@pytest.mark.parametrize("command", ["train", "crossval", "evaluate"])
def test_a_table_with_too_many_unusable_rows_is_refused(tmp_path: Path, table: Table, command: str) -> None:
    data = table([*simulate(100, 6).records, *({"id": f"e{at}", "label": "local"} for at in range(12))])

    def do(most: float) -> object:
        if command == "train":
            return train(data, tmp_path / f"out{most}", config=QUICK, max_rejects=most)
        if command == "crossval":
            return crossval(data, tmp_path / "out", config=QUICK, max_rejects=most)
        return evaluate(plain_bundle(), data, tmp_path / "out", max_rejects=most)

    with pytest.raises(TooManyRejectsError) as caught:
        do(0.1)
    assert str(caught.value) == (
        f"{data}: at most 10% unusable rows expected, found 12 of 112. "
        f"'umkm check {data}' names them; mend the table or "
        "raise --max-rejects."
    )
    assert not (tmp_path / "out0.1").exists()
    do(0.11)


def test_a_missing_mlflow_is_met_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    tracked = QUICK.model_copy(update={"track": True})
    with pytest.raises(MissingExtraError) as caught:
        train(tmp_path / "nowhere.csv", tmp_path / "mine", config=tracked)
    assert str(caught.value) == (
        "this needs the package 'mlflow', which is not installed. Install it with: pip install 'umkm-classifier[train]'"
    )
    train(market_file(), tmp_path / "mine", config=QUICK)  # untracked, it is not needed


@pytest.mark.parametrize(
    ("package", "encoder", "extra"),
    [("sklearn", "use", "train"), ("datasketch", "use", "train"), ("onnxscript", "some/model", "deep")],
)
def test_other_missing_packages_are_met_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, encoder: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    config = QUICK.model_copy(update={"text_encoder": encoder})
    with pytest.raises(MissingExtraError, match=rf"'{package}'.* pip install 'umkm-classifier\[{extra}\]'"):
        train(tmp_path / "nowhere.csv", tmp_path / "mine", config=config)


@pytest.mark.parametrize("package", ["jinja2", "sklearn"])
def test_what_a_report_needs_is_met_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=f"'{package}'"):
        crossval(tmp_path / "nowhere.csv", tmp_path / "report", config=QUICK)
    if package == "jinja2":
        with pytest.raises(MissingExtraError, match="'jinja2'"):
            evaluate(tmp_path / "no model", tmp_path / "nowhere.csv", tmp_path / "report")


def test_a_taken_place_is_met_before_the_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputConflictError, match="a new folder expected, found one that exists"):
        train(tmp_path / "nowhere.csv", tmp_path / "taken", config=QUICK)
    for judge in (
        lambda: crossval("nowhere.csv", tmp_path / "file"),
        lambda: evaluate("x", "y.csv", tmp_path / "file"),
    ):
        with pytest.raises(OutputConflictError, match="a folder to write to expected, found a file at"):
            judge()


def test_a_base_that_cannot_be_loaded_is_met_before_the_table_is_read(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"found no manifest\.json in it"):
        train(tmp_path / "nowhere.csv", tmp_path / "mine", config=QUICK, base=tmp_path / "no base")


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda records: [{**one, "label": ""} for one in records], LabelError),
        (lambda records: [{**one, "label": "local"} for one in records], LabelError),
        (lambda records: [{**records[0], "label": "loakl"}, *records[1:]], LabelError),
        (lambda records: [{**one, "shop_id": "s1"} for one in records], SplitError),
    ],
    ids=["no label", "one class", "unknown label", "one shop"],
)
def test_what_cannot_be_learned_from_leaves_no_bundle(
    tmp_path: Path, table: Table, spoil: Callable[[Any], Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        train(table(spoil(simulate(100, 6).records)), tmp_path / "mine", config=QUICK)
    assert not (tmp_path / "mine").exists()


def test_columns_of_another_name_are_mapped_by_the_config(tmp_path: Path, table: Table) -> None:
    path = table(simulate(100, 6).records)
    renamed = path.read_text(encoding="utf-8").replace("title", "nama_produk", 1)
    path.write_text(renamed, encoding="utf-8")
    with pytest.raises(InputError, match="title"):
        train(path, tmp_path / "mine", config=QUICK)
    mapped = QUICK.model_copy(update={"columns": {"title": "nama_produk"}})
    bundle = train(path, tmp_path / "mine", config=mapped).bundle
    assert tomllib.loads((bundle / "config.toml").read_text(encoding="utf-8"))["columns"] == {"title": "nama_produk"}


def test_adapting_in_place_keeps_the_base_inside(tmp_path: Path) -> None:
    train(market_file(), tmp_path / "mine", config=QUICK)
    before = files_below(tmp_path / "mine")
    train(market_file(100, 6), tmp_path / "mine", config=QUICK, base=tmp_path / "mine", overwrite=True)
    assert files_below(tmp_path / "mine/base") == before
    load_bundle(tmp_path / "mine")


def test_a_base_can_be_adapted_with_rows_of_too_few_shops_to_learn_from_alone(tmp_path: Path, table: Table) -> None:
    shops = {"local": "s1", "imported": "s2"}
    few = [{**record, "shop_id": shops[record["label"]]} for record in simulate(30, 6).records]
    trained = train(table(few), tmp_path / "mine", config=QUICK, base=plain_bundle())
    assert list(trained.training["out_of_fold_roc_auc"]) == ["base.model"]
    assert any(note.startswith("base_only") for note in trained.training["notes"])
    assert load_bundle(trained.bundle).model.fusion.names == ("base.model",)


def test_the_exported_name_is_the_function() -> None:
    assert train_function is train


def test_rows_that_the_model_was_trained_on_are_a_warning(tmp_path: Path, table: Table) -> None:
    fresh, known = simulate(140, 50).records, simulate(60, 51).records
    bundle = train(table(known, "known.csv"), tmp_path / "mine", config=QUICK).bundle
    judged = evaluate(bundle, table([*fresh, *known], "both.csv"), tmp_path / "report")
    assert judged.warnings == (
        "30.0% of these listings were in the training data: the figures look better than they are.",
    )
    page = judged.report.read_text(encoding="utf-8")
    assert page.count("The model was trained on 30.0% of these listings.") == 1
    assert "look better than they are" not in page  # the report has words of its own, and says it once
    assert evaluate(bundle, table(fresh, "fresh.csv"), tmp_path / "report").warnings == ()


def test_rows_that_the_base_was_trained_on_are_a_warning_too(tmp_path: Path) -> None:
    judged = evaluate(adapted_bundle(), market_file(), tmp_path / "report")
    assert judged.warnings[0].startswith("100.0% of these listings were in the training data")


def test_an_evaluation_leaves_figures_and_a_report(tmp_path: Path, table: Table) -> None:
    judged = evaluate(plain_bundle(), table(simulate(120, 60).records), tmp_path / "made/report")
    assert judged.report == tmp_path / "made/report/report.html"
    written = json.loads((tmp_path / "made/report/metrics.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(judged.metrics))
    assert (written["n"], written["n_unlabelled"]) == (120, 0)


def test_one_class_can_be_judged_but_labels_that_nobody_understands_or_none_at_all_cannot(
    tmp_path: Path, table: Table
) -> None:
    records = simulate(60, 60).records
    local = [{**record, "label": "local"} for record in records]
    judged = evaluate(plain_bundle(), table(local), tmp_path / "report")
    assert judged.metrics["roc_auc"] is None
    assert judged.metrics["roc_auc_reason"] == "every labelled listing is 'local' (60); both classes are needed"
    with pytest.raises(LabelError, match="expected 'local' or 'imported', found no label in 60 rows"):
        evaluate(plain_bundle(), table([{**one, "label": ""} for one in records]), tmp_path / "report")
    with pytest.raises(LabelError, match="found 'loakl'"):
        evaluate(plain_bundle(), table([{**local[0], "label": "loakl"}, *local[1:]]), tmp_path / "report")
