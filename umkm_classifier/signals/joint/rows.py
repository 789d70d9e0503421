"""Labelled listings as the network takes them: as vectors of frozen encoders, or as tokens and pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.batches import is_blank
from umkm_classifier.encoders.image_pixels import Scaling, network_input
from umkm_classifier.encoders.tokens import TextTokens, pad
from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import Pixels
from umkm_classifier.listings.photos import open_listing_photos
from umkm_classifier.signals.joint.inputs import PHOTOS, TEXTS, BoolArray, Vectors
from umkm_classifier.signals.joint.training import Inputs
from umkm_classifier.signals.signal import IntArray

TUNED_PHOTOS = 4  # of a listing, where encoders are trained: each is a pass through the network and back


class FrozenRows:
    """Rows as vectors.

    Parameters
    ----------
    vectors : array of float32, shape (n, sum of dims)
    present : array of bool, shape (n, k)
    dims : mapping of str to int
        Modalities in order, with the lengths of their vectors.
    """

    def __init__(self, vectors: Vectors, present: BoolArray, dims: Mapping[str, int]) -> None:
        self.vectors = vectors
        self.present = present
        self.dims = dict(dims)

    def kept(self, modalities: Sequence[str]) -> FrozenRows:
        """Return the rows with some of their modalities."""
        at = [list(self.dims).index(name) for name in modalities]
        parts = self._parts()
        vectors = np.concatenate([parts[column] for column in at], axis=1)
        return FrozenRows(vectors, self.present[:, at], {name: self.dims[name] for name in modalities})

    def batch(self, at: IntArray) -> Inputs:
        """See ``Rows.batch``."""
        parts = np.split(self.vectors[at], np.cumsum(list(self.dims.values()))[:-1], axis=1)
        return {name: (np.ascontiguousarray(part),) for name, part in zip(self.dims, parts, strict=True)}

    def digest(self) -> str:
        """See ``Rows.digest``."""
        return hashlib.sha256(self.vectors.tobytes() + self.present.tobytes()).hexdigest()

    def _parts(self) -> list[Vectors]:
        return np.split(self.vectors, np.cumsum(list(self.dims.values()))[:-1], axis=1)


class TunedRows:
    """Rows as tokens, and photos that are opened again whenever a batch asks for them: no memory holds all pixels.

    Parameters
    ----------
    listings : Listings of n rows
    tokens : TextTokens or None
        Of the text encoder; None without one.
    scaling : Scaling or None
        Of the image encoder; None without one.
    dims : mapping of str to int
        Modalities in order, with the lengths of their vectors.
    """

    def __init__(
        self,
        listings: Listings,
        tokens: TextTokens | None,
        scaling: Scaling | None,
        dims: Mapping[str, int],
    ) -> None:
        self.listings = listings
        self.tokens = tokens
        self.scaling = scaling
        self.dims = dict(dims)
        self.ids = {name: _ids(listings.column(name), tokens) for name in TEXTS if name in dims and tokens is not None}
        self.present = self._present()

    def kept(self, modalities: Sequence[str]) -> TunedRows:
        """Return the rows with some of their modalities."""
        rows = copy(self)
        rows.dims = {name: self.dims[name] for name in modalities}
        rows.ids = {name: ids for name, ids in self.ids.items() if name in modalities}
        rows.present = self.present[:, [list(self.dims).index(name) for name in modalities]]
        return rows

    def batch(self, at: IntArray) -> Inputs:
        """See ``Rows.batch``."""
        found = {name: self._photos(at) if name == PHOTOS else self._texts(name, at) for name in self.dims}
        return {name: given for name, given in found.items() if given}

    def digest(self) -> str:
        """See ``Rows.digest``."""
        photos = [[_name_of(one) for one in photos[:TUNED_PHOTOS]] for photos in self.listings.column(PHOTOS)]
        return hashlib.sha256(repr((self.dims, self.ids, self.present.tolist(), photos)).encode()).hexdigest()

    def _present(self) -> BoolArray:
        columns = [
            self._has_photos() if name == PHOTOS else [bool(ids) for ids in self.ids[name]] for name in self.dims
        ]
        return np.asarray(columns, dtype=bool).reshape(len(self.dims), len(self.listings)).T

    def _has_photos(self) -> list[bool]:
        return [bool(self._opened(row)) for row in range(len(self.listings))]

    def _opened(self, row: int) -> list[Pixels]:
        if self.scaling is None:
            return []
        photos = self.listings.column(PHOTOS)[row][:TUNED_PHOTOS]
        return [photo.pixels for photo in open_listing_photos(photos, self.scaling.side)[0]]

    def _texts(self, name: str, at: IntArray) -> tuple[NDArray[Any], ...]:
        rows = [row for row, listing in enumerate(at) if self.ids[name][listing]]
        if not rows or self.tokens is None:
            return ()
        ids, mask = pad([self.ids[name][at[row]] for row in rows], self.tokens.pad_id)
        return np.asarray(rows, dtype=np.int64), ids, mask

    def _photos(self, at: IntArray) -> tuple[NDArray[Any], ...]:
        opened = [self._opened(listing) for listing in at]
        rows = [row for row, photos in enumerate(opened) for _ in photos]
        if not rows or self.scaling is None:
            return ()
        pixels = [network_input(one, self.scaling) for photos in opened for one in photos]
        return np.asarray(rows, dtype=np.int64), np.concatenate(pixels)


def _ids(texts: Iterable[str], tokens: TextTokens) -> list[list[int]]:
    return [[] if is_blank(text) else tokens.ids(text) for text in texts]


def _name_of(photo: ListedPhoto) -> str:
    return hashlib.sha256(photo).hexdigest() if isinstance(photo, bytes) else str(photo)
