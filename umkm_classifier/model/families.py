"""How many shops were labelled of each family of goods, and which families have too few for any promise.

With 59 shops and not one wrong, at most 5 % are wrong at 95 % confidence; with 14, at most 20 % (exact one-sided
binomial bounds, Clopper and Pearson 1934).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.goods import FAMILIES, goods_of
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.signals.signal import IntArray

NO_GUARANTEE = "no_guarantee_for_good"
FEWEST_LOCAL = 59  # shops of a family with local listings
FEWEST_IMPORTED = 14
FEWEST_EACH = 5  # shops of a class; with fewer a label teaches what the good is and not where it was made

Counts = Mapping[str, Mapping[str, int]]  # family to class to labelled shops


def families_of(listings: Listings) -> ObjectArray:
    """Return the family of each listing's good, shape (n,)."""
    return np.asarray([FAMILIES[good] for good in goods_of(listings)], dtype=object)


def count_families(
    listings: Listings, y: IntArray, group: IntArray, base: Counts | None = None
) -> dict[str, dict[str, int]]:
    """Count labelled shops of each family and class.

    Parameters
    ----------
    listings : Listings of n rows
    y : array of int, shape (n,)
        1 for imported.
    group : array of int, shape (n,)
        Shops and near-duplicates united.
    base : mapping or None
        Counts of the model that is adapted. The larger of both counts, and not their sum: a shop may stand in both
        tables.
    """
    family = families_of(listings)
    counts = {}
    for name in sorted({*family, *(base or {})}):
        known = (base or {}).get(name, {"local": 0, "imported": 0})
        shops = [len(np.unique(group[(family == name) & (y == label)])) for label in (0, 1)]
        counts[name] = {"local": max(known["local"], shops[0]), "imported": max(known["imported"], shops[1])}
    return counts


def has_both(counts: Counts, families: ObjectArray) -> NDArray[np.bool_]:
    """Return whether labels of both classes say something of each row's family, shape (n,)."""
    known = {name for name, of_family in counts.items() if min(of_family.values()) >= FEWEST_EACH}
    return np.asarray([family in known for family in families], dtype=bool)


def is_supported(counts: Mapping[str, int]) -> bool:
    """Tell whether enough shops of a family were labelled, of both classes."""
    return counts["local"] >= FEWEST_LOCAL and counts["imported"] >= FEWEST_IMPORTED
