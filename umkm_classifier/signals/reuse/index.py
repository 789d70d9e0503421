"""An index of photos: what is kept of them, who shows them, and which of them come into question for a photo.

An index never changes; ``with_more`` gives a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.errors import require
from umkm_classifier.signals.reuse.alignment import BLOCKS, THUMB_PX
from umkm_classifier.signals.reuse.features import CODE_BYTES, Features
from umkm_classifier.signals.reuse.fingerprint import SIGN_BYTES, Fingerprint
from umkm_classifier.signals.reuse.hashes import HASH_BYTES, STORED, Hashes

VIEWS = len(STORED)
_NEAREST_HASHES, _MOST_BITS = 32, 88  # of each view that is asked; two unlike photos differ in 128 bits of 256
_BY_HASH, _BY_VECTOR = 20, 8  # photos to look at more closely
_OWN_MOST, _OWN_HASHES = 200, 3  # photos of the asking shop beside those, and how many of a photo's views may lie near
_SURE_BITS, _SURE_MOST = 24, 200  # beyond those, all with a hash this near: a picture may hang in a hundred shops


@dataclass(frozen=True, slots=True)
class Showing:
    """A listing that shows a photo.

    Parameters
    ----------
    shop_id, listing_id : str
    listed_at : str
        ISO date, or '' where it is not known.
    """

    shop_id: str
    listing_id: str
    listed_at: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo that may show the same picture as one that is asked about.

    Parameters
    ----------
    row : int
        In the index.
    asked, stored : int
        Whose hashes are nearest: which view of the asked photo, and which of the stored one; -1 where the embeddings
        alone are near.
    bits : int
        How many bits of 256 these differ in; 256 where ``asked`` is -1.
    by_vector : bool
        Whether the embeddings are near.
    is_own : bool
        Whether the shop that asks alone shows it.
    """

    row: int
    asked: int
    stored: int
    bits: int
    by_vector: bool
    is_own: bool


@dataclass(frozen=True, eq=False)
class PhotoIndex:
    """Photos by what is kept of them, each file once, and who shows them.

    Parameters
    ----------
    contents : tuple of str, length n
        SHA-256 of each photo's file, in hexadecimal.
    hashes : array of uint8, shape (n, 13, 32)
    signs : array of uint8, shape (n, 128)
    thumbs : array of uint8, shape (n, 48, 48)
    colours : array of uint8, shape (n, 8, 8, 2)
    counts : array of int64, shape (n,)
        Features of each photo.
    places : array of uint8, shape (k, 2)
    codes : array of uint8, shape (k, 32)
    showings : tuple of Showing, length s
    shown : array of int64, shape (s,)
        Which photo each of them shows.
    """

    contents: tuple[str, ...]
    hashes: Hashes
    signs: NDArray[np.uint8]
    thumbs: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    counts: NDArray[np.int64]
    places: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    showings: tuple[Showing, ...]
    shown: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many photos there are."""
        return len(self.contents)

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        """Leave out the searches, which another process builds anew."""
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    def with_more(
        self, prints: Sequence[tuple[str, Fingerprint]], showings: Sequence[tuple[str, Showing]]
    ) -> PhotoIndex:
        """Return an index of these photos and more.

        Parameters
        ----------
        prints : sequence of (str, Fingerprint)
            By SHA-256 of the file; those that the index has already are left out.
        showings : sequence of (str, Showing)
            By the same; those that the index has already are left out.
        """
        fresh = {content: one for content, one in prints if content not in self._row_of}
        new = list(fresh.values())
        contents = (*self.contents, *fresh)
        row_of = {content: row for row, content in enumerate(contents)}
        known = set(zip(self.shown.tolist(), self.showings, strict=True))
        more = list(dict.fromkeys((row_of[content], one) for content, one in showings))
        more = [pair for pair in more if pair not in known]
        return PhotoIndex(
            contents,
            np.concatenate([self.hashes, *(one.hashes[None] for one in new)]),
            np.concatenate([self.signs, *(one.signs[None] for one in new)]),
            np.concatenate([self.thumbs, *(one.thumb[None] for one in new)]),
            np.concatenate([self.colours, *(one.colours[None] for one in new)]),
            np.concatenate([self.counts, np.asarray([len(one.features) for one in new], dtype=np.int64)]),
            np.concatenate([self.places, *(one.features.places for one in new)]),
            np.concatenate([self.codes, *(one.features.codes for one in new)]),
            (*self.showings, *(one for _, one in more)),
            np.concatenate([self.shown, np.asarray([row for row, _ in more], dtype=np.int64)]),
        )

    def row_of(self, content: str) -> int | None:
        """Return where a file is, or None."""
        return self._row_of.get(content)

    def showings_of(self, row: int) -> list[Showing]:
        """Return who shows a photo, in the order in which they were added."""
        start, end = np.searchsorted(self._shown_sorted, [row, row + 1]).tolist()
        return [self.showings[at] for at in self._by_photo[start:end].tolist()]

    def features(self, row: int) -> Features:
        """Return the features of a photo."""
        end = int(self._ends[row])
        part = slice(end - int(self.counts[row]), end)
        return Features(self.places[part], self.codes[part])

    def candidates(self, hashes: Hashes, signs: NDArray[np.uint8] | None, shop_id: str = "") -> list[Candidate]:
        """Look up photos that may show the same picture, the likeliest first, those of the asking shop alone last.

        Every hash is compared.

        Parameters
        ----------
        hashes : array of uint8, shape (a, 32)
            Of the views of the photo that is asked about.
        signs : array of uint8, shape (128,), or None
            Of its embedding.
        shop_id : str
            Who asks: photos that this shop alone shows, often of the same goods, take no places from those of others.
        """
        if not len(self):
            return []
        own = self._alone_with.get(shop_id, frozenset())
        ranked = self._by_hash(hashes, min(len(own), _OWN_MOST))
        vectors = [] if signs is None else self._by_vector(signs, len(own))
        is_own = np.isin(ranked[:, 0], list(own))
        found = []
        for ours in (False, True):
            some = ranked[is_own == ours][:_SURE_MOST]
            near = some[(np.arange(len(some)) < _BY_HASH) | (some[:, 1] <= _SURE_BITS)].tolist()
            alike = sorted([row for row in vectors if (row in own) == ours][:_BY_VECTOR])
            found += [Candidate(row, asked, stored, bits, row in alike, ours) for row, bits, asked, stored in near]
            known = {row for row, *_ in near}
            found += [Candidate(row, -1, -1, 8 * HASH_BYTES, True, ours) for row in alike if row not in known]
        return found

    def _by_hash(self, hashes: Hashes, own: int) -> NDArray[np.int64]:
        """Return each photo near enough, the nearest first: row, bits, and which views are nearest; shape (m, 4)."""
        codes = np.ascontiguousarray(hashes)
        most = min(_NEAREST_HASHES + _OWN_HASHES * own, VIEWS * len(self))
        distances, found = self._hash_search.search(codes, most)
        none = np.iinfo(np.int64).max
        best = np.full(len(self), none)  # of each photo bits, asked view and stored view, as one number
        for view, (bits, places) in enumerate(zip(distances, found, strict=True)):
            if bits[-1] <= _SURE_BITS:  # more are as near as these
                _, bits, places = self._hash_search.range_search(codes[view : view + 1], _SURE_BITS + 1)
            near = bits <= _MOST_BITS
            rows, stored = np.divmod(places[near], VIEWS)
            np.minimum.at(best, rows, (bits[near].astype(np.int64) * len(codes) + view) * VIEWS + stored)
        rows = np.flatnonzero(best < none)
        views, stored = np.divmod(best[rows], VIEWS)
        bits, asked = np.divmod(views, max(1, len(codes)))
        return np.column_stack([rows, bits, asked, stored])[np.lexsort((rows, bits))]

    def _by_vector(self, signs: NDArray[np.uint8], own: int) -> list[int]:
        _, found = self._sign_search.search(signs[None], min(_BY_VECTOR + own, len(self)))
        return [int(row) for row in found[0]]

    @cached_property
    def _hash_search(self) -> Any:
        return _search_in(self.hashes.reshape(-1, HASH_BYTES))

    @cached_property
    def _sign_search(self) -> Any:
        return _search_in(self.signs)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {content: row for row, content in enumerate(self.contents)}

    @cached_property
    def _alone_with(self) -> dict[str, frozenset[int]]:
        """Photos that one shop alone shows, by shop."""
        shops: dict[int, set[str]] = {}
        for row, one in zip(self.shown.tolist(), self.showings, strict=True):
            shops.setdefault(row, set()).add(one.shop_id)
        rows: dict[str, set[int]] = {}
        for row, (name, *others) in shops.items():
            if not others:
                rows.setdefault(name, set()).add(row)
        return {shop: frozenset(some) for shop, some in rows.items()}

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum(self.counts)

    @cached_property
    def _by_photo(self) -> NDArray[np.intp]:
        return np.argsort(self.shown, kind="stable")

    @cached_property
    def _shown_sorted(self) -> NDArray[np.int64]:
        return self.shown[self._by_photo]


def empty_index() -> PhotoIndex:
    """Return an index of no photos."""
    nothing = np.zeros(0, dtype=np.int64)
    of_photos = ((VIEWS, HASH_BYTES), (SIGN_BYTES,), (THUMB_PX, THUMB_PX), (BLOCKS, BLOCKS, 2))
    hashes, signs, thumbs, colours = (np.zeros((0, *shape), dtype=np.uint8) for shape in of_photos)
    places, codes = (np.zeros((0, width), dtype=np.uint8) for width in (2, CODE_BYTES))
    return PhotoIndex((), hashes, signs, thumbs, colours, nothing, places, codes, (), nothing)


def _search_in(codes: NDArray[np.uint8]) -> Any:
    """Return a search through all codes: exact, and a tenth of a second for a hundred thousand photos."""
    require("faiss", "reuse")
    import faiss

    faiss.omp_set_num_threads(1)  # processes share the cores, not threads; what is found is the same
    search = faiss.IndexBinaryFlat(8 * codes.shape[1])
    search.add(np.ascontiguousarray(codes))
    return search
