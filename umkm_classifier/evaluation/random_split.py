"""What a random split of rows would have shown, so that what leaks between listings of a shop is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.paired import paired_difference
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.listings.placeholders import without_placeholders
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import Rows, fit_views
from umkm_classifier.model.held_out import hold_out
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.signal import FloatArray

SHOWN = (
    "roc_auc", "average_precision", "roc_auc_within_goods", "macro_f1", "local_flagged_rate", "imported_caught_rate",
)  # fmt: skip


def score_at_random(
    rows: Rows, models: Sequence[OriginModel], config: TrainConfig, encoders: Encoders
) -> tuple[FloatArray, ObjectArray]:
    """Score rows by models that saw other rows of the same shops.

    Rows are drawn at random into as many folds as there are models. In each, the views of one of the models are learned
    anew from the rows of the other folds; how they are weighed, calibrated and decided by stays as that model has it,
    since that costs most of a training and hardly leaks: it rests on scores of shops that were left out.

    Parameters
    ----------
    rows : Rows of n listings
    models : sequence of OriginModel
        Of the folds that keep shops whole.
    config : TrainConfig
    encoders : Encoders

    Returns
    -------
    p_imported : array of float64, shape (n,)
    decisions : array of str, shape (n,)
    """
    p, decisions = np.full(len(rows.y), np.nan), np.full(len(rows.y), "review", dtype=object)
    folds = split.folds(rows.y, np.arange(len(rows.y)), len(models), config.seed)
    for model, (train, test) in zip(models, folds, strict=True):
        leaking, held_out = _learned_anew(model, rows.take(train), config, encoders), rows.listings[test]
        columns = leaking.columns(held_out)
        p[test], decisions[test] = leaking.p_of(held_out, columns), leaking.decide(held_out, columns)
    return p, decisions


def _learned_anew(model: OriginModel, rows: Rows, config: TrainConfig, encoders: Encoders) -> OriginModel:
    import sklearn.ensemble  # noqa: F401 - brings its OpenMP, which can be limited only once it is there
    from threadpoolctl import threadpool_limits

    learned = rows.take(hold_out(rows, config)[0])
    shown = without_placeholders(learned.listings, model.placeholders)
    with threadpool_limits(1):
        views = {view.name: view for view in fit_views(shown, learned.y, learned.group, config, encoders)}
    kept = {view.name for view in model.views if not isinstance(view, BenefitView)}
    if views.keys() != kept:  # a field that only one of both has: no weight fits
        return fit_model(rows.listings, config, encoders)
    return replace(model, views=[views.get(view.name, view) for view in model.views])


def beside_random_split(
    metrics: Mapping[str, Any], listings: Listings, p_imported: FloatArray, at_random: tuple[FloatArray, ObjectArray]
) -> dict[str, Any]:
    """Return the key ``random_split`` for ``metrics.json``: the headline figures, and how much higher they are.

    Parameters
    ----------
    metrics : mapping
        From ``measure``, of the same listings by folds that keep shops whole.
    listings : Listings of n rows
    p_imported : array of float64, shape (n,)
        By those folds.
    at_random : tuple
        From ``score_at_random``.
    """
    p_random, decisions = at_random
    redraws, seed = metrics["redraws"], metrics["seed"]
    found = measure(listings, p_random, decisions=decisions, redraws=redraws, seed=seed)
    shown = {name: value for key in SHOWN for name, value in found.items() if name in _names(key)}
    gain = paired_difference(listings, p_random, p_imported, "roc_auc", redraws=redraws, seed=seed)
    ends = None if gain.low is None or gain.high is None else [gain.low, gain.high]
    return {"random_split": shown | {"roc_auc_gain": gain.difference, "roc_auc_gain_ci": ends}}


def _names(key: str) -> tuple[str, ...]:
    return (key, f"{key}_ci", f"{key}_reason", f"{key}_ci_reason")
