"""Parts of a table that are judged by themselves: by good, place, what was filled in, photo, price, shop and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from umkm_classifier.evaluation.bootstrap import IntArray
from umkm_classifier.evaluation.judged import Judged
from umkm_classifier.evaluation.photo_quality import QUALITIES, photo_qualities
from umkm_classifier.listings import goods
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.places import provinces_of
from umkm_classifier.model.folds import EMPTIED

MAX_VALUES = 20  # a column of names mapped to label_source by mistake must not flood the report
MAX_GOODS = 12  # of some seventy; the others are judged by their families
OTHERS = "(others)"
NOT_NAMED = "(not named)"
NOT_KNOWN = "not known"
NOT_GIVEN = "missing"
GIVEN = "given"

# (name, values from here on); the names read on their own in a table.
TEXT_LENGTHS = (("under 50 characters", 0), ("50 to 199", 50), ("200 to 999", 200), ("1,000 and more", 1000))
PRICES = (
    ("under Rp50,000", 0), ("Rp50,000 to Rp199,999", 50_000), ("Rp200,000 to Rp999,999", 200_000),
    ("Rp1,000,000 and more", 1_000_000),
)  # fmt: skip
SHOP_SIZES = (("1 listing", 1), ("2 to 4", 2), ("5 to 19", 5), ("20 and more", 20))
FIELDS_GIVEN = (("none or 1", 0), ("2 or 3", 2), ("4 or 5", 4), ("6 and more", 6))


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
        _goods(judged),
        _commonest("province", [name or NOT_KNOWN for name in provinces_of(listings.column("shop_city"))]),
        *(_filled(listings, name, column) for name, column in (("brand", "brand"), ("city", "shop_city"))),
        _filled(listings, "description", "description"),
        _slicing("fields_given", _fields_given(listings), [name for name, _ in FIELDS_GIVEN]),
        _slicing("text_length", _text_lengths(listings), [name for name, _ in TEXT_LENGTHS]),
        _slicing("price_idr", _prices(listings), [*(name for name, _ in PRICES), NOT_GIVEN]),
        _slicing("photo", photo_qualities(listings), QUALITIES),
        _slicing("shop_size", _shop_sizes(judged), [*(name for name, _ in SHOP_SIZES), NOT_NAMED]),
        _commonest("label_source", [source or NOT_NAMED for source in listings.column("label_source")]),
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


def _fields_given(listings: Listings) -> list[str]:
    """Count what another marketplace may leave empty, beside the title that there always is."""
    given = np.zeros(len(listings), dtype=np.int64)
    for name in EMPTIED:
        filled = np.isfinite(listings.price_idr) if name == "price_idr" else listings.column(name).astype(bool)
        given += filled
    return [_band(count, FIELDS_GIVEN) for count in given.tolist()]


def _shop_sizes(judged: Judged) -> list[str]:
    """Count the judged listings of each row's shop; a row that names none has no such number."""
    size = np.bincount(judged.shops, minlength=1)[judged.shops] if len(judged) else judged.shops
    named = judged.listings.column("shop_id")
    return [_band(count, SHOP_SIZES) if shop else NOT_NAMED for count, shop in zip(size.tolist(), named, strict=True)]


def _goods(judged: Judged) -> Slicing:
    """Part by good: the commonest, each of the story, and the rest together."""
    common = [good for good, _ in Counter(judged.goods).most_common() if good != goods.OTHER][:MAX_GOODS]
    shown = list(dict.fromkeys([*common, *goods.STORY_GOODS]))
    given = [good if good in shown or good == goods.OTHER else OTHERS for good in judged.goods]
    return _slicing("good", given, [*shown, OTHERS, goods.OTHER])


def _commonest(name: str, given: Sequence[str]) -> Slicing:
    common = [value for value, _ in Counter(given).most_common(MAX_VALUES)]
    shown = set(common)
    return _slicing(name, [value if value in shown else OTHERS for value in given], [*common, OTHERS])
