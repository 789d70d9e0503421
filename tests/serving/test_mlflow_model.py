"""A bundle as an MLflow model, with a real MLflow on SQLite and a stand-in for the predictor."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.mlflow_stand_in import (
    PHOTO,
    StandInPredictor,
    copy_ready_store,
    use_stand_in,
    write_bundle,
)
from umkm_classifier.errors import BundleError, TryAgainError, UsageError
from umkm_classifier.listings.listing import LISTING_FIELDS
from umkm_classifier.serving.mlflow_model import (
    INPUT_COLUMNS,
    OUTPUT_COLUMNS,
    load_uri,
    predict_frame,
    save_bundle,
    signature,
)
from umkm_classifier.serving.mlflow_store import open_client, quiet_mlflow, sqlite_path
from umkm_classifier.tracking import TrackedRun, track_run

TITLES = ["Kain batik tulis", "Sajadah", "Baju koko lengan panjang"]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_in(monkeypatch)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ready store in a folder of its own, named by the environment."""
    folder = tmp_path / "store"
    folder.mkdir()
    uri = copy_ready_store(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri


def loaded_pyfunc(folder: Path) -> Any:
    import mlflow.pyfunc

    return mlflow.pyfunc.load_model(str(folder))


def saved(tmp_path: Path, base: float = 0.25, name: str = "mine") -> Path:
    folder = tmp_path / f"{name}-mlflow"
    with quiet_mlflow():
        save_bundle(write_bundle(tmp_path / name, base), folder)
    return folder


def tracked(tmp_path: Path, base: float = 0.25, name: str = "mine") -> TrackedRun:
    run = track_run(write_bundle(tmp_path / name, base), {}, {})
    assert run.warning is None
    return run


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_saved_model_answers_as_the_predictor_does(tmp_path: Path) -> None:
    frame = pd.DataFrame({"title": TITLES, "price": ["Rp450.000", None, "25rb"]}, index=[7, 3, 5])
    answers = loaded_pyfunc(saved(tmp_path, 0.4795)).predict(frame)
    direct = StandInPredictor(0.4795).predict(
        [{"title": TITLES[0], "price": "Rp450.000"}, {"title": TITLES[1]}, {"title": TITLES[2], "price": "25rb"}]
    )
    assert list(answers.columns) == ["p_imported", "decision", "status", "notes"]
    assert answers["p_imported"].tolist() == [answer.p_imported for answer in direct]
    assert answers["decision"].tolist() == ["local", "local", "imported"]
    assert answers["status"].tolist() == ["ok", "ok", "ok"]
    assert answers["notes"].tolist() == ['["saw_price"]', "[]", '["saw_price"]']
    assert answers.index.tolist() == [7, 3, 5]


def test_two_models_in_one_process_do_not_mix(tmp_path: Path) -> None:
    first, second = loaded_pyfunc(saved(tmp_path, 0.1, "a")), loaded_pyfunc(saved(tmp_path, 0.7, "b"))
    frame = pd.DataFrame({"title": ["batik"]})
    for model, p_imported in ((first, 0.105), (second, 0.705), (first, 0.105)):
        assert model.predict(frame)["p_imported"].tolist() == [pytest.approx(p_imported, abs=1e-12)]


def test_a_saved_model_carries_the_bundle_whole_and_no_pickle(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    assert files_below(folder / "artifacts/bundle") == files_below(tmp_path / "mine")
    assert not [path for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".pyc")]
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(line.partition("==")[0] for line in requirements) == ["mlflow", "umkm-classifier"]


def test_a_bundle_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "mlflow-model"
    with quiet_mlflow():
        save_bundle(write_bundle(tmp_path / "model #1 50%20 é?"), folder)
    assert loaded_pyfunc(folder).predict(pd.DataFrame({"title": ["batik"]}))["status"].tolist() == ["ok"]


def test_the_signature_asks_for_a_title_and_takes_every_other_field_as_text() -> None:
    described = signature()
    fields = {column.name: (column.type.name, column.required) for column in described.inputs.inputs}
    expected = [name for name in LISTING_FIELDS if name not in ("photos", "label")]
    assert list(fields) == [*expected, "image_b64"]
    assert fields["title"] == ("string", True)
    assert {kind for name, kind in fields.items() if name != "title"} == {("string", False)}
    assert [(column.name, column.type.name) for column in described.outputs.inputs] == [
        ("p_imported", "double"),
        ("decision", "string"),
        ("status", "string"),
        ("notes", "string"),
    ]


def test_a_frame_without_titles_is_refused_and_not_answered_with_guesses(tmp_path: Path) -> None:
    from mlflow.exceptions import MlflowException

    model = loaded_pyfunc(saved(tmp_path))
    with pytest.raises(MlflowException, match=re.escape("Model is missing inputs ['title']")):
        model.predict(pd.DataFrame({"titel": ["batik"]}))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_cells_are_fields_that_were_not_given(missing: object) -> None:
    frame = pd.DataFrame({"title": ["batik", "koko"], "brand": pd.Series(["Danar", missing], dtype=object)})
    assert predict_frame(StandInPredictor(0.2), frame)["notes"].tolist() == ['["saw_brand"]', "[]"]


def test_a_row_that_cannot_be_scored_keeps_its_place(tmp_path: Path) -> None:
    answers = loaded_pyfunc(saved(tmp_path)).predict(pd.DataFrame({"title": ["batik", None, "koko"]}))
    assert answers["p_imported"].isna().tolist() == [False, True, False]
    assert answers["decision"].tolist() == ["local", "review", "local"]
    assert json.loads(answers["notes"][1]) == ["no_content"]


def test_a_table_without_rows_gives_a_table_without_rows(tmp_path: Path) -> None:
    answers = loaded_pyfunc(saved(tmp_path)).predict(pd.DataFrame({"title": pd.Series([], dtype=str)}))
    assert (len(answers), list(answers.columns)) == (0, list(OUTPUT_COLUMNS))


def test_what_leaves_over_http_is_json_that_everybody_reads(tmp_path: Path) -> None:
    from mlflow.pyfunc import scoring_server

    model = loaded_pyfunc(saved(tmp_path))
    rows = [{"title": "batik", "price": 450000, "image_b64": None}, {"title": None, "brand": "Danar"}]
    request = json.dumps({"dataframe_records": rows})
    schema = model.metadata.get_input_schema()
    response = scoring_server.invocations(request, "application/json", model, schema)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    assert response.status == 200
    assert json.loads(response.response, parse_constant=refuse)["predictions"] == [
        {"p_imported": 0.255, "decision": "local", "status": "ok", "notes": '["saw_price"]'},
        {"p_imported": None, "decision": "review", "status": "rejected", "notes": '["no_content"]'},
    ]


def test_columns_that_are_no_fields_are_not_seen() -> None:
    frame = pd.DataFrame({"label": ["imported", "local"], "photos": ["a.jpg", "b.jpg"], "colour": ["red", "blue"]})
    answers = predict_frame(StandInPredictor(0.2), frame)
    assert answers["notes"].tolist() == ['["no_content"]', '["no_content"]']


def test_a_photo_in_base64_reaches_the_predictor_as_bytes(tmp_path: Path) -> None:
    encoded = base64.encodebytes(PHOTO).decode()  # with line ends, as mail programs and some clients write it
    frame = pd.DataFrame({"title": ["batik", "koko"], "image_b64": [encoded, None]})
    answers = loaded_pyfunc(saved(tmp_path)).predict(frame)
    assert answers["notes"].tolist() == ['["saw_photo"]', "[]"]
    assert answers["status"].tolist() == ["ok", "ok"]


@pytest.mark.parametrize("text", ["https://example.org/a.jpg", "data:image/png;base64,AAAA", "AAA", "é"])
def test_a_photo_that_is_no_base64_costs_the_row_its_photo_alone(text: str) -> None:
    frame = pd.DataFrame({"title": ["batik", "koko", None], "image_b64": [text, None, text]})
    answers = predict_frame(StandInPredictor(0.2), frame)
    assert answers["status"].tolist() == ["degraded", "ok", "rejected"]
    assert [json.loads(notes) for notes in answers["notes"]] == [
        ["image_unsupported"],
        [],
        ["no_content", "image_unsupported"],
    ]


def test_every_input_column_reaches_the_predictor() -> None:
    frame = pd.DataFrame([{name: "x" for name in INPUT_COLUMNS if name != "image_b64"}])
    notes = json.loads(predict_frame(StandInPredictor(0.2), frame)["notes"][0])
    assert notes == sorted(f"saw_{name}" for name in INPUT_COLUMNS if name not in ("title", "image_b64"))


def test_a_registered_model_is_found_by_version_and_by_alias(tmp_path: Path, store: str) -> None:
    first, second = tracked(tmp_path, 0.1, "a"), tracked(tmp_path, 0.7, "b")
    assert (first.version, second.version) == (1, 2)
    open_client(store, writing=True).set_registered_model_alias("umkm", "champion", "1")
    assert files_below(load_uri("models:/umkm@champion")) == files_below(tmp_path / "a")
    assert files_below(load_uri("models:/umkm/2")) == files_below(tmp_path / "b")


def test_mlflow_loads_a_registered_model_by_itself(tmp_path: Path, store: str) -> None:
    import mlflow.pyfunc

    run = tracked(tmp_path, 0.3)
    model = mlflow.pyfunc.load_model(f"models:/umkm/{run.version}")
    assert model.predict(pd.DataFrame({"title": TITLES}))["p_imported"].tolist() == [
        answer.p_imported for answer in StandInPredictor(0.3).predict([{"title": title} for title in TITLES])
    ]
    assert model.metadata.run_id == run.run_id


def test_fault_73_a_read_only_store_hands_out_a_model_by_alias(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked(tmp_path)
    open_client(store, writing=True).set_registered_model_alias("umkm", "champion", "1")
    before = files_below(tmp_path)
    monkeypatch.chdir(tmp_path / "mine")  # MLflow makes a folder called 'file:' for such a store
    # Permissions do not stop root, SQLite's own read-only mode does.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///file:{sqlite_path(store)}?mode=ro&uri=true")
    bundle = load_uri("models:/umkm@champion")
    assert files_below(bundle) == files_below(tmp_path / "mine")
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(
    "uri",
    ["models:/umkm", "models:/umkm@", "models:/umkm/latest", "models:/umkm/3/x", "models:umkm/3", "models:/a/../3"],
)
def test_a_model_uri_of_another_form_is_refused(uri: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_uri(uri)
    assert str(caught.value) == (
        f"model '{uri}': expected 'models:/NAME@ALIAS' or 'models:/NAME/VERSION', found another form. Write for "
        "example 'models:/umkm@champion' or 'models:/umkm/3'."
    )


def test_an_alias_that_nobody_gave_is_refused_with_the_store_to_look_in(tmp_path: Path, store: str) -> None:
    tracked(tmp_path)
    with pytest.raises(BundleError) as caught:
        load_uri("models:/umkm@champion")
    assert str(caught.value) == (
        f"models:/umkm@champion: expected a registered model in {store}, found none that can be read "
        "(Registered model alias champion not found). 'umkm train' registers versions ('models:/umkm/1') and sets no "
        "alias: give one in MLflow with set_registered_model_alias. MLFLOW_TRACKING_URI says in which store to look."
    )


def test_looking_for_a_model_never_creates_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match=re.escape(f"(there is no file {tmp_path / 'mlflow.db'})")):
        load_uri("models:/umkm/1")
    assert list(tmp_path.iterdir()) == []


def test_fault_73_a_server_that_is_away_says_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    with pytest.raises(TryAgainError) as caught:
        load_uri("models:/umkm@champion")
    assert str(caught.value) == (
        "models:/umkm@champion: the tracking server at http://127.0.0.1:9 should hand out the model, but it does not "
        "answer ([Errno 111] Connection refused). Try again when it is back, or give the folder of a bundle."
    )


def test_a_registered_model_without_a_bundle_is_refused(tmp_path: Path, store: str) -> None:
    from mlflow.models import Model

    (tmp_path / "other").mkdir()
    Model().add_flavor("python_function", loader_module="somewhere").save(str(tmp_path / "other/MLmodel"))
    client = open_client(store, writing=True)
    client.create_registered_model("other")
    client.create_model_version("other", str(tmp_path / "other"))
    with pytest.raises(BundleError) as caught:
        load_uri("models:/other/1")
    assert str(caught.value) == (
        "models:/other/1: expected a model that 'umkm train' registered, found one without a bundle. Name another "
        "model or version."
    )


def test_a_model_whose_bundle_lies_outside_of_it_is_refused(tmp_path: Path, store: str) -> None:
    from mlflow.models import Model

    (tmp_path / "other").mkdir()
    write_bundle(tmp_path / "outside")
    artifacts = {"bundle": {"path": "../outside"}}
    Model().add_flavor("python_function", artifacts=artifacts).save(str(tmp_path / "other/MLmodel"))
    client = open_client(store, writing=True)
    client.create_registered_model("other")
    client.create_model_version("other", str(tmp_path / "other"))
    with pytest.raises(BundleError, match="found one without a bundle"):
        load_uri("models:/other/1")
