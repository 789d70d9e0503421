"""Files that are no photos, damaged or too large. The names of the tests number the faults that they are about."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from PIL import Image, ImageFile, features

from tests.listings.photo_files import natural_picture, png, refused, saved
from umkm_classifier.listings import photo_decode
from umkm_classifier.listings.photo import Photo, PhotoError, open_photo
from umkm_classifier.listings.photo_decode import MAX_SCANS
from umkm_classifier.listings.photo_file import MAX_BYTES

UNSUPPORTED = "a JPEG, PNG, WebP or GIF expected, found none of them; save the photo as a JPEG"
TOO_MANY_PIXELS = "a photo of at most 40 million pixels expected, found more; make it smaller"


@pytest.mark.usefixtures("decoder")
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_fault_1_a_jpeg_cut_off_is_truncated(options: dict[str, object], part: float) -> None:
    whole = saved(natural_picture(1300, 1200), "JPEG", **options)
    assert refused(whole[: int(part * len(whole))]) == (
        "image_truncated",
        "a whole photo expected, found its beginning only; save or download it again",
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_fault_1_other_files_cut_off_are_truncated(kind: str, part: float) -> None:
    whole = saved(natural_picture(200, 100), kind)
    assert refused(whole[: int(part * len(whole))])[0] == "image_truncated"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"not a picture",
        b"\0" * 1_000,
    ],
    ids=lambda content: repr(content[:8]),
)
def test_fault_2_a_header_or_a_page_or_a_text_is_unsupported(content: bytes) -> None:
    assert refused(content) == ("image_unsupported", UNSUPPORTED)


def test_fault_3_no_bytes_are_empty() -> None:
    assert refused(b"") == ("image_empty", "a photo expected, found an empty file; save or download it again")


def test_fault_6_a_tiff_of_floating_numbers_is_unsupported() -> None:
    assert refused(saved(Image.fromarray(np.ones((9, 9), dtype=np.float32)), "TIFF")) == (
        "image_unsupported",
        UNSUPPORTED,
    )


def test_fault_10_webp_is_read_and_avif_is_not() -> None:
    picture = natural_picture(64, 48)
    shown = open_photo(saved(picture, "WEBP", quality=95)).pixels
    assert np.abs(shown.astype(int) - np.asarray(picture)).mean() < 8
    avif = b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B" + b"\0" * 200
    if features.check("avif"):
        avif = saved(picture, "AVIF")
    assert refused(avif) == ("image_unsupported", UNSUPPORTED)


def test_fault_11_heic_is_unsupported() -> None:
    heic = b"\0\0\0\x24ftypheic\0\0\0\0mif1heicmiafMiHB" + b"\0" * 500
    assert refused(heic) == ("image_unsupported", UNSUPPORTED)


@pytest.mark.parametrize("kind", ["EPS", "PDF", "ICO", "TIFF", "BMP", "PPM", "TGA", "PCX", "JPEG2000"])
def test_fault_12_other_formats_in_disguise_are_unsupported(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(natural_picture(32, 32), kind)
    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", None)  # starting it would be a TypeError
    assert refused(content) == ("image_unsupported", UNSUPPORTED)


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"SIMPLE  =                    T" + b" " * 5_000,
        b"%PDF-1.7",
    ],
)
def test_fault_12_postscript_and_fits_are_unsupported(content: bytes) -> None:
    assert refused(content)[0] == "image_unsupported"


@pytest.fixture
def never_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that decodes anything."""

    def load(_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.usefixtures("never_loaded")
def test_fault_13_a_bomb_that_pillow_refuses_is_too_large() -> None:
    assert refused(png(20_000, 20_000, 8, 2, b"\0" * 100)) == ("image_too_large", TOO_MANY_PIXELS)


@pytest.mark.usefixtures("never_loaded")
@pytest.mark.parametrize("action", ["error", "ignore"])
def test_fault_14_a_bomb_that_pillow_only_warns_of_is_too_large_whatever_the_filters(action: str) -> None:
    bomb = png(10_000, 10_000, 1, 0, b"\0" * (10_000 * 1_251))
    assert len(bomb) < 13_000
    with warnings.catch_warnings():
        warnings.simplefilter(action)  # type: ignore[arg-type]
        assert refused(bomb) == ("image_too_large", TOO_MANY_PIXELS)


@pytest.mark.usefixtures("never_loaded")
def test_fault_14_a_bomb_that_pillow_takes_for_a_photo_is_too_large() -> None:
    assert refused(png(6_401, 6_251, 8, 2, b"\0" * 100)) == ("image_too_large", TOO_MANY_PIXELS)


@pytest.mark.usefixtures("never_loaded")
@pytest.mark.parametrize("size", [(30_001, 1), (1, 30_001)])
def test_fault_14_a_strip_that_cannot_be_scaled_down_is_too_large(size: tuple[int, int]) -> None:
    assert refused(png(*size, 8, 0, b"\0" * 100)) == (
        "image_too_large",
        "a photo of at most 30000 pixels a side expected, found a longer one; crop it or make it smaller",
    )


def test_fault_14_a_webp_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_decode, "MAX_PIXELS_WEBP", 1_000_000)
    picture = Image.new("RGB", (1_001, 1_000))
    assert open_photo(saved(picture, "PNG")).width == 1_001
    assert open_photo(saved(picture.crop((0, 0, 1_000, 1_000)), "WEBP")).width == 1_000
    assert refused(saved(picture, "WEBP")) == (
        "image_too_large",
        "a photo of at most 1 million pixels expected, found more; make it smaller",
    )


@pytest.mark.usefixtures("never_loaded")
def test_fault_15_too_many_bytes_are_too_large() -> None:
    whole = saved(natural_picture(20, 20), "JPEG")
    assert refused(whole + b"\0" * (MAX_BYTES + 1 - len(whole))) == (
        "image_too_large",
        "a photo of at most 20 MB expected, found a larger file; make it smaller",
    )


def test_fault_18_a_damaged_photo_is_corrupt() -> None:
    content = bytearray(saved(natural_picture(60, 40), "PNG"))
    at = content.index(b"IDAT") + 4
    content[at : at + 40] = b"\x55" * 40
    assert refused(bytes(content)) == (
        "image_corrupt",
        "a photo that can be decoded expected, found a damaged one; save it again",
    )


@pytest.mark.usefixtures("decoder")
def test_a_jpeg_of_a_thousand_scans_is_refused_at_once() -> None:
    # Each scan is 14 bytes and a pass over the whole picture: 20 MB of them would take days.
    whole = saved(Image.new("RGB", (2_000, 2_000), (200, 30, 30)), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    assert isinstance(open_photo(whole[:-2] + last * 50 + whole[-2:]), Photo)
    assert refused(whole[:-2] + last * 1_000 + whole[-2:]) == (
        "image_corrupt",
        f"a JPEG of at most {MAX_SCANS} scans expected, found more; save the photo again",
    )


@pytest.mark.parametrize("error", [MemoryError(), OSError("out of memory error when reading image file")])
def test_a_machine_without_memory_is_no_fault_of_the_photo(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def load(_: object) -> None:
        raise error

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(MemoryError):
        open_photo(saved(natural_picture(20, 20), "PNG"))


def test_no_setting_of_pillow_is_changed() -> None:
    for content in (saved(natural_picture(20, 20), "JPEG"), b"x", png(20_000, 20_000, 8, 2, b"")):
        try:
            open_photo(content)
        except PhotoError:
            continue
    assert Image.MAX_IMAGE_PIXELS == 1024 * 1024 * 1024 // 4 // 3
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_only_four_formats_are_ever_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = Image.open

    def spy(file: object, *arguments: object, **options: object) -> Image.Image:
        asked.append((arguments, options))
        return real(file, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Image, "open", spy)
    open_photo(saved(natural_picture(20, 20), "WEBP"))
    assert asked == [((), {"formats": ("JPEG", "PNG", "WEBP", "GIF")})]
