"""Measure a model on labelled listings: the content of ``metrics.json``.

The positive class is ``imported``. Every figure has an interval from redraws of shops beside it, under ``<key>_ci``;
one that cannot be computed is None, with ``<key>_reason``. Each part of the result says which statistics it needs; all
of them are then computed in one pass over the same redraws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from umkm_classifier.errors import UsageError
from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, Redrawn, Statistic, count_shops, figure, redraw
from umkm_classifier.evaluation.decisions import Decided, ShopShare
from umkm_classifier.evaluation.judged import Judged, check_decisions, check_log_odds, judge
from umkm_classifier.evaluation.probabilities import THRESHOLD, InGroups
from umkm_classifier.evaluation.quality import RANKING, Quality
from umkm_classifier.evaluation.ranking import GroupedPairs, Ranking
from umkm_classifier.evaluation.review_risk import ReviewRisk
from umkm_classifier.evaluation.slices import Slicing, slicings
from umkm_classifier.evaluation.within_goods import is_covered, number_story_goods, why_not_covered
from umkm_classifier.listings.goods import STORY_GOODS
from umkm_classifier.listings.listing import Listings, ObjectArray


class Part(Protocol):
    """A part of the result: the statistics that it needs, and what it says once they are there."""

    statistics: dict[str, Statistic]

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        """Return keys and values for ``metrics.json``."""
        ...


def measure(
    listings: Listings,
    p_imported: ArrayLike,
    *,
    log_odds: Mapping[str, ArrayLike] | None = None,
    p_masked: ArrayLike | None = None,
    decisions: ObjectArray | None = None,
    redraws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure probabilities against labels.

    Parameters
    ----------
    listings : Listings
        N rows. Labelled rows that are not rejected and have a finite probability are judged.
    p_imported : array of float, shape (N,)
        Probability of ``imported``; NaN where there is none.
    log_odds : mapping of str to array of float, shape (N,), optional
        What each signal (or view) says by itself; NaN where it is silent.
    p_masked : array of float, shape (N,), optional
        Probabilities with statements of origin in prose masked: the second line, ``origin_words_masked``.
    decisions : array of object, shape (N,), optional
        ``'local'``, ``'imported'`` or ``'review'``; read only where a row is judged. Default: imported from 0.5 on.
    redraws : int
        Redraws of shops behind every interval; 0 gives none.
    seed : int
        At least 0.

    Returns
    -------
    dict of str to Any
        JSON-ready: no NaN, no numpy.

    Raises
    ------
    UsageError
        If an array does not fit the table, or a number is out of its range.
    """
    _check_numbers(redraws, seed)
    judged = judge(listings, {"p_imported": p_imported})
    decided = _decided(decisions, judged, len(listings))
    parts: list[Part] = [
        _Whole(judged),
        _Decisions(judged, decided),
        ReviewRisk(judged, decided),
        _StoryGoods(judged),
        _Signals(judged, check_log_odds({} if log_odds is None else log_odds, len(listings))),
        _Slices(judged, decided == "imported"),
    ]
    statistics = {name: statistic for part in parts for name, statistic in part.statistics.items()}
    redrawn = redraw(statistics, judged.shops, redraws, seed)
    measured: dict[str, Any] = _counts(judged)
    for part in parts:
        measured |= part.figures(redrawn)
    measured |= _masked(listings, p_imported, p_masked, redraws, seed)
    return measured | {"redraws": redraws, "seed": seed}


def _check_numbers(redraws: int, seed: int) -> None:
    wrong = [
        f"evaluation: {name} must be a whole number of at least 0. Got {value!r} instead. Give one, for example "
        f"{name}={1000 if name == 'redraws' else 0}."
        for name, value in (("redraws", redraws), ("seed", seed))
        if isinstance(value, bool) or not isinstance(value, int) or value < 0
    ]
    if wrong:
        raise UsageError("\n".join(wrong))


def _decided(decisions: ObjectArray | None, judged: Judged, n: int) -> ObjectArray:
    if decisions is not None:
        return check_decisions(decisions, judged, n)
    return np.where(judged.p_imported >= THRESHOLD, "imported", "local").astype(object)


def _counts(judged: Judged) -> dict[str, Any]:
    return {
        "n": len(judged),
        "n_rejected": judged.n_rejected,
        "n_unlabelled": judged.n_unlabelled,
        "n_imported": int(judged.is_imported.sum()),
        "n_shops": judged.n_shops,
        "n_local_shops": judged.shops_of(imported=False),
        "n_imported_shops": judged.shops_of(imported=True),
    }


class _Whole:
    """The figures over all judged rows, and what goes with them."""

    def __init__(self, judged: Judged) -> None:
        self._quality = Quality(judged, judged.p_imported, name="whole")
        self.statistics = self._quality.statistics

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        return self._quality.figures(redrawn) | self._quality.details(redrawn)


def _masked(
    listings: Listings, p_imported: ArrayLike, p_masked: ArrayLike | None, redraws: int, seed: int
) -> dict[str, Any]:
    """Return the second line: the same figures, with statements of origin in prose masked.

    Masking may leave nothing of a row, so this line has its own n. When it is the same, so are the redraws.
    """
    if p_masked is None:
        reason = "no probabilities with statements of origin masked were given"
        return {"origin_words_masked": None, "origin_words_masked_reason": reason}
    judged = judge(listings, {"p_masked": p_masked, "p_imported": p_imported})
    quality = Quality(judged, judged.p_imported)
    redrawn = redraw(quality.statistics, judged.shops, redraws, seed)
    before = np.asarray(p_imported, dtype=np.float64)[judged.rows]
    changed = float((np.abs(judged.p_imported - before) > 1e-9).mean()) if len(judged) else None
    return {"origin_words_masked": {"n": len(judged), "share_changed": changed} | quality.figures(redrawn)}


class _Decisions:
    """What the decisions do to sellers."""

    def __init__(self, judged: Judged, decided: ObjectArray) -> None:
        self._judged = judged
        self.statistics: dict[str, Statistic] = {"decisions": Decided(decided, judged.is_imported, judged.shops)}

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        judged = self._judged
        found: dict[str, Any] = {}
        n_shops = (judged.n_shops, judged.shops_of(False), judged.shops_of(True), judged.shops_of(True))
        classes = ("labelled", "local", "imported", "imported")
        for at, name in enumerate(Decided.NAMES):
            value, draws = redrawn["decisions"].value[at], redrawn["decisions"].draws[at]
            found |= figure(name, value, draws, f"there is no {classes[at]} listing", n_shops[at])
        return found


class _StoryGoods:
    """The goods of the mayor's agreement, each by itself."""

    def __init__(self, judged: Judged) -> None:
        self._judged, self._groups = judged, number_story_goods(judged.goods)
        pairs = GroupedPairs(judged.p_imported, judged.is_imported, self._groups, len(STORY_GOODS))
        self.statistics: dict[str, Statistic] = {"story goods": pairs}

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        judged, found = self._judged, redrawn["story goods"]
        described = {}
        for at, good in enumerate(STORY_GOODS):
            among = self._groups == at
            described[good] = {
                "n_local": int((among & ~judged.is_imported).sum()),
                "n_imported": int((among & judged.is_imported).sum()),
                **_covered_auc(judged, among, found.value[at], found.draws[at]),
            }
        return {"story_goods": described}


class _Signals:
    """Each signal alone, on the listings where it says something."""

    def __init__(self, judged: Judged, log_odds: Mapping[str, FloatArray]) -> None:
        self._judged = judged
        self._log_odds = {name: values[judged.rows] for name, values in log_odds.items()}
        self.statistics: dict[str, Statistic] = {
            f"signal: {name}": Ranking(values, judged.is_imported) for name, values in self._log_odds.items()
        }

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        return {"signals": {name: self._signal(name, redrawn[f"signal: {name}"]) for name in self._log_odds}}

    def _signal(self, name: str, found: Redrawn) -> dict[str, Any]:
        judged, speaks = self._judged, np.isfinite(self._log_odds[name])
        n, n_shops = int(speaks.sum()), count_shops(judged.shops[speaks])
        why = judged.why_one_class or (
            "it speaks on listings of one class only" if n else "it is silent on every labelled listing"
        )
        described: dict[str, Any] = {"n": n, "share_silent": 1 - n / len(judged) if len(judged) else None}
        for at, key in enumerate(RANKING):
            described |= figure(key, found.value[at], found.draws[at], why, n_shops)
        return described


class _Slices:
    """Parts of the table by themselves: their ranking and probabilities, and whose local listings are flagged."""

    def __init__(self, judged: Judged, flagged: BoolArray) -> None:
        self._judged, self._slicings = judged, slicings(judged)
        self.statistics: dict[str, Statistic] = {}
        local = ~judged.is_imported
        for s in self._slicings:
            n_values = len(s.values)
            self.statistics[f"slice auc: {s.name}"] = GroupedPairs(
                judged.p_imported, judged.is_imported, s.index, n_values
            )
            self.statistics[f"slice share: {s.name}"] = InGroups(
                judged.p_imported, judged.is_imported, s.index, n_values
            )
            self.statistics[f"slice flagged: {s.name}"] = ShopShare(flagged, local, judged.shops, s.index, n_values)

    def figures(self, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        return {"slices": {slicing.name: self._slicing(slicing, redrawn) for slicing in self._slicings}}

    def _slicing(self, slicing: Slicing, redrawn: Mapping[str, Redrawn]) -> dict[str, Any]:
        judged, described = self._judged, {}
        aucs, flagged = redrawn[f"slice auc: {slicing.name}"], redrawn[f"slice flagged: {slicing.name}"]
        shares = redrawn[f"slice share: {slicing.name}"]
        imported = len(slicing.values)  # from here on the shares that are imported, before them mean probabilities
        for at, value in enumerate(slicing.values):
            among = slicing.index == at
            described[value] = {
                "n": int(among.sum()),
                "n_imported": int((among & judged.is_imported).sum()),
                "n_local_shops": judged.shops_of(False, among),
                "p_mean": float(shares.value[at]),
                **figure(
                    "share_imported", shares.value[imported + at], shares.draws[imported + at], "",
                    count_shops(judged.shops[among]),
                ),
                **_covered_auc(judged, among, aucs.value[at], aucs.draws[at]),
                **figure(
                    "local_flagged_rate", flagged.value[at], flagged.draws[at], "there is no local listing",
                    judged.shops_of(False, among),
                ),
            }  # fmt: skip
        return described


def _covered_auc(judged: Judged, among: BoolArray, auc: float, draws: FloatArray) -> dict[str, Any]:
    """Return the AUC of some rows, or None with the reason when too few shops are behind it."""
    value = float(auc) if is_covered(judged, among) else np.nan
    return figure("roc_auc", value, draws, why_not_covered(judged, among), judged.n_shops)
