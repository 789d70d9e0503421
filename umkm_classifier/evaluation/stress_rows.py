"""A table with some cells written anew: read again as any table is, so that what is masked is masked."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from umkm_classifier.evaluation.bootstrap import BoolArray
from umkm_classifier.listings.listing import TEXT_COLUMNS, Listings, ObjectArray
from umkm_classifier.listings.prepare import prepare

CellChange = Callable[[Any, np.random.Generator], Any]
READ = (*(name for name in TEXT_COLUMNS if name not in ("id", "label", "label_source")), "attributes", "photos")
_EMPTY: dict[str, Any] = {"attributes": {}, "photos": ()}


def rewritten(listings: Listings, name: str, seed: int, **changes: CellChange) -> Listings:
    """Write cells anew.

    Parameters
    ----------
    listings : Listings
    name : str
        Of the stress; with ``seed`` and a row's id it chooses what is drawn for the row, so that a row fares the same
        whatever other rows stand beside it.
    seed : int
    **changes : function of a cell and a generator, by column
        A text column or ``attributes``. A cell is what stands there after cleaning and masking; what comes back is
        cleaned and masked in its turn.

    Returns
    -------
    Listings
        A row is rejected where neither text nor a photo is left.
    """
    ids = listings.column("id")
    dice = [np.random.default_rng([seed, zlib.crc32(name.encode()), zlib.crc32(str(one).encode())]) for one in ids]
    rows = [
        {column: change(listings.column(column)[row], dice[row]) for column, change in changes.items()}
        for row in range(len(listings))
    ]
    read = prepare(rows)[0]
    return exchanged(listings, {column: read.column(column) for column in changes})


def emptied(listings: Listings, names: tuple[str, ...]) -> Listings:
    """Return the table with some columns empty; a row is rejected where neither text nor a photo is left."""
    columns: dict[str, Any] = {}
    for name in names:
        if name == "price_idr":
            columns[name] = np.full(len(listings), np.nan)
            continue
        columns[name] = np.empty(len(listings), dtype=object)
        columns[name][:] = [_EMPTY.get(name, "")] * len(listings)
    return exchanged(listings, columns)


def exchanged(listings: Listings, columns: dict[str, Any]) -> Listings:
    """Return the table with some columns exchanged, rows in which nothing is left rejected."""
    table = listings.replace(**columns)
    contents = zip(*(table.column(name) for name in ("title", "description", "photos")), strict=True)
    nothing = np.asarray([not any(map(len, content)) for content in contents], dtype=bool)
    return table.replace(rejected=listings.rejected | nothing)


def differing(one: Listings, other: Listings) -> BoolArray:
    """Return which rows of two tables read differently, shape (n,)."""
    prices = np.asarray([one.price_idr, other.price_idr])
    found = (prices[0] != prices[1]) & ~np.isnan(prices).all(axis=0)
    for name in READ:
        found |= _unequal(one.column(name), other.column(name))
    return np.asarray(found, dtype=bool)


def _unequal(one: ObjectArray, other: ObjectArray) -> BoolArray:
    return np.asarray([a is not b and a != b for a, b in zip(one, other, strict=True)], dtype=bool)
