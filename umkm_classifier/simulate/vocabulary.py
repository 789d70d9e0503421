"""The words of the simulated market, read from ``words.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Sides:
    """One pool of words in three parts: leaning to makers, leaning to resellers, leaning nowhere."""

    shared: tuple[str, ...]
    maker: tuple[str, ...]
    reseller: tuple[str, ...]

    @classmethod
    def of(cls, table: Mapping[str, list[str]]) -> Sides:
        """Build from a TOML table; a part that is absent is empty."""
        return cls(*(tuple(table.get(side, ())) for side in ("shared", "maker", "reseller")))


@dataclass(frozen=True, slots=True)
class Good:
    """A kind of product: how often it is sold and imported, what it costs, how it is written of.

    ``price_idr`` is a median in rupiah, ``price_spread`` the spread of a listing's log price within a shop.
    """

    name: str
    weight: float
    imported: float
    price_idr: float
    price_spread: float
    registration: str
    categories: tuple[str, ...]
    heads: tuple[str, ...]
    materials: Sides
    sizes: Sides
    words: Sides
    lines: Sides


@dataclass(frozen=True, slots=True)
class ShopWords:
    """Parts of shop names, places, brands, and countries of origin as sellers declare them."""

    name_first: Sides
    name_middle: tuple[str, ...]
    name_last: Sides
    cities: Sides
    abroad: tuple[str, ...]
    no_brand: tuple[str, ...]
    brands: Sides
    origin_local: tuple[str, ...]
    origin_imported: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that the simulated sellers can say."""

    goods: tuple[Good, ...]
    colours: tuple[str, ...]
    words: Sides
    lines: Sides
    claim_words: tuple[str, ...]
    claim_lines: tuple[str, ...]
    admission_words: tuple[str, ...]
    admission_lines: tuple[str, ...]
    maker_admissions: tuple[str, ...]
    misspelt: Mapping[str, str]
    shops: ShopWords


@cache
def vocabulary() -> Vocabulary:
    """Read ``words.toml`` once."""
    table = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    general, claims, admissions = table["general"], table["claims"], table["admissions"]
    return Vocabulary(
        goods=tuple(_good(name, entry) for name, entry in table["goods"].items()),
        colours=tuple(general["colours"]),
        words=Sides.of(general["words"]),
        lines=Sides.of(general["lines"]),
        claim_words=tuple(claims["words"]),
        claim_lines=tuple(claims["lines"]),
        admission_words=tuple(admissions["words"]),
        admission_lines=tuple(admissions["lines"]),
        maker_admissions=tuple(admissions["maker_lines"]),
        misspelt=table["misspelt"],
        shops=_shop_words(table["shops"]),
    )


def _good(name: str, entry: Mapping[str, Any]) -> Good:
    return Good(
        name=name,
        weight=entry["weight"],
        imported=entry["imported"],
        price_idr=entry["price_idr"],
        price_spread=entry.get("price_spread", 0.35),
        registration=entry.get("registration", ""),
        categories=tuple(entry["categories"]),
        heads=tuple(entry["heads"]),
        materials=Sides.of(entry["materials"]),
        sizes=Sides.of(entry["sizes"]),
        words=Sides.of(entry["words"]),
        lines=Sides.of(entry["lines"]),
    )


def _shop_words(entry: Mapping[str, Any]) -> ShopWords:
    return ShopWords(
        name_first=Sides.of(entry["name_first"]),
        name_middle=tuple(entry["name_middle"]),
        name_last=Sides.of(entry["name_last"]),
        cities=Sides.of(entry["cities"]),
        abroad=tuple(entry["ships_from"]["abroad"]),
        no_brand=tuple(entry["brands"]["none"]),
        brands=Sides.of(entry["brands"]),
        origin_local=tuple(entry["origin"]["local"]),
        origin_imported=tuple(entry["origin"]["imported"]),
    )
