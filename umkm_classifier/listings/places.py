"""Where in Indonesia a shop is: the city or regency and its province, from the many ways that sellers write it.

An Indonesian province is divided into cities (*kota*) and regencies (*kabupaten*). Several share a name: a bare
'Bandung' is read as the city, as marketplaces mean it. The names are data in ``places.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Literal

import numpy as np

from umkm_classifier.listings.listing import ObjectArray
from umkm_classifier.listings.origins import FOREIGN_IN_FIELDS, FOREIGN_IN_PROSE

Kind = Literal["kota", "kabupaten", "provinsi"]

_MAX_CHARS = 200  # an address line is shorter; anything longer is no place name
_LEAD = re.compile(r"^(?:di(?:kirim|jual)\s+)?(?:dari|lokasi|asal|gudang|ships?\s+from|from)\b\s*:?\s*", re.IGNORECASE)
_KIND_FIRST = re.compile(
    r"^(?:(kota(?:madya)?|kodya|city of)|(kab(?:upaten)?|regency of))\b\.?\s*(?:adm(?:inistrasi)?\b\.?\s*)?(?=\S)"
)
_KIND_LAST = re.compile(r"\s(?:(kota|city)|(kab(?:upaten)?\.?|regency))$")
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_PART = re.compile(r"\s+[-–—/|]\s*|\s*[,;|/]\s*")  # sellers type every dash
_PROVINCE_WORD = re.compile(r"\b(?:provinsi|propinsi|prov|prop)\b\.?\s*")
_ISLANDS_SHORT = re.compile(r"\bkep\b\.?\s*")
_NOT_LETTER = re.compile(r"[^a-z]+")
_ABROAD = frozenset(FOREIGN_IN_FIELDS) | frozenset(FOREIGN_IN_PROSE)


@dataclass(frozen=True, slots=True)
class Place:
    """A city, a regency, or a whole province when nothing smaller is named.

    Parameters
    ----------
    name : str
        Official name without its kind: ``'Surakarta'``, ``'Bandung Barat'``.
    kind : {'kota', 'kabupaten', 'provinsi'}
        City, regency or province.
    province : str
        Official name of the province: ``'Jawa Tengah'``.
    """

    name: str
    kind: Kind
    province: str

    def __str__(self) -> str:
        """Return the name with its kind, as an address has it: ``'Kota Surakarta'``."""
        return self.name if self.kind == "provinsi" else f"{self.kind.title()} {self.name}"


@dataclass(frozen=True, slots=True)
class _Gazetteer:
    """The content of ``places.toml`` by key: the letters of a name, nothing else."""

    cities: dict[str, Place]
    regencies: dict[str, Place]
    provinces: dict[str, Place]
    home: frozenset[str]  # says Indonesia without naming a place


@cache
def _gazetteer() -> _Gazetteer:
    """Read the data at first use."""
    raw = tomllib.loads(resources.files(__package__).joinpath("places.toml").read_text(encoding="utf-8"))
    cities: dict[str, Place] = {}
    regencies: dict[str, Place] = {}
    provinces: dict[str, Place] = {}
    for entry in raw["province"]:
        province = entry["name"]
        for called in (province, *entry.get("also_called", ())):
            provinces[_key(called)] = Place(province, "provinsi", province)
        cities.update((_key(name), Place(name, "kota", province)) for name in entry.get("cities", ()))
        regencies.update((_key(name), Place(name, "kabupaten", province)) for name in entry["regencies"])
    for called, meant in raw["also_called"].items():
        kind, name = meant.split(maxsplit=1)
        table = cities if kind == "kota" else regencies
        table[_key(called)] = table[_key(name)]
    return _Gazetteer(
        cities,
        regencies,
        provinces,
        home=frozenset(raw["home"]["phrases"]),
    )


def place_of(city: str) -> Place | None:
    """Return the Indonesian place that a text names.

    Parameters
    ----------
    city : str
        A shop's city or a place of dispatch, as a marketplace shows it: ``'Kab. Sleman'``, ``'KOTA SURABAYA'``,
        ``'Dikirim dari Surakarta (Solo), Jawa Tengah'``.

    Returns
    -------
    Place or None
        None when the text is empty, names no Indonesian place, or only a foreign one.
    """
    return _place_of(city[:_MAX_CHARS])


@lru_cache(maxsize=65_536)
def _place_of(city: str) -> Place | None:
    places = [place for part in _parts(city) if (place := _look_up(part)) is not None]
    if not places:
        return None
    smaller = [place for place in places if place.kind != "provinsi"]
    if not smaller:
        return places[0]
    # An address ends with its largest place: 'Depok, Sleman' lies in Sleman's province, not in that of the city Depok,
    # and 'Sleman, Yogyakarta' is Sleman itself.
    return next((place for place in smaller if place.province == places[-1].province), smaller[0])


def _parts(text: str) -> Iterator[str]:
    """Split a text into what may each be a place: what stands outside brackets first, then what stands inside."""
    clean = unicodedata.normalize("NFKC", text).lower().strip()
    clean = _ISLANDS_SHORT.sub("kepulauan ", _PROVINCE_WORD.sub("", _LEAD.sub("", clean)))
    for part in _PART.split(_IN_BRACKETS.sub(" ", clean)):
        yield " ".join(part.split())
    for inside in _IN_BRACKETS.findall(clean):
        yield " ".join(inside.split())


def _look_up(part: str) -> Place | None:
    """Find one part, whole or without a province at its end ('sleman diy')."""
    words = part.split()
    for end in range(len(words), 0, -1):
        rest = _key(" ".join(words[end:]))
        if rest and rest not in _gazetteer().provinces and rest != "indonesia":
            continue
        found = _named(" ".join(words[:end]))
        if found is not None:
            return found
    return None


def _named(text: str) -> Place | None:
    """Find a name with or without its kind; a wrong kind ('kota sidoarjo') is forgiven."""
    known = _gazetteer()
    kind = _KIND_FIRST.match(text) or _KIND_LAST.search(text)
    if kind is not None:
        key = _key(text[kind.end() :] if kind.start() == 0 else text[: kind.start()])
        first, second = (known.cities, known.regencies) if kind.group(1) else (known.regencies, known.cities)
        found = first.get(key) or second.get(key) or known.provinces.get(key)
        if found is not None:
            return found
    key = _key(text)
    return known.cities.get(key) or known.regencies.get(key) or known.provinces.get(key)


def _key(text: str) -> str:
    return _NOT_LETTER.sub("", text.lower())


def is_indonesian(text: str) -> bool:
    """Tell whether a place of dispatch lies in Indonesia.

    Parameters
    ----------
    text : str
        A value of ``ships_from`` or the like.

    Returns
    -------
    bool
        True when the text names an Indonesian place or Indonesia and nothing abroad; False when it names a foreign
        place, says 'luar negeri', names nothing known, or is empty.
    """
    words = _NOT_LETTER.sub(" ", unicodedata.normalize("NFKC", text[:_MAX_CHARS]).lower()).split()
    said = {*words, *(f"{a} {b}" for a, b in pairwise(words))}
    if not said.isdisjoint(_ABROAD):
        return False
    return not said.isdisjoint(_gazetteer().home) or place_of(text) is not None


def provinces_of(values: Iterable[str | None]) -> ObjectArray:
    """Return the province of every value, str objects of shape (n,), '' when unknown or missing."""
    names: list[str] = []
    for value in values:
        place = place_of(value) if value else None
        names.append(place.province if place is not None else "")
    provinces = np.empty(len(names), dtype=object)
    provinces[:] = names
    return provinces
