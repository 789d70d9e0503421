"""A text encoder without weights: quick, the same on every machine, alike for texts that share words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class HashEncoder:
    """Vectors of length 1 from the hashes of a text's words; a blank text gives zeros."""

    id = "hash:16"
    hash = hashlib.sha256(b"hash:16").hexdigest()
    dim = 16

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            total = np.sum([self._of_word(word) for word in text.lower().split()], axis=0)
            vectors[row] = total / max(float(np.linalg.norm(total)), 1e-12)
        return vectors

    def _of_word(self, word: str) -> NDArray[np.float64]:
        digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
        return np.frombuffer(digest[: self.dim], dtype=np.uint8) - 127.5
