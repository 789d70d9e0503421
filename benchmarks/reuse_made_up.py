"""Photo reuse in an index of a hundred thousand photos, all but some hundreds of them made up.

A made-up photo is two crops of real ones, mirrored, turned, blended or pasted, so that it resembles the real ones more
than a stranger would. Their hashes, thumbnails, colours and signs of embeddings are all in the index; their features
are looked for when a question compares them, since a hundred thousand take an hour, and that is left out of its time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from reuse_pairs import kinds_of
from reuse_queries import counted, encoder, halves, photos_of

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.alignment import THUMB_PX
from umkm_classifier.signals.reuse.colours import Colours, colours_of, stored_colours
from umkm_classifier.signals.reuse.features import STORED_FEATURES, Features, features
from umkm_classifier.signals.reuse.fingerprint import signs_of
from umkm_classifier.signals.reuse.hashes import stored_hashes
from umkm_classifier.signals.reuse.index import PhotoIndex, empty_index
from umkm_classifier.signals.reuse.match import matches
from umkm_classifier.signals.reuse.squares import PX, WHOLE, Grey, cut, grey_of, opencv

KEPT = ("hashes", "signs", "thumbs", "colours")
Arrays = tuple[NDArray[np.uint8], ...]  # one for each of KEPT
NOTHING: Arrays = tuple(getattr(empty_index(), name) for name in KEPT)
_SEED, _CHUNK, _SOURCE_PX = 99, 500, 384


@dataclass(frozen=True, eq=False)
class PaddedIndex(PhotoIndex):
    """An index whose last photos are made up, their features found when they are asked for."""

    data: Path = field(default_factory=Path)
    real: int = 0
    looked_at: dict[int, Features] = field(default_factory=dict)
    spent: list[float] = field(default_factory=list)  # seconds of one core, on making photos up again

    def features(self, row: int) -> Features:
        """Return the features of a photo."""
        if row < self.real:
            return super().features(row)
        if row not in self.looked_at:
            started = time.process_time()
            self.looked_at[row] = features(picture(self.data, row - self.real)[0], STORED_FEATURES)
            self.spent.append(time.process_time() - started)
        return self.looked_at[row]


@cache
def sources(data: Path) -> tuple[list[Grey], NDArray[np.float32], list[Colours]]:
    """Return photos that others are made of, embeddings and colours: none that is asked about, or shows the same."""
    photos = photos_of(data)
    paired = set().union(*kinds_of([one.content for one in photos]))
    chosen = [photos[at].pixels for at in halves(len(photos))[0] if at not in paired]
    vectors = np.concatenate([encoder().encode([one]) for one in chosen])
    greys = [cut(grey_of(one), WHOLE, _SOURCE_PX) for one in chosen]
    return greys, vectors, [stored_colours(colours_of(one)) for one in chosen]


def picture(data: Path, number: int) -> tuple[Grey, NDArray[np.float32], Colours]:
    """Make a photo up: array of uint8, shape (256, 256), an embedding, mixed of those of its sources, one's colours."""
    cv2, rng = opencv(), np.random.default_rng([_SEED, number])
    greys, vectors, colours = sources(data)
    first, second = rng.integers(0, len(greys), 2).tolist()
    one, other = _part(greys[first], rng), _part(greys[second], rng)
    way, share = float(rng.random()), float(rng.uniform(0.3, 0.7))
    if way < 0.4:
        made = cv2.addWeighted(one, share, other, 1 - share, 0)
    elif way < 0.7:
        side = round(share * PX)
        left, top = rng.integers(0, PX - side, 2).tolist()
        made = one.copy()
        made[top : top + side, left : left + side] = cv2.resize(other, (side, side), interpolation=cv2.INTER_AREA)
    else:
        turn = cv2.getRotationMatrix2D((PX / 2, PX / 2), float(rng.uniform(0, 360)), 1.5)
        made = cv2.addWeighted(cv2.warpAffine(one, turn, (PX, PX)), 0.75, other, 0.25, 0)
    mixed = share * vectors[first] + (1 - share) * vectors[second]
    return np.asarray(made), mixed, colours[first]


def _part(grey: Grey, rng: np.random.Generator) -> Grey:
    side = int(rng.integers(_SOURCE_PX // 3, 2 * _SOURCE_PX // 3))
    left, top = rng.integers(0, _SOURCE_PX - side, 2).tolist()
    part = np.rot90(grey[top : top + side, left : left + side], int(rng.integers(4)))
    cv2 = opencv()
    return np.asarray(cv2.resize(np.ascontiguousarray(part[:, :: int(rng.choice([-1, 1]))]), (PX, PX)))


def prints(data: Path, numbers: Sequence[int]) -> Arrays:
    """Return what is kept of made-up photos."""
    cv2, rows = opencv(), []
    for number in numbers:
        square, vector, colours = picture(data, number)
        thumb = cv2.resize(square, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA)
        rows.append((stored_hashes(square), signs_of(vector), thumb, colours))
    return tuple(np.stack(column) for column in zip(*rows, strict=True))


def all_prints(data: Path, count: int, jobs: int) -> Arrays:
    """Do so in several processes."""
    from joblib import Parallel, delayed

    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    work = Parallel(n_jobs=jobs, return_as="generator")(delayed(prints)(data, chunk) for chunk in chunks)
    done = list(counted(work, len(chunks), f"parts of {_CHUNK} made-up photos"))
    return tuple(np.concatenate(column) for column in zip(*done, strict=True))


def padded(index: PhotoIndex, data: Path, more: Arrays, count: int) -> PaddedIndex:
    """Return an index of its photos and the first ``count`` made-up ones."""
    kept = {one.name: getattr(index, one.name) for one in fields(index)}
    kept["contents"] = (*index.contents, *(f"made up {number}" for number in range(count)))
    for name, values in zip(KEPT, more, strict=True):
        kept[name] = np.concatenate([kept[name], values[:count]])
    kept["counts"] = np.concatenate([index.counts, np.zeros(count, dtype=np.int64)])
    return PaddedIndex(**kept, data=data, real=len(index))


def asked(
    index: PaddedIndex, queries: Sequence[tuple[Pixels, NDArray[np.float32]]]
) -> tuple[list[list[int]], list[float]]:
    """Return rows found for each query, and milliseconds of one core that it took."""
    found, spent = [], []
    matches(index, *queries[0])  # builds the search
    for pixels, vector in queries:
        index.spent.clear()
        started = time.process_time()
        found.append([one.row for one in matches(index, pixels, vector)])
        spent.append(1000 * (time.process_time() - started - sum(index.spent)))
    return found, spent


def bytes_of(index: PhotoIndex, of_real: int | None = None) -> float:
    """Return the bytes that a photo takes in an index; features count as those of the real photos do."""
    whole = sum(getattr(index, name).nbytes for name in KEPT) / len(index)
    return whole + (index.places.nbytes + index.codes.nbytes) / (of_real or len(index))
