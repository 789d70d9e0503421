"""From raw rows to ``Listings``: cleaned, masked, parsed and checked.

One row comes out for each that goes in, in the same order, whatever is wrong with it. Training and scoring both go
through here and through nothing else, so a signal reads the same text in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.listings import price as prices
from umkm_classifier.listings.cells import (
    ATTRIBUTES_UNREADABLE,
    PHOTOS_UNREADABLE,
    one_line,
    read_attributes,
    read_photos,
)
from umkm_classifier.listings.declarations import ADMITTED, DECLARED, admits_foreign, declares_foreign, is_foreign
from umkm_classifier.listings.labels import read_label, unknown_label
from umkm_classifier.listings.listing import LISTING_FIELDS, TEXT_COLUMNS, Listing, Listings, ObjectArray, Reject
from umkm_classifier.listings.mask import mask_ships_from, mask_text, skeleton
from umkm_classifier.listings.text import NOT_TEXT, clean, scalar_text

MALFORMED = "malformed_row"
NO_CONTENT = "no_content"
TEXT_MISSING = "text_missing"
DUPLICATE_ID = "duplicate_id"

# Most characters of a column. Longer ones are cut and noted; no marketplace allows them.
_LIMITS = {
    "title": 1_000, "description": 10_000, "category": 500, "shop_id": 200, "shop_name": 200, "shop_city": 200,
    "ships_from": 200, "brand": 200, "listed_at": 50, "label_source": 100,
}  # fmt: skip
# A claim costs as little in a shop's name, or behind its city, as in a title.
_MASKED = frozenset(("title", "description", "category", "shop_name", "shop_city", "ships_from", "brand"))
_MAX_ID_CHARS = 500

# Of these a record is kept, since something of the row was not used; other notes only tell what was mended.
_MESSAGES = {
    NO_CONTENT: "a title, a description or a photo expected, found nothing to judge by; the row is not scored",
    MALFORMED: "a mapping or a Listing expected; the row is not scored",
    NOT_TEXT: "text or a number expected, found a container; the cell is left empty",
    ATTRIBUTES_UNREADABLE: "a JSON object expected; the cell is left empty",
    PHOTOS_UNREADABLE: "paths or pictures expected, found something else; it is left out",
    prices.UNREADABLE: "one price in rupiah expected, found something else; the cell is left empty",
    prices.NEGATIVE: "a price above 0 expected, found a negative one; the cell is left empty",
    prices.OUT_OF_RANGE: "a price from 1 to 1e12 rupiah expected; the cell is left empty",
}


def prepare(
    rows: Sequence[Mapping[str, object] | Listing | None], *, first_row: int = 0
) -> tuple[Listings, list[Reject]]:
    """Clean, mask, parse and check rows.

    Parameters
    ----------
    rows : sequence of mapping, Listing or None
        Raw rows; every field may be missing, unknown ones are ignored. None is a row that the reader could not parse:
        it stays, empty and rejected.
    first_row : int
        Number of the first row in its table; a row without an id gets its number as one.

    Returns
    -------
    listings : Listings
        One row for each of ``rows``, in order. Preparing its records again gives the same table, but for its notes:
        what was mended or not used, ``declared_foreign`` (a declared origin abroad was masked) and ``admits_foreign``
        (title or description say that the product is imported). No signal reads a note.
    rejects : list of Reject
        What was not used, by row and column.
    """
    prepared = [_Row(row, first_row + at) for at, row in enumerate(rows)]
    columns: dict[str, Any] = {name: _objects([row.values[name] for row in prepared]) for name in TEXT_COLUMNS}
    columns["price_idr"] = np.asarray([row.price_idr for row in prepared], dtype=np.float64)
    columns["attributes"] = _objects([row.attributes for row in prepared])
    columns["photos"] = _objects([row.photos for row in prepared])
    columns["notes"] = _objects([tuple(sorted(row.notes)) for row in prepared])
    columns["rejected"] = np.asarray([row.rejected for row in prepared], dtype=bool)
    return note_duplicates(Listings(columns)), [reject for row in prepared for reject in row.rejects]


class _Row:
    """One raw row, read once."""

    def __init__(self, raw: object, number: int) -> None:
        self.number = number
        self.notes: set[str] = set()
        self.rejects: list[Reject] = []
        cells = self._cells(raw)
        self.values = {name: self._text(name, cells.get(name)) for name in _LIMITS}
        self.values["id"] = _identifier(cells.get("id")) or str(number)
        self.values["label"] = self._label(cells.get("label"))
        price, codes = prices.parse_price(cells.get("price"))
        self._note("price", codes)
        self.price_idr = np.nan if price is None else price
        self.attributes, codes = read_attributes(cells.get("attributes"))
        self._note("attributes", codes)
        self.photos, codes = read_photos(cells.get("photos"))
        self._note("photos", codes)
        has_text = bool(self.values["title"] or self.values["description"])
        self.rejected = not has_text and not self.photos
        if MALFORMED not in self.notes:
            self._note("title", (() if has_text else (TEXT_MISSING,)) + ((NO_CONTENT,) if self.rejected else ()))

    def _cells(self, raw: object) -> Mapping[str, object]:
        if isinstance(raw, Mapping):
            return raw
        if isinstance(raw, Listing):
            return {name: getattr(raw, name) for name in LISTING_FIELDS}
        self.notes.add(MALFORMED)
        if raw is not None:  # for None the reader has said what was wrong
            self._note("", (MALFORMED,))
        return {}

    def _text(self, name: str, value: object) -> str:
        if name == "description":
            text, codes = clean(value, _LIMITS[name])
        else:
            text, codes = one_line(value, _LIMITS[name])
        self._note(name, codes)
        if not text or name not in _MASKED:
            return text
        masked = mask_text(mask_ships_from(text) if name == "ships_from" else text)
        self._note_origin(name, text, masked)
        return masked

    def _note_origin(self, name: str, text: str, masked: str) -> None:
        """Note what the seller says of an origin abroad: masked or not, for people to read and for no signal."""
        if masked != text and (is_foreign if name == "ships_from" else declares_foreign)(skeleton(text)):
            self.notes.add(DECLARED)
        if name in ("title", "description") and admits_foreign(skeleton(masked)):
            self.notes.add(ADMITTED)

    def _label(self, value: object) -> str:
        label, unknown = read_label(value)
        if unknown:
            reject = unknown_label(self.number, unknown)
            self.notes.add(reject.code)
            self.rejects.append(reject)
        return label

    def _note(self, column: str, codes: Iterable[str]) -> None:
        for code in codes:
            self.notes.add(code)
            if code in _MESSAGES:
                self.rejects.append(Reject(self.number, column, code, _MESSAGES[code]))


def note_duplicates(listings: Listings) -> Listings:
    """Return the table with ``duplicate_id`` noted in every row whose id another row has too."""
    # A row that could not be read has its number for an id, which may well be another row's own.
    ids = ["" if MALFORMED in notes else row for row, notes in zip(listings.column("id"), listings.notes, strict=True)]
    counts = Counter(ids)
    counts[""] = 0
    if max(counts.values()) < 2:
        return listings
    notes = [
        tuple(sorted({*codes, DUPLICATE_ID})) if counts[row] > 1 else codes
        for codes, row in zip(listings.notes, ids, strict=True)
    ]
    return listings.replace(notes=_objects(notes))


def _identifier(value: object) -> str:
    """Return an id as its owner wrote it, but for blanks around it: it has to be found again in the owner's table."""
    text = scalar_text(value)
    if not text:
        return ""
    return text.encode("utf-8", "replace").decode().replace("\x00", "").strip()[:_MAX_ID_CHARS]


def _objects(values: Sequence[object]) -> ObjectArray:
    column = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):  # a plain assignment would spread tuples over a second axis
        column[at] = value
    return column


def listings_from(data: object) -> Listings:
    """Return anything that holds listings as ``Listings``.

    Parameters
    ----------
    data : Listings, sequence of Listing or mapping, pandas.DataFrame or datasets.Dataset
        ``Listings`` are returned as they are.

    Raises
    ------
    TypeError
        If it is one listing, a text, or nothing that holds listings.
    InputError
        If a frame or a dataset has no column ``title``, or a column twice.
    """
    if isinstance(data, Listings):
        return data
    kind = f"{type(data).__module__.split('.')[0]}.{type(data).__name__}"
    if isinstance(data, Listing | Mapping) and kind != "datasets.DatasetDict":
        raise TypeError("predict takes a sequence of listings; wrap it in a list: predict([listing])")
    if isinstance(data, str | bytes | Path):
        raise TypeError("predict takes a sequence of listings, found a text; read a file with read(path) first")
    if kind in ("pandas.DataFrame", "datasets.Dataset", "datasets.DatasetDict"):
        from umkm_classifier.listings import arrow_reader

        rows = arrow_reader.rows_of_frame(data) if kind.startswith("pandas") else arrow_reader.rows_of_dataset(data)
        return prepare([row for row, _ in rows])[0]
    if not isinstance(data, Iterable):
        raise TypeError(f"predict takes a sequence of listings, found a {type(data).__name__}; wrap listings in a list")
    listings = list(data)
    if listings and all(isinstance(listing, str | bytes) for listing in listings):
        raise TypeError("predict takes listings, found texts; give each a name: predict([{'title': text}])")
    return prepare(listings)[0]
