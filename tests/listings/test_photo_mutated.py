"""Damaged photos by the thousand, the largest ones, and the two decoders beside each other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from tests.listings.mutated_photos import mutated_photos
from tests.listings.photo_files import natural_picture, saved
from umkm_classifier.listings.photo import PhotoError, open_photo, square

ROOT = Path(__file__).resolve().parents[2]
CODES = {"opened", "image_empty", "image_unsupported", "image_truncated", "image_corrupt", "image_too_large"}
# What opening may take besides the interpreter with numpy and Pillow.
MOST_MB = 500


def told(*arguments: str) -> dict[str, Any]:
    """Run Python in a process of its own, so that its memory and its end can be watched, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_fault_18_ten_thousand_damaged_photos_end_as_a_photo_or_a_photo_error() -> None:
    answer = told("-m", "tests.listings.mutated_photos", "10000")
    assert answer["others"] == []
    assert sum(answer["codes"].values()) == 10_000
    assert set(answer["codes"]) == CODES
    assert min(answer["codes"][code] for code in CODES - {"image_empty"}) > 100  # the damage is of every kind
    assert answer["slowest_s"] < 30
    assert answer["peak_mb"] < MOST_MB


@pytest.mark.filterwarnings("ignore")  # Pillow's remarks on damaged EXIF
@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF"]))
@example(b"\x04\0\0\0WEBPVP8 \0\0\0\0", b"RIFF")
def test_fault_18_any_bytes_end_as_a_photo_or_a_photo_error(tail: bytes, start: bytes) -> None:
    seen = opened(start + tail)
    assert seen in CODES if isinstance(seen, str) else seen.shape == (64, 64, 3)


def opened_by_pillow(content: bytes) -> np.ndarray | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "simplejpeg", None)  # as if it were not installed
        return opened(content)


def opened(content: bytes, at_least: int = 64) -> np.ndarray | str:
    """Return what a network sees, or the code of the error."""
    try:
        return square(open_photo(content, at_least=at_least).pixels, 64)
    except PhotoError as error:
        return error.code


@pytest.mark.filterwarnings("ignore")
def test_both_decoders_agree_on_what_is_damaged_and_on_what_the_rest_shows() -> None:
    pytest.importorskip("simplejpeg")
    seen: Counter[str] = Counter()
    for number, content in enumerate(mutated_photos(4_000, seed=1)):
        if not content.startswith(b"\xff\xd8"):
            continue
        one, other = opened(content), opened_by_pillow(content)
        if isinstance(one, str) or isinstance(other, str):
            assert (number, one) == (number, other)
            seen["refused"] += 1
        else:
            assert np.abs(one.astype(int) - other).mean() <= 2, number
            seen["opened"] += 1
    assert min(seen["refused"], seen["opened"]) > 300


KINDS: dict[str, dict[str, Any]] = {
    "baseline": {"quality": 85},
    "progressive": {"quality": 75, "progressive": True},
    "full colour": {"quality": 90, "subsampling": 0},
    "half colour": {"quality": 60, "subsampling": 1},
    "poor": {"quality": 20},
}


@pytest.mark.parametrize("size", [(800, 800), (1080, 1440), (2111, 1777), (520, 300)])
@pytest.mark.parametrize("kind", KINDS)
def test_both_decoders_show_the_same_within_two_grey_levels(kind: str, size: tuple[int, int]) -> None:
    simplejpeg = pytest.importorskip("simplejpeg")
    content = saved(natural_picture(*size), "JPEG", **KINDS[kind])
    calls: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        real = simplejpeg.decode_jpeg
        patch.setattr(simplejpeg, "decode_jpeg", lambda *a, **k: calls.append(k) or real(*a, **k))
        fast = open_photo(content)
    assert len(calls) == 1  # it was not Pillow both times
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "simplejpeg", None)
        plain = open_photo(content)
    assert fast.pixels.shape == plain.pixels.shape
    assert np.abs(square(fast.pixels, 260).astype(int) - square(plain.pixels, 260)).mean() <= 2


def tiled(width: int, height: int, channels: int) -> np.ndarray:
    """Return a large array of few numbers, quickly drawn."""
    tile = np.asarray(natural_picture(512, 512, channels=channels))
    return np.tile(tile, (-(-height // 512), -(-width // 512), 1))[:height, :width]


def progressive_inks() -> bytes:
    picture = Image.frombytes("CMYK", (30_000, 1_020), tiled(30_000, 1_020, 4).tobytes())
    return saved(picture, "JPEG", quality=5, progressive=True)


LARGEST: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: saved(Image.fromarray(tiled(6_300, 6_300, 4)), "PNG", compress_level=1),
    "PNG, a strip": lambda: saved(Image.fromarray(tiled(30_000, 1_020, 4)), "PNG", compress_level=1),
    "JPEG": lambda: saved(Image.fromarray(tiled(6_300, 6_300, 3)), "JPEG", quality=50),
    "JPEG, progressive": lambda: saved(Image.fromarray(tiled(6_300, 6_300, 3)), "JPEG", quality=20, progressive=True),
    "JPEG, progressive strip in inks": progressive_inks,
    "WebP": lambda: saved(Image.fromarray(tiled(6_000, 4_000, 4)), "WEBP", quality=20, method=0),
    "GIF": lambda: saved(Image.fromarray(tiled(6_300, 6_300, 3)[..., 0] // 64 * 64), "GIF"),
}
OPEN_ONE = """
import json, sys
from pathlib import Path
from tests.listings.mutated_photos import peak_mb
from umkm_classifier.listings.photo import open_photo
photo = open_photo(Path(sys.argv[1]))
print(json.dumps({"peak_mb": peak_mb(), "pixels": photo.width * photo.height, "side": min(photo.pixels.shape[:2])}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_photo_of_every_kind_stays_below_500_mb(kind: str, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGEST[kind]())
    answer = told("-c", OPEN_ONE, str(tmp_path / "large"))
    assert answer["pixels"] > 23_000_000
    assert answer["side"] >= 512
    assert answer["peak_mb"] < MOST_MB
