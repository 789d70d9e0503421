"""Pictures that say that there is no picture.

A shop without a photo shows one that a marketplace or a program put there: 'no photo yet' on grey. Many shops show the
same, so it looks like a photo that they copy from each other, and a learner takes it for a mark of whoever leaves
photos out. It counts as no photo.

What resellers of one supplier share is *no* placeholder, however many they are: who shows a catalogue's picture is what
photos are looked at for. So that many shops show a picture is not enough. It must show next to nothing, too; or hang
in so many shops of one table that no product can be meant.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set

import numpy as np
from PIL import Image

from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import PhotoError, Pixels, open_photo, perceptual_hash
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo

PLACEHOLDER = "image_placeholder"
MOST_SHOPS = 5  # more of them do not draw the same nearly empty picture by chance
MANY_SHOPS = 20  # a quarter of a few shops may well sell the same product
MANY_SHOPS_SHARE = 0.25  # of the shops with photos; the commonest supplier's picture of a simulated market is in 5 %

_GLANCE_PX = 240  # drawn edges blend with their ground below that
_SAMPLE_PX = 128
# Of 343 real photos none passes both; the nearest has 0.89 and 0.968, a camera and letters on grey 0.96 and 0.986.
_GROUND_SHARE = 0.8  # of the commonest colour
_DRAWN_SHARE = 0.97  # of the three commonest colours
_SAME_COLOUR = 10  # grey levels
_SAME_BITS = 24  # of 256: the same drawing in another size or quality differs by up to 18, another one by 100


def placeholders(listings: Listings) -> frozenset[str]:
    """Find the placeholders among the photos of a table. Labels are not looked at.

    A nearly empty picture is one if more than ``MOST_SHOPS`` shops show it, in whatever size and quality; any other
    if at least ``MANY_SHOPS`` shops show it and they are ``MANY_SHOPS_SHARE`` of all shops with photos. Rows without
    a ``shop_id`` belong to no shop that could be counted.

    Parameters
    ----------
    listings : Listings
        As many as there are: of a few shops nothing can be said.

    Returns
    -------
    frozenset of str
        SHA-256 of the files, in hexadecimal, as in ``Photo.content``.
    """
    seen: dict[str, tuple[bytes, bool]] = {}  # content to its look, and whether it is nearly empty
    shops: dict[str, set[str]] = defaultdict(set)  # content to who shows it
    for shop, photo in _photos_of_shops(listings):
        try:
            file = read_photo(photo)
            content = hashlib.sha256(file).hexdigest()
            if content not in seen:
                pixels = open_photo(file, at_least=_GLANCE_PX).pixels
                seen[content] = (perceptual_hash(pixels).tobytes(), is_nearly_empty(pixels))
        except PhotoError:
            continue  # whoever opens the photo for its listing notes what is wrong with it
        shops[content].add(shop)
    empty = {content: look for content, (look, is_empty) in seen.items() if is_empty}
    other: dict[bytes, set[str]] = defaultdict(set)
    for content, (look, is_empty) in seen.items():
        if not is_empty:
            other[look].add(content)
    many = max(MANY_SHOPS, MANY_SHOPS_SHARE * _count(shops.values()))
    groups = [(group, MOST_SHOPS + 1) for group in _alike(empty)] + [(group, many) for group in other.values()]
    found = [group for group, fewest in groups if _count(shops[content] for content in group) >= fewest]
    return frozenset(content for group in found for content in group)


def without_placeholders(listings: Listings, known: Set[str]) -> Listings:
    """Leave out the placeholders among a table's photos, so that no signal takes one for a photo.

    Parameters
    ----------
    listings : Listings
    known : set of str
        What ``placeholders`` found.

    Returns
    -------
    Listings
        With ``image_placeholder`` noted in every row that lost a photo.
    """
    if not known:
        return listings
    photos_column, notes_column = listings.column("photos").copy(), listings.notes.copy()
    for row, photos in enumerate(photos_column):
        kept = tuple(photo for photo in photos if _content(photo) not in known)
        if len(kept) < len(photos):
            photos_column[row] = kept
            notes_column[row] = tuple(sorted({*notes_column[row], PLACEHOLDER}))
    return listings.replace(photos=photos_column, notes=notes_column)


def is_nearly_empty(pixels: Pixels) -> bool:
    """Tell whether a picture shows next to nothing: one ground and hardly anything on it, in three colours at most.

    A photo of a thing on white has the shades of the thing; a photo of plain cloth has light and shade.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3)
    """
    small = Image.fromarray(pixels).resize((_SAMPLE_PX, _SAMPLE_PX), Image.Resampling.NEAREST)  # it blends nothing
    left = np.asarray(small, dtype=np.int16).reshape(-1, 3)  # (pixels, 3)
    all_pixels, shares = len(left), []
    for _ in range(3):
        if len(left):
            boxes = (left // 8) @ np.asarray([1024, 32, 1], dtype=np.int16)  # (pixels,)
            values, counts = np.unique(boxes, return_counts=True)
            colour = np.median(left[boxes == values[counts.argmax()]], axis=0)
            is_it = (np.abs(left - colour) <= _SAME_COLOUR).all(axis=1)
            shares.append(is_it.sum() / all_pixels)
            left = left[~is_it]
    return bool(shares[0] >= _GROUND_SHARE and sum(shares) >= _DRAWN_SHARE)


def _photos_of_shops(listings: Listings) -> Iterator[tuple[str, ListedPhoto]]:
    for shop, photos in zip(listings.column("shop_id"), listings.column("photos"), strict=True):
        if shop:
            for photo in photos[:MOST_PHOTOS]:
                yield shop, photo


def _count(groups: Iterable[set[str]]) -> int:
    return len({one for group in groups for one in group})


def _alike(looks: dict[str, bytes]) -> list[set[str]]:
    """Put contents together whose looks differ by few bits from the first of them."""
    contents = list(looks)
    hashes = np.asarray([list(look) for look in looks.values()], dtype=np.uint8)  # (m, 32)
    waiting = np.ones(len(contents), dtype=bool)
    groups = []
    for first in range(len(contents)):
        if waiting[first]:
            bits = np.bitwise_count(hashes ^ hashes[first]).sum(axis=1)
            near = waiting & (bits <= _SAME_BITS)
            waiting &= ~near
            groups.append({contents[at] for at in np.flatnonzero(near)})
    return groups


def _content(photo: ListedPhoto) -> str:
    try:
        return hashlib.sha256(read_photo(photo)).hexdigest()
    except PhotoError:
        return ""  # it stays, so that what is wrong with it gets noted
