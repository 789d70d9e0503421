"""Tracking between processes: two that make a store at once, and a real server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mlflow_stand_in import client_of, copy_ready_store, local, track, working_folder
from umkm_classifier.serving.mlflow_model import load_uri
from umkm_classifier.serving.mlflow_store import why_unreachable
from umkm_classifier.tracking import TrackedRun

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return working_folder(tmp_path, monkeypatch)


# A process of its own: MLflow imported for the first time, telemetry not switched off by anybody else.
ALONE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tests.mlflow_stand_in import stand_in_load
from types import ModuleType
module = ModuleType("umkm_classifier.serving.predictor")
module.load = stand_in_load
sys.modules["umkm_classifier.serving.predictor"] = module
from pathlib import Path
from umkm_classifier.tracking import track_run
run = track_run(Path("../bundle"), {"seed": 1}, {"roc_auc": 0.5})
from mlflow.telemetry.client import get_telemetry_client
print(json.dumps([run.version, run.warning, get_telemetry_client() is None]))
"""


@pytest.mark.slow
def test_two_processes_that_open_a_fresh_store_at_once_both_succeed(folder: Path) -> None:
    (folder / "mlflow.db").unlink()
    quiet = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "CI", "PYTEST_CURRENT_TEST")
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    command = [sys.executable, "-c", ALONE, str(ROOT)]
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=180) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    answers = sorted(json.loads(out) for out, _ in outputs)
    assert answers == [[1, None, True], [2, None, True]]
    assert [err for _, err in outputs] == ["", ""]


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store = copy_ready_store(folder)
    command = [sys.executable, "-W", "ignore", "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts")]
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True) as server,
    ):
        try:
            uri = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 90
            while (why := why_unreachable(uri)) is not None:
                assert server.poll() is None, (folder / "log.txt").read_text(encoding="utf-8")
                assert time.monotonic() < until, why
                time.sleep(0.2)
            yield uri
        finally:
            os.killpg(server.pid, 9)


@pytest.mark.slow
def test_a_server_takes_a_run_and_hands_out_its_model(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "server").mkdir()
    with mlflow_server(tmp_path / "server") as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        run = track(folder)
        assert run == TrackedRun(run.run_id, "umkm", uri, 1, None, "models:/umkm/1")
        client_of(uri).set_registered_model_alias("umkm", "champion", "1")
        bundle = load_uri("models:/umkm@champion")
        assert (bundle / "manifest.json").read_bytes() == (tmp_path / "bundle/manifest.json").read_bytes()
        assert client_of(uri).get_run(str(run.run_id)).data.metrics["roc_auc"] == 0.875
        assert capfd.readouterr() == ("", "")
        assert client_of(local(folder)).search_runs(["0"]) == []
