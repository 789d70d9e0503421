"""What it says of a listing that its photos hang in other shops."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import PhotoError, open_photo
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo
from umkm_classifier.listings.placeholders import without_placeholders
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing
from umkm_classifier.signals.reuse.match import matches
from umkm_classifier.signals.signal import Evidence

NAME = "reuse.photos"
PHOTO_PX = 512  # shortest side that is looked at, of stored and asked photos alike
# One other shop may be the thief of a maker's photo; where seven show a picture it is a supplier's. No labelled photos
# exist to learn this from.
OF_ONE_SHOP, MOST = 0.4, 1.2
SHOPS_SHOWN = 3
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Reuse:
    """Where else a photo of a listing hangs.

    Parameters
    ----------
    photo : int
        Its place among the listing's photos, from 1.
    showings : tuple of Showing
        Listings of other shops that show it, by date, then shop.
    first : str
        ``'here'`` or ``'there'``; '' where some date is not known.
    """

    photo: int
    showings: tuple[Showing, ...]
    first: str

    @property
    def shops(self) -> tuple[str, ...]:
        """Ids of the other shops, each once."""
        return tuple(dict.fromkeys(one.shop_id for one in self.showings))

    @property
    def log_odds(self) -> float:
        """What it adds to the log-odds of ``imported``: nothing where this shop showed the photo first."""
        return 0.0 if self.first == "here" else min(MOST, OF_ONE_SHOP * math.log2(1 + len(self.shops)))

    def evidence(self) -> Evidence:
        """Say it as evidence, with the ids of up to three shops."""
        shops = self.shops
        named = ", ".join(shops[:SHOPS_SHOWN]) + (", …" if len(shops) > SHOPS_SHOWN else "")
        also = f"photo {self.photo} also in {len(shops)} other {'shop' if len(shops) == 1 else 'shops'} ({named})"
        return Evidence("photo", f"{also}, first {self.first}" if self.first else also, self.log_odds)


class ReuseView:
    """Look a listing's photos up in an index of photos.

    Its log-odds are hand-set and capped, since photos of makers get stolen. It is no part of the fusion and of no
    promise: it raises a probability, and may send a listing to a person, but never flags one.

    Parameters
    ----------
    index : PhotoIndex
    encoder : ImageEncoder
        The one that the index was built with.
    id : str
        How predictions name the index.
    placeholders : frozenset of str
        SHA-256 of pictures that say that there is no picture: none of them is looked up or found.
    """

    name = NAME

    def __init__(
        self, index: PhotoIndex, encoder: ImageEncoder, id: str, placeholders: frozenset[str] = frozenset()
    ) -> None:
        self.index = index
        self.encoder = encoder
        self.id = id
        self.placeholders = placeholders

    def look_up(self, listings: Listings) -> list[Reuse | None]:
        """Return for each listing the photo that says most, then that in most other shops; None where none hangs there.

        None also where the shop is not known: its own listings could not be told from others'.

        Parameters
        ----------
        listings : Listings of n rows

        Returns
        -------
        list of Reuse or None, length n
        """
        listings = without_placeholders(listings, self.placeholders)
        columns = (listings.column(name) for name in ("shop_id", "listed_at", "photos"))
        return [self._of_listing(shop, iso_date(at), photos) for shop, at, photos in zip(*columns, strict=True)]

    def _of_listing(self, shop: str, listed_at: str, photos: Sequence[ListedPhoto]) -> Reuse | None:
        if not shop:
            return None
        found = [self._of_photo(at, photo, shop, listed_at) for at, photo in enumerate(photos[:MOST_PHOTOS], 1)]
        kept = (one for one in found if one is not None)
        return max(kept, key=lambda one: (one.log_odds, len(one.shops)), default=None)

    def _of_photo(self, at: int, photo: ListedPhoto, shop: str, listed_at: str) -> Reuse | None:
        try:
            file = read_photo(photo)
            pixels = open_photo(file, at_least=PHOTO_PX).pixels
        except PhotoError:  # noted already by whoever opened it for its listing
            return None
        same = self.index.row_of(hashlib.sha256(file).hexdigest())
        known = same is not None and any(one.shop_id != shop for one in self.index.showings_of(same))
        rows = {one.row for one in matches(self.index, pixels, self.encoder.encode([pixels])[0], shop, own=known)}
        rows |= set() if same is None else {same}
        rows = {row for row in rows if self.index.contents[row] not in self.placeholders}
        shown = {one for row in rows for one in self.index.showings_of(row)}
        others = {one for one in shown if one.shop_id != shop}
        if not others:
            return None
        own = [listed_at, *(one.listed_at for one in shown - others)]
        ordered = tuple(sorted(others, key=lambda one: (one.listed_at, one.shop_id, one.listing_id)))
        return Reuse(at, ordered, _first(min(filter(None, own), default=""), [one.listed_at for one in ordered]))


def iso_date(text: str) -> str:
    """Return the ISO date that a text starts with, or ''; '0000-00-00' is none."""
    found = _ISO_DATE.match(text)
    try:
        return date.fromisoformat(found[0]).isoformat() if found else ""
    except ValueError:
        return ""


def _first(here: str, there: Sequence[str]) -> str:
    """Say who was first by ISO dates; of one day nobody was."""
    if not here or not all(there) or here == min(there):
        return ""
    return "here" if here < min(there) else "there"
