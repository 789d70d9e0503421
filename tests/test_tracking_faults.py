"""A store that is away, silent, read-only, full or no store at all: the training ends well, and the run says so."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.mlflow_stand_in import client_of, local, track, working_folder
from umkm_classifier.tracking import TrackedRun

FALLBACK_S = 10  # what a training may lose to a server that is away


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return working_folder(tmp_path, monkeypatch)


def test_fault_73_an_unreachable_server_sends_the_run_to_the_local_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "77")  # an id of that server
    started = time.perf_counter()
    run = track(folder)
    assert time.perf_counter() - started < FALLBACK_S
    assert (run.store, run.version, run.experiment) == (local(folder), 1, "umkm")
    assert run.warning == (
        "http://127.0.0.1:9 should have taken the run, but it did not ([Errno 111] Connection refused). Run "
        f"{run.run_id} lies in {local(folder)} instead. When the server is back, bring it over with: python -c "
        f"\"from umkm_classifier.tracking import bring_over; bring_over('{run.run_id}', '{local(folder)}')\""
    )
    assert client_of(local(folder)).get_run(str(run.run_id)).data.tags["umkm.intended_uri"] == "http://127.0.0.1:9"


def test_fault_73_a_server_that_never_answers_does_not_hold_the_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.perf_counter()
        run = track(folder)
        assert time.perf_counter() - started < FALLBACK_S
    assert run.store == local(folder)
    assert "but it did not (no answer within 3 s)" in str(run.warning)


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Serve one status for whatever is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's stderr clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [403, 503])
def test_fault_73_a_server_that_refuses_sends_the_run_to_the_local_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with answering(status) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        run = track(folder)
    assert (run.store, run.version) == (local(folder), 1)
    assert f"{uri} should have taken the run, but it did not (" in str(run.warning)
    assert str(status) in str(run.warning)


def test_fault_73_a_read_only_store_costs_the_run_and_not_the_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    track(folder)
    monkeypatch.chdir(folder)  # MLflow makes a folder called 'file:' for such a store
    store = f"sqlite:///file:{folder}/mlflow.db?mode=ro&uri=true"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    started = time.perf_counter()
    run = track(folder)
    assert time.perf_counter() - started < FALLBACK_S
    assert run == TrackedRun(None, "umkm", store, None, run.warning)
    assert run.warning == (
        f"{store}: the run could not be written (attempt to write a readonly database). The model itself is saved and "
        "whole. Make room there or make it writable, set MLFLOW_TRACKING_URI to another store, or train with "
        "--no-track."
    )


def test_fault_73_a_store_that_cannot_be_made_costs_the_run_and_not_the_training(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/file/mlflow.db")
    run = track(folder)
    assert run.run_id is None
    assert f"could not be written ([Errno 17] File exists: '{tmp_path}/file')" in str(run.warning)


@pytest.mark.parametrize("uri", ["nonsense://somewhere", "./mlruns", "http://[", "http://host:port"])
def test_a_setting_that_names_no_usable_store_costs_the_run_and_not_the_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    run = track(folder)
    assert run.warning
    assert run.run_id is None or run.store == local(folder)


def test_a_file_that_is_no_database_costs_the_run_and_not_the_training(folder: Path) -> None:
    (folder / "mlflow.db").write_bytes(b"something else altogether" * 1000)
    started = time.perf_counter()
    run = track(folder)
    assert time.perf_counter() - started < FALLBACK_S
    assert (run.run_id, "(file is not a database)" in str(run.warning)) == (None, True)


def test_when_server_and_local_store_fail_the_training_still_ends_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mlflow.db").unlink()
    (folder / "mlflow.db").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    run = track(folder)
    assert (run.run_id, run.store) == (None, "http://127.0.0.1:9")
    assert (
        f"could not be written ([Errno 111] Connection refused; nor in {local(folder)}: unable to open database file)"
    ) in str(run.warning)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_fault_70_a_full_disk_costs_the_run_and_not_the_training(folder: Path) -> None:
    (folder.parent / "figures" / "large.svg").write_bytes(bytes(3_000_000))
    with largest_file(2_500_000):
        run = track(folder)
    assert (run.run_id, run.version) == (None, None)
    assert "the run could not be written ([Errno 27] File too large" in str(run.warning)
    (failed,) = client_of(local(folder)).search_runs(["1"])
    assert failed.info.status == "FAILED"


def test_fault_70_a_disk_too_full_to_prepare_the_model_costs_the_run_and_not_the_training(folder: Path) -> None:
    with largest_file(10_000):
        run = track(folder)
    assert run.run_id is None
    assert "File too large" in str(run.warning)
