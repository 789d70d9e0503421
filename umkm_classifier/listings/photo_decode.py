"""Bytes of a photo to pixels, whatever they hold.

Pillow reads the header and decides what is a photo. simplejpeg, when it is installed, decodes the JPEGs that it finds
nothing wrong with; both are libjpeg-turbo underneath and give the same pixels, so which of them is there changes no
score. Nothing here changes a setting of Pillow's: those belong to the whole process.
"""

from __future__ import annotations

import importlib
import io
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import (  # a plugin that is imported is known to Pillow, which would import all fifty to find WebP
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from umkm_classifier.listings.photo_file import MAX_BYTES, PhotoError, too_many_bytes

Pixels = NDArray[np.uint8]

MAX_PIXELS = 40_000_000
# libwebp and Pillow hold several copies of a picture between them: more would pass 500 MB.
MAX_PIXELS_WEBP = 24_000_000
MAX_SIDE_PX = 30_000  # a longer strip of 40 MP is too thin to be decoded at a smaller scale
MAX_SCANS = 100  # of a progressive JPEG; cameras and shops write about ten, and each is a pass over the whole picture
TINY_PX = 16

ANIMATED, TINY = "image_animated", "image_tiny"

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")  # with all that Pillow knows, an EPS would start Ghostscript
_SCALES = (8, 4, 2)  # what libjpeg decodes to by itself and Pillow offers
_STRIP_PIXELS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Pixels of shape (height, width, 3), the size of the file after turning, and notes; see ``photo.Photo``."""

    pixels: Pixels
    width: int
    height: int
    notes: tuple[str, ...]


def decode(content: bytes, at_least: int) -> Decoded:
    """Decode a photo; see ``photo.open_photo``.

    Raises
    ------
    PhotoError
        If it is no photo, damaged or too large.
    MemoryError
        If this machine is out of memory.
    """
    if not content:
        raise PhotoError("image_empty", "a photo expected, found an empty file; save or download it again")
    if len(content) > MAX_BYTES:
        raise too_many_bytes()
    try:
        with _opened(content) as image:
            return _decode(image, content, at_least)
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # broken files make Pillow raise whatever its parsers run into
        raise _damage(error, content) from error


def _opened(content: bytes) -> Image.Image:
    """Read the header."""
    try:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(MAX_PIXELS) from error
    except OSError as error:
        # Some releases say that a JPEG is cut off within its header, others that it is no JPEG.
        if isinstance(error, UnidentifiedImageError) or "truncated" in str(error).lower():
            raise PhotoError(
                "image_unsupported", "a JPEG, PNG, WebP or GIF expected, found none of them; save the photo as a JPEG"
            ) from error
        raise


def _decode(image: Image.Image, content: bytes, at_least: int) -> Decoded:
    width, height = image.size
    is_jpeg = image.format in ("JPEG", "MPO")  # MPO: two JPEGs in one file, as some phones write
    _check_size(image, content)
    scale = next((scale for scale in _SCALES if min(width, height) // at_least >= scale), 1)
    pixels = _from_jpeg(image, content, scale) if is_jpeg else _from_whole(image, scale)
    orientation = _orientation(image)
    if orientation in _SIDEWAYS:
        width, height = height, width
    notes = (ANIMATED,) if not is_jpeg and getattr(image, "is_animated", False) else ()
    if min(width, height) < TINY_PX:
        notes = (*notes, TINY)
    return Decoded(_turned(pixels, orientation), width, height, notes)


def _check_size(image: Image.Image, content: bytes) -> None:
    """Refuse what would take too long or too much memory, by its header alone."""
    width, height = image.size
    most = MAX_PIXELS_WEBP if image.format == "WEBP" else MAX_PIXELS
    if width * height > most:
        raise _too_many_pixels(most)
    if max(width, height) > MAX_SIDE_PX:
        raise PhotoError(
            "image_too_large",
            f"a photo of at most {MAX_SIDE_PX} pixels a side expected, found a longer one; crop it or make it smaller",
        )
    if image.info.get("progressive") and content.count(b"\xff\xda") > MAX_SCANS:  # starts of a scan
        raise PhotoError(
            "image_corrupt", f"a JPEG of at most {MAX_SCANS} scans expected, found more; save the photo again"
        )


def _from_jpeg(image: Image.Image, content: bytes, scale: int) -> Pixels:
    """Decode a JPEG to its size divided by ``scale``, rounded up."""
    size = tuple(-(-side // scale) for side in image.size)
    pixels = _by_simplejpeg(content, *size) if image.mode in ("RGB", "L") else None
    if pixels is None:
        image.draft(None, (image.width // scale, image.height // scale))
        pixels = _from_whole(image, 1)
    return pixels


def _by_simplejpeg(content: bytes, width: int, height: int) -> Pixels | None:
    """Decode to that size with simplejpeg; None when it is not installed or not content, which Pillow then judges."""
    simplejpeg = _simplejpeg()
    if simplejpeg is None:
        return None
    try:
        scaled = simplejpeg.decode_jpeg_header(content, min_width=width, min_height=height)
        if tuple(scaled[:2]) != (height, width):  # it reads another header than Pillow's
            return None
        pixels: Pixels = simplejpeg.decode_jpeg(content, min_width=width, min_height=height)
    except ValueError:
        return None
    return pixels


def _simplejpeg() -> ModuleType | None:
    try:
        return importlib.import_module("simplejpeg")
    except ImportError:
        return None


def _from_whole(image: Image.Image, scale: int) -> Pixels:
    """Decode a picture, then reduce it to its size divided by ``scale``, rounded up: each pixel the mean of a block.

    A JPEG decoded at a smaller scale shows the same. It is done strip by strip: colour, transparency and the reduced
    picture beside the whole one would take four times its memory.
    """
    image.load()
    width, height = image.size
    pixels = np.empty((-(-height // scale), -(-width // scale), 3), dtype=np.uint8)
    rows = max(1, _STRIP_PIXELS // (width * scale)) * scale
    for top in range(0, height, rows):
        strip = _on_white(image.crop((0, top, width, min(top + rows, height))))
        reduced = np.asarray(strip if scale == 1 else strip.reduce(scale))
        pixels[top // scale : top // scale + len(reduced)] = reduced
    return pixels


def _on_white(image: Image.Image) -> Image.Image:
    """Return a picture as RGB; where it is transparent, white shows, as in a shop."""
    if image.mode.startswith("I;16"):
        return _from_16_bits(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _from_16_bits(image: Image.Image) -> Image.Image:
    """Keep the upper eight bits of a grey PNG; ``convert`` would cut off what is above 255 and give white."""
    levels = np.asarray(image)
    grey = (levels >> 8).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[levels == clear] = 255
    return Image.fromarray(grey).convert("RGB")


_SIDEWAYS = (5, 6, 7, 8)


def _orientation(image: Image.Image) -> int:
    """Return how the camera was held, 1 to 8 as in EXIF; 1 when that is missing or unreadable."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except MemoryError:
        raise
    except Exception:  # the picture is whole; only what is written beside it is not
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an orientation: 5 to 8 swap the axes, and the others are mirrored in one of them or both."""
    if orientation in _SIDEWAYS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _too_many_pixels(most: int) -> PhotoError:
    return PhotoError(
        "image_too_large", f"a photo of at most {most / 1e6:.0f} million pixels expected, found more; make it smaller"
    )


def _damage(error: Exception, content: bytes) -> Exception:
    """Turn what a decoder says of a file into a fault of the photo, unless it is none."""
    text = str(error).lower()
    if "out of memory" in text:  # Pillow's codecs say it so
        return MemoryError("the decoder of a photo is out of memory")
    # libwebp does not say what is wrong, but the file says how long it should be.
    cut_off = content.startswith(b"RIFF") and int.from_bytes(content[4:8], "little") + 8 > len(content)
    if cut_off or "truncated" in text:
        return PhotoError(
            "image_truncated", "a whole photo expected, found its beginning only; save or download it again"
        )
    return PhotoError("image_corrupt", "a photo that can be decoded expected, found a damaged one; save it again")
