from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import InputError, MissingExtraError

KINDS = ["bert", "xlm-r", "mpnet"]


def vectors_by_hand(folder: Path, texts: list[str]) -> np.ndarray:
    """Mean pooling as model cards describe it, one text at a time."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    rows = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, max_length=128, return_tensors="pt")
        with torch.no_grad():
            hidden = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
        mean = hidden[0].numpy().astype(np.float64).mean(axis=0)
        rows.append(mean / np.linalg.norm(mean))
    return np.asarray(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_the_mean_of_the_last_hidden_states(
    kind: str, model_folder: Callable[[str], Path], sentences: list[str]
) -> None:
    texts = [*sentences, "kain", "kain batik " * 200]
    encoder = TransformersEncoder(str(model_folder(kind)))
    vectors = encoder.encode(texts)
    assert vectors.shape == (8, 32)
    assert vectors.dtype == np.float32
    assert encoder.dim == 32
    assert np.abs(vectors - vectors_by_hand(model_folder(kind), texts)).max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_neither_order_nor_company_changes_a_vector(
    kind: str, model_folder: Callable[[str], Path], sentences: list[str]
) -> None:
    encoder = TransformersEncoder(str(model_folder(kind)))
    alone = np.concatenate([encoder.encode([text]) for text in sentences])
    long = [f"kain batik {number} " * 60 for number in range(20)]
    together = encoder.encode([*long, *reversed(sentences), "", *long[:3]])
    assert np.abs(together[20:26][::-1] - alone).max() < 1e-6
    assert not together[26].any()
    assert np.array_equal(together[27:], together[:3])


def test_the_prefix_is_put_before_the_text(model_folder: Callable[[str], Path]) -> None:
    plain = TransformersEncoder(str(model_folder("bert")))
    prefixed = TransformersEncoder.from_spec(f"e5:{model_folder('bert')}")
    assert prefixed.prefix == "query: "
    assert np.array_equal(prefixed.encode(["kain"]), plain.encode(["query: kain"]))
    assert prefixed.hash != plain.hash


def test_the_hash_tells_weights_apart_and_repeats(
    build_model: Callable[..., Path], model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModel

    first = TransformersEncoder(str(model_folder("bert"))).hash
    assert TransformersEncoder(str(model_folder("bert"))).hash == first
    changed = build_model("bert", tmp_path / "changed")
    model = AutoModel.from_pretrained(changed, local_files_only=True)
    with torch.no_grad():
        model.encoder.layer[0].output.dense.bias[0] += 1e-3
    model.save_pretrained(changed)
    assert TransformersEncoder(str(changed)).hash != first


def test_a_checkpoint_without_a_pooler_keeps_its_hash(build_model: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = build_model("bert", tmp_path / "bare")
    weights = load_file(folder / "model.safetensors")
    kept = {name: values for name, values in weights.items() if not name.startswith("pooler.")}
    assert len(kept) == len(weights) - 2
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    # the missing pooler is filled with random numbers at every load
    assert TransformersEncoder(str(folder)).hash == TransformersEncoder(str(folder)).hash


def test_missing_weights_are_refused(build_model: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = build_model("bert", tmp_path / "holes")
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.0.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError) as caught:
        TransformersEncoder(str(folder)).encode(["kain"])
    assert str(caught.value) == (
        f"text encoder '{folder}': expected every weight of BertModel, found 1 missing, the first "
        "encoder.layer.0.output.dense.weight. They would be random: take a complete copy."
    )


def test_a_model_with_only_a_slow_tokenizer_is_refused(build_model: Callable[..., Path], tmp_path: Path) -> None:
    folder = build_model("bert", tmp_path / "slow")
    for name in ("tokenizer.json", "special_tokens_map.json"):
        (folder / name).unlink(missing_ok=True)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CanineTokenizer"}))
    with pytest.raises(InputError) as caught:
        TransformersEncoder(str(folder)).encode(["kain"])
    assert str(caught.value) == (
        f"text encoder '{folder}': expected a fast tokenizer (a tokenizer.json), found only the slow CanineTokenizer. "
        "Choose a model with a fast one, or convert it with transformers first."
    )


def test_an_encoder_decoder_is_refused(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    import transformers

    folder = tmp_path / "t5"
    config = transformers.T5Config(vocab_size=200, d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)
    transformers.T5Model(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((model_folder("xlm-r") / name).read_bytes())
    with pytest.raises(InputError) as caught:
        TransformersEncoder(str(folder)).encode(["kain"])
    assert str(caught.value) == (
        f"text encoder '{folder}': expected an encoder, found the encoder-decoder T5Model. "
        "Choose a model such as BERT, XLM-R or MPNet."
    )


def test_fault_67_a_tokenizer_larger_than_the_embedding_is_refused(
    build_model: Callable[..., Path], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    folder = build_model("bert", tmp_path / "grown")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    size = len(tokenizer)
    tokenizer.add_tokens(["sajadahku"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(InputError) as caught:
        TransformersEncoder(str(folder)).encode(["kain"])
    assert str(caught.value) == (
        f"text encoder '{folder}': expected token ids below the {size} rows of the model's embedding, found {size}. "
        "The tokenizer belongs to another model: take both from the same place."
    )


def test_a_model_with_few_positions_gets_fewer_tokens(build_model: Callable[..., Path], tmp_path: Path) -> None:
    for kind in KINDS:
        encoder = TransformersEncoder(str(build_model(kind, tmp_path / kind, max_positions=40)))
        assert encoder.load().tokens.max_tokens == 38
        assert np.isfinite(encoder.encode(["kain batik " * 100])).all()


def test_a_folder_without_a_model_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        TransformersEncoder(str(tmp_path)).encode(["kain"])
    message = str(caught.value)
    assert message.startswith(f"text encoder '{tmp_path}': expected a transformers model with its tokenizer, found ")
    assert message.endswith(
        ". Check the name or folder; with no network, download the model first and give its folder."
    )
    assert "\n" not in message


@pytest.mark.parametrize(("value", "is_local"), [("1", True), ("true", True), ("0", False), (None, False)])
def test_offline_mode_looks_only_at_local_files_and_no_code_is_trusted(
    value: str | None, is_local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    asked: list[dict[str, Any]] = []

    def refuse(name: str, **options: Any) -> None:
        asked.append(options)
        raise OSError("not here")

    if value is None:
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    else:
        monkeypatch.setenv("HF_HUB_OFFLINE", value)
    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", refuse)
    with pytest.raises(InputError, match=r"found OSError: not here\. Check the name"):
        TransformersEncoder("someone/model").encode(["kain"])
    assert asked == [{"trust_remote_code": False, "local_files_only": is_local}]


def test_code_that_comes_with_a_model_is_not_run(build_model: Callable[..., Path], tmp_path: Path) -> None:
    folder = build_model("bert", tmp_path / "trap")
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "trap"
    config["auto_map"] = {"AutoConfig": "trap.TrapConfig", "AutoModel": "trap.TrapModel"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    with pytest.raises(InputError):
        TransformersEncoder(str(folder)).encode(["kain"])
    assert not (tmp_path / "sprung").exists()


def test_fault_74_threads_share_one_model_and_get_the_same_vectors(
    model_folder: Callable[[str], Path], sentences: list[str]
) -> None:
    encoder = TransformersEncoder(str(model_folder("bert")))
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(encoder.encode(sentences))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.array_equal(result, results[0]) for result in results)


def test_without_torch_the_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, model_folder: Callable[[str], Path]
) -> None:
    folder = str(model_folder("bert"))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError) as caught:
        TransformersEncoder(folder).encode(["kain"])
    assert str(caught.value) == (
        "this needs the package 'torch', which is not installed. Install it with: pip install 'umkm-classifier[deep]'"
    )
