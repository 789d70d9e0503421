"""Edits of free sizes, for the benchmark of photo reuse, beside the twelve listed ones of ``simulate.edits``.

Where a collage shows further photos of the index, it says so: to find those too is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageOps

from umkm_classifier.simulate import edits
from umkm_classifier.simulate.edits import LATIN_PHRASES, Colour, Edit, Photo
from umkm_classifier.simulate.glyphs import HAN_PHRASES
from umkm_classifier.simulate.textures import any_cloth

PhotoOf = Callable[[int], Photo]
LISTED = tuple(edits.EDITS)
_GAPS = (0.0, 0.01, 0.02)
_DARK: Colour = (20, 20, 20)


def framed(photo: Photo, rng: np.random.Generator) -> Photo:
    return edits.frame(photo, float(rng.uniform(0.05, 0.35)), _colour(rng))


def cropped(photo: Photo, rng: np.random.Generator) -> Photo:
    """Cut 5 to 30 % off each of the four sides."""
    left, top, right, bottom = rng.uniform(0.05, 0.30, 4).tolist()
    width, height = photo.size
    return photo.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


def captioned(photo: Photo, rng: np.random.Generator) -> Photo:
    text = str(rng.choice(HAN_PHRASES if rng.random() < 0.5 else LATIN_PHRASES))
    return edits.caption_bar(photo, text, float(rng.uniform(0.06, 0.28)), _colour(rng), bool(rng.random() < 0.4))


def turned(photo: Photo, rng: np.random.Generator) -> Photo:
    return edits.rotate(photo, float(rng.uniform(1, 8)) * (1 if rng.random() < 0.5 else -1))


def stretched(photo: Photo, rng: np.random.Generator) -> Photo:
    """Make the photo 1.1 to 1.5 times as wide, or as high."""
    by = float(rng.uniform(1.1, 1.5))
    return edits.stretch(photo, by) if rng.random() < 0.5 else edits.stretch(photo, 1.0, by)


def several(photo: Photo, rng: np.random.Generator) -> Photo:
    """Do two to four different edits one after the other, listed ones and such of free sizes."""
    kinds = {**edits.EDITS, **ALONE}
    for name in rng.choice(list(kinds), int(rng.integers(2, 5)), replace=False).tolist():
        photo = kinds[name](photo, rng)
    return photo


ALONE: Mapping[str, Edit] = MappingProxyType(
    {
        "frame 5–35 %": framed,
        "crop 5–30 % a side": cropped,
        "caption 6–28 %": captioned,
        "rotation 1–8°": turned,
        "stretched 1.1–1.5": stretched,
    }
)
#: Pictures of a collage, and how they may be laid out: columns.
COLLAGES: Mapping[str, tuple[int, tuple[int, ...]]] = MappingProxyType(
    {
        "collage of 2": (2, (1, 2)),
        "collage of 3": (3, (1, 3)),
        "collage of 4": (4, (2,)),
        "collage of 9": (9, (3,)),
    }
)
FREE = (*ALONE, *COLLAGES, "two to four edits")


def edited(name: str, photo_of: PhotoOf, at: int, others: Sequence[int], seed: int) -> tuple[Photo, frozenset[int]]:
    """Edit a photo.

    Parameters
    ----------
    name : str
        Of ``LISTED`` or ``FREE``.
    photo_of : callable
        Gives a photo of the index.
    at : int
        Which one is edited.
    others : sequence of int
        Those that a collage of free size may show beside it.
    seed : int

    Returns
    -------
    tuple of Image and frozenset of int
        What was made, and which photos of the index it shows.
    """
    rng = np.random.default_rng([seed, at, (*LISTED, *FREE).index(name)])
    if name in COLLAGES:
        return collage_of(name, photo_of, at, others, rng)
    edit = several if name == FREE[-1] else {**edits.EDITS, **ALONE}[name]
    return edit(photo_of(at), rng), frozenset([at])


def collage_of(
    name: str, photo_of: PhotoOf, at: int, others: Sequence[int], rng: np.random.Generator
) -> tuple[Photo, frozenset[int]]:
    """Lay a photo among drawn cloth or, half of the time, among other photos, cut to its shape."""
    count, layouts = COLLAGES[name]
    photo, chosen = photo_of(at), []
    if rng.random() < 0.5:
        chosen = rng.choice([other for other in others if other != at], count - 1, replace=False).tolist()
        panels = [ImageOps.fit(photo_of(other), photo.size, Image.Resampling.BICUBIC) for other in chosen]
    else:
        panels = [any_cloth(rng, photo.size) for _ in range(count - 1)]
    panels.insert(int(rng.integers(count)), photo)
    return edits.collage(panels, int(rng.choice(layouts)), float(rng.choice(_GAPS))), frozenset([at, *chosen])


def _colour(rng: np.random.Generator) -> Colour:
    """Return white, a dark one or any colour, a third each."""
    red, green, blue = (int(level) for level in rng.integers(0, 256, 3))
    return (edits.WHITE, _DARK, (red, green, blue))[int(rng.integers(3))]
