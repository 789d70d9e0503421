"""From a table to a bundle, and from a bundle to figures."""

from __future__ import annotations

import dataclasses
import inspect
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.small_models import adapted_bundle, files_below, market_file, plain_bundle, small_config
from umkm_classifier import train as train_function
from umkm_classifier.bundle import load_bundle
from umkm_classifier.config import load_config
from umkm_classifier.errors import (
    InputError,
    LabelError,
)
from umkm_classifier.judge import evaluate
from umkm_classifier.simulate.market import simulate
from umkm_classifier.train import crossval, train
from umkm_classifier.train_checks import with_notes

QUICK = small_config(signals=("words",))
Table = Callable[..., Path]


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


def test_rows_that_the_base_knows_are_left_out_and_told(tmp_path: Path, table: Table) -> None:
    known, fresh = simulate(100, 51).records, simulate(80, 50).records
    known = [{**record, "id": f"k{record['id']}", "shop_id": f"k{record['shop_id']}"} for record in known]
    base = train(table(known, "known.csv"), tmp_path / "base", config=QUICK).bundle
    both = train(table([*known, *fresh], "both.csv"), tmp_path / "both", config=QUICK, base=base)
    alone = train(table(fresh, "fresh.csv"), tmp_path / "alone", config=QUICK, base=base)
    note, *others = both.training["notes"]
    assert note == (
        "known_to_base: 100 of 180 labelled listings were left out, since the base has learned from them; to learn "
        "from all of them, train without --base"
    )
    assert {**both.training, "notes": others} == alone.training
    assert files_below(both.bundle)["arrays.safetensors"] == files_below(alone.bundle)["arrays.safetensors"]
    assert f"- {note}\n" in (both.bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert len(load_bundle(both.bundle).row_hashes) == 180


def test_a_base_has_nothing_to_learn_from_rows_that_it_knows(tmp_path: Path) -> None:
    base = train(market_file(), tmp_path / "base", config=QUICK).bundle
    with pytest.raises(LabelError) as caught:
        train(market_file(), tmp_path / "mine", config=QUICK, base=base)
    assert str(caught.value) == (
        f"{market_file()}: local and imported listings that the base has not learned from expected, found 0 local and "
        "0 imported beside 160 that it knows. Add listings of your own, or train without --base."
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base"]


def test_a_base_needs_new_rows_of_both_classes(tmp_path: Path, table: Table) -> None:
    known, fresh = simulate(100, 51).records, simulate(40, 50).records
    base = train(table(known, "known.csv"), tmp_path / "base", config=QUICK).bundle
    local = [{**record, "id": f"f{record['id']}"} for record in fresh if record["label"] == "local"]
    with pytest.raises(LabelError) as caught:
        train(table([*known, *local]), tmp_path / "mine", config=QUICK, base=base)
    assert f"found {len(local)} local and 0 imported beside 100 that it knows." in str(caught.value)


def test_a_table_that_names_no_shop_or_contradicts_itself_is_told_and_learned_from(
    tmp_path: Path, table: Table
) -> None:
    records = [{**record, "shop_id": ""} for record in simulate(100, 6).records]
    other = "local" if records[0]["label"] == "imported" else "imported"
    records.append({**records[0], "id": "again", "label": other})
    told = [
        "no_shop_id: 101 of 101 labelled listings name no shop; each counts as a shop of its own, so figures may look "
        "better than they are",
        "labels_contradict: 1 text stands in local and in imported listings, and one label is likely wrong; 'umkm "
        "check' names them",
    ]
    trained = train(table(records), tmp_path / "mine", config=QUICK)
    assert [note for note in trained.training["notes"] if not note.startswith("one_view")] == told
    judged = crossval(table(records), tmp_path / "cv", config=QUICK)
    assert list(judged.warnings) == told
    page = judged.report.read_text(encoding="utf-8")
    assert "101 of 101 labelled listings name no shop" in page
    assert list(evaluate(plain_bundle(), table(records), tmp_path / "report").warnings) == told


def test_a_model_in_which_one_view_alone_has_a_say_tells_so(tmp_path: Path) -> None:
    model = load_bundle(plain_bundle()).model
    names = model.fusion.names
    one = dataclasses.replace(model.fusion, weights=np.asarray([1.0, *[0.0] * (len(names) - 1)]))
    read = sum(not name.endswith(".missing") for name in names)
    assert with_notes(dataclasses.replace(model, fusion=one), ["before"]).training["notes"] == [
        *model.training["notes"],
        "before",
        f"one_view: only {names[0]} has weight; the others ({read - 1}) added nothing on rows that they had not seen",
    ]
    assert with_notes(model, []).training["notes"] == list(model.training["notes"])


def test_train_takes_six_parameters_at_most() -> None:
    for function in (train, crossval, evaluate):
        assert len(inspect.signature(function).parameters) <= 6


def test_a_table_in_another_encoding_is_read_when_it_is_named(tmp_path: Path, table: Table) -> None:
    records = simulate(100, 6).records
    records[0] = {**records[0], "title": "Kain batik café"}
    path = table(records)
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252", "replace"))
    with pytest.raises(InputError, match=r"text in utf-8 expected, found the byte 0xe9\."):
        train(path, tmp_path / "mine", config=QUICK)
    config = QUICK.model_copy(update={"encoding": "cp1252"})
    bundle = train(path, tmp_path / "mine", config=config).bundle
    assert load_config(bundle / "config.toml").encoding == "cp1252"
    assert evaluate(bundle, path, tmp_path / "report", config=config).metrics["n"] == 100
    assert crossval(path, tmp_path / "cv", config=config).metrics["n"] == 100


def test_the_largest_seed_trains(tmp_path: Path) -> None:
    bundle = train(market_file(), tmp_path / "mine", config=small_config(seed=2**31 - 1)).bundle
    assert load_config(bundle / "config.toml").seed == 2**31 - 1


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
