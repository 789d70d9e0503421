"""A listing, and a table of listings as columns.

Words of the field, explained once: *UMKM* (usaha mikro, kecil, menengah) are micro, small and medium businesses;
*Negara Asal* is the country of origin that a seller declares; a *sajadah* is a prayer mat, a *tasbih* a string of
prayer beads, a *baju koko* a collarless shirt for men, *batik* wax-resist dyed cloth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ObjectArray = NDArray[np.object_]

TEXT_COLUMNS = (
    "id", "title", "description", "category", "shop_id", "shop_name", "shop_city", "ships_from", "brand", "listed_at",
    "label", "label_source",
)  # fmt: skip
LABELS = ("local", "imported")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One product as a marketplace shows it; every field may be missing, as the seller wrote it.

    Parameters
    ----------
    title, description : str or None
        As the seller wrote them.
    price : str, int, float or None
        Rupiah, in any of the forms that ``parse_price`` reads (``'Rp450.000'``, ``'25rb'``).
    category : str or None
        Levels joined by ``' > '``.
    shop_id, shop_name, shop_city, ships_from, brand, listed_at : str or None
        ``shop_id`` groups the listings of a shop; ``listed_at`` is an ISO date.
    attributes : mapping of str to str, str holding a JSON object, or None
        Specifications.
    photos : sequence of bytes, str or Path
        Pictures, as content or as paths.
    id, label, label_source : str or None
        Only a table for training needs the last two.
    """

    title: str | None = None
    description: str | None = None
    price: str | float | None = None
    category: str | None = None
    shop_id: str | None = None
    shop_name: str | None = None
    shop_city: str | None = None
    ships_from: str | None = None
    brand: str | None = None
    attributes: Mapping[str, str] | str | None = None
    photos: Sequence[bytes | str | Path] = ()
    listed_at: str | None = None
    id: str | None = None
    label: str | None = None
    label_source: str | None = None


LISTING_FIELDS = tuple(field.name for field in fields(Listing))


@dataclass(frozen=True, slots=True)
class Reject:
    """One problem with one cell or row of a table; ``row`` counts data rows from 0."""

    row: int
    column: str
    code: str
    message: str


class Listings:
    """A table of cleaned and masked listings, held as columns.

    Parameters
    ----------
    columns : mapping of str to array of shape (n,)
        ``TEXT_COLUMNS`` as str ('' when missing), ``price_idr`` as float64 (NaN when missing), ``attributes`` as dict
        of str to str, ``photos`` as tuple, ``notes`` as tuple of codes, ``rejected`` as bool (row has nothing to
        score). Every text is cleaned and has its declarations and claims of origin masked, so what a signal reads from
        here can never be a claim.

    Notes
    -----
    ``shape``, ``iloc`` and ``take`` make scikit-learn hand over the container itself when it splits.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self._columns = dict(columns)
        self._n = len(self._columns["title"])

    def column(self, name: str) -> ObjectArray:
        """Return a column of objects, shape (n,)."""
        return self._columns[name]

    @property
    def price_idr(self) -> NDArray[np.float64]:
        """Price in rupiah, NaN when missing, shape (n,)."""
        return self._columns["price_idr"]

    @property
    def rejected(self) -> NDArray[np.bool_]:
        """Whether a row holds nothing that could be scored, shape (n,)."""
        return self._columns["rejected"]

    @property
    def notes(self) -> ObjectArray:
        """Codes of what was found and mended in each row, tuples of str, shape (n,)."""
        return self._columns["notes"]

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """Whether a row is labelled, shape (n,)."""
        return np.asarray([bool(label) for label in self._columns["label"]], dtype=bool)

    @property
    def is_imported(self) -> NDArray[np.int64]:
        """1 for ``imported``, 0 for ``local`` and for unlabelled rows, shape (n,)."""
        return np.asarray([label == "imported" for label in self._columns["label"]], dtype=np.int64)

    def replace(self, **columns: NDArray[Any]) -> Listings:
        """Return the same table with some columns exchanged."""
        return Listings({**self._columns, **columns})

    def record(self, row: int) -> dict[str, Any]:
        """Return one row as the fields of a ``Listing``; missing values are None."""
        values: dict[str, Any] = {name: self._columns[name][row] or None for name in TEXT_COLUMNS}
        price = float(self.price_idr[row])
        values["price"] = None if np.isnan(price) else price
        values["attributes"] = dict(self._columns["attributes"][row]) or None
        values["photos"] = self._columns["photos"][row]
        return values

    def take(self, indices: Any, axis: int = 0) -> Listings:
        """Return the rows at integer positions, in that order."""
        if axis != 0:
            raise ValueError(f"Listings can be taken along axis 0 only. Got axis {axis} instead.")
        at = np.asarray(indices)
        return Listings({name: values[at] for name, values in self._columns.items()})

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self._n, len(self._columns))

    @property
    def iloc(self) -> Listings:
        """Positional access, as scikit-learn asks for it."""
        return self

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, key: Any) -> Listings:
        if isinstance(key, (int, np.integer)):
            key = [key]
        return self.take(np.arange(self._n)[key])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.record(row) for row in range(self._n))

    def __repr__(self) -> str:
        imported = int(self.is_imported.sum())
        return f"Listings({self._n} rows, {imported} imported, {int(self.has_label.sum()) - imported} local)"


def concatenate(tables: Sequence[Listings]) -> Listings:
    """Put tables below each other."""
    names = tables[0]._columns
    return Listings({name: np.concatenate([table._columns[name] for table in tables]) for name in names})
