"""What the owner of a labelled table should know of it before any figure, though nothing in it is refused."""

from __future__ import annotations

from umkm_classifier.listings.labels import contradictions
from umkm_classifier.listings.listing import Listings


def remarks(listings: Listings) -> list[str]:
    """Return remarks on the labelled rows of a table, each a stable code and a sentence; no text, no name and no id."""
    found = []
    labelled = listings.has_label & ~listings.rejected
    n, without_shop = int(labelled.sum()), int((listings.column("shop_id")[labelled] == "").sum())
    if without_shop:
        found.append(
            f"no_shop_id: {without_shop} of {n} labelled listings name no shop; each counts as a shop of its own, so "
            "figures may look better than they are"
        )
    against = len(contradictions(listings))
    if against:
        stand = "text stands" if against == 1 else "texts stand"
        found.append(
            f"labels_contradict: {against} {stand} in local and in imported listings, and one label is likely wrong; "
            "'umkm check' names them"
        )
    return found
