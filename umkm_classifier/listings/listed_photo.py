"""How a listing holds a photo. Nothing here opens one, so a service that reads text alone loads no picture library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from umkm_classifier.listings.listing import Listings


@dataclass(frozen=True, slots=True)
class RootedPhoto:
    """A photo by a path that a table named.

    Parameters
    ----------
    root : Path
        The folder of photos, absolute. What lies outside is never opened, nor what a link below it leads to.
    path : str
        As the table names it.
    """

    root: Path
    path: str


ListedPhoto = bytes | str | Path | RootedPhoto


def rooted(listings: Listings, root: Path) -> Listings:
    """Tie the paths of a table to its folder of photos.

    Parameters
    ----------
    listings : Listings
        As read from a table.
    root : Path
        The folder of photos; a relative one counts from where the program runs now.

    Returns
    -------
    Listings
        With a ``RootedPhoto`` in place of every path; content, and what is tied already, stays as it is.
    """
    folder = Path(root).absolute()
    column = np.empty(len(listings), dtype=object)
    for row, photos in enumerate(listings.column("photos")):
        column[row] = tuple(
            RootedPhoto(folder, str(photo)) if isinstance(photo, str | Path) else photo for photo in photos
        )
    return listings.replace(photos=column)
