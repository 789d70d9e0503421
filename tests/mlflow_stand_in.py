"""What the MLflow tests share: a stand-in for the predictor, bundles for it, and stores that are ready to use."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from umkm_classifier.model.prediction import Prediction
from umkm_classifier.serving.mlflow_store import open_client, quiet_mlflow
from umkm_classifier.tracking import TrackedRun, track_run

if TYPE_CHECKING:
    from mlflow import MlflowClient

PHOTO = b"\xff\xd8 not a real photo"


class StandInPredictor:
    """Its answers tell the bundle, the title and the fields apart."""

    def __init__(self, base: float) -> None:
        self.base = base

    def predict(self, listings: Sequence[Mapping[str, Any]], *, explain: bool = True) -> list[Prediction]:
        return [self._answer(listing) for listing in listings]

    def _answer(self, listing: Mapping[str, Any]) -> Prediction:
        title = listing.get("title", "")
        if not title:
            return Prediction("", "review", None, None, "rejected", ("no_content",))
        seen = tuple(f"saw_{name}" for name in sorted(listing) if name not in ("title", "photos"))
        photo = ("saw_photo",) if listing.get("photos") == (PHOTO,) else ()
        p_imported = self.base + len(title) / 1000
        return Prediction("", "imported" if p_imported >= 0.5 else "local", p_imported, 0.0, "ok", seen + photo)


def stand_in_load(path: str | Path) -> StandInPredictor:
    manifest = json.loads((Path(path) / "manifest.json").read_text(encoding="utf-8"))
    return StandInPredictor(manifest["base"])


def use_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model code load bundles with the stand-in."""
    module = ModuleType("umkm_classifier.serving.predictor")
    module.load = stand_in_load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umkm_classifier.serving.predictor", module)


def write_bundle(folder: Path, base: float = 0.25) -> Path:
    (folder / "arrays").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"base": base}), encoding="utf-8")
    (folder / "arrays" / "words.safetensors").write_bytes(bytes(range(256)) * 64)
    return folder


@functools.cache
def _ready_store() -> Path:
    """Create one store: that takes MLflow several seconds, so the tests copy it."""
    folder = tempfile.mkdtemp(prefix="umkm-tests-mlflow-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with quiet_mlflow():
        open_client(f"sqlite:///{folder}/mlflow.db", writing=True)
    return Path(folder) / "mlflow.db"


def copy_ready_store(folder: Path) -> str:
    """Put a store that holds nothing yet into a folder and return its URI."""
    shutil.copy(_ready_store(), folder / "mlflow.db")
    return local(folder)


def local(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


def client_of(store: str) -> MlflowClient:
    with quiet_mlflow():
        return open_client(store, writing=False)


def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a store that is ready, beside a bundle and a report."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_") and name != "MLFLOW_DISABLE_TELEMETRY"]:
        monkeypatch.delenv(name)
    use_stand_in(monkeypatch)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    copy_ready_store(working)
    write_bundle(tmp_path / "bundle")
    (tmp_path / "report.html").write_text("<p>fine</p>", encoding="utf-8")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "curve.svg").write_text("<svg/>", encoding="utf-8")
    return working


def track(folder: Path, **named: str) -> TrackedRun:
    """Track what ``working_folder`` prepared."""
    params = {"seed": 7, "signals": ("words", "facts"), "words": {"c": 3.0}}
    metrics = {"roc_auc": 0.875, "roc_auc_ci": [0.8, 0.9], "ece": None, "signals": {"words": {"roc_auc": 0.8}}}
    artifacts = [folder.parent / "report.html", folder.parent / "figures"]
    return track_run(folder.parent / "bundle", params, metrics, artifacts, **named)
