"""Tiny random models with tokenizers trained on the spot: nothing here comes from a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SENTENCES = (
    "kain batik tulis motif parang asli buatan tangan",
    "baju koko lengan panjang bahan katun halus",
    "sajadah tebal lembut motif masjid untuk salat",
    "tasbih kayu kokka tiga puluh tiga butir",
    "kemeja batik cap pria lengan pendek warna cokelat",
    "tas rotan anyaman pengrajin desa ukuran sedang",
)
DIM = 32


def wordpiece() -> Any:
    """Train a lower-casing WordPiece tokenizer whose template is '[CLS] … [SEP]'."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        SENTENCES, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    wrap: Any = PreTrainedTokenizerFast
    return wrap(tokenizer_object=tokenizer, mask_token="[MASK]", **names)


def unigram() -> Any:
    """Train a SentencePiece-like tokenizer whose vocabulary itself holds '</s>' and '<mask>', as XLM-R's does."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    wrap: Any = PreTrainedTokenizerFast
    return wrap(tokenizer_object=tokenizer, mask_token="<mask>", **names)


def build(kind: str, folder: Path, max_positions: int = 160) -> Path:
    """Save a random model of one kind ('bert', 'xlm-r', 'mpnet') with its tokenizer."""
    import torch
    import transformers

    torch.manual_seed(7)
    tokenizer = wordpiece() if kind == "bert" else unigram()
    sizes = {
        "vocab_size": len(tokenizer),
        "hidden_size": DIM,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": max_positions,
        "pad_token_id": tokenizer.pad_token_id,
        "initializer_range": 0.5,  # far from zero, so that different texts get clearly different vectors
    }
    config, model = {
        "bert": (transformers.BertConfig, transformers.BertModel),
        "xlm-r": (transformers.XLMRobertaConfig, transformers.XLMRobertaModel),
        "mpnet": (transformers.MPNetConfig, transformers.MPNetModel),
    }[kind]
    model(config(**sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    """Return what the tokenizers were trained on."""
    return list(SENTENCES)


@pytest.fixture(scope="session")
def build_model() -> Callable[..., Path]:
    """Return the builder, for tests that spoil what they get."""
    return build


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a tiny model by kind, built once a session."""
    built: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in built:
            built[kind] = build(kind, tmp_path_factory.mktemp("models") / f"tiny-{kind}")
        return built[kind]

    return get


@pytest.fixture(scope="session")
def exported_folder(
    model_folder: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Return the exported folder of a tiny model by kind, exported once a session."""
    from umkm_classifier.encoders.onnx import export_text_encoder

    built: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in built:
            built[kind] = tmp_path_factory.mktemp("exported") / kind
            export_text_encoder(str(model_folder(kind)), built[kind])
        return built[kind]

    return get
