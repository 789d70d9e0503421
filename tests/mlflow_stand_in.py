"""What the MLflow tests share: a stand-in for the predictor, bundles for it, and stores that are ready to use."""

from __future__ import annotations

import functools
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from umkm_classifier.serving.mlflow_store import open_client, quiet_mlflow

PHOTO = b"\xff\xd8 not a real photo"


@dataclass(frozen=True)
class StandInPrediction:
    p_imported: float | None
    decision: str
    status: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "notes": list(self.notes)}


class StandInPredictor:
    """Its answers tell the bundle, the title and the fields apart."""

    def __init__(self, base: float) -> None:
        self.base = base

    def predict(self, listings: Sequence[Mapping[str, Any]]) -> list[StandInPrediction]:
        return [self._answer(listing) for listing in listings]

    def _answer(self, listing: Mapping[str, Any]) -> StandInPrediction:
        title = listing.get("title", "")
        if not title:
            return StandInPrediction(None, "review", "rejected", ("no_content",))
        seen = tuple(f"saw_{name}" for name in sorted(listing) if name not in ("title", "photos"))
        photo = ("saw_photo",) if listing.get("photos") == (PHOTO,) else ()
        p_imported = self.base + len(title) / 1000
        return StandInPrediction(p_imported, "imported" if p_imported >= 0.5 else "local", "ok", seen + photo)


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
    with quiet_mlflow():
        open_client(f"sqlite:///{folder}/mlflow.db", writing=True)
    return Path(folder) / "mlflow.db"


def copy_ready_store(folder: Path) -> str:
    """Put a store that holds nothing yet into a folder and return its URI."""
    shutil.copy(_ready_store(), folder / "mlflow.db")
    return f"sqlite:///{folder}/mlflow.db"


def remove_ready_store() -> None:
    if _ready_store.cache_info().currsize:
        shutil.rmtree(_ready_store().parent)
        _ready_store.cache_clear()
