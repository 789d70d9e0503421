"""Small tables made by hand, and one drawn by a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from umkm_classifier.listings.listing import TEXT_COLUMNS, Listings

MakeListings = Callable[..., Listings]


def objects(values: Sequence[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def build(
    label: Sequence[str],
    *,
    price_idr: Sequence[float] | None = None,
    rejected: Sequence[bool] | None = None,
    **columns: Sequence[str],
) -> Listings:
    n = len(label)
    texts: Mapping[str, Sequence[str]] = {"label": label, **columns}
    return Listings(
        {name: objects(texts.get(name, [""] * n)) for name in TEXT_COLUMNS}
        | {
            "price_idr": np.full(n, np.nan) if price_idr is None else np.asarray(price_idr, dtype=float),
            "attributes": objects([{} for _ in range(n)]),
            "photos": objects([() for _ in range(n)]),
            "notes": objects([() for _ in range(n)]),
            "rejected": np.zeros(n, dtype=bool) if rejected is None else np.asarray(rejected, dtype=bool),
        }
    )


@pytest.fixture(scope="session")
def listings() -> MakeListings:
    """Return a builder: labels, and any other columns by name; what is not named is missing."""
    return build


TITLES = ("Tas wanita", "Sepatu pria", "Jaket pria", "Kain batik tulis", "Sajadah", "Tasbih kayu", "Baju koko", "zzz")


@pytest.fixture
def draw_market() -> Callable[[int, int], tuple[Listings, NDArray[np.float64]]]:
    """Return a function that draws as many listings of as many shops as asked for."""
    return drawn_market


@pytest.fixture
def market() -> tuple[Listings, NDArray[np.float64]]:
    """Return 300 listings of 90 shops, a third imported, and probabilities that know something."""
    return drawn_market(300, 90)


def drawn_market(n: int, n_shops: int) -> tuple[Listings, NDArray[np.float64]]:
    dice = np.random.default_rng(7)
    is_imported = dice.random(n) < 0.35
    table = build(
        ["imported" if yes else "local" for yes in is_imported],
        title=[TITLES[at] for at in dice.integers(0, len(TITLES), n)],
        description=["bahan halus " * at for at in dice.integers(0, 40, n)],
        shop_id=[f"shop-{at}" for at in dice.integers(0, n_shops, n)],
        brand=["merek" if yes else "" for yes in dice.random(n) < 0.5],
        label_source=["by_hand" if yes else "by_brand" for yes in dice.random(n) < 0.5],
        price_idr=np.where(dice.random(n) < 0.1, np.nan, 10 ** dice.uniform(4, 6.5, n)).tolist(),
    )
    log_odds = dice.normal(size=n) + 1.5 * is_imported - 1.2
    return table, 1 / (1 + np.exp(-log_odds))
