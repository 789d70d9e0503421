"""Listings whose words and photos each say a little of the label, encoders without weights, and quick settings."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.hash_encoder import HashEncoder
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.joint.inputs import MODALITIES
from umkm_classifier.signals.joint.settings import JointSettings

ROOT = Path(__file__).parents[3]
QUICK = JointSettings(width=8, epochs=6, batch=32, learning_rate=0.01, patience=6)
WORDS = ("kain", "tas", "baju", "lampu", "gelas", "meja")
LOCAL, IMPORTED = ("canting", "anyam", "ukir"), ("grosir", "kontainer", "seri")


class StripeEncoder:
    """Six numbers: the mean colours of a photo's halves."""

    id = "stripe:6"
    hash = hashlib.sha256(b"stripe:6").hexdigest()
    dim = 6
    side = 8

    def encode(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        halves = [np.concatenate([half.mean(axis=(0, 1)) for half in np.array_split(one, 2)]) for one in pixels]
        return np.asarray(halves, dtype=np.float32).reshape(len(pixels), self.dim) / 127.5 - 1.0


ENCODERS = Encoders(HashEncoder(), StripeEncoder())
TEXT_ONLY = Encoders(HashEncoder())


def drawn(dice: np.random.Generator, red: float) -> bytes:
    """Draw a noisy picture with more or less red in it, as a PNG."""
    shown = dice.integers(60, 140, (20, 24, 3)).astype(np.float64)
    shown[..., 0] += red
    file = io.BytesIO()
    Image.fromarray(np.clip(shown, 0, 255).astype(np.uint8)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def made(
    n: int, seed: int, has: Sequence[str] = MODALITIES, missing: float = 0.15
) -> tuple[Listings, NDArray[np.int64], NDArray[np.int64]]:
    """Return n listings, labels and shops; a field of ``has`` is missing at random."""
    dice = np.random.default_rng(seed)
    y = (dice.random(n) < 0.4).astype(np.int64)
    records: list[dict[str, Any]] = []
    for row in range(n):
        record: dict[str, Any] = {"id": str(row), "label": "imported" if y[row] else "local", "price": 5000}
        for name in ("title", "description"):
            if name in has and dice.random() >= missing:
                record[name] = " ".join(_words(dice, bool(y[row])))
        if "photos" in has and dice.random() >= missing:
            reds = dice.normal(9.0 * (2 * y[row] - 1), 20.0, dice.integers(1, 4))
            record["photos"] = [drawn(dice, red) for red in reds]
        records.append(record)
    return prepare(records)[0], y, dice.integers(0, n // 4 + 1, n)


def _words(dice: np.random.Generator, imported: bool) -> list[str]:
    own, other = (IMPORTED, LOCAL) if imported else (LOCAL, IMPORTED)
    telling = own if dice.random() < 0.8 else other
    return [*dice.choice(WORDS, 3), str(dice.choice(telling))]


def printed_elsewhere(code: str, folder: Path) -> str:
    """Run code in a folder by a process of its own and return what it prints; what it complains of fails the test."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
