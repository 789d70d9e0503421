"""Which listings show the same photo: they are not told apart by a split, whoever sells them."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import numpy as np

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import PhotoError, open_photo, perceptual_hash
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo

SAME_BITS = 24  # of 256: another size or quality of a photo differs by up to 18, another photo by about 100
_GLANCE_PX = 64


def rows_with_one_photo(listings: Listings) -> list[list[int]]:
    """Return the rows that show one photo, for each photo that more than one row shows.

    Photos are the same whose perceptual hashes differ in few bits; one that cannot be opened is like no other.
    """
    shown: dict[str, list[int]] = defaultdict(list)  # content to rows
    looks: dict[str, bytes] = {}
    for row, photos in enumerate(listings.column("photos")):
        for photo in photos[:MOST_PHOTOS]:
            try:
                file = read_photo(photo)
                content = hashlib.sha256(file).hexdigest()
                if content not in looks:
                    looks[content] = perceptual_hash(open_photo(file, at_least=_GLANCE_PX).pixels).tobytes()
            except PhotoError:  # the row has a note of it
                continue
            shown[content].append(row)
    if not looks:
        return []
    contents = list(looks)
    hashes = np.frombuffer(b"".join(looks.values()), dtype=np.uint64).reshape(len(contents), -1)  # (m, 4)
    mates = []
    for at, content in enumerate(contents):
        bits = np.bitwise_count(hashes[at:] ^ hashes[at]).sum(axis=1)
        rows = {row for near in (at + np.flatnonzero(bits <= SAME_BITS)).tolist() for row in shown[contents[near]]}
        if len(rows) > 1:
            mates.append(sorted(rows | set(shown[content])))
    return mates
