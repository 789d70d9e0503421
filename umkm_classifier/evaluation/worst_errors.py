"""The surest mistakes of a model, and why it made them; without a word of any listing, unless that is asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.evaluation.bootstrap import FloatArray, IntArray
from umkm_classifier.evaluation.probabilities import THRESHOLD
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.prices import times_makers_price
from umkm_classifier.model.reasons import REST, Reason
from umkm_classifier.model.say import FIELDS
from umkm_classifier.signals.cues_catalogue import catalogue
from umkm_classifier.signals.writing_marks import MARKS

MOST = 8  # of each label
LONGEST_TITLE = 160  # characters
_CUE = re.compile(r"([a-z_]+\.[a-z0-9_]+): .*", re.DOTALL)
_PHOTO = re.compile(r"photo \d{1,3}( \(rest\))?")
_OF_BASE = re.compile(r"(no )?[a-z_.]*")


def worst_rows(listings: Listings, p_imported: FloatArray, decisions: ObjectArray, most: int = MOST) -> IntArray:
    """Return the rows with the worst mistakes: wrong decisions first, then those furthest on the wrong side of 0.5.

    Parameters
    ----------
    listings : Listings of n rows
        Those without a label or with nothing to score are no mistakes.
    p_imported : array of float64, shape (n,)
        NaN where there is none.
    decisions : array of str, shape (n,)
    most : int
        How many of each label.

    Returns
    -------
    array of int
        Local ones first, each label from the worst on; equally bad ones in the order of the table.
    """
    found = []
    for is_imported in (0, 1):
        p_wrong = 1.0 - p_imported if is_imported else p_imported  # what it gives the wrong answer
        wrong = p_wrong > THRESHOLD if is_imported else p_wrong >= THRESHOLD  # at 0.5 the answer is 'imported'
        decided = decisions == ("local" if is_imported else "imported")
        judged = listings.has_label & ~listings.rejected & (listings.is_imported == is_imported)
        rows = np.flatnonzero(judged & (wrong | decided) & np.isfinite(p_imported))
        found.append(rows[np.lexsort((-p_wrong[rows], ~decided[rows]))][:most])
    return np.concatenate(found).astype(np.int64)


def described(
    listings: Listings,
    p_imported: FloatArray,
    predictions: Mapping[int, Prediction],
    *,
    show_text: bool = False,
) -> list[dict[str, Any]]:
    """Describe mistakes as they stand in ``metrics.json``.

    Parameters
    ----------
    listings : Listings of n rows
    p_imported : array of float64, shape (n,)
    predictions : mapping of int to Prediction
        By the row that each answers, in the order to describe them; with reasons.
    show_text : bool
        Whether ``title`` is given, and words of the listing in ``evidence``. Otherwise evidence is given where no word
        of a seller can be in it, and None elsewhere.

    Returns
    -------
    list of dict
        ``id``, ``label``, ``p_imported``, ``decision``, ``good`` and ``reasons``, the strongest first: ``signal``,
        ``source``, ``evidence``, ``log_odds``.
    """
    out = []
    for row, prediction in predictions.items():
        error: dict[str, Any] = {
            "id": str(listings.column("id")[row]),
            "label": str(listings.column("label")[row]),
            "p_imported": float(p_imported[row]),
            "decision": prediction.decision,
            "good": prediction.good,
            "reasons": _strongest(prediction.reasons, show_text=show_text),
        }
        if show_text:
            error["title"] = str(listings.column("title")[row])[:LONGEST_TITLE]
        out.append(error)
    return out


def without_text(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what ``described`` gives without ``show_text``, from what it gives with it."""
    return [
        {key: value for key, value in error.items() if key != "title"}
        | {"reasons": _strongest([Reason(**reason) for reason in error["reasons"]], show_text=False)}
        for error in errors
    ]


def told(reason: Reason) -> str | None:
    """Return a reason's evidence where no word of the listing is in it, else None.

    Names of fields, of cues of this package and of marks on photos, and prices against what is usual may be told. What
    is not known to be one of these is kept back, so evidence of a kind that is new here is.
    """
    evidence = reason.evidence
    if evidence == REST or (reason.source == "base" and _OF_BASE.fullmatch(evidence)):
        return evidence
    cue = _CUE.fullmatch(evidence)
    if cue is not None:
        return cue[1] if cue[1] in {known.id for known in catalogue().cues} else None
    if reason.source == "photo":
        mark = next((mark for mark in MARKS if evidence.endswith(f": {mark.say['en']}")), None)
        number = evidence.removesuffix(f": {mark.say['en']}") if mark is not None else evidence
        return evidence if _PHOTO.fullmatch(number) or evidence == "photos" else None
    if times_makers_price(evidence) is not None:
        return evidence
    # n-grams have no field of evidence: a word of the seller's may be the name of one
    of_words = reason.signal == "words" or (reason.signal == "base" and reason.source == "text")
    return evidence if evidence in FIELDS["en"] and not of_words else None


def _strongest(reasons: Iterable[Reason], *, show_text: bool) -> list[dict[str, Any]]:
    total: dict[tuple[str, str, str | None], float] = defaultdict(float)
    for reason in reasons:
        total[reason.signal, reason.source, reason.evidence if show_text else told(reason)] += reason.log_odds
    ranked = sorted(total.items(), key=lambda one: -abs(one[1]))
    return [
        {"signal": signal, "source": source, "evidence": evidence, "log_odds": log_odds}
        for (signal, source, evidence), log_odds in ranked
    ]


def mistaken(rows: NDArray[np.int64], predictions: Iterable[Prediction]) -> dict[int, Prediction]:
    """Return predictions by the row that each answers, in their order."""
    return dict(zip(rows.tolist(), predictions, strict=True))
