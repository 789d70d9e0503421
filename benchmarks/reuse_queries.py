"""Edited photos asked about: what ``reuse``, pHash and PDQ say of each. Photos lie in a folder that is named."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from reuse_edits import FREE, LISTED, edited

from umkm_classifier.encoders.image import ImageEncoder, image_encoder
from umkm_classifier.listings.photo import Photo, Pixels, open_photo
from umkm_classifier.signals.reuse.fingerprint import fingerprint
from umkm_classifier.signals.reuse.index import PhotoIndex, empty_index
from umkm_classifier.signals.reuse.match import matches

ENCODER = "efficientnet-lite2"
QUALITY = 88
SEED = 11
HASHES = ("pHash", "PDQ")

T = TypeVar("T")
Tasks = Mapping[int, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """An edited photo, and what was answered.

    Parameters
    ----------
    edit : str
    photo : int
        Of the index, the one that was edited.
    shown : frozenset of int
        All photos of the index that it shows.
    found : tuple of int
        By ``reuse``.
    distances : array of uint8 or int64, shape (2, n)
        Bits in which its pHash and its PDQ differ from those of the photos of the index.
    """

    edit: str
    photo: int
    shown: frozenset[int]
    found: tuple[int, ...]
    distances: NDArray[np.int64]


def files_of(data: Path) -> list[Path]:
    """Return the photos in the order in which they were halved while ``reuse`` was built: places tell halves apart."""
    folders = ("photos/shopee", "photos/batik_motif", "batik_paoman/photos")
    return [file for folder in folders for file in sorted(data.joinpath(folder).glob("*.jpg"))]


@cache
def photos_of(data: Path) -> tuple[Photo, ...]:
    return tuple(open_photo(file) for file in files_of(data))


@cache
def encoder() -> ImageEncoder:
    import faiss

    faiss.omp_set_num_threads(1)
    return image_encoder(ENCODER)


@cache
def hashes_of(data: Path) -> tuple[NDArray[np.bool_], ...]:
    """Return pHash (n, 64) and PDQ (n, 256) of the photos."""
    both = [whole_hashes(photo.pixels) for photo in photos_of(data)]
    return tuple(np.stack([one[at] for one in both]) for at in range(len(HASHES)))


def whole_hashes(pixels: Pixels) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    import imagehash
    import pdqhash

    return imagehash.phash(Image.fromarray(pixels)).hash.ravel(), pdqhash.compute(pixels)[0].astype(bool)


@cache
def index_of(data: Path) -> PhotoIndex:
    """Take the fingerprints of all photos; each is an own file."""
    prints = [(one.content, fingerprint(one.pixels, encoder().encode([one.pixels])[0])) for one in photos_of(data)]
    index = empty_index().with_more(prints, [])
    if len(index) != len(prints):
        raise SystemExit(f"{data}: {len(prints)} different photos expected, found {len(index)}; remove the copies")
    return index


def made(data: Path, edit: str, at: int, others: Sequence[int], seed: int) -> tuple[Pixels, frozenset[int]]:
    """Edit a photo, write it as a JPEG and open it again."""
    photos = photos_of(data)
    picture, shown = edited(edit, lambda one: Image.fromarray(photos[one].pixels), at, others, seed)
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=QUALITY)
    return open_photo(file.getvalue()).pixels, shown


def ask(data: Path, index: PhotoIndex | None, at: int, wanted: tuple[Sequence[str], Sequence[int], int]) -> list[Asked]:
    """Ask about one photo under several edits; without an index by whole hashes alone.

    Parameters
    ----------
    data : Path
    index : PhotoIndex or None
    at : int
        The photo.
    wanted : tuple
        Edits, photos that collages may show too, seed.
    """
    edits, others, seed = wanted
    answers = []
    for edit in edits:
        pixels, shown = made(data, edit, at, others, seed)
        distances = [(own != one).sum(axis=1) for own, one in zip(hashes_of(data), whole_hashes(pixels), strict=True)]
        found: tuple[int, ...] = ()
        if index is not None:
            found = tuple(one.row for one in matches(index, pixels, encoder().encode([pixels])[0]))
        answers.append(Asked(edit, at, shown, found, np.stack(distances)))
    return answers


def ask_all(
    data: Path, index: PhotoIndex | None, tasks: Tasks, others: Sequence[int], seed: int, jobs: int
) -> list[Asked]:
    """Ask about many photos in several processes; says on stderr how far it is.

    Parameters
    ----------
    data : Path
    index : PhotoIndex or None
    tasks : Tasks
        Photos and the edits that each is asked under.
    others : sequence of int
        Photos that collages may show beside.
    seed, jobs : int
    """
    from joblib import Parallel, delayed

    work = (delayed(ask)(data, index, at, (edits, others, seed)) for at, edits in tasks.items())
    done = Parallel(n_jobs=jobs, return_as="generator")(work)
    return [answer for answers in counted(done, len(tasks), "photos") for answer in answers]


def counted(done: Iterable[T], total: int, of_what: str) -> Iterator[T]:
    """Pass things on and say now and then how many they were."""
    started = time.monotonic()
    for count, one in enumerate(done, start=1):
        if count % 10 == 0 or count == total:
            seconds = time.monotonic() - started
            print(f"{count} of {total} {of_what}, {seconds:.0f} s", file=sys.stderr, flush=True)
        yield one


def matched(index: PhotoIndex, data: Path) -> set[frozenset[int]]:
    """Ask about every photo as it is; return the pairs that are found."""
    pairs = set()
    for at, photo in enumerate(photos_of(data)):
        found = matches(index, photo.pixels, encoder().encode([photo.pixels])[0])
        pairs |= {frozenset((at, one.row)) for one in found if one.row != at}
    return pairs


def halves(count: int) -> tuple[list[int], list[int]]:
    """Return places of photos used while choosing, and of those kept for measuring."""
    return list(range(0, count, 2)), list(range(1, count, 2))


def tasks_of(photos: Sequence[int], most: int | None, seed: int) -> dict[int, list[str]]:
    """Return the edits that each photo is asked under: all, or ``most`` photos drawn anew for each edit."""
    tasks: dict[int, list[str]] = {}
    for number, edit in enumerate((*LISTED, *FREE)):
        drawn: Sequence[int] = photos
        if most is not None and most < len(photos):
            drawn = np.random.default_rng([seed, number]).choice(list(photos), most, replace=False).tolist()
        for at in drawn:
            tasks.setdefault(at, []).append(edit)
    return tasks


def written(answers: Sequence[Asked], path: Path) -> None:
    """Keep answers, to be judged again without being asked again."""
    rows = [[one.edit, one.photo, sorted(one.shown), list(one.found), one.distances.tolist()] for one in answers]
    path.write_text(json.dumps(rows), encoding="utf-8")


def read_back(path: Path) -> list[Asked]:
    """Return answers that ``written`` kept."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Asked(edit, at, frozenset(shown), tuple(found), np.asarray(bits)) for edit, at, shown, found, bits in rows]
