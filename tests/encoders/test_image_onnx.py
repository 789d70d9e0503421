from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.encoders.image_models import DIM, KINDS, SIDE, exported_model, saved_model
from tests.listings.photo_files import natural_picture
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder, export_image_encoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.errors import BundleCorruptError, InputError, MissingExtraError, OutputConflictError

ROOT = Path(__file__).parents[2]
SHAPES = [(SIDE, SIDE), (300, 200), (40, 400), (1, 1)]


def photos() -> list[np.ndarray]:
    return [np.asarray(natural_picture(*size, seed=seed)) for seed, size in enumerate(SHAPES)]


def copy_of(kind: str, place: Path) -> Path:
    """An exported folder that a test may spoil."""
    return Path(shutil.copytree(exported_model(kind), place / "copy"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_gives_the_vectors_of_the_model(kind: str) -> None:
    expected = TransformersImageEncoder(str(saved_model(kind))).encode(photos())
    vectors = OnnxImageEncoder(exported_model(kind)).encode(photos())
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, DIM)
    assert np.abs(vectors - expected).max() < 1e-4
    assert np.abs(expected[0] - expected[1]).max() > 1e-2  # or the line above would say little
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=0, atol=1e-5)


def test_a_whole_clip_is_exported_as_the_half_that_sees() -> None:
    expected = TransformersImageEncoder(str(saved_model("whole-clip"))).encode(photos())
    assert np.abs(OnnxImageEncoder(exported_model("whole-clip")).encode(photos()) - expected).max() < 1e-4


def test_a_folder_holds_a_graph_and_what_serving_needs_to_know() -> None:
    folder = exported_model("vit")
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.json", "model.onnx"]
    assert json.loads((folder / "encoder.json").read_text()) == {
        "format": 1,
        "id": "onnx:tiny-vit",
        "dim": DIM,
        "side": SIDE,
        "mean": [127.5, 127.5, 127.5],
        "std": [127.5, 127.5, 127.5],
        "model_sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
    }
    encoder = OnnxImageEncoder(folder)
    assert (encoder.id, encoder.dim, encoder.side) == ("onnx:tiny-vit", DIM, SIDE)
    assert re.fullmatch(r"[0-9a-f]{64}", encoder.hash)


def test_a_graph_names_no_folder_of_the_machine_that_exported_it() -> None:
    graph = (exported_model("vit") / "model.onnx").read_bytes()
    for name in (b"site-packages", b"transformers/", str(ROOT).encode(), b"stack_trace", b".py"):
        assert name not in graph


def test_two_exports_of_a_model_are_the_same_to_the_byte(tmp_path: Path) -> None:
    export_image_encoder(str(saved_model("vit")), tmp_path / "again")
    for name in ("encoder.json", "model.onnx"):
        assert (tmp_path / "again" / name).read_bytes() == (exported_model("vit") / name).read_bytes()


@pytest.mark.parametrize("changed", [{"side": 48}, {"dim": 31}, {"mean": [1, 2, 3]}, {"std": [1, 2, 3]}])
def test_the_hash_depends_on_every_setting_that_decides_a_vector(changed: dict[str, Any], tmp_path: Path) -> None:
    folder = copy_of("vit", tmp_path)
    change(folder, **changed)
    assert OnnxImageEncoder(folder).hash != OnnxImageEncoder(exported_model("vit")).hash
    assert OnnxImageEncoder(exported_model("vit")).hash != OnnxImageEncoder(exported_model("clip")).hash


def test_a_new_name_alone_is_no_new_hash(tmp_path: Path) -> None:
    folder = copy_of("vit", tmp_path)
    change(folder, id="onnx:mine")
    assert OnnxImageEncoder(folder).id == "onnx:mine"
    assert OnnxImageEncoder(folder).hash == OnnxImageEncoder(exported_model("vit")).hash


def test_a_photo_has_the_same_bits_whatever_its_mates() -> None:
    encoder = OnnxImageEncoder(exported_model("dinov2"))
    together = encoder.encode(photos())
    for at, photo in enumerate(photos()):
        np.testing.assert_array_equal(encoder.encode([photo])[0], together[at])
    np.testing.assert_array_equal(encoder.encode(photos()[::-1])[::-1], together)
    assert encoder.encode([]).shape == (0, DIM)


def test_fault_74_threads_get_the_same_bits() -> None:
    encoder = OnnxImageEncoder(exported_model("vit"))
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: [results.append(encoder.encode(photos())) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 40
    assert all(np.array_equal(result, results[0]) for result in results)


def test_a_pickled_encoder_opens_its_files_itself() -> None:
    encoder = OnnxImageEncoder(exported_model("vit"))
    expected = encoder.encode(photos())
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).encode(photos()), expected)


def test_serving_loads_onnxruntime_and_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from umkm_classifier.encoders.image import image_encoder\n"
        "vectors = image_encoder(sys.argv[1]).encode([np.zeros((9, 9, 3), dtype=np.uint8)])\n"
        "heavy = {'torch', 'transformers', 'onnx', 'onnxscript', 'sklearn', 'pandas'} & set(sys.modules)\n"
        "print(vectors.shape, sorted(heavy), 'onnxruntime' in sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(exported_model("vit"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"(1, {DIM}) [] True\n"


def change(folder: Path, **values: Any) -> None:
    settings = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({**settings, **values}))


@pytest.mark.parametrize("name", ["encoder.json", "model.onnx"])
def test_fault_63_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = copy_of("vit", tmp_path)
    (folder / name).unlink()
    with pytest.raises(BundleCorruptError) as caught:
        OnnxImageEncoder(folder)
    assert str(caught.value) == f"{folder / name}: expected a file, found none. Copy or export the encoder again."


def test_fault_63_another_graph_than_the_exported_one_is_named(tmp_path: Path) -> None:
    folder = copy_of("vit", tmp_path)
    right = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    shutil.copy(exported_model("clip") / "model.onnx", folder / "model.onnx")
    wrong = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    with pytest.raises(BundleCorruptError) as caught:
        OnnxImageEncoder(folder).encode(photos())
    assert str(caught.value) == (
        f"{folder / 'model.onnx'}: expected sha256 {right[:12]}…, found {wrong[:12]}…. "
        "Copy or export the encoder again."
    )


def test_fault_63_a_broken_graph_with_the_right_checksum_is_named(tmp_path: Path) -> None:
    folder = copy_of("vit", tmp_path)
    (folder / "model.onnx").write_bytes(b"no graph")
    change(folder, model_sha256=hashlib.sha256(b"no graph").hexdigest())
    with pytest.raises(BundleCorruptError, match=r"model\.onnx: expected an ONNX graph, found \w+ when reading it\."):
        OnnxImageEncoder(folder).encode(photos())


@pytest.mark.parametrize(
    ("changed", "expected"), [({"side": 64}, "[1, 3, 64, 64] and [1, 32]"), ({"dim": 5}, "[1, 3, 32, 32] and [1, 5]")]
)
def test_settings_of_another_graph_are_refused(changed: dict[str, int], expected: str, tmp_path: Path) -> None:
    folder = copy_of("vit", tmp_path)
    change(folder, **changed)
    with pytest.raises(BundleCorruptError) as caught:
        OnnxImageEncoder(folder).encode(photos())
    assert str(caught.value) == (
        f"{folder / 'model.onnx'}: expected shapes {expected}, found [1, 3, 32, 32] and [1, 32]. "
        "Copy or export the encoder again."
    )


def test_export_does_not_write_into_a_folder_with_files(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(OutputConflictError) as caught:
        export_image_encoder(str(saved_model("vit")), tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected an empty folder to write to, found files in it. Choose another one."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]


@pytest.mark.parametrize(("apart", "said"), [(2e-4, "0.0002"), (np.nan, "nan")])
def test_export_refuses_a_graph_that_differs_from_the_model(
    apart: float, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import umkm_classifier.encoders.image_onnx as module

    run = module._run
    monkeypatch.setattr(module, "_run", lambda session, photo: run(session, photo) + np.float32(apart))
    with pytest.raises(InputError) as caught:
        export_image_encoder(str(saved_model("vit")), tmp_path / "out")
    assert str(caught.value) == (
        "image encoder 'tiny-vit': expected the exported graph to give the model's vectors to 0.0001, found a "
        f"difference of {said}. These versions of torch and onnxscript cannot export this model: choose another."
    )
    assert not (tmp_path / "out/encoder.json").exists()


def test_export_names_the_extra_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtraError) as caught:
        export_image_encoder(str(saved_model("vit")), tmp_path / "out")
    assert str(caught.value) == (
        "this needs the package 'onnxscript', which is not installed. "
        "Install it with: pip install 'umkm-classifier[deep]'"
    )
