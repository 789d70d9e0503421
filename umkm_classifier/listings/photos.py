"""How the photos of a table's listings are reached.

A photo of a listing is its content (``bytes``), a path that the calling program gave (``str`` or ``Path``), or a path
that a table named (``RootedPhoto``), which must stay in the folder of photos. Whoever reads a table puts the last in
place of its paths, once; nobody after that has to know where a table lay. Nothing is opened before it is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from umkm_classifier.listings.listed_photo import ListedPhoto, RootedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import Photo, PhotoError, open_photo
from umkm_classifier.listings.photo_file import read_photo_file

MOST_PHOTOS = 10  # the marketplaces here show five to nine; a table may name a thousand in one cell
TOO_MANY = "image_too_many"
_GLANCE_PX = 64  # enough to know that a photo can be opened


def read_photo(photo: ListedPhoto) -> bytes:
    """Return the file of a photo; whether it is a picture is not looked at.

    Raises
    ------
    PhotoError
        If there is no such file, or it is none that may be read; its ``code`` says which.
    OSError
        If this machine is out of memory or of open files.
    """
    if isinstance(photo, bytes):
        return photo
    if isinstance(photo, RootedPhoto):
        return read_photo_file(photo.path, photo.root)
    return read_photo_file(photo)


def open_listing_photos(photos: Sequence[ListedPhoto], at_least: int = 512) -> tuple[list[Photo], tuple[str, ...]]:
    """Open the photos of one listing.

    Parameters
    ----------
    photos : sequence of bytes, str, Path or RootedPhoto
        The first ``MOST_PHOTOS`` are looked at.
    at_least : int
        Shortest side in pixels that must be left; see ``open_photo``.

    Returns
    -------
    photos : list of Photo
        Those that could be opened, in order.
    notes : tuple of str
        Codes of what was wrong with others or remarkable in these, each once, in alphabetical order; and
        ``image_too_many`` if not all were looked at.

    Raises
    ------
    MemoryError, OSError
        If this machine is out of memory or of open files.
    """
    opened: list[Photo] = []
    notes = {TOO_MANY} if len(photos) > MOST_PHOTOS else set()
    for listed in photos[:MOST_PHOTOS]:
        try:
            photo = open_photo(read_photo(listed), at_least=at_least)
        except PhotoError as error:
            notes.add(error.code)
        else:
            opened.append(photo)
            notes.update(photo.notes)
    return opened, tuple(sorted(notes))


def note_photos(listings: Listings) -> Listings:
    """Note in each row what is wrong with its photos or remarkable in them.

    Every photo is opened at a glance (a JPEG of 800 pixels in a millisecond). So what a listing lacks is known
    whichever signals look at photos.

    Parameters
    ----------
    listings : Listings

    Returns
    -------
    Listings
        The same table with more ``notes``; those of ``open_listing_photos``.
    """
    column = listings.notes.copy()
    for row, photos in enumerate(listings.column("photos")):
        if photos:
            _, notes = open_listing_photos(photos, _GLANCE_PX)
            column[row] = tuple(sorted({*column[row], *notes}))
    return listings.replace(notes=column)
