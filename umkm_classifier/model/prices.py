"""What makers ask for a good, and how a price is named against it.

Prices move no score here: the views of ``facts`` read them. This says in words what such a reason rests on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.model.reasons import PRICE
from umkm_classifier.signals.fields import FEWEST_PRICES
from umkm_classifier.signals.signal import IntArray

_TIMES = re.compile(r"price: ([0-9.e+-]+) times what makers ask for (\w+)")


def makers_prices(listings: Listings, y: IntArray, base: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the median price in rupiah of a good's local listings, where five or more have a price.

    Parameters
    ----------
    listings : Listings of n rows
    y : array of int, shape (n,)
        1 for imported.
    base : mapping or None
        Of the model that is adapted: for goods of which this table has too few.
    """
    known = np.isfinite(listings.price_idr) & (y == 0)
    goods = goods_of(listings)
    medians = dict(base or {})
    for good in sorted(set(goods[known])):
        of_good = listings.price_idr[known & (goods == good)]
        if len(of_good) >= FEWEST_PRICES:
            medians[good] = float(np.median(of_good))
    return medians


def price_reasons(listings: Listings, usual: Mapping[str, float]) -> list[str]:
    """Return each row's price against what makers ask for its good; ``'price'`` where one of both is not known."""
    named = []
    for good, price in zip(goods_of(listings), listings.price_idr.tolist(), strict=True):
        known = np.isfinite(price) and price > 0.0 and usual.get(good, 0.0) > 0.0
        named.append(f"{PRICE}: {price / usual[good]:.2g} times what makers ask for {good}" if known else PRICE)
    return named


def times_makers_price(evidence: str) -> tuple[float, str] | None:
    """Return the ratio and the good of evidence from ``price_reasons``; None for any other."""
    found = _TIMES.fullmatch(evidence)
    return (float(found[1]), found[2]) if found else None
