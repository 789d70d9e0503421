"""The four scenes of the simulated market: cloth, a packshot on white, a phone snap, a collage."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageChops, ImageOps

from umkm_classifier.simulate.edits import Colour, collage
from umkm_classifier.simulate.motifs import Field
from umkm_classifier.simulate.shapes import TEXTILES, outline
from umkm_classifier.simulate.textures import LOUD, NATURAL, SHARED, Size, Style, clouds, shade, texture

LONGEST_PX = 480
# (ground, line, filler) of what products lie on.
WOOD = (((172, 122, 78), (0, 0, 0), (134, 90, 56)), ((214, 176, 128), (0, 0, 0), (186, 144, 100)))
SHEETS = (((232, 214, 220), (170, 120, 140), (196, 160, 176)), ((206, 220, 232), (110, 140, 180), (170, 190, 214)))
MATS = (((190, 176, 136), (0, 0, 0), (0, 0, 0)), ((112, 124, 136), (0, 0, 0), (0, 0, 0)))


@dataclass(frozen=True, slots=True)
class Product:
    """What is in the picture.

    Parameters
    ----------
    good : str
        Name of the good, as in ``words.toml``.
    style : Style
        Of its surface.
    wobble : float
        How far its outline strays, as a share of its size: 0 is machine-made.
    """

    good: str
    style: Style
    wobble: float


def cloth(rng: np.random.Generator, size: Size, product: Product) -> Image.Image:
    """Draw cloth laid out or hung up: it fills the picture or shows an edge and what lies behind; folds, side light."""
    zoom = float(rng.uniform(0.8, 1.5))
    style = replace(product.style, period=product.style.period * zoom, degrees=product.style.degrees + rng.normal(0, 6))
    fabric = texture(rng, size, style)
    turn, wave = math.radians(rng.uniform(-35, 35)), rng.uniform(1.0, 3.5)
    across, down = _spread(size)
    folds = np.sin(
        2 * math.pi * (wave * math.cos(turn) * across + wave * math.sin(turn) * down + 0.35 * clouds(rng, size, 3))
    )
    fabric = shade(fabric, 0.88 + rng.uniform(0.02, 0.14) * folds)
    if rng.random() < 0.4:
        fabric = _with_edge(rng, size, fabric)
    return _lit(rng, fabric, float(rng.uniform(0.05, 0.3)))


def packshot(rng: np.random.Generator, size: Size, product: Product) -> Image.Image:
    """Draw a product cut out on white or nearly white, with a soft shadow."""
    tone = 255 if rng.random() < 0.75 else int(rng.integers(232, 250))
    sheet = Image.new("RGB", size, (tone, tone, tone))
    side = round(min(size) * rng.uniform(0.78, 0.95))
    image, mask = _cut(rng, side, product)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    _lay(sheet, image, mask, (left, top), 0.35, (0, round(0.02 * side)))
    return sheet


def snap(rng: np.random.Generator, size: Size, product: Product) -> Image.Image:
    """Draw a product on a floor, table, sheet or mat at home, off the middle, askew, in uneven light."""
    scene = _surface(rng, size)
    count = 1 if rng.random() < 0.75 else 2
    side = round(min(size) * rng.uniform(0.7, 0.95) / (1 if count == 1 else 1.25))
    for at in range(count):
        image, mask = _cut(rng, side, product, degrees=float(rng.normal(0, 9)))
        spare = np.asarray(size) - side
        middle = spare / 2 + (at - (count - 1) / 2) * np.asarray([0.45, 0.2]) * side
        left, top = (middle + rng.normal(0, 0.05, 2) * side).round().astype(int).tolist()
        _lay(scene, image, mask, (left, top), 0.55, (round(0.015 * side), round(0.03 * side)))
    return _lit(rng, scene, float(rng.uniform(0.1, 0.4)))


def panels(rng: np.random.Generator, size: Size, product: Product) -> Image.Image:
    """Draw a collage: the product in several colours or from several sides."""
    count = int(rng.choice((2, 3, 4, 6, 9), p=(0.25, 0.15, 0.35, 0.15, 0.1)))
    columns = {2: 2, 3: 3, 4: 2, 6: 3, 9: 3}[count]
    one = (max(48, size[0] // columns), max(48, size[1] // -(-count // columns)))
    palettes = (*NATURAL, *SHARED, *LOUD)
    views = (packshot, cloth) if product.good in TEXTILES else (packshot, snap)
    view, photos = views[int(rng.random() < 0.4)], []
    for at in range(count):
        palette = product.style.palette if at == 0 else palettes[int(rng.integers(len(palettes)))]
        photos.append(view(rng, one, replace(product, style=replace(product.style, palette=palette))))
    grey = int(rng.choice((255, 255, 240, 30)))
    sheet = collage(photos, columns, float(rng.uniform(0.0, 0.025)), (grey, grey, grey))
    return ImageOps.fit(sheet, size, Image.Resampling.BILINEAR)


SCENES: dict[str, Callable[[np.random.Generator, Size, Product], Image.Image]] = {
    "cloth": cloth,
    "packshot": packshot,
    "snap": snap,
    "collage": panels,
}


def _cut(
    rng: np.random.Generator, side: int, product: Product, degrees: float = 0.0
) -> tuple[Image.Image, Image.Image]:
    """Return a product that fills a square, turned counter-clockwise, and where it is."""
    # Turning outline and pattern costs less than turning the picture.
    mask, lines = outline(product.good, side, rng, product.wobble, degrees)
    style = replace(product.style, degrees=product.style.degrees - degrees)
    image = texture(rng, (side, side), style)
    seams = lines.point(lambda ink: ink * 0.6)
    dark = tuple(level // 3 for level in product.style.palette[0])
    image = Image.composite(Image.new("RGB", (side, side), dark), image, seams)
    # A blurred mask is darker towards the edge, which makes a flat shape round.
    depth = np.asarray(_soft(mask, 20), dtype=np.float32) / 255
    light = np.linspace(1.0, rng.uniform(0.8, 0.95), side, dtype=np.float32)[None]
    return shade(image, (0.62 + 0.38 * depth) * light), mask


def _spread(size: Size) -> tuple[Field, Field]:
    """Return how far across, shape (1, width), and how far down, shape (height, 1), each pixel lies, 0 to 1."""
    width, height = size
    return np.linspace(0, 1, width, dtype=np.float32)[None], np.linspace(0, 1, height, dtype=np.float32)[:, None]


def _soft(mask: Image.Image, cells: int) -> Image.Image:
    """Blur a mask coarsely, which costs less than a Gaussian of that width."""
    return mask.resize((cells, cells), Image.Resampling.BOX).resize(mask.size, Image.Resampling.BICUBIC)


def _lay(
    sheet: Image.Image, image: Image.Image, mask: Image.Image, at: tuple[int, int], dark: float, away: tuple[int, int]
) -> None:
    """Put a product with its shadow onto a sheet."""
    shadow = _soft(mask, 28).point(lambda ink: ink * dark)
    sheet.paste((30, 28, 26), (at[0] + away[0], at[1] + away[1]), shadow)
    sheet.paste(image, at, mask)


def _surface(rng: np.random.Generator, size: Size) -> Image.Image:
    """Draw what a product lies on at home."""
    kind = str(rng.choice(("tiles", "wood", "sheet", "mat", "concrete", "paper"), p=(0.25, 0.2, 0.15, 0.1, 0.1, 0.2)))
    if kind == "wood":
        return texture(rng, size, Style("natural", "", WOOD[int(rng.integers(2))], 0.3, 0))
    if kind == "sheet":
        motif = str(rng.choice(("bunga", "kotak", "truntum")))
        return texture(rng, size, Style("print", motif, SHEETS[int(rng.integers(2))], 0.25, float(rng.uniform(0, 90))))
    if kind == "mat":
        return texture(rng, size, Style("plain", "", MATS[int(rng.integers(2))], 0.3, 0))
    if kind == "paper":
        return shade(Image.new("RGB", size, (252, 250, 246)), 0.97 + 0.02 * clouds(rng, size, 4))
    tone = rng.uniform(180, 250)
    warm: Colour = (int(tone), int(0.97 * tone), int(0.9 * tone))
    floor = shade(Image.new("RGB", size, warm), 0.95 + 0.04 * clouds(rng, size, 5) + 0.02 * clouds(rng, size, 80))
    return _grouted(rng, floor) if kind == "tiles" else floor


def _grouted(rng: np.random.Generator, floor: Image.Image) -> Image.Image:
    """Divide a floor into tiles."""
    turn, count = math.radians(rng.uniform(-25, 25)), rng.uniform(1.7, 3.3)
    across, down = _spread(floor.size)
    cos, sin, start = count * math.cos(turn), count * math.sin(turn), rng.uniform(0, 1)
    gaps = [np.abs(place - np.round(place)) for place in (cos * across + sin * down + start, cos * down - sin * across)]
    return shade(floor, np.clip(0.6 + np.minimum(*gaps) * (floor.width / count / 6), 0.6, 1))


def _with_edge(rng: np.random.Generator, size: Size, fabric: Image.Image) -> Image.Image:
    """Show the cloth's edge, and a wall or floor beyond it."""
    wall = _surface(rng, size)
    edge, slope = rng.uniform(0.72, 0.92), rng.normal(0, 0.05)
    across, down = _spread(size)
    bow = 0.01 * np.sin(9 * across + rng.uniform(0, 6))
    inside = np.clip((edge + slope * across + bow - down) * size[1], 0, 1)
    mask = Image.fromarray((inside * 255).astype(np.uint8))
    both = Image.composite(fabric, wall, mask)
    return both if rng.random() < 0.5 else ImageOps.flip(both)


def _lit(rng: np.random.Generator, scene: Image.Image, depth: float) -> Image.Image:
    """Light a scene from one side, with a tint; ``depth`` is how much darker the far side is, 0 to 1."""
    points = rng.uniform(0, 1, (2, 2)).astype(np.float32)
    points = (points - points.min()) / max(float(np.ptp(points)), 0.1)
    field = np.asarray(Image.fromarray(points).resize(scene.size, Image.Resampling.BICUBIC))
    warmth = float(rng.normal(0, 0.05))
    tint = (1 - max(0.0, -warmth), 1 - abs(warmth) / 3, 1 - max(0.0, warmth) * 1.5)
    lamp = Image.fromarray(np.clip(255 * (1 - depth * field), 0, 255).astype(np.uint8))
    return ImageChops.multiply(scene, Image.merge("RGB", [lamp.point(lambda v, t=t: v * t) for t in tint]))
