"""Cells that hold more than one value: specifications and photos."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.listings.declarations import DECLARED, pair_declares_foreign
from umkm_classifier.listings.listed_photo import ListedPhoto, RootedPhoto
from umkm_classifier.listings.mask import mask_attributes, skeleton
from umkm_classifier.listings.text import NOT_TEXT, TRUNCATED, clean, scalar_text

ATTRIBUTES_UNREADABLE = "attributes_unreadable"
PHOTOS_UNREADABLE = "photos_unreadable"


_MAX_JSON_CHARS = 200_000
_MAX_ATTRIBUTES = 200
_MAX_KEY_CHARS, _MAX_VALUE_CHARS = 100, 1_000


def read_attributes(value: object) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read specifications: a JSON object, a mapping, or pairs of key and value.

    Returns
    -------
    attributes : dict of str to str
        Cleaned and masked, each on one line; a list of scalars is joined by ``', '``, empty values are left out.
    codes : tuple of str
        ``attributes_unreadable`` (nothing of it was read), ``value_not_text`` (a value was left out),
        ``declared_foreign`` (a country abroad was declared, and masked), and those of ``clean``.
    """
    pairs = _pairs(value)
    if pairs is None:
        return {}, (ATTRIBUTES_UNREADABLE,)
    codes: set[str] = {TRUNCATED} if len(pairs) > _MAX_ATTRIBUTES else set()
    attributes: dict[str, str] = {}
    for raw_key, raw_value in pairs[:_MAX_ATTRIBUTES]:
        key, key_codes = one_line(raw_key, _MAX_KEY_CHARS)
        text, text_codes = one_line(_joined(raw_value), _MAX_VALUE_CHARS)
        codes.update(key_codes, text_codes)
        if key:
            attributes.setdefault(key, text)
    masked = mask_attributes(attributes)
    if masked != attributes and any(pair_declares_foreign(*map(skeleton, pair)) for pair in attributes.items()):
        codes.add(DECLARED)
    return masked, tuple(sorted(codes))


def one_line(value: object, limit: int) -> tuple[str, tuple[str, ...]]:
    """Return a cell as ``clean`` does, on one line."""
    text, codes = clean(value, limit)
    return (text if "\n" not in text else " ".join(text.split()), codes)


def is_missing(value: object) -> bool:
    """Return whether a cell is empty: None, NaN or blank text."""
    return (
        value is None
        or (not hasattr(value, "__len__") and scalar_text(value) == "")
        or (isinstance(value, str) and not value.strip())
    )


def _pairs(value: object) -> list[tuple[object, object]] | None:
    if is_missing(value):
        return []
    if isinstance(value, str):
        value = _from_json(value)
    if isinstance(value, Mapping):
        return list(value.items())
    # Parquet maps arrive as pairs.
    items = _items(value)
    if items and all(isinstance(item, tuple) and len(item) == 2 for item in items):
        return [(item[0], item[1]) for item in items]
    return None


def _joined(value: object) -> object:
    items = _items(value)
    if items is None:
        return value
    texts = [scalar_text(item) for item in items]
    return value if None in texts else ", ".join(text for text in texts if text)


def _items(value: object) -> list[Any] | None:
    """Return the items of a list, a tuple or an array; None for anything else."""
    if isinstance(value, list | tuple):
        return list(value)
    if type(value).__module__ == "numpy" and type(value).__name__ == "ndarray":
        items = value.tolist()  # type: ignore[attr-defined]
        return items if isinstance(items, list) else None
    return None


def _from_json(text: str) -> object:
    if len(text) > _MAX_JSON_CHARS:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # an integer of 5,000 digits is a ValueError too
        return None


def read_photos(value: object) -> tuple[tuple[ListedPhoto, ...], tuple[str, ...]]:
    """Read photos: paths in a JSON list or separated by ``;``, one picture, or a sequence of them.

    Nothing is opened here. A picture of ``datasets`` (a mapping with ``bytes`` and ``path``) gives its bytes, else its
    path.

    Returns
    -------
    photos : tuple of bytes, str, Path or RootedPhoto
        In order, without empty ones.
    codes : tuple of str
        ``photos_unreadable`` if something was left out.
    """
    if is_missing(value):
        return (), ()
    items: Iterable[object] | None
    if isinstance(value, str):
        items = _paths(value)
    elif isinstance(value, bytes | bytearray | memoryview | Path | RootedPhoto | Mapping):
        items = [value]
    else:
        items = _items(value)
    if items is None:
        return (), (PHOTOS_UNREADABLE,)
    photos: list[ListedPhoto] = []
    codes: tuple[str, ...] = ()
    for item in items:
        photo = _photo(item)
        if photo is None:
            codes = (PHOTOS_UNREADABLE,)
        elif photo:
            photos.append(photo)
    return tuple(photos), codes


def _paths(text: str) -> list[object] | None:
    text = text.strip()
    if text.startswith("["):
        listed = _from_json(text)
        return listed if isinstance(listed, list) else None
    if text.startswith("data:"):
        return [text]  # one picture as text, whose header holds a ';'
    return [path.strip() for path in text.split(";")]


def _photo(item: object) -> ListedPhoto | None:
    """Return one picture, ``''`` when it is empty, None when it is no picture."""
    if isinstance(item, Mapping):
        item = item.get("bytes") or item.get("path")
    if item is None:
        return ""
    if isinstance(item, str):
        return item if item.strip() else ""
    if isinstance(item, Path | RootedPhoto):
        return item
    if isinstance(item, bytes | bytearray | memoryview):
        return bytes(item)
    return None


NOT_READ = (NOT_TEXT, ATTRIBUTES_UNREADABLE, PHOTOS_UNREADABLE)
