"""What a model promises of its decisions, in words, and whether measured rates keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from umkm_classifier.evaluation.explain import most_without_error
from umkm_classifier.model.decision import DecisionRule

KEPT, BROKEN, OPEN = "yes", "no", "open"
CHOSEN_ON = {
    "held_out": "shops that were held out: nothing was learned from them",
    "out_of_fold": "the shops that were learned from, each scored by models that did not see it. Approximate: the "
    "model that is served learned from all of them",
}


def measured_promise(rules: Sequence[DecisionRule], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key ``promise`` for ``metrics.json``.

    Parameters
    ----------
    rules : sequence of DecisionRule
        Of the model, or of the models of all folds, which share a config.
    metrics : mapping
        From ``measure``.

    Returns
    -------
    dict of str to Any
        ``promise``: for each rate what is promised ``at_most``, the fewest calibration shops behind a threshold, how
        many rules have none, and whether the measured rate keeps it: ``'yes'`` where its interval ends below, ``'no'``
        where it begins above, else ``'open'``. None, with ``promise_reason``, where nothing is promised.
    """
    first = rules[0].thresholds
    if not first.is_promised and first.notes:
        return {"promise": None, "promise_reason": first.notes[0]}
    if not first.is_promised:
        return {"promise": None, "promise_reason": "nothing is promised: the model has no thresholds"}
    found: dict[str, Any] = {
        "calibration": rules[0].calibration,
        "confidence": first.confidence,
        "notes": sorted({note for rule in rules for note in rule.thresholds.notes}),
    }
    for key, label, most in (
        ("local_flagged_rate", "local", first.max_local_flagged),
        ("imported_passed_rate", "imported", first.max_imported_passed),
    ):
        decided = "imported" if label == "local" else "local"
        found[key] = {
            "at_most": most,
            "n_shops": min(getattr(rule.thresholds, f"n_{label}_shops") for rule in rules),
            "n_without_threshold": sum(getattr(rule.thresholds, decided) is None for rule in rules),
            "kept": _kept(metrics, key, metrics[f"n_{label}_shops"], most),
        }
    return {"promise": found}


def _kept(metrics: Mapping[str, Any], key: str, n_shops: int, most: float | None) -> str:
    ends = metrics[f"{key}_ci"]
    if ends is None or most is None:
        return OPEN
    # redraws of shops without a mistake never show one: the bound of an exact count stands for their end
    high = most_without_error(n_shops) if metrics[key] == 0.0 else ends[1]
    return KEPT if high <= most else BROKEN if ends[0] > most else OPEN


def decisions_in_words(rule: DecisionRule) -> list[str]:
    """Say for a model card when a listing is decided, what is promised, and on what that rests."""
    at = rule.thresholds
    said = [
        "- no listing is decided `imported`"
        if at.imported is None
        else f"- `imported` from a probability of {_probability(at.imported)} on, where two sources agree",
        "- no listing is decided `local`"
        if at.local is None
        else f"- `local` up to a probability of {_probability(at.local)}, where more than its text speaks for it",
        "- all others are left to a person (`review`), as are goods of which too few shops were labelled",
    ]
    if at.confidence is not None and (at.imported, at.local) != (None, None):
        flagged = f"at most {at.max_local_flagged:.0%} of a shop's local listings are decided `imported`"
        passed = f"at most {at.max_imported_passed:.0%} of its imported ones `local`"
        both = [text for text, end in ((flagged, at.imported), (passed, at.local)) if end is not None]
        said.append(f"- promised at {at.confidence:.1%} each, as a mean over shops like these: {', '.join(both)}")
        said.append(
            f"- chosen on {at.n_local_shops} shops with local and {at.n_imported_shops} with imported listings, "
            f"{CHOSEN_ON[rule.calibration]}"
        )
    return [*said, *(f"- {note}" for note in at.notes)]


def _probability(log_odds: float) -> str:
    return f"{1.0 / (1.0 + np.exp(-log_odds)):.3f}"
