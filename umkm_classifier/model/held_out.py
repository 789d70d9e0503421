"""Shops that nothing is learned from, so that thresholds chosen on them keep their promise.

A fifth of the shops, or as many more as a promise needs, up to a third. Where that is not enough for either promise
nothing is held out: it would cost training rows and give nothing, and the model says how many shops are needed.
"""

from __future__ import annotations

import math

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.errors import SplitError
from umkm_classifier.listings import split
from umkm_classifier.model.folds import Rows
from umkm_classifier.model.risk import shops_needed
from umkm_classifier.signals.signal import IntArray

LEAST, MOST = 0.20, 1 / 3  # of the shops
LABELS = ("local", "imported")


def hold_out(rows: Rows, config: TrainConfig) -> tuple[IntArray, IntArray]:
    """Part rows into those to learn from and those to choose thresholds on; shops stay whole.

    Shops come in a random order. Where to stop is told by their number and by how many have listings of a class, and by
    nothing that a model could say of them, so those held out stand for all.

    Returns
    -------
    learned, held_out : arrays of int
        Positions in ``rows``, rising; none held out with ``calibration = "out_of_fold"`` or too few shops.
    """
    everything, nothing = np.arange(len(rows.y)), np.empty(0, dtype=np.int64)
    names, shop = np.unique(rows.group, return_inverse=True)
    sells = np.stack([np.bincount(shop[rows.y == label], minlength=len(names)) > 0 for label in (0, 1)])  # (2, shops)
    needed = _needed(config)
    within_reach = [of * MOST >= need for of, need in zip(sells.sum(axis=1), needed, strict=True)]
    if config.calibration != "held_out" or not any(within_reach):
        return everything, nothing
    order = np.random.default_rng([config.seed, 1]).permutation(len(names))
    size = math.ceil(LEAST * len(names))
    for counted, need, possible in zip(np.cumsum(sells[:, order], axis=1), needed, within_reach, strict=True):
        if possible:
            size = max(size, int(np.searchsorted(counted, need)) + 1)
    is_held = np.isin(shop, order[: min(size, math.floor(MOST * len(names)))])
    learned, held = np.flatnonzero(~is_held), np.flatnonzero(is_held)
    try:
        split.feasible_folds(rows.y[learned], rows.group[learned], config.folds)
    except SplitError:
        return everything, nothing
    return learned, held


def why_nothing_is_held_out(rows: Rows, config: TrainConfig) -> tuple[str, ...]:
    """Say how many shops of each class there are, and how many a promise needs."""
    return tuple(
        f"no threshold can be promised: {len(np.unique(rows.group[rows.y == label]))} {LABELS[label]} shops, "
        f"{math.ceil(need / MOST)} needed to hold out {need}"
        for label, need in enumerate(_needed(config))
    )


def _needed(config: TrainConfig) -> tuple[int, int]:
    """Return how many shops of each class must be held out; with costs one, since nothing is promised."""
    if config.costs is not None:
        return 1, 1
    return shops_needed(config.max_local_flagged), shops_needed(config.max_imported_passed)
