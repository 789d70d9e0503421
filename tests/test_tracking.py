"""A run in MLflow: what is written, how it is brought over, and what is left untouched."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.mlflow_stand_in import client_of, copy_ready_store, local, track, working_folder
from umkm_classifier.errors import InputError, MissingExtraError, TryAgainError, UsageError
from umkm_classifier.serving import mlflow_model, mlflow_run
from umkm_classifier.serving.mlflow_model import load_uri
from umkm_classifier.tracking import TrackedRun, bring_over, track_run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return working_folder(tmp_path, monkeypatch)


def test_a_run_is_written_with_its_numbers_its_report_and_its_model(folder: Path) -> None:
    run = track(folder, run_name="first")
    assert run == TrackedRun(run.run_id, "umkm", local(folder), 1, None, "models:/umkm/1")
    client = client_of(local(folder))
    written = client.get_run(str(run.run_id))
    assert written.data.params == {"seed": "7", "signals": '["words", "facts"]', "words.c": "3.0"}
    assert written.data.metrics == {"roc_auc": 0.875, "signals/words/roc_auc": 0.8}
    assert (written.info.status, written.info.run_name) == ("FINISHED", "first")
    assert written.data.tags["mlflow.source.name"] == "umkm train"
    assert "umkm.intended_uri" not in written.data.tags
    assert [entry.path for entry in client.list_artifacts(str(run.run_id), "report")] == [
        "report/figures",
        "report/report.html",
    ]
    version = client.get_model_version("umkm", "1")
    assert (version.run_id, dict(client.get_registered_model("umkm").aliases)) == (run.run_id, {})


def test_the_model_of_a_run_is_its_bundle(folder: Path) -> None:
    run = track(folder)
    bundle = load_uri(f"models:/umkm/{run.version}")
    assert (bundle / "manifest.json").read_bytes() == (folder.parent / "bundle/manifest.json").read_bytes()
    outputs = client_of(local(folder)).get_run(str(run.run_id)).outputs.model_outputs
    assert [output.model_id for output in outputs] == [bundle.parents[2].name]


def test_a_second_run_registers_a_second_version(folder: Path) -> None:
    runs = [track(folder, registered_name="origin") for _ in range(2)]
    assert [run.version for run in runs] == [1, 2]
    assert [run.model_uri for run in runs] == ["models:/origin/1", "models:/origin/2"]


def test_without_a_setting_all_lies_in_the_working_folder(folder: Path) -> None:
    track(folder)
    assert {path.name for path in folder.iterdir()} - {"mlflow.db.lock"} == {"mlflow.db", "mlruns"}
    assert list(folder.glob("mlruns/umkm/*/artifacts/report/report.html"))


def test_the_environment_says_which_store_and_which_experiment(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "an other place"
    other.mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", copy_ready_store(other))
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "Origin / autumn")
    before = sorted(folder.iterdir())
    run = track(folder)
    assert (run.experiment, run.store, run.warning) == ("Origin / autumn", local(other), None)
    assert sorted(folder.iterdir()) == before
    assert list(other.glob("mlruns/*/*/artifacts/report/report.html"))  # beside its store, not where we stand


def test_an_experiment_given_by_its_id_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")  # mlflow.set_experiment sets it
    assert track(folder).experiment == "Default"


def test_tracking_says_nothing_and_leaves_the_process_as_it_was(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "a word of the user's own")
    before = dict(os.environ)
    track(folder)
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")


def test_a_run_that_is_open_in_a_notebook_is_not_touched(folder: Path, tmp_path: Path) -> None:
    import mlflow

    other = tmp_path / "notebook"
    other.mkdir()
    store = copy_ready_store(other)
    mlflow.set_tracking_uri(store)
    try:
        with mlflow.start_run() as notebook:
            run = track(folder)
            assert mlflow.active_run().info.run_id == notebook.info.run_id
        assert (run.store, run.warning) == (store, None)  # set_tracking_uri counts as a setting
        written = client_of(store).get_run(notebook.info.run_id)
        assert (written.info.status, written.data.params) == ("FINISHED", {})
    finally:
        mlflow.set_tracking_uri(None)


def test_a_model_that_cannot_be_registered_leaves_the_run_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def refuse(self: MlflowClient, name: str) -> None:
        raise MlflowException("no permission")

    monkeypatch.setattr(MlflowClient, "create_registered_model", refuse)
    run = track(folder)
    written = client_of(local(folder)).get_run(str(run.run_id))
    assert (run.version, written.info.status) == (None, "FINISHED")
    model_id = written.outputs.model_outputs[0].model_id
    assert run.warning == (
        f"{local(folder)}: run {run.run_id} is written, but its model could not be registered as 'umkm' (no "
        "permission). When that is mended, register it with: "
        f"mlflow.register_model('models:/{model_id}', 'umkm')"
    )


@pytest.mark.parametrize(("raised", "status"), [(KeyError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_mistake_in_the_program_is_raised_and_the_run_does_not_stay_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException], status: str
) -> None:
    def stumble(*args: object) -> None:
        raise raised("mistake")

    monkeypatch.setattr(mlflow_run, "log_bundle", stumble)
    with pytest.raises(raised, match="mistake"):
        track(folder)
    (run,) = client_of(local(folder)).search_runs(["1"])
    assert run.info.status == status


def test_a_model_that_cannot_be_uploaded_is_marked_as_failed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    def stumble(*args: object) -> None:
        raise PermissionError("no entry")

    monkeypatch.setattr(MlflowClient, "log_model_artifacts", stumble)
    run = track(folder)
    assert (run.run_id, "(no entry)" in str(run.warning)) == (None, True)
    (model,) = client_of(local(folder)).search_logged_models(["1"])
    assert model.status == "FAILED"


def test_a_mistake_in_the_model_code_is_not_taken_for_a_fault_of_the_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException

    monkeypatch.setattr(mlflow_model, "MODEL_CODE", "import no_such_module_of_ours")
    with pytest.raises(MlflowException, match="no_such_module_of_ours"):
        track(folder)


def test_what_is_not_there_is_named_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        track_run(tmp_path / "no bundle", {}, {}, [tmp_path / "report.html", tmp_path / "no report"])
    assert str(caught.value) == (
        f"bundle {tmp_path}/no bundle: expected a folder, found none\n"
        f"artifact {tmp_path}/no report: expected a file or folder, found none. Write them before the run is tracked."
    )
    assert client_of(local(folder)).search_runs(["0"]) == []


@pytest.mark.parametrize("name", ["", "a/b", "umkm@champion"])
def test_a_name_that_no_uri_can_hold_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        track(folder, registered_name=name)
    assert str(caught.value) == (
        f"registered name '{name}': expected a name without '/', ':' and '@', found another. Name it for example "
        "'umkm'."
    )


def test_without_mlflow_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    before = dict(os.environ)
    with pytest.raises(MissingExtraError) as caught:
        track(folder)
    assert str(caught.value) == (
        "this needs the package 'mlflow', which is not installed. Install it with: pip install 'umkm-classifier[train]'"
    )
    assert dict(os.environ) == before


def test_a_run_in_the_local_store_can_be_brought_over(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    stranded = track(folder, run_name="stranded", registered_name="origin")
    (tmp_path / "server").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", copy_ready_store(tmp_path / "server"))
    brought = bring_over(str(stranded.run_id))
    assert brought == TrackedRun(brought.run_id, "umkm", local(tmp_path / "server"), 1, None, "models:/origin/1")
    here, there = client_of(local(folder)), client_of(local(tmp_path / "server"))
    old, new = here.get_run(str(stranded.run_id)), there.get_run(str(brought.run_id))
    assert (new.data.params, new.data.metrics) == (old.data.params, old.data.metrics)
    assert (new.info.run_name, "umkm.intended_uri" in new.data.tags) == ("stranded", False)
    assert [entry.path for entry in there.list_artifacts(str(brought.run_id), "report")] == [
        "report/figures",
        "report/report.html",
    ]
    bundle = load_uri("models:/origin/1")
    assert bundle.is_relative_to(tmp_path / "server")
    assert (bundle / "manifest.json").read_bytes() == (tmp_path / "bundle/manifest.json").read_bytes()


def test_a_run_is_not_brought_to_where_it_lies(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        bring_over("abc")
    assert str(caught.value) == (
        "run abc: expected MLFLOW_TRACKING_URI to name the store to bring it to, found the one it lies in. Set it to "
        "your tracking server."
    )


def test_a_run_that_is_unknown_cannot_be_brought_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(InputError) as caught:
        bring_over("abc")
    assert str(caught.value) == (
        f"run abc: expected a run with a model in {local(folder)}, found none that can be read (Run with id=abc not "
        "found). Give the store that the warning of the training named."
    )


def test_a_run_stays_where_it_is_while_the_server_is_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = track(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(TryAgainError) as caught:
        bring_over(str(run.run_id), local(folder))
    assert str(caught.value) == (
        f"run {run.run_id}: http://127.0.0.1:9 should take it, but it does not ([Errno 111] Connection refused). It "
        "stays where it is; try again later."
    )
