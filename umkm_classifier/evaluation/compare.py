"""A champion and a challenger on the same rows: figures, their differences over the same redraws of shops, stress.

Rows that either model has learned from count for neither: who has seen the answers looks better than he is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from umkm_classifier.evaluation.bootstrap import FloatArray, Redrawn, Statistic, figure, redraw
from umkm_classifier.evaluation.decisions import Decided
from umkm_classifier.evaluation.evaluate import row_hashes
from umkm_classifier.evaluation.judged import Judged, judge
from umkm_classifier.evaluation.quality import RANKING, Quality
from umkm_classifier.evaluation.stress import stress_model
from umkm_classifier.evaluation.stress_scores import Said, ask
from umkm_classifier.listings.listing import Listings
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.risk import MAX_IMPORTED_PASSED, MAX_LOCAL_FLAGGED

CHAMPION, CHALLENGER = "champion", "challenger"
MOST_STRESSED = 300  # listings: each is scored some fifty times by each model
NO_ANSWERS = "no labelled listing has an answer of both"
BarName = tuple[str, str, str]


class Promised(NamedTuple):
    """Shares, means over shops, that decisions keep within: of local listings flagged, of imported ones passed."""

    local_flagged_rate: float
    imported_passed_rate: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What both models said.

    Parameters
    ----------
    judged : Judged
        The rows that both answered.
    champion, challenger : Said
        About these rows.
    n_seen : int
        Labelled rows that were left out, since a model has learned from them.
    n_silent_champion, n_silent_challenger : int
        Labelled, unseen rows that only the other one answered.
    """

    judged: Judged
    champion: Said
    challenger: Said
    n_seen: int
    n_silent_champion: int
    n_silent_challenger: int


def promised_of(manifest: Mapping[str, Any]) -> Promised:
    """Return what the model of a manifest promises; the defaults where it says nothing of that."""
    stated = manifest.get("decision", {}).get("thresholds", {})
    flagged, passed = stated.get("max_local_flagged"), stated.get("max_imported_passed")
    return Promised(
        MAX_LOCAL_FLAGGED if flagged is None else float(flagged),
        MAX_IMPORTED_PASSED if passed is None else float(passed),
    )


def stricter(one: Promised, other: Promised) -> Promised:
    """Return the stricter of two promises, rate by rate: who takes over keeps what was promised before."""
    return Promised(*map(min, one, other))


def ask_both(champion: OriginModel, challenger: OriginModel, listings: Listings, seen: frozenset[str]) -> Asked:
    """Ask both models about the labelled rows that neither has learned from.

    Parameters
    ----------
    champion, challenger : OriginModel
    listings : Listings
    seen : frozenset of str
        Digests of rows that either has learned from, as ``row_hashes`` makes them.
    """
    usable = listings[np.flatnonzero(listings.has_label & ~listings.rejected)]
    is_seen = np.asarray([one in seen for one in row_hashes(usable)], dtype=bool)
    rows = usable[np.flatnonzero(~is_seen)]
    said = ask(champion, rows), ask(challenger, rows)
    answered = [np.isfinite(one.p_imported) for one in said]
    judged = judge(rows, {"p_champion": said[0].p_imported, "p_challenger": said[1].p_imported})
    return Asked(
        judged,
        said[0].take(judged.rows),
        said[1].take(judged.rows),
        n_seen=int(is_seen.sum()),
        n_silent_champion=int((answered[1] & ~answered[0]).sum()),
        n_silent_challenger=int((answered[0] & ~answered[1]).sum()),
    )


def compared_figures(asked: Asked, *, seed: int = 0, redraws: int = 1000) -> dict[str, dict[str, Any]]:
    """Return figures of both and the challenger's less the champion's, each with its interval, in the same redraws.

    Returns
    -------
    dict of str to dict
        Under ``roc_auc``, ``average_precision`` and the names of ``Decided``: ``champion``, ``challenger`` and
        ``difference``, each with ``_ci``, or None with ``_reason`` or ``_ci_reason``.
    """
    judged = asked.judged
    said = {CHAMPION: asked.champion, CHALLENGER: asked.challenger}
    qualities = {who: Quality(judged, one.p_imported, RANKING, name=who) for who, one in said.items()}
    statistics: dict[str, Statistic] = {}
    for who, one in said.items():
        statistics |= qualities[who].statistics
        statistics[f"{who}: decisions"] = Decided(one.decisions, judged.is_imported, judged.shops)
    redrawn = redraw(statistics, judged.shops, redraws, seed)
    found = {
        key: _pair({who: qualities[who].drawn(key, redrawn) for who in said}, judged.why_one_class, judged.n_shops)
        for key in RANKING
    }
    n_shops = (judged.n_shops, judged.shops_of(False), judged.shops_of(True), judged.shops_of(True))
    classes = ("labelled", "local", "imported", "imported")
    for at, key in enumerate(Decided.NAMES):
        pair = {who: _at(redrawn[f"{who}: decisions"], at) for who in said}
        found[key] = _pair(pair, f"there is no {classes[at]} listing", n_shops[at])
    return found


def _at(redrawn: Redrawn, at: int) -> tuple[float, FloatArray]:
    return float(redrawn.value[at]), redrawn.draws[at]


def _pair(pair: Mapping[str, tuple[float, FloatArray]], why_undefined: str, n_shops: int) -> dict[str, Any]:
    (champion, champion_draws), (challenger, challenger_draws) = pair[CHAMPION], pair[CHALLENGER]
    why = why_undefined or NO_ANSWERS
    return (
        figure(CHAMPION, champion, champion_draws, why, n_shops)
        | figure(CHALLENGER, challenger, challenger_draws, why, n_shops)
        | figure("difference", challenger - champion, challenger_draws - champion_draws, why, n_shops)
    )


def stressed_both(champion: OriginModel, challenger: OriginModel, asked: Asked, *, seed: int = 0) -> dict[str, Any]:
    """Stress both models on the same rows, and say which bars the challenger alone breaks.

    Parameters
    ----------
    champion, challenger : OriginModel
    asked : Asked
        Of its rows, ``MOST_STRESSED`` at most are drawn by the seed.
    seed : int

    Returns
    -------
    dict
        ``n``; ``bars``, a list of every bar with what each model does; ``newly_broken``, those that the challenger
        breaks and the champion does not. A bar that cannot be measured of a model, since it looks at no photo, is one
        that it keeps.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(asked.judged))[:MOST_STRESSED])
    listings = asked.judged.listings[rows]
    one, other = (_bars(stress_model(model, listings, seed=seed, redraws=0)) for model in (champion, challenger))
    bars = [
        {"group": name[0], "name": name[1], "figure": name[2]}
        | {"at_most": (one.get(name) or other[name])["at_most"]}
        | {who: bars[name]["found"] if name in bars else None for who, bars in ((CHAMPION, one), (CHALLENGER, other))}
        | {"newly_broken": not _kept(other, name) and _kept(one, name)}
        for name in dict.fromkeys((*one, *other))
    ]
    return {"n": len(rows), "bars": bars, "newly_broken": [bar for bar in bars if bar["newly_broken"]]}


def _bars(stressed: Mapping[str, Any]) -> dict[BarName, dict[str, Any]]:
    return {
        (case["group"], case["name"], bar["figure"]): bar for case in stressed["cases"] for bar in case.get("bars", ())
    }


def _kept(bars: Mapping[BarName, Mapping[str, Any]], name: BarName) -> bool:
    return name not in bars or bool(bars[name]["kept"])
