"""Drawn photos for the tests of photo reuse, and indexes of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from tests.colour_encoder import ColourEncoder
from umkm_classifier.listings.photo import Pixels, open_photo
from umkm_classifier.signals.reuse.fingerprint import Fingerprint, fingerprint
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing, empty_index
from umkm_classifier.signals.reuse.match import Match, matches
from umkm_classifier.simulate.scenes import SCENES, Product
from umkm_classifier.simulate.textures import NATURAL, Palette, Style, texture

Vector = np.ndarray[tuple[int], np.dtype[np.float32]]
SIZE = (420, 420)


def product(good: str, kind: str = "wax", motif: str = "bunga", palette: Palette = NATURAL[0]) -> Product:
    return Product(good, Style(kind, motif, palette, 0.2, 20.0), 0.006)


def scene(name: str, good: str, seed: int, *, kind: str = "wax", palette: Palette = NATURAL[0]) -> Image.Image:
    return SCENES[name](np.random.default_rng(seed), SIZE, product(good, kind, palette=palette))


def wax_cloth(seed: int, motif: str = "bunga") -> Image.Image:
    """Draw hand-made cloth, all with one style: no two are alike."""
    return texture(np.random.default_rng(seed), SIZE, product("batik", motif=motif).style)


def pixels(picture: Image.Image, quality: int = 88) -> Pixels:
    """Return what is read of a picture that was saved as JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return open_photo(file.getvalue(), at_least=512).pixels


def vector(photo: Pixels) -> Vector:
    return np.asarray(ColourEncoder().encode([photo])[0])


def printed(picture: Image.Image) -> tuple[str, Fingerprint]:
    photo = pixels(picture)
    return hashlib.sha256(photo.tobytes()).hexdigest(), fingerprint(photo, vector(photo))


def index_of(pictures: Sequence[Image.Image]) -> PhotoIndex:
    """Index pictures, each shown by a shop named by its place."""
    prints = [printed(picture) for picture in pictures]
    showings = [(content, Showing(f"shop {at}", f"listing {at}", "")) for at, (content, _) in enumerate(prints)]
    return empty_index().with_more(prints, showings)


def found(index: PhotoIndex, picture: Image.Image) -> list[Match]:
    photo = pixels(picture)
    return matches(index, photo, vector(photo))


def rows_found(index: PhotoIndex, picture: Image.Image) -> list[int]:
    return [match.row for match in found(index, picture)]
