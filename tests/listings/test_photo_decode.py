"""What a photo shows, whatever the file holds it as. The names of the tests number the faults that they are about."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.listings.photo_files import natural_picture, png, saved
from umkm_classifier.listings.photo import open_photo

WHITE, RED = [255, 255, 255], [255, 0, 0]


INKS = {
    (255, 0, 0, 0): (0, 255, 255),
    (0, 255, 255, 0): (255, 0, 0),
    (0, 0, 0, 255): (0, 0, 0),
    (0, 0, 0, 0): (255, 255, 255),
}


@pytest.mark.parametrize(("ink", "colour"), INKS.items(), ids=["cyan", "red", "black", "paper"])
def test_fault_4_a_jpeg_in_printing_inks_shows_its_colours(ink: tuple[int, ...], colour: tuple[int, ...]) -> None:
    content = saved(Image.new("CMYK", (32, 32), ink), "JPEG", quality=95)
    assert content[content.index(b"Adobe") + 11] == 0  # plain inks, stored inverted as Adobe's programs do
    assert np.abs(open_photo(content).pixels.astype(int) - colour).max() <= 2


def test_fault_4_the_inks_of_that_test_are_stored_inverted() -> None:
    simplejpeg = pytest.importorskip("simplejpeg")
    content = saved(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), "JPEG", quality=95)
    assert simplejpeg.decode_jpeg(content, colorspace="CMYK")[5, 5].tolist() == [0, 255, 255, 255]


def test_fault_4_inks_as_brightness_and_hue_show_their_colours() -> None:
    # What Photoshop writes. Red is no cyan, full magenta and yellow: inverted (255, 0, 0, 255); its inverse as
    # brightness and hue is (179, 171, 1). Pillow inverts what it writes, so what is given to it is inverted once more.
    stored = (179, 171, 1, 255)
    content = bytearray(saved(Image.new("CMYK", (32, 32), tuple(255 - v for v in stored)), "JPEG", quality=100))
    content[content.index(b"Adobe") + 11] = 2
    assert np.abs(open_photo(bytes(content)).pixels.astype(int) - RED).max() <= 4


def test_fault_5_a_grey_png_of_16_bits_keeps_its_levels() -> None:
    levels = np.arange(0, 65_536, 4, dtype=np.uint16).reshape(128, 128)
    pixels = open_photo(saved(Image.fromarray(levels), "PNG")).pixels
    assert np.array_equal(pixels, np.repeat((levels // 256)[:, :, np.newaxis], 3, axis=2))


def test_fault_5_a_clear_level_of_a_grey_png_of_16_bits_is_white() -> None:
    rows = b"\0" + struct.pack(">HHH", 1_000, 1_001, 65_535)
    pixels = open_photo(png(3, 1, 16, 0, rows, (b"tRNS", struct.pack(">H", 1_000)))).pixels
    assert pixels[0].tolist() == [WHITE, [3] * 3, WHITE]


def test_fault_5_coloured_pngs_of_16_bits_keep_their_levels() -> None:
    rows = b"\0" + struct.pack(">HHH", 65_535, 32_768, 258)
    assert open_photo(png(1, 1, 16, 2, rows)).pixels[0, 0].tolist() == [255, 128, 1]
    with_alpha = b"\0" + struct.pack(">HHHH", 65_535, 0, 0, 65_535) + struct.pack(">HHHH", 65_535, 0, 0, 0)
    assert open_photo(png(2, 1, 16, 6, with_alpha)).pixels[0].tolist() == [RED, WHITE]


def clear_left_half(mode: str) -> Image.Image:
    """Return a picture with a black but clear left half and a red (or black) right half."""
    picture = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255) if mode == "RGBA" else (0, 0, 0, 255), (20, 0, 40, 20))
    return picture.convert(mode)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_fault_7_what_is_clear_shows_white(kind: str) -> None:
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    pixels = open_photo(saved(clear_left_half("RGBA"), kind, **options)).pixels
    assert (pixels[:, :20] == 255).all()
    assert (pixels[:, 20:] == RED).all()


def test_fault_7_clear_grey_shows_white() -> None:
    pixels = open_photo(saved(clear_left_half("LA"), "PNG")).pixels
    assert (pixels[:, :20] == 255).all()
    assert (pixels[:, 20:] == 0).all()


@pytest.mark.parametrize("transparency", [0, b"\x00\xff\xff", b"\x00"])
def test_fault_7_clear_colours_of_a_palette_show_white(transparency: int | bytes) -> None:
    picture = Image.new("P", (4, 4), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(1, (2, 0, 4, 4))
    pixels = open_photo(saved(picture, "PNG", transparency=transparency)).pixels
    assert pixels[0].tolist() == [WHITE, WHITE, RED, RED]


@pytest.mark.parametrize(("mode", "clear"), [("L", 7), ("RGB", (7, 7, 7)), ("1", 0)])
def test_fault_7_a_clear_colour_without_palette_shows_white(mode: str, clear: object) -> None:
    picture = Image.new(mode, (4, 1), clear)
    picture.paste(255 if mode != "RGB" else (255, 0, 0), (2, 0, 4, 1))
    pixels = open_photo(saved(picture, "PNG", transparency=clear)).pixels
    assert pixels[0].tolist() == [WHITE, WHITE, *([RED, RED] if mode == "RGB" else [WHITE, WHITE])]


def test_fault_7_what_is_half_clear_is_half_white() -> None:
    pixels = open_photo(saved(Image.new("RGBA", (9, 9), (255, 0, 0, 128)), "PNG")).pixels
    assert pixels[4, 4].tolist() == [255, 127, 127]


def test_fault_7_a_clear_border_does_not_darken_a_photo_that_is_scaled_down() -> None:
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (199, 0, 400, 400))
    pixels = open_photo(saved(picture, "PNG"), at_least=200).pixels
    assert pixels.shape == (200, 200, 3)
    assert pixels[50, 99].tolist() in ([255, 127, 127], [255, 128, 128])
    assert pixels[50, [98, 100]].tolist() == [WHITE, RED]


def test_fault_7_black_and_white_of_one_bit() -> None:
    pixels = open_photo(png(8, 1, 1, 0, b"\0\x0f")).pixels
    assert pixels[0, :, 0].tolist() == [0] * 4 + [255] * 4


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_fault_8_of_an_animation_the_first_picture_counts(kind: str) -> None:
    first, second = Image.new("RGB", (30, 20), "red"), Image.new("RGB", (30, 20), "blue")
    options = {"lossless": True} if kind == "WEBP" else {}
    moving = open_photo(saved(first, kind, save_all=True, append_images=[second, first], duration=100, **options))
    still = open_photo(saved(first, kind, **options))
    assert (moving.pixels == RED).all()
    assert (moving.notes, still.notes) == (("image_animated",), ())


def test_fault_8_two_pictures_of_a_phone_in_one_file_are_no_animation() -> None:
    content = saved(
        natural_picture(1200, 1300), "MPO", save_all=True, append_images=[natural_picture(1200, 1300, seed=1)]
    )
    photo = open_photo(content)
    assert photo.notes == ()
    assert photo.pixels.shape == (650, 600, 3)
    alone = open_photo(saved(natural_picture(1200, 1300), "JPEG"))
    assert np.abs(photo.pixels.astype(int) - alone.pixels).mean() < 1


def with_orientation(orientation: object, kind: str, size: tuple[int, int] = (48, 32)) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    return saved(natural_picture(*size), kind, exif=exif, **options)


@pytest.mark.usefixtures("decoder")
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_fault_9_a_photo_is_turned_as_the_camera_was_held(kind: str, orientation: int) -> None:
    content = with_orientation(orientation, kind)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    photo = open_photo(content)
    assert (photo.width, photo.height) == expected.size == ((32, 48) if orientation > 4 else (48, 32))
    assert np.abs(photo.pixels.astype(int) - np.asarray(expected)).max() <= 1
    assert photo.pixels.flags["C_CONTIGUOUS"]


@pytest.mark.usefixtures("decoder")
def test_fault_9_a_photo_is_turned_after_it_is_scaled_down() -> None:
    photo = open_photo(with_orientation(6, "JPEG", (1600, 1200)))
    assert (photo.width, photo.height) == (1200, 1600)
    assert photo.pixels.shape == (800, 600, 3)


@pytest.mark.filterwarnings("ignore:.*EXIF")  # Pillow remarks on it
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0\0\0\0\0",  # orientation 9
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x02\0\0\0\x36\0\0\0\0\0\0\0",  # orientation '6'
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01",
        b"Exif\0\0" + b"\xff" * 60,
    ],
    ids=["none", "no entries", "nine", "text", "cut off", "noise"],
)
def test_fault_9_exif_that_cannot_be_read_turns_nothing(kind: str, exif: bytes) -> None:
    content = saved(natural_picture(48, 32), kind, exif=exif)
    assert open_photo(content).pixels.shape == (32, 48, 3)


@pytest.mark.usefixtures("decoder")
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(("size", "notes"), [((1, 1), True), ((20_000, 1), True), ((15, 400), True), ((16, 16), False)])
def test_fault_16_tiny_photos_are_opened_and_noted(kind: str, size: tuple[int, int], notes: bool) -> None:
    photo = open_photo(saved(Image.new("RGB", size, "red"), kind, quality=95))
    assert photo.pixels.shape == (size[1], size[0], 3)
    assert photo.notes == (("image_tiny",) if notes else ())


def test_fault_16_and_8_both_notes_are_kept() -> None:
    first, second = Image.new("L", (8, 8), 0), Image.new("L", (8, 8), 255)
    photo = open_photo(saved(first, "GIF", save_all=True, append_images=[second]))
    assert photo.notes == ("image_animated", "image_tiny")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "JPEG"])
def test_fault_17_the_name_says_nothing(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = saved(natural_picture(30, 20), kind)
    folder = tmp_path_factory.mktemp("photos")
    for name in ("a.jpg", "a.png", "a.txt", "a"):
        (folder / name).write_bytes(content)
        assert np.array_equal(open_photo(name, root=folder).pixels, open_photo(content).pixels)
