"""The image encoders by name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.image_pixels import check_are_photos
from umkm_classifier.errors import UsageError
from umkm_classifier.listings.photo import Pixels

DEFAULT = "efficientnet-lite2"


class ImageEncoder(Protocol):
    """Turns photos into vectors, each by itself: neither its batch nor its mates change a vector by more than 1e-6."""

    @property
    def id(self) -> str:
        """What the encoder is, for people and for manifests: ``'onnx:efficientnet-lite2'``."""

    @property
    def hash(self) -> str:
        """Sha256 of everything that decides a vector beside the photo: weights, size and scaling."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def side(self) -> int:
        """Side in pixels of the square that is looked at: ``open_photo(source, at_least=side)`` suffices."""

    def encode(self, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode photos.

        Parameters
        ----------
        pixels : sequence of array of uint8, shape (height, width, 3); length n
            As ``open_photo`` gives them, of any size; made square by ``listings.photo.square``.

        Returns
        -------
        array of float32, shape (n, dim)
            Rows of length 1, in the order of ``pixels``.

        Raises
        ------
        TypeError, ValueError
            If ``pixels`` is a lone photo or holds something else than photos.
        """


class NoImageEncoder:
    """No encoder: vectors of no length, so that what reads them stays silent."""

    id = "none"
    hash = hashlib.sha256(b"none").hexdigest()
    dim = 0
    side = 1

    def encode(self, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
        """Return an array of shape (n, 0)."""
        check_are_photos(pixels)
        return np.zeros((len(pixels), 0), dtype=np.float32)


def image_encoder(spec: str = DEFAULT) -> ImageEncoder:
    """Return an image encoder by name.

    Parameters
    ----------
    spec : str
        ``'efficientnet-lite2'``: trained on ImageNet, 260 pixels, 1280 numbers (Apache-2.0); exported to this user's
        cache folder at first use (ten seconds, extra ``deep``), and served from there by onnxruntime alone.
        ``'none'``: ``NoImageEncoder``. A folder written by ``export_image_encoder``: ``OnnxImageEncoder``. A folder
        with a transformers vision model, or its name on a hub: ``TransformersImageEncoder`` (extra ``deep``), read at
        its first use.

    Raises
    ------
    UsageError
        If the spec is empty, or the default encoder cannot be written to the cache folder.
    MissingExtraError
        If the default encoder was never exported here, and what exports it is not installed.
    InputError
        If the spec looks like a path, and there is no such folder.
    BundleError
        If an exported folder is damaged or too new.
    """
    if spec == "none":
        return NoImageEncoder()
    if not spec.strip():
        raise UsageError(
            f"image encoder: expected '{DEFAULT}', 'none', a folder or the name of a transformers vision model, found "
            "an empty text. Give one of them."
        )
    if spec == DEFAULT:
        from umkm_classifier.encoders.image_efficientnet import exported_efficientnet

        return exported_efficientnet()
    if (Path(spec).expanduser() / "encoder.json").is_file():
        from umkm_classifier.encoders.image_onnx import OnnxImageEncoder

        return OnnxImageEncoder(Path(spec).expanduser())
    from umkm_classifier.encoders.image_transformer import TransformersImageEncoder

    return TransformersImageEncoder.from_spec(spec)
