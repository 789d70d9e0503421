"""Outlines of the goods that the simulated market sells, for cutting products out of a material."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

# On a square of 100 by 100: 'poly' corners, 'oval' and 'box' two opposite corners, 'line' corners and its width last.
BODIES = {
    "batik": "box 12,16 88,84 1",
    "koko": "poly 42,10 58,10 75,16 97,50 83,58 75,42 75,93 25,93 25,42 17,58 3,50 25,16",
    "sajadah": "box 24,8 76,92 1; line 26,94 26,99 1; line 74,94 74,99 1; box 25,4 75,10 0; box 25,90 75,96 0",
    "tasbih": "",  # its beads are strung below
    "mukena": "poly 50,5 60,9 67,22 70,36 95,94 72,90 50,95 28,90 5,94 30,36 33,22 40,9",
    "peci": "poly 18,70 24,34 36,28 50,26 64,28 76,34 82,70; oval 18,60 82,80",
    "hijab": "poly 6,18 94,18 88,30 54,92 46,92 12,30",
    "tas": "box 16,40 84,92 7; line 32,44 32,22 40,12 60,12 68,22 68,44 4",
    "sandal": "oval 14,8 46,92; oval 54,8 86,92",
    "dompet": "box 12,28 88,74 5",
    "mainan": "box 8,46 92,74 5; poly 26,48 36,26 66,26 76,48; oval 16,62 40,86; oval 60,62 84,86",
    "keramik": "box 20,22 68,84 7; oval 20,14 68,30; line 66,36 80,36 87,46 87,58 80,68 66,70 6",
    "sprei": "box 10,10 90,40 4; poly 3,94 97,94 88,38 12,38; box 4,84 96,95 3",
    "lampu": "poly 34,10 66,10 84,50 16,50; line 50,50 50,84 5; oval 30,80 70,92",
    "sabun": "box 16,34 84,70 11",
    "camilan": "poly 22,6 78,6 76,12 82,90 80,95 20,95 18,90 24,12",
}
# Seams, edges and buttons.
LINES = {
    "batik": "line 12,38 88,39 0.8; line 12,61 88,61 0.8; line 50,16 50,38 0.6",
    "koko": "line 50,12 50,60 0.8; line 42,10 50,18 58,10 1; line 25,42 28,22 0.6; line 75,42 72,22 0.6; "
    "oval 49,24 51,26; oval 49,34 51,36; oval 49,44 51,46; oval 49,54 51,56; line 58,34 70,34 70,46 58,46 58,34 0.5",
    "sajadah": "line 32,88 32,40 40,28 50,20 60,28 68,40 68,88 32,88 1.4; line 28,14 72,14 0.8; line 28,91 72,91 0.8; "
    "oval 44,44 56,60; line 36,80 64,80 1",
    "tasbih": "",
    "mukena": "oval 42,12 58,32; line 38,30 34,60 0.5; line 62,30 66,60 0.5; line 50,36 50,92 0.5",
    "peci": "line 20,58 50,66 80,58 0.8; line 36,29 50,36 64,29 0.6",
    "hijab": "line 50,18 50,90 0.5; line 30,18 46,90 0.5; line 70,18 54,90 0.5; line 14,21 86,21 0.5",
    "tas": "line 18,58 82,58 0.8; oval 47,55 53,61; line 20,88 80,88 0.5",
    "sandal": "line 30,24 17,48 2.5; line 30,24 43,48 2.5; line 70,24 57,48 2.5; line 70,24 83,48 2.5",
    "dompet": "line 14,44 50,52 86,44 0.9; oval 47,49 53,55; line 15,70 85,70 0.5",
    "mainan": "oval 24,70 32,78; oval 68,70 76,78; line 50,28 50,47 0.8; line 32,46 70,46 0.8",
    "keramik": "oval 23,16 65,28; line 22,74 66,74 0.7",
    "sprei": "line 12,38 88,38 0.8; line 20,30 46,30 47,47 19,47 20,30 0.9; line 54,30 80,30 81,47 53,47 54,30 0.9; "
    "line 9,62 91,62 0.7; line 4,84 96,84 0.6",
    "lampu": "line 18,47 82,47 0.8; line 35,12 65,12 0.6; line 42,12 34,48 0.4; line 58,12 66,48 0.4",
    "sabun": "box 26,42 74,62 6",
    "camilan": "line 22,14 78,14 0.6; box 32,34 68,66 3; line 20,90 80,90 0.6",
}
# Points of a circle, eight a quarter, none on an axis.
_TURNS = (np.arange(32) + 0.5) * (2 * np.pi / 32)
_CIRCLE = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
TEXTILES = frozenset(("batik", "koko", "sajadah", "mukena", "hijab", "sprei"))


def outline(
    good: str, side: int, rng: np.random.Generator, wobble: float, degrees: float = 0.0
) -> tuple[Image.Image, Image.Image]:
    """Return where a product is and where its seams are.

    Parameters
    ----------
    good : str
        One of ``BODIES``; another good is drawn as a bag of snacks.
    side : int
        Width and height in pixels.
    rng : Generator
    wobble : float
        How far corners stray, as a share of the side: 0 is machine-made.
    degrees : float
        How far it is turned, counter-clockwise.

    Returns
    -------
    body, lines : Image
        Masks in mode 'L', 255 inside.
    """
    known = good if good in BODIES else "camilan"
    parts = _beads() if known == "tasbih" else _parts(BODIES[known])
    body = _mask(parts, side, rng, wobble, degrees)
    return body, _mask(_parts(LINES[known]), side, rng, wobble, degrees)


Part = tuple[str, tuple[float, ...]]


@cache
def _parts(text: str) -> tuple[Part, ...]:
    parts = []
    for part in filter(None, text.split(";")):
        kind, *numbers = part.split()
        parts.append((kind, tuple(float(number) for pair in numbers for number in pair.split(","))))
    return tuple(parts)


@cache
def _beads() -> tuple[Part, ...]:
    """Return a string of 33 beads with a tassel."""
    turns = np.linspace(0, 2 * np.pi, 33, endpoint=False) + np.pi / 2
    centres = np.stack([50 + 38 * np.cos(turns), 42 + 34 * np.sin(turns)], axis=1)
    beads = [("oval", tuple(map(float, (x - 3.6, y - 3.6, x + 3.6, y + 3.6)))) for x, y in centres]
    tassel = ("poly", (48.0, 78.0, 52.0, 78.0, 56.0, 98.0, 44.0, 98.0))
    return (*beads, tassel)


def _mask(parts: tuple[Part, ...], side: int, rng: np.random.Generator, wobble: float, degrees: float) -> Image.Image:
    """Draw twice as large and halve, which smooths edges."""
    mask = Image.new("L", (2 * side, 2 * side))
    draw, scale = ImageDraw.Draw(mask), 2 * side / 100
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    for kind, numbers in parts:
        n_corners = len(numbers) // 2
        strayed = np.asarray(numbers[: 2 * n_corners]) + 100 * wobble * rng.standard_normal(2 * n_corners)
        corners = strayed.reshape(-1, 2)
        if kind in ("box", "oval"):
            corners = _rounded(corners, numbers[-1] if kind == "box" else None)
        turned = scale * (50 + (corners - 50) @ np.asarray([[cos, -sin], [sin, cos]]))
        if kind == "line":
            draw.line(turned.ravel().tolist(), fill=255, width=max(2, round(scale * numbers[-1])), joint="curve")
        else:
            draw.polygon(turned.ravel().tolist(), fill=255)
    return mask.reduce(2)


def _rounded(corners: NDArray[np.float64], radius: float | None) -> NDArray[np.float64]:
    """Return the outline of a box with rounded corners, or of an oval, as points, shape (32, 2)."""
    middle, half = corners.mean(axis=0), np.abs(corners[1] - corners[0]) / 2
    bend = half if radius is None else np.minimum(half, radius)
    points: NDArray[np.float64] = middle + _CIRCLE * bend + np.sign(_CIRCLE) * (half - bend)
    return points
