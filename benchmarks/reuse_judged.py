"""Recall and precision of answers about edited photos, with 95 % intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np
from reuse_pairs import RIGHT, WRONG, Kinds, judged
from reuse_queries import Asked

Found = Callable[[Asked], Collection[int]]
Ends = tuple[float, float]

REDRAWS = 1_000
_Z = 1.959964


def by_reuse(one: Asked) -> Collection[int]:
    return one.found


def by_hash(at: int, most: int) -> Found:
    """Return what finds photos whose whole hash differs in at most so many bits."""
    return lambda one: np.flatnonzero(one.distances[at] <= most).tolist()


def hits(answers: Sequence[Asked], found: Found) -> int:
    """Count answers that name the photo that was edited."""
    return sum(one.photo in found(one) for one in answers)


def tally(answers: Sequence[Asked], found: Found, kinds: Kinds) -> Counter[str]:
    """Count matches that are right, second shots or wrong."""
    return Counter(judged(row, one.shown, kinds) for one in answers for row in found(one))


def precision(counts: Counter[str]) -> float:
    """Return the share of right matches; second shots are neither right nor wrong."""
    told = counts[RIGHT] + counts[WRONG]
    return counts[RIGHT] / told if told else 1.0


def most_bits(answers: Sequence[Asked], at: int, kinds: Kinds, least: float) -> int:
    """Return the most bits of a whole hash up to which precision is at least ``least``; -1 for none."""
    counts: dict[int, Counter[str]] = {}
    for one in answers:
        for row, bits in enumerate(one.distances[at].tolist()):
            counts.setdefault(bits, Counter())[judged(row, one.shown, kinds)] += 1
    most, total = -1, Counter[str]()
    for distance in sorted(counts):
        total += counts[distance]
        if precision(total) >= least:
            most = distance
    return most


def wilson(part: int, whole: int) -> Ends:
    """Return the interval of a share (Wilson, 1927)."""
    if not whole:
        return 0.0, 1.0
    share, square = part / whole, _Z**2 / whole
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * (share * (1 - share) / whole + square / (4 * whole)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_recall(answers: Sequence[Asked], found: Found, edits: Sequence[str], seed: int) -> tuple[float, float, float]:
    """Return the mean over edits of their recall, and its interval over redraws of photos."""
    photos = {at: row for row, at in enumerate(sorted({one.photo for one in answers}))}
    seen = np.full((len(photos), len(edits)), np.nan)
    for one in answers:
        if one.edit in edits:
            seen[photos[one.photo], edits.index(one.edit)] = one.photo in found(one)

    def mean(rows: np.ndarray) -> float:
        return float(np.nanmean(np.nanmean(seen[rows], axis=0)))

    rng = np.random.default_rng(seed)
    drawn = [mean(rng.integers(0, len(seen), len(seen))) for _ in range(REDRAWS)]
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return mean(np.arange(len(seen))), low, high


def pooled_precision(answers: Sequence[Asked], found: Found, kinds: Kinds, seed: int) -> tuple[float, float, float]:
    """Return precision over all answers, and its interval over redraws of photos; Wilson's where none is wrong."""
    photos = sorted({one.photo for one in answers})
    counts = np.zeros((len(photos), 2))
    for one in answers:
        said = tally([one], found, kinds)
        counts[photos.index(one.photo)] += said[RIGHT], said[WRONG]
    right, wrong = counts.sum(axis=0).astype(int).tolist()
    if not wrong:
        return 1.0, *wilson(right, right)
    rng = np.random.default_rng(seed)
    sums = [counts[rng.integers(0, len(counts), len(counts))].sum(axis=0) for _ in range(REDRAWS)]
    low, high = np.quantile([one[0] / one.sum() for one in sums], (0.025, 0.975)).tolist()
    return right / (right + wrong), low, high


def shown(part: int, whole: int) -> str:
    """Write a share with its interval."""
    low, high = wilson(part, whole)
    return f"{part / whole:.3f} [{low:.3f}, {high:.3f}]" if whole else "–"


def spanned(value: tuple[float, float, float]) -> str:
    """Write a figure with its interval."""
    return f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"


def wrong_of(one: Asked, found: Found, kinds: Kinds) -> list[int]:
    """Return the wrong matches of an answer."""
    return [row for row in found(one) if judged(row, one.shown, kinds) == WRONG]
