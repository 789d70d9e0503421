"""A photo of a listing: the one way to open it, the one way to show it to a network, and a hash of what it shows.

Training and serving both come here, so that a photo is the same to both. Sellers' files are damaged, disguised, huge or
no photos at all: whatever is wrong ends as a ``PhotoError`` with a code, and costs the listing that photo alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from umkm_classifier.listings.photo_decode import Pixels, decode
from umkm_classifier.listings.photo_file import PhotoError, read_photo_file

__all__ = ["Photo", "PhotoError", "Pixels", "Source", "open_photo", "perceptual_hash", "square"]

Source = bytes | str | Path

_MOST_SQUASHED = 1.5
_HASH_GREY_PX = 64
_HASH_WAVES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo that could be opened.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3)
        RGB, 0 to 255, turned as the camera was held, on white where it was transparent; of an animation the first
        picture. Perhaps at a smaller scale than the file.
    content : str
        SHA-256 of the file, in hexadecimal.
    width, height : int
        Size in pixels of the photo in the file, after turning, before any scaling.
    notes : tuple of str
        ``image_animated`` (there are more pictures in it), ``image_tiny`` (a side of less than 16 pixels).
    """

    pixels: Pixels
    content: str
    width: int
    height: int
    notes: tuple[str, ...] = ()


def open_photo(source: Source, *, root: Path | None = None, at_least: int = 512) -> Photo:
    """Open a photo: a JPEG, PNG, WebP or GIF, by its content and not by its name.

    Parameters
    ----------
    source : bytes, str or Path
        The content of a file, or its path. An address is refused: nothing is ever fetched.
    root : Path or None
        The folder that a path named by a table must stay in; links below it are not followed. None: the path is the
        calling program's own and may be absolute.
    at_least : int
        Shortest side in pixels that must be left. A larger photo is decoded to a half, a quarter or an eighth as long
        as no side gets shorter than that; a smaller one keeps its size.

    Returns
    -------
    Photo

    Raises
    ------
    PhotoError
        If there is no photo, or it is damaged, unsupported, too large or outside ``root``; its ``code`` says which.
    MemoryError, OSError
        If this machine is out of memory or of open files.
    TypeError, ValueError
        If ``source`` is none of the above, or ``at_least`` is not positive.
    """
    if not isinstance(source, bytes | str | Path):
        raise TypeError(
            f"a photo must be bytes, str or Path, found {type(source).__name__}; give its content or its path"
        )
    if at_least < 1:
        raise ValueError(f"at_least must be a number of pixels from 1, found {at_least}; leave it out for 512")
    content = source if isinstance(source, bytes) else read_photo_file(source, root)
    decoded = decode(content, at_least)
    digest = hashlib.sha256(content).hexdigest()
    return Photo(decoded.pixels, digest, decoded.width, decoded.height, decoded.notes)


def square(pixels: Pixels, side: int) -> Pixels:
    """Make a photo square, as image encoders want it. Training and serving both use this and nothing else.

    The whole photo is kept: a text-book resize and centre crop would cut off what hangs, lies or is written at the
    border. Up to a ratio of sides of 1.5 it is squashed, as networks have seen things squashed while they were trained;
    a longer one is squashed by 1.5 and put in the middle of white. So nothing jumps where one way ends and the other
    begins. (Of 343 photos of a marketplace, four are longer.)

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3)
    side : int
        In pixels.

    Returns
    -------
    array of uint8, shape (side, side, 3)
        By bicubic resampling with antialiasing.
    """
    height, width = pixels.shape[:2]
    inner = (_squashed(width, height, side), _squashed(height, width, side))
    image = Image.fromarray(pixels).resize(inner, Image.Resampling.BICUBIC)
    if inner == (side, side):
        return np.array(image)
    canvas = np.full((side, side, 3), 255, dtype=np.uint8)
    left, top = (side - inner[0]) // 2, (side - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = np.asarray(image)
    return canvas


def _squashed(this: int, other: int, side: int) -> int:
    """Return the length of one side, given both, in a square of ``side``."""
    return max(1, min(side, round(side * _MOST_SQUASHED * this / other)))


def perceptual_hash(pixels: Pixels) -> Pixels:
    """Hash what a photo shows: photos that look alike differ in few bits.

    The photo is squashed to 64x64 grey levels; each bit says whether one of its 16x16 slowest waves (of its discrete
    cosine transform, without the constant ones) is above the median of them, as in PDQ (Facebook, 2019). All numbers on
    the way are whole and below 2**53, so the hash is the same on every machine.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3)

    Returns
    -------
    array of uint8, shape (32,)
        256 bits, 128 of them set; fewer when waves tie, none for a photo of one colour.
    """
    size = (_HASH_GREY_PX, _HASH_GREY_PX)
    # A large photo is first reduced to three times that by plain means: a fifth of the time, and the same to the eye.
    small = Image.fromarray(pixels).convert("L").resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    grey = np.asarray(small, dtype=np.float64)
    waves = _waves()  # (16, 64)
    strength = waves @ (grey - np.round(grey.mean())) @ waves.T  # (16, 16)
    return np.packbits(strength > np.median(strength))


@cache
def _waves() -> NDArray[np.float64]:
    """Return the DCT-II matrix for waves 1 to 16, shape (16, 64), as whole numbers."""
    wave = np.arange(1, _HASH_WAVES + 1)[:, np.newaxis]
    place = np.arange(_HASH_GREY_PX)[np.newaxis, :]
    return np.round(4096 * np.cos(np.pi * wave * (2 * place + 1) / (2 * _HASH_GREY_PX)))
