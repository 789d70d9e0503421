"""From listed photos to vectors, and vectors on disk by content: a retrain neither decodes nor encodes again."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.cache import ROWS_PER_FILE, VectorStore, cache_folder
from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.photo import PhotoError, Pixels, open_photo
from umkm_classifier.listings.photos import read_photo

Vector = NDArray[np.float32]
_PREPARATION = 1  # count up when open_photo or square change what an encoder is shown


def encode_photos(encoder: ImageEncoder, photos: Iterable[ListedPhoto]) -> tuple[NDArray[np.float32], list[str]]:
    """Open photos and encode them, one in memory at a time.

    Parameters
    ----------
    encoder : ImageEncoder
        A ``CachedImageEncoder`` looks up the photos that it has seen and keeps the vectors of the others.
    photos : iterable of bytes, str, Path or RootedPhoto; n of them

    Returns
    -------
    vectors : array of float32, shape (n, dim)
        A row of zeros for a photo that cannot be opened.
    codes : list of str, length n
        Why it cannot be, such as ``'image_truncated'``; '' for the others.

    Raises
    ------
    MemoryError, OSError
        If this machine is out of memory or of open files.
    """
    if isinstance(encoder, CachedImageEncoder):
        return encoder.encode_photos(photos)
    return _encode_photos(photos, encoder.dim, lambda file: _encode_file(encoder, file))


class CachedImageEncoder:
    """An image encoder that keeps the vectors of files on disk; itself an ``ImageEncoder``.

    Vectors are the wrapped encoder's to the bit. A vector is found by the digest of the file: ``encode_photos`` (the
    function of this module as well as the method) does not even decode what it has seen. ``encode`` is given pixels,
    whose file it cannot know, and encodes them every time. Every call with new photos writes at least one file: made
    for tables, not for a service that asks for one listing at a time.

    Parameters
    ----------
    encoder : ImageEncoder
        Its id and hash choose the folder below ``folder``.
    folder : Path or None
        None: ``cache_folder()``. If nothing can be written there, vectors are computed every time, and one warning is
        logged.
    """

    def __init__(self, encoder: ImageEncoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self._folder = cache_folder() if folder is None else folder
        self._lock = threading.Lock()
        self._store: VectorStore | None = None

    def __reduce__(self) -> tuple[type[CachedImageEncoder], tuple[ImageEncoder, Path]]:
        return CachedImageEncoder, (self.encoder, self._folder)  # another process opens the files itself

    @property
    def id(self) -> str:
        """Id of the wrapped encoder."""
        return self.encoder.id

    @property
    def hash(self) -> str:
        """Hash of the wrapped encoder."""
        return self.encoder.hash

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.encoder.dim

    @property
    def side(self) -> int:
        """Side of the square that is looked at, in pixels."""
        return self.encoder.side

    def encode(self, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode photos with the wrapped encoder; see ``ImageEncoder.encode``."""
        return self.encoder.encode(pixels)

    def encode_photos(self, photos: Iterable[ListedPhoto]) -> tuple[NDArray[np.float32], list[str]]:
        """See the function ``encode_photos``."""
        if self.dim == 0:
            return _encode_photos(photos, 0, lambda file: _encode_file(self.encoder, file))
        store = self._opened()
        fresh: dict[bytes, Vector] = {}

        def vector_of(file: bytes) -> Vector:
            key = hashlib.sha256(file).digest()
            if key in fresh:
                return fresh[key]
            vectors, found = store.find([key])
            if found[0]:
                return np.asarray(vectors[0])
            fresh[key] = vector = _encode_file(self.encoder, file)
            if len(fresh) >= ROWS_PER_FILE:
                _keep(store, fresh)
            return vector

        try:
            return _encode_photos(photos, self.dim, vector_of)
        finally:  # an interrupt costs nothing that was encoded
            _keep(store, fresh)

    def _opened(self) -> VectorStore:
        with self._lock:
            if self._store is None:
                name = re.sub(r"[^a-z0-9]+", "-", self.id.lower())[-40:].strip("-")
                said = f"{self.id}\n{self.hash}\n{self.dim}\n{_PREPARATION}"
                digest = hashlib.sha256(said.encode()).hexdigest()
                self._store = VectorStore(self._folder / f"photos-{name}-{digest[:16]}", self.dim)
            return self._store


def _keep(store: VectorStore, fresh: dict[bytes, Vector]) -> None:
    if fresh:
        store.add(list(fresh), np.stack(list(fresh.values())))
        fresh.clear()


def _encode_file(encoder: ImageEncoder, file: bytes) -> Vector:
    photo = open_photo(file, at_least=encoder.side)
    return np.asarray(encoder.encode([photo.pixels])[0])  # (dim,)


def _encode_photos(
    photos: Iterable[ListedPhoto], dim: int, vector_of: Callable[[bytes], Vector]
) -> tuple[NDArray[np.float32], list[str]]:
    vectors: list[Vector] = []
    codes: list[str] = []
    for photo in photos:
        try:
            vectors.append(vector_of(read_photo(photo)))
            codes.append("")
        except PhotoError as error:
            vectors.append(np.zeros(dim, dtype=np.float32))
            codes.append(error.code)
    return np.stack(vectors) if vectors else np.zeros((0, dim), dtype=np.float32), codes
