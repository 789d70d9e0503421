"""Texts to token ids, by one piece of code for training, export and serving."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from umkm_classifier.encoders.batches import encodable, token_batches

CHARS_PER_TOKEN = 16  # no text fills its tokens with longer pieces; a megabyte would take a second to cut up and drop

RunBatch = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


class TextTokens:
    """A tokenizer with the settings that decide which ids a model sees.

    A special token that a seller types ('[SEP]', '[MASK]', '</s>') never becomes one: its letters are cut like any
    others, and where the vocabulary itself holds it as a piece, that piece is left out.

    Parameters
    ----------
    tokenizer_json : str
        A tokenizer as ``tokenizers`` saves it.
    max_tokens : int
        Most tokens of a text, special tokens included; the rest is cut off.
    prefix : str
        Put before every text ('query: ' for the E5 family).
    pad_id : int
        Id that fills short rows of a batch.
    """

    def __init__(self, tokenizer_json: str, *, max_tokens: int, prefix: str, pad_id: int) -> None:
        self.json = tokenizer_json
        self.max_tokens = max_tokens
        self.prefix = prefix
        self.pad_id = pad_id
        self._tokenizer = Tokenizer.from_str(tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)
        self._tokenizer.encode_special_tokens = True  # not saved in the JSON: it must be set after every load
        self._never_typed = self._special_ids() - self._unknown_ids()

    @property
    def sha256(self) -> str:
        """Digest of the tokenizer and of every setting that changes its ids."""
        settings = json.dumps([self.max_tokens, self.prefix, self.pad_id])
        return hashlib.sha256(f"{settings}\n{self.json}".encode()).hexdigest()

    @property
    def highest_id(self) -> int:
        """The highest id that a text can get."""
        return max([self.pad_id, *self._tokenizer.get_vocab(with_added_tokens=True).values()])

    def ids(self, text: str) -> list[int]:
        """Return the token ids of one text, special tokens of the template included."""
        text = encodable(text[: self.max_tokens * CHARS_PER_TOKEN])
        encoding = self._tokenizer.encode(self.prefix + text)
        pairs = zip(encoding.ids, encoding.special_tokens_mask, strict=True)
        return [token for token, of_template in pairs if of_template or token not in self._never_typed]

    def _special_ids(self) -> set[int]:
        added = self._tokenizer.get_added_tokens_decoder()
        template = self._tokenizer.encode("")
        marks = zip(template.ids, template.special_tokens_mask, strict=True)
        return {token for token, of_template in marks if of_template} | {i for i, one in added.items() if one.special}

    def _unknown_ids(self) -> set[int]:
        """Ids for 'no such piece': flagged special as well, and yet what plain text may give."""
        model = json.loads(self.json)["model"]
        by_name = self._tokenizer.token_to_id(model.get("unk_token") or "")
        return {token for token in (model.get("unk_id"), by_name) if token is not None}


def encode_tokens(texts: list[str], dim: int, tokens: TextTokens, run: RunBatch) -> NDArray[np.float32]:
    """Cut texts into tokens and run a model over them in batches of similar length.

    Parameters
    ----------
    texts : list of str, length n
    dim : int
        Length of a vector.
    tokens : TextTokens
    run : callable
        Takes ids and attention mask, both int64 of shape (rows, length), and returns vectors of shape (rows, dim).

    Returns
    -------
    array of float32, shape (n, dim)
        Zeros for a text without a single token.
    """
    vectors = np.zeros((len(texts), dim), dtype=np.float32)
    ids = [tokens.ids(text) for text in texts]
    filled = [row for row, row_ids in enumerate(ids) if row_ids]
    for batch in token_batches([len(ids[row]) for row in filled]):
        rows = [filled[at] for at in batch]
        padded, mask = pad([ids[row] for row in rows], tokens.pad_id)
        vectors[rows] = run(padded, mask)
    return vectors


def pad(ids: list[list[int]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Fill rows up to the longest one.

    Returns
    -------
    ids, mask : arrays of int64, shape (rows, length)
        The mask is 1 where a token is and 0 where a row was filled up.
    """
    length = max(len(row) for row in ids)
    padded = np.full((len(ids), length), pad_id, dtype=np.int64)
    mask = np.zeros((len(ids), length), dtype=np.int64)
    for at, row in enumerate(ids):
        padded[at, : len(row)] = row
        mask[at, : len(row)] = 1
    return padded, mask
