"""Choosing the thresholds of a model on rows that it did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.model.decision import DecisionRule, Weighed, count_agreeing
from umkm_classifier.model.families import families_of
from umkm_classifier.model.folds import Rows
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.risk import EVEN, Thresholds, control, thresholds_by_cost
from umkm_classifier.model.sources import N_TEXT
from umkm_classifier.model.stack import Stack
from umkm_classifier.signals.signal import IntArray


def choose_thresholds(rule: DecisionRule, rows: Rows, weighed: Weighed, config: TrainConfig) -> Thresholds:
    """Choose thresholds that keep the promises of a config, or the cheapest by its costs.

    The promise is of the rule as it decides, with everything that keeps a row from being decided: see
    ``DecisionRule.sides``.

    Parameters
    ----------
    rule : DecisionRule
        Its thresholds are not looked at.
    rows : Rows of n listings
    weighed : Weighed
        What the model, or one like it, says of these rows without having learned from them.
    config : TrainConfig
    """
    flag, passing = rule.sides(families_of(rows.listings), weighed)
    if config.costs is None:
        held_against = np.where(rows.y == 1, passing, flag)
        promised = {"max_local_flagged": config.max_local_flagged, "max_imported_passed": config.max_imported_passed}
        return control(held_against, rows.y, rows.group, **promised)
    either = np.where(weighed.score < EVEN, np.where(passing < EVEN, passing, np.nan), flag)
    may_be_decided = np.where(np.isfinite(either), either, np.nan)
    return thresholds_by_cost(may_be_decided, rows.y, rows.group, *config.costs, between=EVEN)


def cross_weighed(stack: Stack, folds: Sequence[tuple[IntArray, Any]], model: OriginModel, source: int) -> Weighed:
    """Return what decisions rest on, of rows that neither views nor fusion saw, as the model serves a label source.

    The models behind it are not the one that is served, but one a fold, each of fewer rows: what is promised on it is
    approximate.

    Parameters
    ----------
    stack : Stack
        With ``scores.parts``.
    folds : sequence of (rows, FusionClassifier)
    model : OriginModel
        What is served: its curve, and what it gives back for empty fields, are those of the scores here.
    source : int
        Position of the label source among those of ``stack``.
    """
    listings, given = stack.rows.listings, stack.scores.given
    n, k = given.shape
    names, curve = model.fusion.names[:k], model.calibration
    given_back = np.column_stack([np.empty((n, 0)), *(view.log_odds(listings) for view in model.views[k:])])
    score, unspoken, others = (np.empty(n) for _ in range(3))
    agreeing = np.zeros(n, dtype=np.int64)
    for test, fitted in folds:
        weights, intercept = stack.weights_of(fitted, test, names, source)
        of_views = (np.nan_to_num(given[test]) * weights).sum(axis=1)
        said = of_views + np.nan_to_num(given_back[test]).sum(axis=1)
        parts = np.einsum("knp,nk->np", stack.scores.parts[:, test], weights)
        score[test] = curve.log_odds(intercept + said)
        unspoken[test] = curve.log_odds(intercept + said - parts[:, 0])
        others[test] = of_views - parts[:, 1]
        agreeing[test] = count_agreeing(parts[:, N_TEXT:])
    score[model.is_silent(listings, np.hstack([given, given_back]))] = np.nan
    return Weighed(score, unspoken, others, agreeing)
