"""Train a model: out-of-fold scores of every view, the fusion on them, calibration, and the views on all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.errors import SplitError
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.model.calibration import fit_platt
from umkm_classifier.model.folds import EMPTIED, OutOfFold, Rows, labelled_rows, learn_views
from umkm_classifier.model.fusion import Fusion, Platt
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.signals.benefit import BenefitView, fit_benefit
from umkm_classifier.signals.signal import FloatArray


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
    n_folds, notes = _count_folds(rows, config, has_base=base is not None)
    below = [BaseView(base)] if base is not None else []
    views, scores = learn_views(rows, config, encoder, below, n_folds)
    names = tuple(view.name for view in views)
    prior = np.asarray([base.calibration.slope, *[0.0] * (len(names) - 1)]) if base is not None else None
    estimator = _fit_fusion(rows, scores, np.arange(len(rows.y)), config, prior)
    calibration = (
        fit_platt(_cross_fused(rows, scores, config, estimator, n_folds), rows.y) if n_folds else Platt(1.0, 0.0)
    )
    intercepts = dict(zip(rows.sources, estimator.intercepts_.tolist(), strict=True))
    weights = estimator.weights_
    # A base brings its own; without `facts` no view says anything of an empty field.
    benefit = _benefit_of_doubt(rows, scores, weights) if n_folds and "facts" in config.signals else None
    if benefit is not None:
        views, weights = [*views, benefit], np.append(weights, 1.0)
    fusion = Fusion(
        tuple(view.name for view in views), weights, intercepts, rows.sources[int(np.argmax(np.bincount(rows.source)))]
    )
    return OriginModel(views, fusion, calibration, _describe(rows, names, scores.given, estimator, notes))


def _count_folds(rows: Rows, config: TrainConfig, *, has_base: bool) -> tuple[int, list[str]]:
    """Return how many folds the rows allow, 0 where only the base can speak, and notes for the card."""
    try:
        n_folds = split.feasible_folds(rows.y, rows.group, config.folds)
    except SplitError:
        if not has_base:
            raise
        return 0, ["base_only: too few shops to learn from beside the base", "not_calibrated: too few shops"]
    return n_folds, [f"folds_lowered: {n_folds} of {config.folds}"] if n_folds < config.folds else []


def _fit_fusion(
    rows: Rows, scores: OutOfFold, train: Any, config: TrainConfig, prior: FloatArray | None, pull: float | None = None
) -> Any:
    """Learn weights from the rows ``train``, as given and with fields emptied."""
    from umkm_classifier.model.fusion_estimator import FusionClassifier

    estimator = FusionClassifier(
        dropout=config.fusion_dropout, folds=config.folds, prior=prior, pull=pull, seed=config.seed
    )
    times = 1 + len(scores.emptied)
    y, group, source = (np.tile(values[train], times) for values in (rows.y, rows.group, rows.source))
    return estimator.fit(scores.stacked(train), y, group, source, n_sources=len(rows.sources))


def _cross_fused(rows: Rows, scores: OutOfFold, config: TrainConfig, fitted: Any, n_folds: int) -> FloatArray:
    """Fuse each row by a fusion that did not see it, with the pull that was chosen."""
    fused = np.empty(len(rows.y))
    for train, test in split.folds(rows.y, rows.group, n_folds, config.seed + 1):
        estimator = _fit_fusion(rows, scores, train, config, fitted.prior, fitted.pull_)
        fused[test] = np.nan_to_num(scores.given[test]) @ estimator.weights_ + estimator.intercepts_[rows.source[test]]
    return fused


def _benefit_of_doubt(rows: Rows, scores: OutOfFold, weights: FloatArray) -> BenefitView | None:
    """Give back what emptying a field takes from local listings; see ``signals.benefit``."""
    local = np.flatnonzero(rows.y == 0)
    fused = np.nan_to_num(scores.given[local]) @ weights
    shifts = [np.nan_to_num(columns[local]) @ weights - fused for columns in scores.emptied]
    return fit_benefit(rows.listings[local], [copy[local] for copy in scores.copies], EMPTIED, shifts)


def _describe(
    rows: Rows, names: Sequence[str], columns: FloatArray, estimator: Any, notes: Sequence[str]
) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    by_source = {}
    for at, name in enumerate(rows.sources):
        labels = Counter(rows.y[rows.source == at].tolist())
        by_source[name] = {"n": labels.total(), "n_local": labels[0], "n_imported": labels[1]}
    both_classes = len(np.unique(rows.y)) == 2
    alone = {
        name: round(float(roc_auc_score(rows.y, np.nan_to_num(column))), 4) if both_classes else None
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
