"""What stands in the way of a training is met before anything is learned, and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.small_models import adapted_bundle, copy_of, files_below, market_file, plain_bundle, small_config
from umkm_classifier.bundle_files import held
from umkm_classifier.errors import (
    BundleError,
    InputError,
    LabelError,
    MissingExtraError,
    OutputConflictError,
    SplitError,
    TooManyRejectsError,
    TryAgainError,
)
from umkm_classifier.judge import evaluate
from umkm_classifier.simulate.market import simulate
from umkm_classifier.train import crossval, train

QUICK = small_config(signals=("words",))
Table = Callable[..., Path]


@pytest.mark.parametrize("command", ["train", "crossval", "evaluate"])
def test_a_table_with_too_many_unusable_rows_is_refused(tmp_path: Path, table: Table, command: str) -> None:
    data = table([*simulate(100, 6).records, *({"id": f"e{at}", "label": "local"} for at in range(12))])

    def do(most: float) -> object:
        if command == "train":
            return train(data, tmp_path / f"out{most}", config=small_config(signals=("words",), max_rejects=most))
        if command == "crossval":
            return crossval(data, tmp_path / "out", config=small_config(signals=("words",), max_rejects=most))
        return evaluate(plain_bundle(), data, tmp_path / "out", config=small_config(max_rejects=most))

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


@pytest.mark.parametrize("place", ["", "report", "base"])
@pytest.mark.parametrize("command", ["crossval", "evaluate"])
def test_a_report_never_lands_in_a_model(tmp_path: Path, command: str, place: str) -> None:
    model = copy_of(adapted_bundle(), tmp_path)
    before = files_below(model)
    with pytest.raises(OutputConflictError) as caught:
        crossval("nowhere.csv", model / place) if command == "crossval" else evaluate("x", "y.csv", model / place)
    if place:
        assert str(caught.value) == (
            f"{model / place}: a folder outside of any model expected, found that it lies in the bundle {model}, which "
            "would be spoilt. Choose another folder."
        )
    else:
        assert str(caught.value) == (
            f"{model}: a folder for a report expected, found a model (manifest.json), which would be spoilt. Choose "
            "another folder."
        )
    assert files_below(model) == before


def test_a_place_that_another_training_holds_is_met_before_the_table_is_read(tmp_path: Path) -> None:
    with held(tmp_path / "mine"), pytest.raises(TryAgainError) as caught:
        train(tmp_path / "nowhere.csv", tmp_path / "mine", config=QUICK)
    assert str(caught.value) == (
        f"{tmp_path}/mine: a place that nobody else trains into expected, found another training at work. Wait until "
        "it has ended, or choose another folder."
    )


def test_a_training_that_fails_lets_its_place_go(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        train(tmp_path / "nowhere.csv", tmp_path / "models/mine", config=QUICK)
    assert list(tmp_path.iterdir()) == []


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
