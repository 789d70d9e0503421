"""A reader of writing without weights: which marks a photo shows stands in the greys of its first row."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from umkm_classifier.signals.writing_marks import MARKS

IDS = [mark.id for mark in MARKS]
_UNREADABLE = 77


class StampReader:
    id = "stamps"
    dim = len(MARKS)
    side = 32
    hash = hashlib.sha256(b"stamps").hexdigest()

    def encode(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        vectors = np.zeros((len(pixels), self.dim), dtype=np.float32)
        for row, photo in enumerate(pixels):
            vectors[row] = photo[0, : self.dim, 0] == 255
            if photo[0, 0, 0] == _UNREADABLE:
                vectors[row] = np.nan
        return vectors


def stamped(*marks: str, seed: int = 0, readable: bool = True) -> bytes:
    """A photo that shows the marks of these ids, or one that no reader can read."""
    pixels = np.random.default_rng(seed).integers(0, 60, (32, 32, 3), dtype=np.uint8)
    for mark in marks:
        pixels[0, IDS.index(mark)] = 255
    if not readable:
        pixels[0, 0] = _UNREADABLE
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
