"""Read a table once: what scoring has read of it, explaining need not read again.

Encoding dominates the time of an answer. Within ``remembering()`` a view keeps what it read of a table until the end of
the block, for this thread alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from umkm_classifier.listings.listing import Listings

T = TypeVar("T")
_Kept = dict[tuple[int, int, str], tuple[object, Listings, Any]]
_KEPT: ContextVar[_Kept | None] = ContextVar("read of tables", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep what ``once`` computes; a block within another one shares what that keeps."""
    if _KEPT.get() is not None:
        yield
        return
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def once(owner: object, what: str, listings: Listings, compute: Callable[[], T]) -> T:
    """Return what an owner computes of a table, computed once within ``remembering()``.

    Parameters
    ----------
    owner : object
        A view, an encoder or a model.
    what : str
        Tells results of one owner apart.
    listings : Listings
        Told from others as an object: an equal table is read again.
    compute : function
        Outside of ``remembering()`` it is called every time.
    """
    kept = _KEPT.get()
    if kept is None:
        return compute()
    key = (id(owner), id(listings), what)
    if key not in kept:
        kept[key] = (owner, listings, compute())  # both are held, so that no id is given to another one meanwhile
    found: T = kept[key][2]
    return found
