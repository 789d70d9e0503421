"""What the tests of the signals share: a small market, and a way to save a view and read it again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.signal import State
from umkm_classifier.simulate.market import simulate


def through_files(state: State) -> State:
    """Return a state as it comes back from JSON and arrays on disk."""
    settings, words = json.loads(json.dumps([state.settings, state.words], allow_nan=False))
    arrays: dict[str, Any] = {}
    for name, values in state.arrays.items():
        file = io.BytesIO()
        np.save(file, values, allow_pickle=False)
        file.seek(0)
        arrays[name] = np.load(file, allow_pickle=False)
    return State(state.kind, settings, arrays, words)


@pytest.fixture(scope="session")
def save_and_read() -> Callable[[State], State]:
    """Return ``through_files``."""
    return through_files


@pytest.fixture(scope="session")
def market() -> Listings:
    """Return 240 labelled listings."""
    return prepare(simulate(240, 3).records)[0]


@pytest.fixture(scope="session")
def unseen() -> Listings:
    """Return 60 listings of another market, and odd ones: nothing filled in, one field, signs that say nothing."""
    odd: list[dict[str, object]] = [
        {},
        {"title": "a"},
        {"title": "😀😀 kain 😀"},
        {"title": "- / - kain, (batik)! -"},
        {"description": "satu\n\n\ndua   tiga"},
        {"price": "Rp5.000"},
        {"title": "Gelas", "price": "12rb", "brand": "-", "shop_name": "Toko"},
    ]
    return prepare([*simulate(60, 4).records, *odd])[0]
