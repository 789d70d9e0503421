from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from umkm_classifier.encoders.tokens import TextTokens, encode_tokens, pad


def tokens_of(folder: Path, pad_id: int, prefix: str = "") -> TextTokens:
    content = (folder / "tokenizer.json").read_text(encoding="utf-8")
    return TextTokens(content, max_tokens=128, prefix=prefix, pad_id=pad_id)


@pytest.fixture
def wordpiece(model_folder: Callable[[str], Path]) -> TextTokens:
    return tokens_of(model_folder("bert"), pad_id=0)


@pytest.fixture
def unigram(model_folder: Callable[[str], Path]) -> TextTokens:
    return tokens_of(model_folder("xlm-r"), pad_id=1)


@pytest.mark.parametrize("typed", ["[SEP]", "[CLS]", "[PAD]", "[MASK]", "[sep]", "[SEP][SEP]"])
def test_fault_38_a_typed_wordpiece_special_token_stays_plain_text(typed: str, wordpiece: TextTokens) -> None:
    ids = wordpiece.ids(f"kain {typed} batik")
    assert (ids[0], ids[-1]) == (2, 3)
    assert not {0, 2, 3, 4} & set(ids[1:-1])


@pytest.mark.parametrize("typed", ["</s>", "<s>", "<pad>", "<mask>", "kain</s>batik", "\uff1c/s\uff1e", "</s></s>"])
def test_fault_38_a_typed_sentencepiece_special_token_stays_plain_text(typed: str, unigram: TextTokens) -> None:
    ids = unigram.ids(f"kain {typed} batik")
    assert (ids[0], ids[-1]) == (0, 2)
    assert not {0, 1, 2, 4} & set(ids[1:-1])


def test_fault_38_without_protection_these_tokenizers_do_give_special_tokens(
    model_folder: Callable[[str], Path],
) -> None:
    bert = Tokenizer.from_file(str(model_folder("bert") / "tokenizer.json"))
    assert bert.encode("kain [SEP] batik").ids.count(3) == 2
    xlmr = Tokenizer.from_file(str(model_folder("xlm-r") / "tokenizer.json"))
    xlmr.encode_special_tokens = True
    # the vocabulary holds '</s>' as a piece: the usual switch is not enough
    assert xlmr.encode("kain </s> batik").ids.count(2) == 2


def test_fault_38_a_special_token_that_is_only_in_the_template_cannot_be_typed() -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "[END]": 1, "kain": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A [END]", special_tokens=[("[END]", 1)])
    tokens = TextTokens(tokenizer.to_str(), max_tokens=8, prefix="", pad_id=0)
    assert tokens.ids("kain [END] batik") == [2, 0, 1]


def test_plain_text_gets_the_ids_that_transformers_gives(
    model_folder: Callable[[str], Path], sentences: list[str]
) -> None:
    from transformers import AutoTokenizer

    texts = [*sentences, "HARGA Rp25.000, ukuran 2x3 m!", "kain " * 300]
    for kind, pad_id in (("bert", 0), ("xlm-r", 1)):
        theirs = AutoTokenizer.from_pretrained(model_folder(kind), local_files_only=True)
        expected = theirs(texts, truncation=True, max_length=128)["input_ids"]
        ours = tokens_of(model_folder(kind), pad_id)
        assert [ours.ids(text) for text in texts] == expected


def test_an_unknown_piece_stays_unknown(wordpiece: TextTokens, unigram: TextTokens) -> None:
    assert wordpiece.ids("批") == [2, 1, 3]
    assert 3 in unigram.ids("批")


def test_a_prefix_stands_before_every_text(model_folder: Callable[[str], Path], wordpiece: TextTokens) -> None:
    with_prefix = tokens_of(model_folder("bert"), pad_id=0, prefix="kain ")
    assert with_prefix.ids("batik") == wordpiece.ids("kain batik")


def test_fault_34_a_megabyte_is_cut_before_it_is_tokenised(wordpiece: TextTokens) -> None:
    text = "kain batik " * 100_000
    start = time.process_time()
    ids = wordpiece.ids(text)
    assert time.process_time() - start < 0.2
    assert len(ids) == 128
    assert (ids[0], ids[-1]) == (2, 3)


def test_fault_36_a_lone_surrogate_does_not_break_the_tokenizer(wordpiece: TextTokens) -> None:
    assert wordpiece.ids("kain \ud83d") == wordpiece.ids("kain ?")


def test_the_digest_depends_on_every_setting(model_folder: Callable[[str], Path], wordpiece: TextTokens) -> None:
    content = wordpiece.json
    others = [
        TextTokens(content, max_tokens=64, prefix="", pad_id=0),
        TextTokens(content, max_tokens=128, prefix="query: ", pad_id=0),
        TextTokens(content, max_tokens=128, prefix="", pad_id=1),
        tokens_of(model_folder("xlm-r"), pad_id=0),
    ]
    assert len({wordpiece.sha256, *(other.sha256 for other in others)}) == 5
    assert tokens_of(model_folder("bert"), pad_id=0).sha256 == wordpiece.sha256


def test_the_highest_id_counts_added_tokens_and_padding(wordpiece: TextTokens) -> None:
    size = len(json.loads(wordpiece.json)["model"]["vocab"])
    assert wordpiece.highest_id == size - 1
    tokenizer = Tokenizer.from_str(wordpiece.json)
    tokenizer.add_tokens(["sajadahku"])
    assert TextTokens(tokenizer.to_str(), max_tokens=128, prefix="", pad_id=0).highest_id == size
    assert TextTokens(wordpiece.json, max_tokens=128, prefix="", pad_id=999).highest_id == 999


def test_rows_are_padded_on_the_right_with_a_mask() -> None:
    ids, mask = pad([[5, 6], [7]], pad_id=9)
    assert ids.tolist() == [[5, 6], [7, 9]]
    assert mask.tolist() == [[1, 1], [1, 0]]


def test_a_text_without_a_token_gets_zeros_and_keeps_its_place() -> None:
    tokenizer = Tokenizer(models.WordLevel({"kain": 0, "batik": 1, "[UNK]": 2}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()  # drops zero-width characters
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens = TextTokens(tokenizer.to_str(), max_tokens=8, prefix="", pad_id=0)

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return np.asarray([[row.sum() + 1] for row in ids * mask], dtype=np.float32)

    vectors = encode_tokens(["batik batik", "\u200b", "kain"], 1, tokens, run)
    assert vectors.tolist() == [[3.0], [0.0], [1.0]]
