"""Files of photos for the tests, drawn by code."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from umkm_classifier.listings.photo import PhotoError, open_photo


def natural_picture(width: int, height: int, seed: int = 0, channels: int = 3) -> Image.Image:
    """Draw soft shapes with some grain, as a camera sees them; what they show is nothing."""
    numbers = np.random.default_rng(seed)
    coarse = numbers.integers(0, 256, (height // 24 + 2, width // 24 + 2, channels), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = numbers.integers(-8, 9, soft.shape, dtype=np.int16)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of raw rows, each behind a byte 0; for kinds that Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def refused(content: bytes) -> tuple[str, str]:
    """Return the code and the message of the error that a file gives."""
    with pytest.raises(PhotoError) as caught:
        open_photo(content)
    return caught.value.code, str(caught.value)
