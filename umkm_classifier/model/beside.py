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
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.reasons import weighed
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
    lost = _no_longer_local(model, shown, answers, found)
    share = expected_share_imported
    return [
        _with(model, view.id, replace(answer, decision="review") if row in lost else answer, reuse, share)
        for row, (answer, reuse) in enumerate(zip(answers, found, strict=True))
    ]


def _no_longer_local(
    model: OriginModel, listings: Listings, answers: Sequence[Prediction], found: Sequence[Reuse | None]
) -> set[int]:
    """Return the rows that were ``local`` and are not with what their photos add, in the score and beside the text."""
    said = {
        row: reuse.log_odds
        for row, (answer, reuse) in enumerate(zip(answers, found, strict=True))
        if answer.decision == "local" and reuse is not None
    }
    rows = listings[np.fromiter(said, dtype=np.int64, count=len(said))]
    decided = model.decide(rows, model.columns(rows), np.fromiter(said.values(), dtype=np.float64, count=len(said)))
    return {row for row, decision in zip(said, decided, strict=True) if decision != "local"}


def _with(
    model: OriginModel, index_id: str, answer: Prediction, reuse: Reuse | None, share: float | None
) -> Prediction:
    if answer.log_odds is None:
        return replace(answer, photo_index=index_id)
    if reuse is None:
        return replace(answer, photo_index=index_id, signals={**answer.signals, REUSE: None})
    evidence = reuse.evidence()
    own = weighed(REUSE, [evidence], 1.0) if answer.reasons else []  # none were asked for
    log_odds = answer.log_odds + evidence.log_odds
    p = model.expecting(model.calibration.probability(np.asarray([log_odds])), share)
    return replace(
        answer,
        p_imported=float(p[0]),
        log_odds=log_odds,
        signals={**answer.signals, REUSE: evidence.log_odds},
        reasons=tuple(sorted([*answer.reasons, *own], key=lambda reason: -abs(reason.log_odds))),
        photo_index=index_id,
    )
