"""Train a model: out-of-fold scores of every view, the fusion on them, calibration, and the views on all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.errors import SplitError
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.placeholders import placeholders, without_placeholders
from umkm_classifier.model.calibration_choice import Curve, fit_calibration
from umkm_classifier.model.cues_weight import cues_weight
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.families import count_families, families_of, has_both
from umkm_classifier.model.folds import EMPTIED, OutOfFold, Rows, labelled_rows, learn_views
from umkm_classifier.model.fusion import Fusion
from umkm_classifier.model.fusion_solver import FEWEST_OF_A_CLASS
from umkm_classifier.model.hand_set import hand_set_last
from umkm_classifier.model.held_out import hold_out, why_nothing_is_held_out
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.model.prices import makers_prices
from umkm_classifier.model.risk import NOTHING
from umkm_classifier.model.stack import Stack
from umkm_classifier.model.thresholds import choose_thresholds, cross_weighed
from umkm_classifier.signals.benefit import BenefitView, fit_benefit
from umkm_classifier.signals.cues import CuesView
from umkm_classifier.signals.signal import FloatArray, IntArray, View
from umkm_classifier.signals.writing import WritingView

Fold = tuple[IntArray, Any]  # rows, and the fusion that did not see them
TOO_FEW = ("no threshold can be promised: too few shops to learn from beside the base",)


def fit_model(
    listings: Listings,
    config: TrainConfig,
    encoders: TextEncoder | Encoders,
    base: OriginModel | None = None,
    checkpoints: Path | None = None,
) -> OriginModel:
    """Train on the labelled rows of a table.

    Parameters
    ----------
    listings : Listings
        Rows without a label or with nothing to score are left out.
    config : TrainConfig
    encoders : TextEncoder or Encoders
        What ``config.text_encoder`` and ``config.image_encoder`` name; a text encoder alone looks at no photo.
    base : OriginModel or None
        A model to adapt: it becomes the view that the others are weighed against.
    checkpoints : Path or None
        Folder where networks of ``joint`` leave how far they are, and go on from; who gives it removes it.

    Raises
    ------
    SplitError
        If the rows cannot be divided into folds and there is no base to fall back on.
    """
    import sklearn.ensemble  # noqa: F401 - brings its OpenMP, which can be limited only once it is there
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # on two cores the pools of OpenMP and BLAS wait for each other: six times slower
        both = encoders if isinstance(encoders, Encoders) else Encoders(encoders)
        return _fit_model(listings, config, both, base, checkpoints)


def _fit_model(
    listings: Listings, config: TrainConfig, encoders: Encoders, base: OriginModel | None, checkpoints: Path | None
) -> OriginModel:
    known = placeholders(listings) if encoders.image.dim or encoders.writing.dim else frozenset()
    labelled = labelled_rows(without_placeholders(listings, known))
    learned, held = hold_out(labelled, config)
    rows = labelled.take(learned)
    n_folds, notes = _count_folds(rows, config, has_base=base is not None)
    below = [BaseView(base)] if base is not None else []
    views, scores, n_learned = hand_set_last(*learn_views(rows, config, encoders, below, n_folds, checkpoints))
    names = tuple(view.name for view in views[:n_learned])
    of_base = (weights_in(base, CuesView), base.calibration.slope) if base is not None else ()
    in_base = weights_in(base, WritingView)[0] if base is not None else 0.0
    cues = cues_weight(names, len(rows.sources), *of_base)
    prior = np.asarray([base.calibration.slope, *[0.0] * (cues.n_others - 1)]) if base is not None else None
    described = _describe(rows, base)
    is_labelled = has_both(described["families"], families_of(rows.listings))
    stack = Stack(rows, scores, cues, config, is_labelled, prior, n_learned, in_base)
    fitted = stack.fit(np.arange(len(rows.y)))
    folds = stack.cross_fitted(fitted.pull_, n_folds) if n_folds else []
    asked = int(np.argmax(np.bincount(rows.source)))  # the source whose intercept and weight of cues are served
    weights, n_views = stack.served(fitted, asked), len(views)
    # A base brings its own; without `facts` no view says anything of an empty field.
    benefit = _benefit_of_doubt(rows, scores, weights) if n_folds and "facts" in config.signals else None
    if benefit is not None:
        views, weights = [*views, benefit], np.append(weights, 1.0)
    intercepts = dict(zip(rows.sources, fitted.intercepts_.tolist(), strict=True))
    names_all = tuple(view.name for view in views)
    fusion = Fusion(names_all, weights, cues.elsewhere(names_all, weights), intercepts, rows.sources[asked])
    alone = _alone(names_all[:n_views], scores, rows.y)
    training = described | alone | _describe_stack(stack, names, fitted) | {"placeholders": sorted(known)}
    model = OriginModel(views, fusion, _calibrate(stack, folds, names_all[:n_views], config), training)
    rule = _rule(model, labelled, held, (stack, folds, asked), config, base)
    training |= {"n_held_out": len(held), "on_unsupported_good": config.on_unsupported_good}
    lacking = rule.thresholds.notes if config.costs is None else ()  # who gave costs knows that nothing is promised
    training |= {"notes": [*notes, *_one_sided(described), *lacking]}
    return replace(model, training=training, rule=rule)


def _calibrate(stack: Stack, folds: Sequence[Fold], names: Sequence[str], config: TrainConfig) -> Curve:
    if not folds:
        return Curve(1.0, 1.0, 0.0)
    rows = stack.rows
    return fit_calibration(stack.cross_fused(names, folds), rows.y, rows.group, config.folds, config.seed)


def _rule(
    model: OriginModel,
    labelled: Rows,
    held: IntArray,
    learned: tuple[Stack, Sequence[Fold], int],
    config: TrainConfig,
    base: OriginModel | None,
) -> DecisionRule:
    """Choose thresholds on rows held out or on out-of-fold scores, never on one in place of the other."""
    counts = count_families(labelled.listings, labelled.y, labelled.group, base.rule.counts if base else None)
    rule = DecisionRule(counts, config.on_unsupported_good == "decide", calibration=config.calibration)
    stack, folds, asked = learned
    if config.calibration == "held_out" and len(held):
        rows = labelled.take(held)
        weighed = model.weigh(rows.listings, model.columns(rows.listings))
    elif config.calibration == "out_of_fold" and folds:
        rows, weighed = stack.rows, cross_weighed(stack, folds, model, asked)
    else:
        why = why_nothing_is_held_out(labelled, config) if config.calibration == "held_out" else TOO_FEW
        return replace(rule, thresholds=replace(NOTHING, notes=why))
    return replace(rule, thresholds=choose_thresholds(rule, rows, weighed, config))


def weights_in(model: OriginModel, kind: type[View]) -> tuple[float, float]:
    """Return how much a kind of view counts in a model's fused log-odds, its base's share with it.

    First in goods that labels of both classes are known of, then elsewhere: see ``CuesWeight.base``.
    """
    totals = [0.0, 0.0]
    for view, *weights in zip(model.views, model.fusion.weights, model.fusion.elsewhere, strict=True):
        below = weights_in(view.model, kind) if isinstance(view, BaseView) else (float(isinstance(view, kind)),) * 2
        totals = [total + float(weight) * one for total, weight, one in zip(totals, weights, below, strict=True)]
    return totals[0], totals[1]


def _count_folds(rows: Rows, config: TrainConfig, *, has_base: bool) -> tuple[int, list[str]]:
    """Return how many folds the rows allow, 0 where only the base can speak, and notes for the card."""
    if has_base and len(np.unique(rows.y)) < 2:
        raise SplitError(
            f"the rows cannot be learned from: both classes expected beside the base, found {int((rows.y == 0).sum())} "
            f"local and {int(rows.y.sum())} imported. Label listings of the other class too."
        )
    try:
        n_folds = split.feasible_folds(rows.y, rows.group, config.folds)
    except SplitError:
        if not has_base:
            raise
        return 0, ["base_only: too few shops to learn from beside the base", "not_calibrated: too few shops"]
    return n_folds, [f"folds_lowered: {n_folds} of {config.folds}"] if n_folds < config.folds else []


def _benefit_of_doubt(rows: Rows, scores: OutOfFold, weights: FloatArray) -> BenefitView | None:
    """Give back what emptying a field takes from local listings; see ``signals.benefit``."""
    local = np.flatnonzero(rows.y == 0)
    fused = np.nan_to_num(scores.given[local]) @ weights
    shifts = [np.nan_to_num(columns[local]) @ weights - fused for columns in scores.emptied]
    return fit_benefit(rows.listings[local], [copy[local] for copy in scores.copies], EMPTIED, shifts)


def _describe(rows: Rows, base: OriginModel | None) -> dict[str, Any]:
    by_source = {}
    for at, name in enumerate(rows.sources):
        labels = Counter(rows.y[rows.source == at].tolist())
        by_source[name] = {"n": labels.total(), "n_local": labels[0], "n_imported": labels[1]}
    below = base.training.get("families") if base is not None else None
    return {
        "n": len(rows.y),
        "n_local": int((rows.y == 0).sum()),
        "n_imported": int(rows.y.sum()),
        "n_groups": len(np.unique(rows.group)),
        "label_sources": by_source,
        "prices": makers_prices(rows.listings, rows.y, base.training.get("prices") if base is not None else None),
        "families": count_families(rows.listings, rows.y, rows.group, below),
    }


def _one_sided(described: Mapping[str, Any]) -> list[str]:
    """Note the label sources that have no intercept of their own, where there are several."""
    counts = described["label_sources"]
    few = [name for name, of in counts.items() if min(of["n_local"], of["n_imported"]) < FEWEST_OF_A_CLASS]
    return [
        f"one_class_source: '{name}' has too few labels of a class; it shares the intercept of all sources"
        for name in few
        if len(counts) > 1
    ]


def _alone(names: Sequence[str], scores: OutOfFold, y: IntArray) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    both_classes = len(np.unique(y)) == 2
    alone = {
        name: round(float(roc_auc_score(y, np.nan_to_num(column))), 4) if both_classes else None
        for name, column in zip(names, scores.given.T, strict=True)
    }
    return {"out_of_fold_roc_auc": alone}


def _describe_stack(stack: Stack, names: Sequence[str], fitted: Any) -> dict[str, Any]:
    of_columns = [name for at, name in enumerate(names) if at != stack.cues.at]
    of_columns += [CuesView.name] * (len(fitted.weights_) - len(of_columns))
    return {
        "best_view": of_columns[fitted.best_],
        "pull": None if np.isinf(fitted.pull_) else float(fitted.pull_),
        "cues_weight": stack.cues.by_source(fitted.weights_, stack.rows.sources),
    }
