"""What photo reuse costs, and how well it does among a hundred thousand photos, most of them made up."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from results import table_head
from reuse_judged import shown
from reuse_made_up import NOTHING, PaddedIndex, all_prints, asked, bytes_of, padded
from reuse_pairs import WRONG, Kinds, judged, kinds_of
from reuse_queries import SEED, encoder, halves, index_of, made, photos_of, tasks_of

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals.reuse.fingerprint import fingerprint

SIZES = (0, 10_000, 100_000)  # made-up photos beside the real ones
TRIED = 1_000  # of them, when only a few questions are asked
EXTRAPOLATED = 1_000_000
SAMPLE, TIMED = 6, 3  # photos an edit, among many and among the real ones alone
MANY = """## Reused photos among many

As printed by `benchmarks/reuse.py large`, seed {seed}: {queries} of the questions above, {sample} photos an edit, to an
index of the {real} real photos and of made-up ones. These are two crops each of real photos at even places, mirrored,
turned, blended or pasted: nearer to the real ones than strangers are. Their hashes, thumbnails and signs are all there
(of embeddings mixed from those of the two). Their local features are found when a question first compares them, as
nobody reads the others; that time is left out. Time of one core, photos already opened and encoded. MB is what is kept:
the search holds hashes and signs once more.
"""


class Query(NamedTuple):
    """An edited photo: which one, the photos of the index that it shows, its pixels and embedding."""

    photo: int
    shown: frozenset[int]
    pixels: Pixels
    vector: NDArray[np.float32]


class Size(NamedTuple):
    """What was measured with so many photos in the index."""

    photos: int
    found: int
    wrong: int
    wrong_made_up: int
    spent: list[float]  # milliseconds a question
    megabytes: float


def speed(data: Path) -> Iterable[str]:
    """Tell what a fingerprint and a question cost, photos opened and encoded."""
    index, queries = index_of(data), sampled(data, TIMED)
    photos = [(one.pixels, encoder().encode([one.pixels])[0]) for one in photos_of(data)[::6]]
    started = time.process_time()
    for pixels, vector in photos:
        fingerprint(pixels, vector)
    each = 1000 * (time.process_time() - started) / len(photos)
    spent = asked(padded(index, data, NOTHING, 0), [(one.pixels, one.vector) for one in queries])[1]
    yield "\nTime of one core, photos already opened and encoded: a fingerprint"
    yield f"{each:.0f} ms, {bytes_of(index):,.0f} bytes a photo; a question to {len(index)} photos"
    yield f"{np.mean(spent):.0f} ms (95 % within {np.quantile(spent, 0.95):.0f} ms)."


def sampled(data: Path, most: int | None) -> list[Query]:
    """Make a sample of the edited photos, ``most`` an edit at most."""
    odd = halves(len(photos_of(data)))[1]
    queries = []
    for at, some in tasks_of(odd, min(SAMPLE, most or SAMPLE), SEED).items():
        for edit in some:
            pixels, shows = made(data, edit, at, odd, SEED)
            queries.append(Query(at, shows, pixels, encoder().encode([pixels])[0]))
    return queries


def large(data: Path, most: int | None, jobs: int) -> Iterable[str]:
    """Ask among many photos."""
    index, queries = index_of(data), sampled(data, most)
    more = all_prints(data, SIZES[-1] if most is None else TRIED, jobs)
    kinds = kinds_of([one.content for one in photos_of(data)])
    yield MANY.format(seed=SEED, queries=len(queries), sample=SAMPLE, real=len(index))
    yield table_head("photos", ("recall", "wrong, real", "wrong, made up", "ms a question", "95 % within, ms", "MB"))
    rows = []
    for size in sorted({min(size, len(more[0])) for size in SIZES}):
        rows.append(measured(padded(index, data, more, size), len(index), queries, kinds))
        one = rows[-1]
        cells = [f"{one.photos:,}", shown(one.found, len(queries)), str(one.wrong), str(one.wrong_made_up)]
        cells += [f"{np.mean(one.spent):.0f}", f"{np.quantile(one.spent, 0.95):.0f}", f"{one.megabytes:,.0f}"]
        yield "| " + " | ".join(cells) + " |"
    yield from extrapolated(rows[-2], rows[-1], len(queries))


def measured(index: PaddedIndex, real: int, queries: Sequence[Query], kinds: Kinds) -> Size:
    """Ask an index of which the first ``real`` photos are real."""
    found, spent = asked(index, [(one.pixels, one.vector) for one in queries])
    right = sum(one.photo in rows for one, rows in zip(queries, found, strict=True))
    verdicts = [
        (row < real, judged(row, one.shown, kinds)) for one, rows in zip(queries, found, strict=True) for row in rows
    ]
    megabytes = bytes_of(index, real) * len(index) / 1e6
    return Size(len(index), right, verdicts.count((True, WRONG)), verdicts.count((False, WRONG)), spent, megabytes)


def extrapolated(few: Size, many: Size, n: int) -> Iterable[str]:
    """Say what a million photos would take, from the two largest sizes."""
    slope = (np.mean(many.spent) - np.mean(few.spent)) / (many.photos - few.photos)
    lost = (few.found - many.found) / n / np.log10(many.photos / few.photos)  # for a tenfold index
    spent = np.mean(many.spent) + slope * (EXTRAPOLATED - many.photos)
    recall = many.found / n - lost * np.log10(EXTRAPOLATED / many.photos)
    size = many.megabytes / many.photos * EXTRAPOLATED / 1_000
    yield "\nA million photos were not measured. Extrapolated from the last two rows, time and size in proportion to"
    yield f"photos, recall to their logarithm: {spent:,.0f} ms a question, {size:.1f} GB, recall {recall:.3f}."
