"""Which cues a listing fires, and what they add up to."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.places import place_of
from umkm_classifier.signals.cues_catalogue import Catalogue, Cue
from umkm_classifier.signals.signal import FloatArray, joined

# Of one family and direction the strongest counts fully, the next half, all others a quarter: they tell one story.
DISCOUNTS = (1.0, 0.5, 0.25)
# Words for the seller are cheap: all of them together come near this and never reach it. What speaks against the
# seller's interest divides them besides, by e for log-odds of 1: whoever pastes what a maker writes leaves the rest.
MOST_FOR_LOCAL = 2.5

Fired = Mapping[int, str]  # position of a cue to the words, the place or the price that it fired on


class CueFinder:
    """Tells which cues listings fire.

    Parameters
    ----------
    catalogue : Catalogue
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._for_good = lru_cache(maxsize=None)(self._applying)  # there are some seventy goods

    def fired(self, listings: Listings) -> list[Fired]:
        """Return the cues that each row fires.

        Text cues read title and description, place cues the places a row is sold and sent from, price cues the price;
        each only where it fits the good, which is told from the masked title and the category.
        """
        goods = goods_of(listings).tolist()
        texts = joined(listings, ("title", "description"))
        prices = listings.price_idr.tolist()
        cities = zip(listings.column("shop_city"), listings.column("ships_from"), strict=True)
        rows = zip(goods, texts, prices, cities, strict=True)
        return [self._fired(good, text, price, places_of(both)) for good, text, price, both in rows]

    def _fired(self, good: str, text: str, price_idr: float, places: frozenset[str]) -> Fired:
        cues = self.catalogue.cues
        of_text, of_place, of_price = self._for_good(good)
        in_text = self.catalogue.scanner.fired(text)
        found = {at: words for at, words in in_text.items() if at in of_text}
        for at in of_place:
            if fits_place(cues[at], places):
                found[at] = ", ".join(sorted(places & cues[at].places))
        for at in of_price:
            low, high = cues[at].price_idr or (math.inf, math.inf)
            said = not cues[at].patterns or at in in_text
            if low <= price_idr < high and said and len(cues) + at not in in_text:
                found[at] = f"Rp{price_idr:,.0f}".replace(",", ".")
        return found

    def _applying(self, good: str) -> tuple[frozenset[int], list[int], list[int]]:
        """Return the cues of text, of place and of price that apply to a good."""
        kinds: dict[str, list[int]] = defaultdict(list)
        for at, cue in enumerate(self.catalogue.cues):
            if cue.applies_to(good):
                kinds[cue.family if cue.source != "text" else "text"].append(at)
        return frozenset(kinds["text"]), kinds["place"], kinds["price"]


def places_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the Indonesian places that some texts name, as ``Cue.places`` has them."""
    return frozenset(str(place) for text in texts if text and (place := place_of(text)) is not None)


def fits_place(cue: Cue, places: frozenset[str]) -> bool:
    """Tell whether a cue fires on the places that a listing is sold and sent from.

    A place of craft must be all that is named; for a place of entry one of two is enough: whoever sells from Solo and
    sends from the port has not made it in Solo.
    """
    return bool(places & cue.places) and (cue.prior > 0.0 or places <= cue.places)


def shares_of(cues: Sequence[Cue], weights: FloatArray, fired: Iterable[int]) -> dict[int, float]:
    """Return what each cue that fired adds to the log-odds of ``imported``, the strongest of a family first.

    Parameters
    ----------
    cues : sequence of Cue
    weights : array of float64, shape (len(cues),)
    fired : iterable of int
        Positions in ``cues``.

    Returns
    -------
    dict of int to float
        No cue without a weight; empty when there is none with one.
    """
    alike: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for at in fired:
        if weights[at] != 0.0:
            alike[cues[at].family, weights[at] > 0.0].append(at)
    shares: dict[int, float] = {}
    for of_one_kind in alike.values():
        for rank, at in enumerate(sorted(of_one_kind, key=lambda at: (-abs(weights[at]), at))):
            shares[at] = float(weights[at]) * DISCOUNTS[min(rank, len(DISCOUNTS) - 1)]
    cheap = [at for at, share in shares.items() if is_cheap(cues[at], share)]
    total = sum(shares[at] for at in cheap)
    against = sum(share for share in shares.values() if share > 0.0)
    for at in cheap:
        shares[at] *= MOST_FOR_LOCAL * math.tanh(total / MOST_FOR_LOCAL) / total * math.exp(-against)
    return shares


def is_cheap(cue: Cue, share: float) -> bool:
    """Tell whether a cue speaks for the seller and costs nothing to write."""
    return share < 0.0 and cue.source == "text"


def priors_of(cues: Sequence[Cue]) -> FloatArray:
    """Return the prior log-odds of cues, shape (len(cues),)."""
    return np.asarray([cue.prior for cue in cues], dtype=np.float64)
