"""Judge a model on a labelled table it has not seen, or by folds of a table it would be trained on."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.promise import measured_promise
from umkm_classifier.evaluation.random_split import beside_random_split, score_at_random
from umkm_classifier.evaluation.worst_errors import described, mistaken, worst_rows
from umkm_classifier.evaluation.worst_slice import worst_slice
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.listings.mask import mask_admissions
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import labelled_rows
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.signals.signal import FloatArray

READ = ("title", "description", "category", "brand", "shop_id", "shop_name", "shop_city", "ships_from", "label")
ADMITTING = ("title", "description", "category", "brand", "shop_name")


def row_hashes(listings: Listings) -> tuple[str, ...]:
    """Return a short digest of what is read of each row, to tell whether two tables overlap."""
    columns = [listings.column(name) for name in READ[:-1]]
    return tuple(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16] for parts in zip(*columns, strict=True))


def fingerprint(listings: Listings) -> str:
    """Return the sha256 of a table's rows with their labels, in order."""
    columns = [listings.column(name) for name in READ]
    rows = [[*parts, repr(float(price))] for *parts, price in zip(*columns, listings.price_idr, strict=True)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def without_admissions(listings: Listings) -> Listings:
    """Return the table with statements of foreign origin in prose masked as well."""
    masked = {
        name: np.asarray([mask_admissions(text) for text in listings.column(name)], dtype=object) for name in ADMITTING
    }
    return listings.replace(**masked)


def _masked(model: OriginModel, listings: Listings, p: FloatArray, expected: float | None = None) -> FloatArray:
    """Return probabilities with statements of origin masked; ``p``, those without, stand where there are none."""
    masked = without_admissions(listings)
    changed = np.zeros(len(listings), dtype=bool)
    for name in ADMITTING:
        changed |= masked.column(name) != listings.column(name)
    at = np.flatnonzero(changed)
    out = p.copy()
    if len(at):
        out[at] = model.expecting(model.p_imported(masked[at]), expected)
    return out


def evaluate_model(
    model: OriginModel,
    listings: Listings,
    *,
    seed: int = 0,
    redraws: int = 1000,
    expected_share_imported: float | None = None,
    show_text: bool = False,
) -> dict[str, Any]:
    """Measure a model on a labelled table.

    See ``measure``, ``measured_promise``, ``worst_slice`` and, for ``worst_errors`` and ``show_text``, ``described``.
    """
    columns = model.columns(listings)
    p = model.expecting(model.p_of(listings, columns), expected_share_imported)
    alone = {name: columns[:, at] for at, name in enumerate(model.fusion.names)}
    p_masked = _masked(model, listings, p, expected_share_imported)
    decisions = model.decide(listings, columns)
    found = measure(listings, p, log_odds=alone, p_masked=p_masked, decisions=decisions, seed=seed, redraws=redraws)
    found |= measured_promise([model.rule], found)
    rows = worst_rows(listings, p, decisions)
    answers = mistaken(rows, model.predict(listings[rows]))
    return (
        found
        | worst_slice(found)
        | {"worst_errors": described(listings, p, answers, show_text=show_text)}
        | {"expected_share_imported": expected_share_imported}
    )


@dataclass(frozen=True, slots=True)
class CrossScored:
    """Rows scored by models that did not learn from them, n of them.

    Parameters
    ----------
    listings : Listings
        Labelled, with something to score.
    p_imported : array of float64, shape (n,)
    p_masked : array of float64, shape (n,)
        The same with statements of origin masked in the rows that are scored.
    alone : dict of str to array of float64, shape (n,)
        Each view's log-odds; NaN where silent.
    decisions : array of str, shape (n,)
    rules : tuple of DecisionRule
        By which they were taken, one a fold.
    worst : dict of int to Prediction
        What the models of the folds say of the worst mistakes, by row; see ``worst_rows``.
    at_random : tuple of (array of float64, array of str), or None
        Probabilities and decisions under a random split of the same rows; see ``score_at_random``.
    """

    listings: Listings
    p_imported: FloatArray
    p_masked: FloatArray
    alone: dict[str, FloatArray]
    decisions: ObjectArray
    rules: tuple[DecisionRule, ...]
    worst: dict[int, Prediction]
    at_random: tuple[FloatArray, ObjectArray] | None = None


def out_of_fold(
    listings: Listings, config: TrainConfig, encoders: TextEncoder | Encoders, *, at_random: bool = False
) -> CrossScored:
    """Train on all folds but one, score the one left out, for each; ``at_random``: and once with folds of rows."""
    rows = labelled_rows(listings)
    p, p_masked = np.full(len(rows.y), np.nan), np.full(len(rows.y), np.nan)
    decisions = np.full(len(rows.y), "review", dtype=object)
    alone: dict[str, FloatArray] = {}
    models: list[OriginModel] = []
    answers: dict[int, Prediction] = {}
    for train, test in split.folds(rows.y, rows.group, config.folds, config.seed):
        model = fit_model(rows.listings[train], config, encoders)
        held_out = rows.listings[test]
        columns = model.columns(held_out)
        models.append(model)
        p[test], decisions[test] = model.p_of(held_out, columns), model.decide(held_out, columns)
        p_masked[test] = _masked(model, held_out, p[test])
        for name, column in zip(model.fusion.names, columns.T, strict=True):
            alone.setdefault(name, np.full(len(rows.y), np.nan))[test] = column
        worst = worst_rows(held_out, p[test], decisions[test])
        answers |= mistaken(test[worst], model.predict(held_out[worst]))
    worst_of_all = {row: answers[row] for row in worst_rows(rows.listings, p, decisions).tolist()}
    rules = tuple(model.rule for model in models)
    both = encoders if isinstance(encoders, Encoders) else Encoders(encoders)
    mixed = score_at_random(rows, models, config, both) if at_random else None
    return CrossScored(rows.listings, p, p_masked, alone, decisions, rules, worst_of_all, mixed)


def measured(found: CrossScored, seed: int) -> dict[str, Any]:
    """Return the figures of out-of-fold scores: as of ``evaluate_model``, and ``random_split`` if asked for."""
    judged, p = found.listings, found.p_imported
    metrics = measure(judged, p, log_odds=found.alone, p_masked=found.p_masked, decisions=found.decisions, seed=seed)
    metrics |= measured_promise(found.rules, metrics)
    metrics |= worst_slice(metrics) | {"worst_errors": described(judged, p, found.worst)}
    return metrics if found.at_random is None else metrics | beside_random_split(metrics, judged, p, found.at_random)


def overlap(listings: Listings, known: frozenset[str]) -> float:
    """Return the share of rows that stand among the training rows; rows with nothing to score do not count."""
    hashes = row_hashes(listings[np.flatnonzero(~listings.rejected)])
    return sum(one in known for one in hashes) / len(hashes) if hashes else 0.0


def label_sources(listings: Listings) -> tuple[str, ...]:
    """Return the label sources of the labelled rows, sorted."""
    return tuple(sorted(set(listings.column("label_source")[listings.has_label])))


def write_rows(folder: Path, listings: Listings, p: FloatArray, alone: dict[str, FloatArray]) -> Path:
    """Write out-of-fold scores, a row a listing: id, shop, label, probability and each view's log-odds.

    An earlier file is replaced in one step, so that nobody ever sees half of one.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "shop_id", "label", "p_imported", *alone])
    names = ("id", "shop_id", "label")
    for row in range(len(listings)):
        scores = [float(p[row]), *(float(column[row]) for column in alone.values())]
        shown = ("" if np.isnan(score) else repr(score) for score in scores)
        writer.writerow([*(listings.column(name)[row] for name in names), *shown])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "out_of_fold.csv"
    unfinished = folder / f".{path.name}.{os.getpid()}.tmp"
    try:
        unfinished.write_bytes(text.getvalue().encode("utf-8"))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
