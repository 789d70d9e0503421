"""Damaged photos, made from whole ones of every kind. Run as a program, it opens many and tells what came of it.

    python -m tests.listings.mutated_photos NUMBER [SEED]

One line of JSON: how often each code came, other errors, the slowest file in seconds and the peak memory in MB.
"""

from __future__ import annotations

import json
import random
import struct
import sys
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.listings.photo import PhotoError, open_photo


@cache
def whole_photos() -> tuple[bytes, ...]:
    """Return small files of every kind that is read."""
    rgb, rgba = natural_picture(90, 70), natural_picture(70, 90, channels=4)
    exif = Image.Exif()
    exif[0x0112] = 6
    grey16 = Image.fromarray(np.asarray(rgb.convert("L")).astype(np.uint16) * 257)
    several = {"save_all": True, "append_images": [natural_picture(90, 70, seed=1)], "duration": 100}
    return (
        saved(rgb, "JPEG", exif=exif),
        saved(natural_picture(700, 600), "JPEG", quality=60),
        saved(rgb, "JPEG", progressive=True),
        saved(rgb, "JPEG", restart_marker_blocks=4, subsampling=0),
        saved(rgb.convert("L"), "JPEG"),
        saved(rgb.convert("CMYK"), "JPEG"),
        saved(rgb, "MPO", save_all=True, append_images=[rgb]),
        saved(rgb, "PNG"),
        saved(rgba, "PNG"),
        saved(rgba.convert("LA"), "PNG"),
        saved(rgb.convert("P"), "PNG", transparency=3),
        saved(rgb.convert("1"), "PNG"),
        saved(grey16, "PNG"),
        saved(rgb, "PNG", exif=exif, **several),
        saved(rgb, "WEBP", exif=exif),
        saved(rgba, "WEBP", lossless=True),
        saved(rgb, "WEBP", **several),
        saved(rgb, "GIF"),
        saved(rgb.convert("P"), "GIF", transparency=3, **several),
    )


def mutated_photos(number: int, seed: int) -> Iterator[bytes]:
    """Yield damaged files, the same for the same seed."""
    dice = random.Random(seed)
    whole = whole_photos()
    for turn in range(number):
        photo = bytearray(whole[turn % len(whole)])
        for _ in range(dice.choice((1, 1, 2, 5))):
            _damage(photo, dice, whole)
        # A checksum would stop Pillow before the damage is seen.
        yield _with_checksums(bytes(photo)) if dice.random() < 0.7 else bytes(photo)


def _damage(photo: bytearray, dice: random.Random, whole: tuple[bytes, ...]) -> None:
    size = len(photo)
    # Headers are short and say how much memory is asked for: half of the damage is done there.
    start = dice.randrange(min(size, 700) if dice.random() < 0.5 else size) if size else 0
    length = min(dice.choice((1, 2, 4, 64, 500)), size - start)
    match dice.randrange(7):
        case 0:
            photo[start : start + length] = dice.randbytes(length)
        case 1:
            photo[start : start + length] = dice.choice((b"\0", b"\xff", b"\x7f", b"\x01")) * length
        case 2 if size:
            photo[start] ^= 1 << dice.randrange(8)
        case 3:
            del photo[start:]
        case 4:
            del photo[start : start + length]
        case 5:
            photo[start:start] = photo[start : start + length] * dice.choice((1, 2, 50))
        case _:
            other = dice.choice(whole)
            photo[start:] = other[dice.randrange(len(other)) :]


def _with_checksums(photo: bytes) -> bytes:
    """Return a PNG with the checksums that its chunks should have; anything else as it is."""
    signature = b"\x89PNG\r\n\x1a\n"
    if not photo.startswith(signature):
        return photo
    repaired, at = bytearray(photo), len(signature)
    while at + 12 <= len(photo):
        end = at + 8 + struct.unpack_from(">I", photo, at)[0]
        if end + 4 > len(photo):
            break
        struct.pack_into(">I", repaired, end, zlib.crc32(photo[at + 4 : end]))
        at = end + 4
    return bytes(repaired)


def peak_mb() -> float:
    """Return the most memory that this process held."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage tells here includes the process that started this one
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # macOS counts bytes


def main(number: int, seed: int) -> None:
    """Open damaged files and print what came of it."""
    warnings.simplefilter("ignore")  # Pillow's remarks on damaged EXIF
    codes: Counter[str] = Counter()
    others: list[str] = []
    slowest_s = 0.0
    for turn, photo in enumerate(mutated_photos(number, seed)):
        started = time.perf_counter()
        try:
            open_photo(photo)
            codes["opened"] += 1
        except PhotoError as error:
            codes[error.code] += 1
        except Exception as error:
            others.append(f"mutant {turn} of seed {seed}: {error!r}")
        slowest_s = max(slowest_s, time.perf_counter() - started)
    told = {"codes": codes, "others": others[:10], "slowest_s": slowest_s, "peak_mb": peak_mb()}
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
