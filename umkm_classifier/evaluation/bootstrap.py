"""Intervals from redraws of shops.

Listings of one shop resemble each other, so a figure is only as sure as there are shops behind it. A redraw takes as
many shops as there are, with replacement, each with all its listings. Its result is kept as weights (how often a shop
was drawn), and every statistic is a function of weights: it sorts once, and serves a whole block of redraws at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ENDS = (0.025, 0.975)  # of a 95 % interval
MIN_DEFINED = 0.9  # an interval from fewer of the redraws would describe the lucky ones
_BLOCK_CELLS = 1 << 20  # weights held at once: 8 MB an array, whatever the size of the table


@dataclass(frozen=True, slots=True)
class Weights:
    """How often each row and each shop counts, in each of b redraws.

    Parameters
    ----------
    rows : float64 array of shape (n, b)
        The weight of a row is the weight of its shop.
    shops : float64 array of shape (n_shops, b)
    """

    rows: FloatArray
    shops: FloatArray


class Statistic(Protocol):
    """k figures of a set of rows, prepared once and computed for any weights; NaN where a figure is undefined."""

    def __call__(self, weights: Weights) -> FloatArray:
        """Return figures of shape (k, b)."""
        ...


class Redrawn(NamedTuple):
    """Figures as they are, shape (k,), and in every redraw, shape (k, redraws); NaN where undefined."""

    value: FloatArray
    draws: FloatArray


class Interval(NamedTuple):
    """A two-sided interval; ``low`` and ``high`` are None, with a ``reason``, when there is none."""

    low: float | None
    high: float | None
    reason: str = ""


def redraw(statistics: Mapping[str, Statistic], shops: IntArray, redraws: int, seed: int) -> dict[str, Redrawn]:
    """Compute statistics as they are and in redraws of shops.

    Parameters
    ----------
    statistics : mapping of str to Statistic
    shops : int64 array of shape (n,)
        The shop of every row, numbered from 0 without gaps. Without rows nothing is redrawn.
    redraws : int
        At least 0. Statistics given together see the same redraws, so their differences are paired.
    seed : int
        At least 0.

    Returns
    -------
    dict of str to Redrawn
        Under the names of ``statistics``.
    """
    values = {name: statistic(once(shops))[:, 0] for name, statistic in statistics.items()}
    draws: dict[str, list[FloatArray]] = {name: [np.empty((len(value), 0))] for name, value in values.items()}
    for weights in _blocks(shops, redraws if len(shops) else 0, seed):
        for name, statistic in statistics.items():
            draws[name].append(statistic(weights))
    return {name: Redrawn(values[name], np.concatenate(draws[name], axis=1)) for name in statistics}


def once(shops: IntArray) -> Weights:
    """Return weights under which every row counts once; with them a statistic gives its figures as they are."""
    return Weights(np.ones((len(shops), 1)), np.ones((count_shops(shops), 1)))


def count_shops(shops: IntArray) -> int:
    """Count different shops."""
    return len(np.unique(shops))


def _blocks(shops: IntArray, redraws: int, seed: int) -> Iterator[Weights]:
    n_shops = count_shops(shops)
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK_CELLS // max(1, len(shops)))
    for start in range(0, redraws, block):
        size = min(block, redraws - start)
        drawn = generator.integers(0, n_shops, size=(size, n_shops))
        drawn += n_shops * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * n_shops).reshape(size, n_shops)
        # Redraws run along the rows of memory: sorting, summing and cumulating listings then moves whole lines.
        weights = np.ascontiguousarray(counts.T, dtype=np.float64)  # (n_shops, b)
        yield Weights(weights[shops], weights)


def interval(draws: FloatArray, n_shops: int) -> Interval:
    """Return the 95 % percentile interval of one figure.

    Parameters
    ----------
    draws : float64 array of shape (redraws,)
        NaN where the figure is undefined in a redraw.
    n_shops : int
        Shops behind the figure; redrawing a single one would pretend to be sure.

    Returns
    -------
    Interval
        Without ends when there is one shop or no redraw, or when more than a tenth of the redraws are undefined.
    """
    if n_shops < 2:
        return Interval(None, None, "all listings are of one shop")
    if not len(draws):
        return Interval(None, None, "no redraws of shops were asked for")
    defined = draws[np.isfinite(draws)]
    if len(defined) < MIN_DEFINED * len(draws):
        share = f"{len(defined):,} of {len(draws):,} redraws of shops"
        return Interval(None, None, f"too few shops for an interval: the figure is defined in only {share}")
    low, high = np.quantile(defined, ENDS)
    return Interval(float(low), float(high))


def figure(name: str, value: float, draws: FloatArray, why_undefined: str, n_shops: int) -> dict[str, Any]:
    """Return a figure as it stands in ``metrics.json``.

    Parameters
    ----------
    name : str
    value : float
        NaN when undefined.
    draws : float64 array of shape (redraws,)
    why_undefined : str
        The reason to give when ``value`` is NaN.
    n_shops : int
        Shops behind the figure.

    Returns
    -------
    dict of str to Any
        ``name`` and ``name_ci``; besides ``name_reason`` when the figure is None, or ``name_ci_reason`` when only its
        interval is.
    """
    if not math.isfinite(value):
        return {name: None, f"{name}_ci": None, f"{name}_reason": why_undefined}
    found = interval(draws, n_shops)
    if found.low is None:
        return {name: float(value), f"{name}_ci": None, f"{name}_ci_reason": found.reason}
    return {name: float(value), f"{name}_ci": [found.low, found.high]}
