"""Motifs of cloth that repeat: how deep each point of a cell lies inside the main figure and inside the filler."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]

CELL = 128  # points on a side of a cell; a power of two, so that a place in it is a bit mask


def motif(name: str) -> tuple[Field, Field]:
    """Return main and filler of a motif, shape (CELL, CELL): positive inside, in lengths of the cell."""
    return _drawn(name)


@cache
def _drawn(name: str) -> tuple[Field, Field]:
    down, across = (np.mgrid[:CELL, :CELL].astype(np.float32) + 0.5) / CELL - 0.5
    main, filler = MOTIFS[name](across, down)
    return np.ascontiguousarray(main, np.float32), np.ascontiguousarray(filler, np.float32)


def _dot(x: Field, y: Field, across: float, down: float, radius: float) -> Field:
    """Return depth inside a disc that also continues over the edge of the cell."""
    dx, dy = _wrapped(x - across), _wrapped(y - down)
    depth: Field = radius - np.hypot(dx, dy)
    return depth


def _wrapped(offset: Field) -> Field:
    wrapped: Field = offset - np.round(offset)
    return wrapped


def _kawung(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw four ovals that point to the middle, with a cross between them."""
    along, beside = (np.abs(x) + np.abs(y)) / np.sqrt(2), (np.abs(x) - np.abs(y)) / np.sqrt(2)
    oval = 0.15 * (1 - np.hypot((along - 0.34) / 0.27, beside / 0.17))
    pip = np.maximum(0.05 - np.hypot(along - 0.34, beside), 0.045 - np.hypot(x, y))
    return np.where(pip > -0.02, -np.abs(pip), oval).astype(np.float32), np.maximum(pip, 0.02 - np.abs(x) - np.abs(y))


def _parang(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw slanting waves like knives, with rows of small diamonds between."""
    s, t = x + y, x - y
    wave = np.sin(2 * np.pi * (s + 0.16 * np.sin(4 * np.pi * t)))
    ridge = np.sin(4 * np.pi * t + 1.5 * np.sin(2 * np.pi * s))
    main = 0.12 * np.minimum(wave - 0.1, 0.9 + ridge)
    diamonds = 0.08 * (-wave - 0.75) + 0.02 * np.sin(8 * np.pi * t)
    return main, diamonds


def _ceplok(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw an eight-leaved rosette in a square, diamonds at the corners."""
    r, turn = np.hypot(x, y), np.arctan2(y, x)
    leaves = 0.30 + 0.09 * np.cos(8 * turn) - r
    ring = 0.018 - np.abs(r - 0.13)
    corner = np.abs(np.abs(x) - 0.5) + np.abs(np.abs(y) - 0.5)
    return np.maximum(np.minimum(leaves, r - 0.16), ring), np.maximum(0.15 - corner, 0.07 - r)


def _truntum(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw small stars in the middle and at the corners, dots between."""
    stars = []
    for dx, dy in ((x, y), (_wrapped(x - 0.5), _wrapped(y - 0.5))):
        r, turn = np.hypot(dx, dy), np.arctan2(dy, dx)
        stars.append(np.maximum(0.13 + 0.10 * np.cos(8 * turn) - r, 0.03 - r))
    dots = np.maximum(_dot(x, y, 0.5, 0, 0.045), _dot(x, y, 0, 0.5, 0.045))
    return np.maximum(*stars) * 0.6, dots


def _awan(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw clouds of nested outlines, as in mega mendung."""
    bumps = np.maximum(
        np.maximum(_dot(x, y, -0.18, 0.03, 0.2), _dot(x, y, 0.16, 0.05, 0.17)), _dot(x, y, 0, -0.12, 0.2)
    )
    bands = 0.03 * np.sin(2 * np.pi * (bumps + 0.02) / 0.085)
    return np.where(bumps > -0.03, bands, -0.03), np.maximum(bumps - 0.1, _dot(x, y, 0.5, 0.42, 0.06))


def _lereng(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw slanting stripes, broad and narrow, with beads."""
    s, t = _wrapped(x + y), x - y
    broad = 0.09 - np.abs(s)
    narrow = 0.015 - np.abs(np.abs(s) - 0.3)
    beads = 0.05 - np.hypot(_wrapped(s - 0.5), 0.25 * _wrapped(4 * t))
    return np.maximum(broad, narrow), beads


def _nitik(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw figures made of many small squares, like woven ones."""
    dx, dy = _wrapped(x * 12) / 12, _wrapped(y * 12) / 12
    square = 0.026 - np.maximum(np.abs(dx), np.abs(dy))
    far = np.abs(np.round(x * 12)) + np.abs(np.round(y * 12))
    inside = (far % 4 < 2) & (far < 10)
    return np.where(inside, square, -0.03), np.where(inside, -0.03, square * 0.7)


def _bunga(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw flowers on stems with leaves."""
    r, turn = np.hypot(x + 0.12, y + 0.12), np.arctan2(y + 0.12, x + 0.12)
    flower = 0.17 + 0.06 * np.cos(5 * turn) - r
    bud = np.maximum(_dot(x, y, 0.3, -0.3, 0.06), _dot(x, y, -0.33, 0.36, 0.075))
    bow = np.hypot(x - 0.35, y + 0.25)
    stem = np.where((x < 0.4) & (y > 0), 0.014 - np.abs(bow - 0.5), -0.05)
    leaf = 0.1 * (1 - np.hypot((x - 0.2 + y - 0.22) / 0.24, (x - 0.2 - y + 0.22) / 0.1))
    return np.maximum(np.minimum(flower, r - 0.05), bud), np.maximum(np.maximum(stem, leaf), 0.04 - r)


def _kotak(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw checks with a thin second line."""
    broad = np.maximum(0.14 - np.abs(x), 0.14 - np.abs(y)) * 0.8
    thin = np.maximum(0.018 - np.abs(np.abs(x) - 0.33), 0.018 - np.abs(np.abs(y) - 0.33))
    both = np.minimum(0.14 - np.abs(x), 0.14 - np.abs(y))
    return np.maximum(thin, both), broad


def _tumpal(x: Field, y: Field) -> tuple[Field, Field]:
    """Draw rows of pointed triangles, with lines under them."""
    triangle = 0.5 * (0.62 * (1 - 2 * np.abs(x)) - (y + 0.3))
    inner = triangle - 0.06
    line = np.maximum(0.018 - np.abs(y + 0.42), 0.012 - np.abs(y - 0.38))
    main = np.where(y > -0.3, np.minimum(triangle, -inner), -0.05)
    return np.maximum(main, line), np.where(y > -0.27, inner - 0.02, -0.05)


MOTIFS: dict[str, Callable[[Field, Field], tuple[Field, Field]]] = {
    "kawung": _kawung,
    "parang": _parang,
    "ceplok": _ceplok,
    "truntum": _truntum,
    "awan": _awan,
    "lereng": _lereng,
    "nitik": _nitik,
    "bunga": _bunga,
    "kotak": _kotak,
    "tumpal": _tumpal,
}
