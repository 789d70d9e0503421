"""Parts of a table that are judged by themselves: by good, by what was filled in, by length, price and label source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from umkm_classifier.evaluation.bootstrap import IntArray
from umkm_classifier.evaluation.judged import Judged
from umkm_classifier.listings import goods
from umkm_classifier.listings.listing import Listings

MAX_VALUES = 20  # a column of names mapped to label_source by mistake must not flood the report
OTHERS = "(others)"
NOT_NAMED = "(not named)"
NOT_GIVEN = "missing"
GIVEN = "given"

# (name, values from here on); the names read on their own in a table.
TEXT_LENGTHS = (("under 50 characters", 0), ("50 to 199", 50), ("200 to 999", 200), ("1,000 and more", 1000))
PRICES = (
    ("under Rp50,000", 0), ("Rp50,000 to Rp199,999", 50_000), ("Rp200,000 to Rp999,999", 200_000),
    ("Rp1,000,000 and more", 1_000_000),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slicing:
    """One way to part a table.

    Parameters
    ----------
    name : str
    values : tuple of str
        Only such as occur, in the order to show them.
    index : int64 array of shape (n,)
        Which of ``values`` each row has.
    """

    name: str
    values: tuple[str, ...]
    index: IntArray


def slicings(judged: Judged) -> list[Slicing]:
    """Return all ways to part the judged rows."""
    listings = judged.listings
    families = [goods.FAMILIES[good] for good in judged.goods]
    by_size = [family for family, _ in Counter(families).most_common()]
    return [
        _slicing("good_family", families, sorted(by_size, key=lambda family: family == goods.OTHER)),
        *(_filled(listings, name, column) for name, column in (("brand", "brand"), ("city", "shop_city"))),
        _filled(listings, "description", "description"),
        _slicing("text_length", _text_lengths(listings), [name for name, _ in TEXT_LENGTHS]),
        _slicing("price_idr", _prices(listings), [*(name for name, _ in PRICES), NOT_GIVEN]),
        _label_sources(listings),
    ]


def _slicing(name: str, given: Sequence[str], order: Iterable[str]) -> Slicing:
    occurring = set(given)
    values = tuple(value for value in dict.fromkeys(order) if value in occurring)
    numbers = {value: at for at, value in enumerate(values)}
    return Slicing(name, values, np.asarray([numbers[value] for value in given], dtype=np.int64))


def _filled(listings: Listings, name: str, column: str) -> Slicing:
    return _slicing(name, [GIVEN if cell else NOT_GIVEN for cell in listings.column(column)], (GIVEN, NOT_GIVEN))


def _text_lengths(listings: Listings) -> list[str]:
    texts = zip(listings.column("title"), listings.column("description"), strict=True)
    return [_band(len(title) + len(description), TEXT_LENGTHS) for title, description in texts]


def _prices(listings: Listings) -> list[str]:
    return [NOT_GIVEN if np.isnan(price) else _band(price, PRICES) for price in listings.price_idr]


def _band(number: float, bands: Sequence[tuple[str, int]]) -> str:
    return next(name for name, start in reversed(bands) if number >= start)


def _label_sources(listings: Listings) -> Slicing:
    given = [source or NOT_NAMED for source in listings.column("label_source")]
    common = [source for source, _ in Counter(given).most_common(MAX_VALUES)]
    shown = set(common)
    return _slicing("label_source", [s if s in shown else OTHERS for s in given], [*common, OTHERS])
