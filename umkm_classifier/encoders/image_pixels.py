"""From a photo to what an image network is given, by one piece of code for training, export and serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.photo import Pixels, square

RunOne = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Scaling:
    """How pixels become numbers around 0.

    Parameters
    ----------
    side : int
        Side in pixels of the square that a network sees.
    mean, std : tuple of three float
        Of red, green and blue, in grey levels from 0 to 255: what is taken off, and what the rest is divided by.
    """

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def network_input(pixels: Pixels, scaling: Scaling) -> NDArray[np.float32]:
    """Return a photo as a network wants it.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3)
    scaling : Scaling

    Returns
    -------
    array of float32, shape (1, 3, side, side)
    """
    shown = square(pixels, scaling.side).astype(np.float32)  # (side, side, 3)
    shown -= np.asarray(scaling.mean, dtype=np.float32)
    shown /= np.asarray(scaling.std, dtype=np.float32)
    return np.ascontiguousarray(shown.transpose(2, 0, 1)[np.newaxis])


def encode_each(pixels: Sequence[Pixels], scaling: Scaling, dim: int, run: RunOne) -> NDArray[np.float32]:
    """Run a network over photos one by one: on a CPU a batch gains nothing, and so a vector never depends on its mates.

    Parameters
    ----------
    pixels : sequence of array of uint8, shape (height, width, 3); length n
    scaling : Scaling
    dim : int
        Length of a vector.
    run : callable
        Takes one input of shape (1, 3, side, side) and returns its vector, shape (1, dim).

    Returns
    -------
    array of float32, shape (n, dim)

    Raises
    ------
    TypeError, ValueError
        See ``check_are_photos``.
    """
    check_are_photos(pixels)
    vectors = np.zeros((len(pixels), dim), dtype=np.float32)
    for row, photo in enumerate(pixels):
        vectors[row] = run(network_input(photo, scaling))[0]
    return vectors


def check_are_photos(pixels: object) -> None:
    """Refuse what is no sequence of photos; a lone photo would be read line by line.

    Raises
    ------
    TypeError
        If ``pixels`` is one photo or no sequence, or a photo is no array of uint8.
    ValueError
        If a photo does not have the shape (height, width, 3), or has no pixels.
    """
    is_many = pixels.ndim == 4 if isinstance(pixels, np.ndarray) else isinstance(pixels, Sequence)
    if isinstance(pixels, bytes | str) or not is_many or not isinstance(pixels, Sequence | np.ndarray):
        raise TypeError(
            f"encode: expected a sequence of photos, found one {type(pixels).__name__}. "
            "Open the file with open_photo and put its pixels into a list: encode([photo.pixels])."
        )
    for row, photo in enumerate(pixels):
        kind = str(photo.dtype) if isinstance(photo, np.ndarray) else type(photo).__name__
        if kind != "uint8":
            raise TypeError(
                f"encode: expected photo {row} as an array of uint8, found {kind}. Open photos with open_photo."
            )
        if photo.ndim != 3 or photo.shape[2] != 3 or photo.size == 0:
            raise ValueError(
                f"encode: expected photo {row} with the shape (height, width, 3), found {photo.shape}. "
                "Open photos with open_photo."
            )
