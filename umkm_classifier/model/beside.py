"""Answers with what an index of photos adds to them: beside the fusion and beside every promise.

No photos with labels exist, so what a reused photo says is set by hand and no threshold was chosen with it. So it
moves probabilities, and takes back a decision that a listing is ``local``; it makes none ``imported``, since photos of
makers get stolen. Both promises hold with an index as they do without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.placeholders import without_placeholders
from umkm_classifier.model.families import families_of
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.prediction import Prediction, Reason
from umkm_classifier.signals.reuse.view import NAME, Reuse, ReuseView
from umkm_classifier.signals.signal import signal_of

REUSE = signal_of(NAME)


def with_reuse(
    model: OriginModel,
    view: ReuseView,
    listings: Listings,
    answers: Sequence[Prediction],
    expected_share_imported: float | None = None,
) -> list[Prediction]:
    """Add to each answer what other shops show of the listing's photos.

    Parameters
    ----------
    model : OriginModel
        That gave the answers.
    view : ReuseView
    listings : Listings of n rows
    answers : sequence of Prediction, length n
    expected_share_imported : float or None
        As they were asked for.

    Returns
    -------
    list of Prediction, length n
        Each names the index; a rejected one is otherwise as it was.
    """
    shown = without_placeholders(listings, model.placeholders)
    found = view.look_up(shown)
    kept = {
        row: _stays_local(model, shown[row : row + 1], reuse.log_odds)
        for row, (answer, reuse) in enumerate(zip(answers, found, strict=True))
        if answer.decision == "local" and reuse is not None
    }
    share = expected_share_imported
    return [
        _with(model, view.id, answer, reuse, share, is_local=kept.get(row, answer.decision == "local"))
        for row, (answer, reuse) in enumerate(zip(answers, found, strict=True))
    ]


def _stays_local(model: OriginModel, listing: Listings, value: float) -> bool:
    """Decide again with the photo's say in the score, with and without the text, and in what speaks beside it."""
    intercepts = {name: of + value for name, of in model.fusion.intercepts.items()}
    shifted = replace(model, fusion=replace(model.fusion, intercepts=intercepts))
    highest = model.rule.thresholds.local
    weighed = shifted.weigh(listing, model.columns(listing), -np.inf if highest is None else highest, np.inf)
    with_photo = replace(weighed, others=weighed.others + value)
    return str(model.rule.decide(families_of(listing), with_photo)[0]) == "local"


def _with(
    model: OriginModel, index_id: str, answer: Prediction, reuse: Reuse | None, share: float | None, *, is_local: bool
) -> Prediction:
    if answer.log_odds is None:
        return replace(answer, photo_index=index_id)
    value = None if reuse is None else reuse.log_odds
    signals = {**answer.signals, REUSE: value}
    if reuse is None or value is None:
        return replace(answer, photo_index=index_id, signals=signals)
    evidence = reuse.evidence()
    own = [Reason(REUSE, evidence.source, evidence.what, value)] if answer.reasons else []  # none were asked for
    log_odds = answer.log_odds + value
    p = model.expecting(model.probability(np.asarray([log_odds])), share)
    return replace(
        answer,
        decision="review" if answer.decision == "local" and not is_local else answer.decision,
        p_imported=float(p[0]),
        log_odds=log_odds,
        signals=signals,
        reasons=tuple(sorted([*answer.reasons, *own], key=lambda reason: -abs(reason.log_odds))),
        photo_index=index_id,
    )
