"""An attack by someone who knows the model: the words that lower its scores most, pasted into imported listings.

They are looked for among the listings of one half of the shops and tried on those of the other half, so that nothing is
found that only fits the listings it was found in.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from umkm_classifier.evaluation.bootstrap import BoolArray, IntArray
from umkm_classifier.evaluation.stress_cases import pasted
from umkm_classifier.evaluation.stress_scores import Said, ask
from umkm_classifier.listings.listing import Listings
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.signals.cues import CuesView
from umkm_classifier.signals.ngrams import NgramView

MOST_PHRASES = 10
CANDIDATES = 30  # of n-grams, and as many of cues, that are tried
TRIED_ON = 40  # imported listings
NGRAM, CUE = "n-gram", "cue"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to paste, whether an n-gram or a cue gave them, and the mean shift of the listings they were tried on."""

    text: str
    kind: str
    mean_shift: float


def halves(shops: IntArray, seed: int) -> BoolArray:
    """Return which rows belong to the half of the shops that words are looked for in, shape (n,)."""
    order = np.random.default_rng(seed).permutation(np.unique(shops))
    return np.asarray(np.isin(shops, order[: len(order) // 2]))


def find_phrases(model: OriginModel, listings: Listings, said: Said, seed: int) -> list[Phrase]:
    """Look for the words that lower a model's scores most.

    Candidates are what the model itself gives as evidence for ``local`` in the text of these listings, the strongest
    first. Each is pasted below the descriptions of some imported ones, and those that lower the log-odds most on
    average are kept.

    Parameters
    ----------
    model : OriginModel
    listings : Listings of n rows
        Labelled; imported ones among them.
    said : Said
        About ``listings``.
    seed : int
        Chooses the listings that words are tried on.

    Returns
    -------
    list of Phrase
        At most ten, the most effective first; none of them raises the score.
    """
    imported = np.flatnonzero(listings.is_imported == 1)
    tried_on = np.sort(np.random.default_rng(seed).permutation(imported)[:TRIED_ON])
    rows, before = listings[tried_on], said.log_odds[tried_on]
    found = []
    for text, kind in _candidates(model, listings):
        shift = ask(model, pasted((text,), rows)).log_odds - before
        if np.nanmean(shift) < 0.0:
            found.append(Phrase(text, kind, float(np.nanmean(shift))))
    return sorted(found, key=lambda phrase: (phrase.mean_shift, phrase.text))[:MOST_PHRASES]


def _candidates(model: OriginModel, listings: Listings) -> list[tuple[str, str]]:
    strongest: dict[str, dict[str, float]] = {NGRAM: defaultdict(float), CUE: defaultdict(float)}
    _collect(model, listings, 1.0, strongest)
    chosen: dict[str, str] = {}
    for kind, of in strongest.items():
        for text in sorted(of, key=lambda text: (of[text], text))[:CANDIDATES]:
            chosen.setdefault(text, kind)
    return list(chosen.items())


def _collect(model: OriginModel, listings: Listings, share: float, strongest: dict[str, dict[str, float]]) -> None:
    """Note the most that each piece of text said for ``local`` in any listing, by kind and text."""
    weights = np.maximum(model.fusion.weights, model.fusion.elsewhere)
    for view, weight in zip(model.views, share * weights, strict=True):
        if isinstance(view, BaseView):
            _collect(view.model, listings, float(weight), strongest)
            continue
        if not isinstance(view, NgramView | CuesView) or weight <= 0.0:
            continue
        kind = CUE if isinstance(view, CuesView) else NGRAM
        for evidence in (one for row in view.explain(listings) for one in row if one.source == "text"):
            text = evidence.what.partition(": ")[2] if kind == CUE else evidence.what
            if any(map(str.isalnum, text)):
                value = float(weight) * evidence.log_odds
                strongest[kind][text] = min(strongest[kind][text], value)
