"""Which part of a table fares worst: where most local listings are called imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from umkm_classifier.evaluation.within_goods import MIN_SHOPS

RATE = "local_flagged_rate"


def worst_slice(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key ``worst_slice`` for ``metrics.json``.

    Parameters
    ----------
    metrics : mapping
        From ``measure`` and ``measured_promise``.

    Returns
    -------
    dict of str to Any
        ``worst_slice``: of the slices with local listings of at least five shops that with the highest interval of
        ``local_flagged_rate``, by its lower end, then by its rate; ``at_most``, what is promised (None: nothing is);
        ``beyond``, every slice whose interval excludes that, the worst first, as ``[slicing, value]``; and
        ``n_slices``, of how many it is the worst: of forty that keep a promise barely, chance alone puts one beyond.
        None, with ``worst_slice_reason``, where no slice has a local listing called imported, or enough shops.
    """
    promise = metrics.get("promise")
    at_most = promise[RATE]["at_most"] if promise else None
    judged = [
        {"slicing": slicing, "value": value, **found} for slicing, value, found in _slices(metrics) if _is_sure(found)
    ]
    if not judged:
        return _none(f"no slice has local listings of at least {MIN_SHOPS} shops and an interval")
    judged.sort(key=lambda one: (one[f"{RATE}_ci"][0], one[RATE], one["n_local_shops"]), reverse=True)
    worst = judged[0]
    if worst[RATE] == 0.0:
        return _none("in no slice is a local listing called imported")
    beyond = [
        [one["slicing"], one["value"]] for one in judged if at_most is not None and one[f"{RATE}_ci"][0] > at_most
    ]
    kept = ("slicing", "value", "n", "n_local_shops", RATE, f"{RATE}_ci")
    return {
        "worst_slice": {key: worst[key] for key in kept}
        | {"at_most": at_most, "beyond": beyond, "n_slices": len(judged)}
    }


def _slices(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for slicing, values in metrics["slices"].items():
        for value, found in values.items():
            yield slicing, value, found


def _is_sure(found: Mapping[str, Any]) -> bool:
    return found["n_local_shops"] >= MIN_SHOPS and found[f"{RATE}_ci"] is not None


def _none(reason: str) -> dict[str, Any]:
    return {"worst_slice": None, "worst_slice_reason": reason}
