from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from umkm_classifier.encoders.image_pixels import Scaling
from umkm_classifier.encoders.image_settings import read_settings
from umkm_classifier.errors import BundleCorruptError, BundleTooNewError

GOOD: dict[str, Any] = {
    "format": 1,
    "id": "onnx:tiny",
    "dim": 32,
    "side": 260,
    "mean": [127, 126.5, 1.0],
    "std": [127, 126.5, 1.0],
    "model_sha256": "ab" * 32,
}


def written(folder: Path, **changes: Any) -> Path:
    (folder / "encoder.json").write_text(json.dumps({**GOOD, **changes}))
    return folder / "encoder.json"


def test_settings_are_read_and_what_is_unknown_is_passed_over(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, note="by hand"))
    assert (settings.id, settings.dim, settings.model_sha256) == ("onnx:tiny", 32, "ab" * 32)
    assert settings.scaling == Scaling(260, (127, 126.5, 1.0), (127, 126.5, 1.0))


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1]", b'{"format": "1"}', b'{"format": true}'])
def test_fault_63_unreadable_settings_are_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "encoder.json").write_bytes(content)
    with pytest.raises(BundleCorruptError, match=r"encoder\.json: expected .* found something else\. Copy or export"):
        read_settings(tmp_path / "encoder.json")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": None}, "'id' must be a text"),
        ({"dim": 0}, "'dim' must be a whole number from 1"),
        ({"dim": True}, "'dim' must be a whole number from 1"),
        ({"side": 2049}, "'side' must be a whole number from 1 to 2048"),
        ({"side": 32.0}, "'side' must be a whole number from 1 to 2048"),
        ({"mean": [1, 2]}, "'mean' must be three finite numbers"),
        ({"mean": [1, 2, "3"]}, "'mean' must be three finite numbers"),
        ({"mean": [1, 2, float("nan")]}, "'mean' must be three finite numbers"),
        ({"std": [1, 2, 0]}, "'std' must be three finite numbers above 0"),
        ({"std": "1"}, "'std' must be three finite numbers above 0"),
        ({"model_sha256": 5}, "'model_sha256' must be a text"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    path = written(tmp_path, **change)
    with pytest.raises(BundleCorruptError) as caught:
        read_settings(path)
    assert str(caught.value) == f"{path}: expected other settings: {problem}. Copy or export the encoder again."


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BundleCorruptError, match=r"'dim' must be a whole number from 1\n'side' must be"):
        read_settings(written(tmp_path, dim="32", side=None))


def test_fault_64_a_newer_format_asks_for_a_newer_package(tmp_path: Path) -> None:
    path = written(tmp_path, format=2)
    with pytest.raises(BundleTooNewError) as caught:
        read_settings(path)
    assert str(caught.value) == f"{path}: expected format 1 or older, found 2. Install a newer umkm_classifier."
