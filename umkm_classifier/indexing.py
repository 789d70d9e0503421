"""Build an index of photos from tables of listings, without labels."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from umkm_classifier.bundle_index import SavedIndex, check_index_place, load_index, save_index
from umkm_classifier.encoders.image import DEFAULT, ImageEncoder, image_encoder
from umkm_classifier.errors import require
from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.photo import PhotoError, open_photo
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo
from umkm_classifier.listings.placeholders import placeholders, without_placeholders
from umkm_classifier.listings.table import read
from umkm_classifier.signals.reuse.fingerprint import Fingerprint, fingerprint
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing, empty_index
from umkm_classifier.signals.reuse.view import PHOTO_PX, iso_date


@dataclass(frozen=True, slots=True)
class Indexed:
    """What ``index`` wrote.

    Parameters
    ----------
    folder : Path
    id : str
        Version and hash, as predictions name it.
    n_photos, n_shops : int
        In the whole index.
    n_new : int
        Photos that were not in it before.
    n_without_shop : int
        Rows with photos that were left out, since nobody knows whose they are.
    refused : Counter of str
        Codes of photos that could not be opened.
    rejects : list of Reject
        Cells and rows of the table that were not used.
    """

    folder: Path
    id: str
    n_photos: int
    n_shops: int
    n_new: int
    n_without_shop: int
    refused: Counter[str]
    rejects: list[Reject]


def index(
    data: str | Path,
    out: str | Path,
    *,
    add: str | Path | None = None,
    photos: str | Path | None = None,
    encoding: str = "utf-8",
    overwrite: bool = False,
) -> Indexed:
    """Build an index of the photos of a table: ``load(model, index=out)`` then tells which hang in other shops.

    Labels are not looked at. Photos of a shop that is not known are left out, and so are pictures that say that there
    is no picture.

    Parameters
    ----------
    data : str or Path
        A table; see ``read``.
    out : str or Path
        Folder of the new index.
    add : str or Path or None
        An index that the new one goes on from; it stays as it is.
    photos : str or Path or None
        Folder that paths of photos count from; the table's own when not given.
    encoding : str
        Of CSV and JSONL.
    overwrite : bool
        Replace an index at ``out``.

    Raises
    ------
    MissingExtraError
        If a package of the extra ``reuse`` is missing, or of ``deep``, which exports the image encoder once.
    InputError, OutputConflictError, TryAgainError
        See ``read`` and ``save_index``.
    BundleError
        See ``load_index``.
    """
    for module in ("cv2", "faiss"):
        require(module, "reuse")
    folder = Path(out)
    check_index_place(folder, overwrite=overwrite)
    old = load_index(Path(add)) if add is not None else None
    encoder = image_encoder(DEFAULT) if old is None else old.encoder
    listings, rejects = read(data, photos=photos, encoding=encoding)
    known = placeholders(listings) | (old.placeholders if old is not None else frozenset())
    before = empty_index() if old is None else old.index
    after, refused = _with_photos(before, without_placeholders(listings, known), encoder)
    saved = save_index(after, folder, encoder, known, version=_next(old), overwrite=overwrite)
    has_photos = np.asarray([len(one) > 0 for one in listings.column("photos")], dtype=bool)
    return Indexed(
        folder=folder,
        id=saved.id,
        n_photos=len(after),
        n_shops=len({one.shop_id for one in after.showings}),
        n_new=len(after) - len(before),
        n_without_shop=int((has_photos & (listings.column("shop_id") == "")).sum()),
        refused=refused,
        rejects=rejects,
    )


def _next(old: SavedIndex | None) -> int:
    return 1 if old is None else old.version + 1


def _with_photos(before: PhotoIndex, listings: Listings, encoder: ImageEncoder) -> tuple[PhotoIndex, Counter[str]]:
    prints: dict[str, Fingerprint] = {}
    showings: list[tuple[str, Showing]] = []
    refused: Counter[str] = Counter()
    for showing, photo in _shown(listings):
        try:
            file = read_photo(photo)
            content = hashlib.sha256(file).hexdigest()
            if content not in prints and before.row_of(content) is None:
                pixels = open_photo(file, at_least=PHOTO_PX).pixels
                prints[content] = fingerprint(pixels, encoder.encode([pixels])[0])
        except PhotoError as error:
            refused[error.code] += 1
            continue
        showings.append((content, showing))
    return before.with_more(list(prints.items()), showings), refused


def _shown(listings: Listings) -> Iterator[tuple[Showing, ListedPhoto]]:
    names = ("shop_id", "id", "listed_at", "photos")
    for shop, listing_id, listed_at, photos in zip(*(listings.column(name) for name in names), strict=True):
        for photo in photos[:MOST_PHOTOS] if shop else ():
            yield Showing(str(shop), str(listing_id), iso_date(str(listed_at))), photo
