"""Train a model: out-of-fold scores of every view, the fusion on them, calibration, and the views on all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.errors import SplitError
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.model.calibration import fit_platt
from umkm_classifier.model.fusion import Fusion, Platt
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.signals.facts import fit_facts
from umkm_classifier.signals.meaning import fit_meaning
from umkm_classifier.signals.signal import FloatArray, IntArray, View
from umkm_classifier.signals.words import fit_words


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled rows with what the training asks of them."""

    listings: Listings
    y: IntArray
    group: IntArray
    source: IntArray
    sources: tuple[str, ...]


def fit_model(
    listings: Listings, config: TrainConfig, encoder: TextEncoder, base: OriginModel | None = None
) -> OriginModel:
    """Train on the labelled rows of a table.

    Parameters
    ----------
    listings : Listings
        Rows without a label or with nothing to score are left out.
    config : TrainConfig
    encoder : TextEncoder
        What ``config.text_encoder`` names.
    base : OriginModel or None
        A model to adapt: it becomes the view that the others are weighed against.

    Raises
    ------
    SplitError
        If the rows cannot be divided into folds and there is no base to fall back on.
    """
    import sklearn.ensemble  # noqa: F401 - brings its OpenMP, which can be limited only once it is there
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # on two cores the pools of OpenMP and BLAS wait for each other: six times slower
        return _fit_model(listings, config, encoder, base)


def _fit_model(listings: Listings, config: TrainConfig, encoder: TextEncoder, base: OriginModel | None) -> OriginModel:
    rows = labelled_rows(listings)
    below = [BaseView(base)] if base is not None else []
    views, columns, notes = _learn_views(rows, config, encoder, below)
    names = tuple(view.name for view in views)
    prior = np.asarray([base.calibration.slope, *[0.0] * (len(names) - 1)]) if base is not None else None
    estimator = _fuser(config, prior).fit(columns, rows.y, rows.group, rows.source)
    intercepts = dict(zip(rows.sources, estimator.intercepts_.tolist(), strict=True))
    most_common = rows.sources[int(np.argmax(np.bincount(rows.source)))]
    fusion = Fusion(names, estimator.weights_, intercepts, most_common)
    fused, how = _cross_fused(rows, columns, config, prior, estimator)
    calibration = fit_platt(fused, rows.y) if how else Platt(1.0, 0.0)
    training = _describe(rows, names, columns, estimator, [*notes, *([] if how else ["not_calibrated"])])
    return OriginModel(views, fusion, calibration, training)


def labelled_rows(listings: Listings) -> Rows:
    """Keep what can be learned from, and unite shops and near-duplicates."""
    kept = listings[np.flatnonzero(listings.has_label & ~listings.rejected)]
    sources, source = np.unique(kept.column("label_source").astype(str), return_inverse=True)
    return Rows(kept, kept.is_imported, split.groups(kept), source.astype(np.int64), tuple(sources.tolist()))


def fit_views(listings: Listings, y: IntArray, config: TrainConfig, encoder: TextEncoder) -> list[View]:
    """Learn the views of every signal that the config names."""
    weights = np.ones(len(y))
    learn = {
        "words": lambda: fit_words(listings, y, weights, config),
        "meaning": lambda: fit_meaning(listings, y, weights, config, encoder),
        "facts": lambda: fit_facts(listings, y, weights, config),
    }
    return [view for signal in config.signals for view in learn[signal]()]


def _learn_views(
    rows: Rows, config: TrainConfig, encoder: TextEncoder, below: Sequence[View]
) -> tuple[list[View], FloatArray, list[str]]:
    """Return the views learned on all rows, their out-of-fold log-odds of shape (n, k), and notes."""
    try:
        n_folds = split.feasible_folds(rows.y, rows.group, config.folds)
        parts = split.folds(rows.y, rows.group, n_folds, config.seed)
    except SplitError:
        if not below:
            raise
        columns = np.stack([view.log_odds(rows.listings) for view in below], axis=1)
        return list(below), columns, ["base_only: too few shops to learn from beside the base"]
    notes = [f"folds_lowered: {n_folds} of {config.folds}"] if n_folds < config.folds else []
    views = [*below, *fit_views(rows.listings, rows.y, config, encoder)]
    at = {view.name: column for column, view in enumerate(views)}
    columns = np.full((len(rows.y), len(views)), np.nan)
    for column, view in enumerate(below):  # the base never saw these rows: no fold is needed
        columns[:, column] = view.log_odds(rows.listings)
    for train, test in parts:
        held_out = rows.listings[test]
        for view in fit_views(rows.listings[train], rows.y[train], config, encoder):
            if view.name in at:
                columns[test, at[view.name]] = view.log_odds(held_out)
    return views, columns, notes


def _fuser(config: TrainConfig, prior: FloatArray | None, pull: float | None = None) -> Any:
    from umkm_classifier.model.fusion_estimator import FusionClassifier

    return FusionClassifier(dropout=config.fusion_dropout, folds=config.folds, prior=prior, pull=pull, seed=config.seed)


def _cross_fused(
    rows: Rows, columns: FloatArray, config: TrainConfig, prior: FloatArray | None, fitted: Any
) -> tuple[FloatArray, bool]:
    """Fuse each row by a fusion that did not see it; False when there are too few shops for that."""
    fused = np.empty(len(rows.y))
    try:
        n_folds = split.feasible_folds(rows.y, rows.group, config.folds)
        parts = split.folds(rows.y, rows.group, n_folds, config.seed + 1)
    except SplitError:
        return fused, False
    for train, test in parts:
        estimator = _fuser(config, prior, fitted.pull_).fit(columns[train], rows.y[train], rows.group[train])
        fused[test] = estimator.decision_function(columns[test])
    return fused, True


def _describe(
    rows: Rows, names: Sequence[str], columns: FloatArray, estimator: Any, notes: Sequence[str]
) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    by_source = {}
    for at, name in enumerate(rows.sources):
        labels = Counter(rows.y[rows.source == at].tolist())
        by_source[name] = {"n": labels.total(), "n_local": labels[0], "n_imported": labels[1]}
    alone = {
        name: round(float(roc_auc_score(rows.y, np.nan_to_num(column))), 4)
        for name, column in zip(names, columns.T, strict=True)
    }
    return {
        "n": len(rows.y),
        "n_local": int((rows.y == 0).sum()),
        "n_imported": int(rows.y.sum()),
        "n_groups": len(np.unique(rows.group)),
        "label_sources": by_source,
        "out_of_fold_roc_auc": alone,
        "best_view": names[estimator.best_],
        "pull": None if np.isinf(estimator.pull_) else float(estimator.pull_),
        "notes": list(notes),
    }
