from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umkm_classifier.encoders.onnx import OnnxTextEncoder, export_text_encoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import (
    BundleCorruptError,
    BundleTooNewError,
    InputError,
    MissingExtraError,
    OutputConflictError,
)

ROOT = Path(__file__).parents[2]
KINDS = ["bert", "xlm-r", "mpnet"]
ODD = ["kain", "[SEP] kain [MASK] </s>", "批 😀", "kain batik tulis " * 200, "\u200b", "kain \ud83d"]


@pytest.fixture
def copy_of(exported_folder: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """Return a copy of an exported folder that a test may spoil."""

    def copy(kind: str) -> Path:
        return Path(shutil.copytree(exported_folder(kind), tmp_path / "copy"))

    return copy


def change_settings(folder: Path, **values: Any) -> None:
    settings = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({**settings, **values}))


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_gives_the_vectors_of_the_model(
    kind: str, model_folder: Callable[[str], Path], exported_folder: Callable[[str], Path], sentences: list[str]
) -> None:
    texts = [*sentences, *ODD, ""]
    expected = TransformersEncoder(str(model_folder(kind))).encode(texts)
    vectors = OnnxTextEncoder(exported_folder(kind)).encode(texts)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - expected).max() < 1e-4
    assert np.allclose(np.linalg.norm(vectors[:-1], axis=1), 1.0, atol=1e-5)
    assert not vectors[-1].any()


@pytest.mark.parametrize("kind", KINDS)
def test_model_and_graph_are_given_the_same_tokens(
    kind: str,
    model_folder: Callable[[str], Path],
    exported_folder: Callable[[str], Path],
    sentences: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import umkm_classifier.encoders.onnx as onnx_module

    trained: list[list[int]] = []
    served: list[list[int]] = []
    encoder = TransformersEncoder(str(model_folder(kind)))
    encoder.load().module.register_forward_pre_hook(lambda module, inputs: trained.extend(inputs[0].tolist()))
    run = onnx_module._run

    def watch(session: Any, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        served.extend(ids.tolist())
        return run(session, ids, mask)

    monkeypatch.setattr(onnx_module, "_run", watch)
    texts = [*sentences, *ODD]
    encoder.encode(texts)
    OnnxTextEncoder(exported_folder(kind)).encode(texts)
    assert len(served) == len(texts)
    assert served == trained


@pytest.mark.parametrize("kind", KINDS)
def test_fault_38_the_graph_sees_no_special_token_but_those_of_the_template(
    kind: str, exported_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import umkm_classifier.encoders.onnx as onnx_module

    served: list[list[int]] = []
    run = onnx_module._run

    def watch(session: Any, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        served.extend(ids.tolist())
        return run(session, ids, mask)

    monkeypatch.setattr(onnx_module, "_run", watch)
    OnnxTextEncoder(exported_folder(kind)).encode(["kain [CLS] [SEP] [PAD] [MASK] <s> </s> <pad> <mask> batik"])
    special = {0, 2, 3, 4} if kind == "bert" else {0, 1, 2, 4}  # all but the unknown token
    (ids,) = served
    assert [at for at, token in enumerate(ids) if token in special] == [0, len(ids) - 1]


def test_settings_name_what_serving_needs(
    exported_folder: Callable[[str], Path], model_folder: Callable[[str], Path]
) -> None:
    folder = exported_folder("xlm-r")
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.json", "model.onnx", "tokenizer.json"]
    config = json.loads((model_folder("xlm-r") / "config.json").read_text())
    assert json.loads((folder / "encoder.json").read_text()) == {
        "format": 1,
        "id": "onnx:tiny-xlm-r",
        "dim": 32,
        "max_tokens": 128,
        "prefix": "",
        "pad_id": 1,
        "vocab_size": config["vocab_size"],
        "tokenizer_sha256": hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest(),
    }


def test_the_hash_depends_on_graph_tokenizer_and_settings(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    encoder = OnnxTextEncoder(folder)
    first = encoder.hash
    assert OnnxTextEncoder(folder).hash == first
    change_settings(folder, prefix="query: ")
    second = OnnxTextEncoder(folder).hash
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    assert len({first, second, OnnxTextEncoder(folder).hash}) == 3


def test_the_exported_prefix_is_used(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    plain = OnnxTextEncoder(folder).encode(["query: kain"])
    change_settings(folder, prefix="query: ")
    assert np.array_equal(OnnxTextEncoder(folder).encode(["kain"]), plain)


def test_neither_order_nor_company_changes_a_vector(
    exported_folder: Callable[[str], Path], sentences: list[str]
) -> None:
    encoder = OnnxTextEncoder(exported_folder("bert"))
    alone = np.concatenate([encoder.encode([text]) for text in sentences])
    long = [f"kain batik {number} " * 60 for number in range(20)]
    together = encoder.encode([*long, *reversed(sentences)])
    assert np.abs(together[20:][::-1] - alone).max() < 1e-6


def test_fault_74_threads_get_the_same_bits(exported_folder: Callable[[str], Path], sentences: list[str]) -> None:
    encoder = OnnxTextEncoder(exported_folder("bert"))
    results: list[np.ndarray] = []

    def work() -> None:
        for _ in range(20):
            results.append(encoder.encode(sentences))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert all(np.array_equal(result, results[0]) for result in results)


def test_serving_loads_no_torch_and_runs_on_one_thread(exported_folder: Callable[[str], Path]) -> None:
    code = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from umkm_classifier.encoders.text import text_encoder\n"
        "vectors = text_encoder(sys.argv[1]).encode(['kain batik', 'sajadah'])\n"
        "heavy = {'torch', 'transformers', 'onnx', 'onnxscript', 'sklearn', 'pandas'} & set(sys.modules)\n"
        "print(vectors.shape, sorted(heavy))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(exported_folder("bert"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "(2, 32) []\n"


def test_fault_67_another_tokenizer_is_refused(
    copy_of: Callable[[str], Path], exported_folder: Callable[[str], Path]
) -> None:
    folder = copy_of("bert")
    right = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    shutil.copy(exported_folder("xlm-r") / "tokenizer.json", folder / "tokenizer.json")
    wrong = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder)
    assert str(caught.value) == (
        f"{folder / 'tokenizer.json'}: expected sha256 {right[:12]}…, found {wrong[:12]}…. "
        "Copy or export the encoder again."
    )


def test_fault_67_a_tokenizer_with_more_ids_than_the_embedding_has_rows_is_refused(
    copy_of: Callable[[str], Path],
) -> None:
    from tokenizers import Tokenizer

    folder = copy_of("bert")
    rows = json.loads((folder / "encoder.json").read_text())["vocab_size"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_tokens(["sajadahku"])
    tokenizer.save(str(folder / "tokenizer.json"))
    digest = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    change_settings(folder, tokenizer_sha256=digest)
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder)
    assert str(caught.value) == (
        f"{folder / 'tokenizer.json'}: expected ids below the {rows} rows of the model's embedding, found {rows}. "
        "Copy or export the encoder again."
    )


def test_fault_67_settings_that_claim_more_rows_than_the_graph_has_are_refused(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    rows = json.loads((folder / "encoder.json").read_text())["vocab_size"]
    change_settings(folder, vocab_size=rows + 5)
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder).encode(["kain"])
    assert str(caught.value) == (
        f"{folder / 'model.onnx'}: expected an embedding of {rows + 5} rows, found {rows}. "
        "Copy or export the encoder again."
    )


def test_settings_that_claim_another_length_of_vectors_are_refused(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    change_settings(folder, dim=64)
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder).encode(["kain"])
    assert str(caught.value) == (
        f"{folder / 'model.onnx'}: expected vectors of length 64, found 32. Copy or export the encoder again."
    )


@pytest.mark.parametrize("name", ["encoder.json", "model.onnx", "tokenizer.json"])
def test_fault_63_a_missing_file_is_named(name: str, copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    (folder / name).unlink()
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder)
    assert str(caught.value) == (f"{folder / name}: expected a file, found none. Copy or export the encoder again.")


def test_fault_63_a_truncated_graph_is_named(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder).encode(["kain"])
    assert str(caught.value) == (
        f"{folder / 'model.onnx'}: expected an ONNX graph, found InvalidProtobuf when reading it. "
        "Copy or export the encoder again."
    )


def test_fault_63_a_broken_tokenizer_with_the_right_checksum_is_named(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    (folder / "tokenizer.json").write_text('{"model": 1}')
    change_settings(folder, tokenizer_sha256=hashlib.sha256(b'{"model": 1}').hexdigest())
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder)
    assert str(caught.value) == (
        f"{folder / 'tokenizer.json'}: expected a tokenizer, found Exception when reading it. "
        "Copy or export the encoder again."
    )


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1]", b'{"format": "1"}', b'{"format": true}'])
def test_fault_63_unreadable_settings_are_named(content: bytes, copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    (folder / "encoder.json").write_bytes(content)
    with pytest.raises(BundleCorruptError, match=r"encoder\.json: expected .* found something else\. Copy or export"):
        OnnxTextEncoder(folder)


def test_all_wrong_settings_are_told_at_once(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    change_settings(folder, dim="32", prefix=None)
    with pytest.raises(BundleCorruptError) as caught:
        OnnxTextEncoder(folder)
    assert str(caught.value) == (
        f"{folder / 'encoder.json'}: 'dim' must be int, found str\n'prefix' must be str, found NoneType. "
        "Copy or export the encoder again."
    )
    change_settings(folder, dim=0, prefix="")
    with pytest.raises(BundleCorruptError, match="'dim' must be at least 1, found 0"):
        OnnxTextEncoder(folder)


def test_fault_64_a_newer_format_asks_for_a_newer_package(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert")
    change_settings(folder, format=2)
    with pytest.raises(BundleTooNewError) as caught:
        OnnxTextEncoder(folder)
    assert str(caught.value) == (
        f"{folder / 'encoder.json'}: expected format 1 or older, found 2. Install a newer umkm_classifier."
    )


def test_export_does_not_write_into_a_folder_with_files(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(OutputConflictError) as caught:
        export_text_encoder(str(model_folder("bert")), tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected an empty folder to write to, found files in it. Choose another one."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]


def test_a_graph_that_differs_from_its_model_is_refused(
    model_folder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import umkm_classifier.encoders.onnx as onnx_module

    run = onnx_module._run
    monkeypatch.setattr(onnx_module, "_run", lambda session, ids, mask: run(session, ids, mask) + 2e-4)
    with pytest.raises(InputError) as caught:
        export_text_encoder(str(model_folder("bert")), tmp_path / "out")
    assert str(caught.value) == (
        f"text encoder '{model_folder('bert')}': expected the exported graph to give the model's vectors to 0.0001, "
        "found a difference of 0.0002. These versions of torch and onnxscript cannot export this model: choose another."
    )
    assert not (tmp_path / "out" / "encoder.json").exists()


@pytest.mark.parametrize("module", ["torch", "onnx", "onnxscript"])
def test_without_a_package_of_the_extra_the_message_names_it(
    module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        export_text_encoder("someone/model", tmp_path)
    assert str(caught.value) == (
        f"this needs the package '{module}', which is not installed. "
        "Install it with: pip install 'umkm-classifier[deep]'"
    )
