"""Whether reasons are faithful: what becomes of a score when its strongest reason is taken out of the listing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from umkm_classifier.listings.listing import Listings, concatenate
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.reasons import REST, Reason

# What is emptied where a field is the reason; a relation between two fields goes with the one that is not a text.
EMPTIES = {
    "title": ("title",),
    "description": ("description",),
    "price": ("price_idr",),
    "place": ("shop_city", "ships_from"),
    "category": ("category",),
    "brand": ("brand",),
    "shop_name": ("shop_name",),
    "attributes": ("attributes",),
    "brand_in_title": ("brand",),
    "brand_in_shop_name": ("brand",),
    "photos": ("photos",),
}
NOTHING: dict[str, Any] = {"price_idr": np.nan, "attributes": {}, "photos": ()}
_CUE = re.compile(r"[a-z_]+\.[a-z_0-9]+: (.*)", re.DOTALL)
_PHOTO = re.compile(r"photo (\d+)")


@dataclass(frozen=True, slots=True)
class Faithful:
    """How often a score moved away from its strongest reason when that was taken out.

    Parameters
    ----------
    n : int
        Listings with a reason that can be taken out, and a score without it.
    n_moved : int
        Those whose score moved against the reason.
    failed : tuple of (id, Reason, float)
        The others, with the change of the fused log-odds.
    """

    n: int
    n_moved: int
    failed: tuple[tuple[str, Reason, float], ...]

    @property
    def share(self) -> float:
        """Share that moved, NaN where there is no listing."""
        return self.n_moved / self.n if self.n else float("nan")


def faithfulness(model: OriginModel, listings: Listings) -> Faithful:
    """Take the strongest reason out of each listing and score it again.

    Parameters
    ----------
    model : OriginModel
    listings : Listings
        Best of shops that the model has not learned from.
    """
    asked = []
    for row, prediction in enumerate(model.predict(listings)):
        reason = top_reason(prediction)
        if reason is not None:
            asked.append((row, prediction, reason))
    if not asked:
        return Faithful(0, 0, ())
    without = concatenate([without_reason(listings[row], reason) for row, _, reason in asked])
    failed, n = [], 0
    for (_, before, reason), after in zip(asked, model.predict(without, explain=False), strict=True):
        if after.log_odds is None or before.log_odds is None:
            continue
        n += 1
        change = after.log_odds - before.log_odds
        if change * reason.log_odds >= 0.0:
            failed.append((before.id, reason, change))
    return Faithful(n, n - len(failed), tuple(failed))


def top_reason(prediction: Prediction) -> Reason | None:
    """Return the strongest reason that lies in the listing, None where there is none."""
    for reason in prediction.reasons:
        if reason.source != "base" and REST not in reason.evidence:
            return reason
    return None


def without_reason(listing: Listings, reason: Reason) -> Listings:
    """Return a listing, a table of one row, without what a reason names.

    Words are deleted, fields emptied, photos dropped.
    """
    photo = _PHOTO.match(reason.evidence) if reason.source == "photo" else None
    if photo is not None:
        photos = listing.column("photos")[0]
        return _with(listing, photos=tuple(one for at, one in enumerate(photos, 1) if at != int(photo[1])))
    field = reason.evidence.split(":")[0]
    if reason.signal != "words" and field in EMPTIES:
        return _emptied(listing, EMPTIES[field])
    cue = _CUE.fullmatch(reason.evidence)
    if cue is not None and reason.source == "price and place":
        return _emptied(listing, EMPTIES[field.split(".")[0]])
    columns = ("brand", "shop_name") if reason.source == "shop" else ("title", "description")
    return _without_words(listing, columns, reason.evidence if cue is None else cue[1])


def _without_words(listing: Listings, columns: Sequence[str], words: str) -> Listings:
    parts = [re.escape(part) for part in words.split()]
    inside = r"[\W_]+".join(parts)
    pattern = re.compile(rf"(?<!\w){inside}(?!\w)" if words[:1].isalnum() else rf"(?<!\S){inside}(?!\S)", re.IGNORECASE)
    return _with(listing, **{name: _tidy(pattern.sub(" ", listing.column(name)[0])) for name in columns})


def _tidy(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def _emptied(listing: Listings, columns: Sequence[str]) -> Listings:
    return _with(listing, **{name: NOTHING.get(name, "") for name in columns})


def _with(listing: Listings, **values: Any) -> Listings:
    columns = {}
    for name, value in values.items():
        column = np.empty(1, dtype=np.float64 if name == "price_idr" else object)
        column[0] = value
        columns[name] = column
    return listing.replace(**columns)
