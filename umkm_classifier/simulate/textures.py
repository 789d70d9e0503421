"""What made-up goods are made of: cloth with a wax-resist, a printed or no pattern, natural and glossy materials."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from umkm_classifier.simulate.motifs import CELL, MOTIFS, Field, motif

Size = tuple[int, int]  # (width, height)
Colour = tuple[int, int, int]
Palette = tuple[Colour, Colour, Colour]

# (ground, line, filler). Natural dyes lean to makers and loud inks to resellers; the shared ones are bought by both.
NATURAL: tuple[Palette, ...] = (
    ((58, 36, 24), (222, 196, 150), (150, 90, 48)),
    ((226, 206, 168), (92, 54, 30), (40, 46, 84)),
    ((34, 42, 78), (226, 222, 206), (132, 150, 186)),
    ((104, 60, 34), (236, 214, 170), (44, 28, 22)),
    ((120, 44, 36), (236, 218, 186), (60, 30, 26)),
    ((88, 92, 58), (232, 224, 192), (52, 50, 34)),
)
SHARED: tuple[Palette, ...] = (
    ((26, 26, 30), (214, 182, 96), (150, 40, 40)),
    ((232, 226, 214), (44, 62, 110), (170, 70, 60)),
    ((140, 30, 44), (238, 222, 196), (30, 30, 34)),
    ((30, 84, 78), (234, 226, 200), (196, 150, 60)),
    ((92, 92, 100), (236, 236, 232), (40, 40, 46)),
    ((68, 44, 92), (226, 210, 226), (180, 140, 60)),
)
LOUD: tuple[Palette, ...] = (
    ((236, 64, 122), (255, 236, 240), (90, 20, 60)),
    ((20, 120, 210), (244, 250, 255), (250, 200, 40)),
    ((250, 190, 40), (190, 30, 40), (255, 250, 230)),
    ((40, 170, 110), (250, 250, 236), (230, 80, 60)),
    ((250, 250, 250), (40, 150, 200), (250, 120, 150)),
    ((120, 60, 190), (250, 230, 255), (255, 180, 60)),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How one product's surface looks, the same on each of its photos.

    Parameters
    ----------
    kind : str
        One of ``TEXTURES``.
    motif : str
        One of ``MOTIFS``; means nothing to materials without a pattern.
    palette : three colours
        Ground, line and filler.
    period : float
        Length of the repeat as a share of the picture's width.
    degrees : float
        How the pattern is turned.
    cracked : bool
        Whether a print imitates the cracks of wax.
    """

    kind: str
    motif: str
    palette: Palette
    period: float
    degrees: float
    cracked: bool = False


def texture(rng: np.random.Generator, size: Size, style: Style) -> Image.Image:
    """Return a picture filled with a material, RGB."""
    return TEXTURES[style.kind](rng, size, style)


def any_cloth(rng: np.random.Generator, size: Size) -> Image.Image:
    """Return a picture of some cloth, RGB."""
    kind, motif = str(rng.choice(("wax", "print"))), str(rng.choice(list(MOTIFS)))
    palettes = (*NATURAL, *SHARED, *LOUD)
    palette = palettes[int(rng.integers(len(palettes)))]
    return texture(rng, size, Style(kind, motif, palette, float(rng.uniform(0.1, 0.3)), float(rng.uniform(0, 90))))


def clouds(rng: np.random.Generator, size: Size, cells: int | Size) -> Field:
    """Return smooth noise around 0 with a spread of about 0.7, shape (height, width).

    Parameters
    ----------
    rng : Generator
    size : (int, int)
    cells : int or (int, int)
        Blotches across and down.
    """
    across, down = (cells, cells) if isinstance(cells, int) else cells
    points = rng.standard_normal((down + 1, across + 1), dtype=np.float32)
    smoothly = Image.Resampling.BILINEAR if max(across, down) > 15 else Image.Resampling.BICUBIC  # not seen when small
    return np.asarray(Image.fromarray(points).resize(size, smoothly))


def shade(image: Image.Image, field: Field) -> Image.Image:
    """Multiply a picture by a field of shape (height, width), 0 (black) to 1 (as it was)."""
    grey = Image.fromarray(np.clip(field * 255, 0, 255).astype(np.uint8))
    return ImageChops.multiply(image, Image.merge("RGB", (grey, grey, grey)))


def _wax(rng: np.random.Generator, size: Size, style: Style) -> Image.Image:
    """Draw wax-resist cloth: no repeat is like the other, lines swell and thin, wax cracked, dye took unevenly."""
    period = style.period * size[0]
    across, down = _places(size, style.degrees)
    across = across + 0.07 * period * clouds(rng, size, 6) + 0.016 * period * clouds(rng, size, 20)
    down = down + 0.07 * period * clouds(rng, size, 6) + 0.016 * period * clouds(rng, size, 20)
    at = _index(across, down, period)
    main, filler = (tile.ravel().take(at) for tile in motif(style.motif))
    line = clouds(rng, size, 40)
    main, filler = main + 0.016 * line, filler + 0.014 * line - 0.008
    cloth = _dyed(size, style.palette, _ink(main, 0.7 * period), _ink(filler, 0.7 * period))
    cracks = np.minimum(np.abs(clouds(rng, size, 11)), np.abs(clouds(rng, size, 19)) * 1.3)
    depth = np.clip(clouds(rng, size, 4), 0.15, 1)
    crackle = Image.fromarray((np.clip(1.6 - cracks * 45, 0, 1) * depth * 150).astype(np.uint8))
    cloth = Image.composite(Image.new("RGB", size, min(style.palette, key=sum)), cloth, crackle)
    return shade(cloth, 0.9 + 0.07 * clouds(rng, size, 5) + 0.035 * clouds(rng, size, 90))


def _print(rng: np.random.Generator, size: Size, style: Style) -> Image.Image:
    """Draw printed cloth: every repeat is the same to the point, also where it imitates cracked wax; inks are even."""
    period = style.period * size[0]
    at = _index(*_places(size, style.degrees), period)
    main, filler = (tile.ravel().take(at) for tile in motif(style.motif))
    cloth = _dyed(size, style.palette, _ink(main, period), _ink(filler, period))
    if style.cracked:
        crackle = Image.fromarray(_printed_cracks().ravel().take(at))
        cloth = Image.composite(Image.new("RGB", size, min(style.palette, key=sum)), cloth, crackle)
    return cloth


def _plain(rng: np.random.Generator, size: Size, style: Style) -> Image.Image:
    """Draw cloth of one colour with visible threads."""
    cloth = Image.new("RGB", size, style.palette[0])
    threads = clouds(rng, size, (max(2, size[0] // 3), 8)) + clouds(rng, size, (8, max(2, size[1] // 3)))
    return shade(cloth, 0.92 + 0.03 * threads)


def _natural(rng: np.random.Generator, size: Size, style: Style) -> Image.Image:
    """Draw something like wood, clay or cane: streaks of two tones, pores, no two places alike."""
    rings = np.sin(clouds(rng, size, (3, 2)) * 5 + clouds(rng, size, (40, 3)) * 1.5)
    streaks = Image.fromarray(((rings * 0.5 + 0.5) * 130).astype(np.uint8))
    ground, _, filler = style.palette
    image = Image.composite(Image.new("RGB", size, filler), Image.new("RGB", size, ground), streaks)
    return shade(image, 0.9 + 0.06 * clouds(rng, size, 4) + 0.05 * clouds(rng, size, 100))


def _gloss(rng: np.random.Generator, size: Size, style: Style) -> Image.Image:
    """Draw something like plastic, glaze or patent leather: one even colour with bands of reflected light."""
    image = Image.new("RGB", size, style.palette[0])
    x = np.linspace(0, 1, size[0], dtype=np.float32)
    middle, width = rng.uniform(0.25, 0.45), rng.uniform(0.04, 0.09)
    band = np.exp(-(((x - middle) / width) ** 2)) + 0.5 * np.exp(-(((x - middle - 0.35) / (width / 2)) ** 2))
    light = Image.fromarray(np.tile((band * 130).astype(np.uint8), (size[1], 1)))
    return Image.composite(Image.new("RGB", size, (255, 255, 255)), image, light)


TEXTURES: dict[str, Callable[[np.random.Generator, Size, Style], Image.Image]] = {
    "wax": _wax,
    "print": _print,
    "plain": _plain,
    "natural": _natural,
    "gloss": _gloss,
}


def _places(size: Size, degrees: float) -> tuple[Field, Field]:
    """Return each pixel's place on the cloth, in pixels."""
    across, down = (np.arange(side, dtype=np.float32) for side in size)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return cos * across[None] + sin * down[:, None], cos * down[:, None] - sin * across[None]


def _index(across: Field, down: Field, period: float) -> NDArray[np.int32]:
    """Return each pixel's place in a flat cell."""
    scale = np.float32(CELL / period)
    column, row = ((place * scale).astype(np.int32) & (CELL - 1) for place in (across, down))
    index: NDArray[np.int32] = row * np.int32(CELL) + column
    return index


def _ink(inside: Field, sharpness: float) -> Image.Image:
    """Turn depth inside a motif, in repeats, into a smooth-edged mask."""
    return Image.fromarray((np.clip(0.5 + inside * np.float32(sharpness), 0, 1) * 255).astype(np.uint8))


def _dyed(size: Size, palette: Palette, main: Image.Image, filler: Image.Image) -> Image.Image:
    ground, line, second = (Image.new("RGB", size, colour) for colour in palette)
    return Image.composite(line, Image.composite(second, ground, filler), main)


@cache
def _printed_cracks() -> NDArray[np.uint8]:
    """Return cracks that repeat, shape (CELL, CELL), 0 to 140."""
    points = np.random.default_rng(7).standard_normal((6, 6), dtype=np.float32)
    wrapped = Image.fromarray(np.tile(points, (3, 3))).resize((3 * CELL, 3 * CELL), Image.Resampling.BICUBIC)
    smooth = np.asarray(wrapped)[CELL : 2 * CELL, CELL : 2 * CELL]
    cracks: NDArray[np.uint8] = (np.clip(1.5 - np.abs(smooth) * 25, 0, 1) * 140).astype(np.uint8)
    return cracks
