"""The out-of-fold pass: what each view says of rows that it did not learn from, as given and with fields emptied."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.listings import split
from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photos import MOST_PHOTOS
from umkm_classifier.model.propensity import within_goods
from umkm_classifier.model.sources import N_PARTS, parts_of
from umkm_classifier.signals.cues import fit_cues
from umkm_classifier.signals.facts import fit_facts
from umkm_classifier.signals.joint import fit_joint
from umkm_classifier.signals.joint.settings import JointSettings
from umkm_classifier.signals.looks import fit_looks
from umkm_classifier.signals.meaning import fit_meaning
from umkm_classifier.signals.signal import FloatArray, IntArray, View
from umkm_classifier.signals.words import fit_words
from umkm_classifier.signals.writing import fit_writing

ROWS_WORTH_A_PROCESS = 1_000  # fewer are learned from before a second process has started
EMPTIED_SHARE = 0.5  # of the fields of a row in such a copy
EMPTIED_COPIES = 2  # with one, the fusion still leaned on fields that the next marketplace left empty
# What another marketplace may not give; a title there always is.
EMPTIED = (
    "description",
    "price_idr",
    "category",
    "shop_name",
    "shop_city",
    "ships_from",
    "brand",
    "attributes",
    "photos",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled rows with what the training asks of them.

    Parameters
    ----------
    listings : Listings of n rows
    y : array of int, shape (n,)
        1 for imported.
    group : array of int, shape (n,)
        Shops and near-duplicates united.
    source : array of int, shape (n,)
        Position in ``sources``.
    sources : tuple of str
        Label sources.
    """

    listings: Listings
    y: IntArray
    group: IntArray
    source: IntArray
    sources: tuple[str, ...]

    def take(self, at: IntArray) -> Rows:
        """Return some of the rows; sources that none of them has any more are left out."""
        kept, source = np.unique(self.source[at], return_inverse=True)
        sources = tuple(self.sources[one] for one in kept)
        return Rows(self.listings[at], self.y[at], self.group[at], source.astype(np.int64), sources)


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Log-odds of each view, shape (n, k), NaN where silent: of the rows as given, and with fields emptied at random.

    A fusion that only saw full rows leans on views that another marketplace leaves without fields. ``parts`` is what
    text and sources add to them in the rows as given, shape (k, n, N_PARTS), where that was asked for.
    """

    given: FloatArray
    emptied: tuple[FloatArray, ...]
    parts: FloatArray
    copies: tuple[Listings, ...]  # the rows with fields emptied

    def stacked(self, rows: Any) -> FloatArray:
        """Return some rows as given, below them their emptied copies: shape (copies n, k)."""
        return np.vstack([self.given[rows], *(copy[rows] for copy in self.emptied)])


def labelled_rows(listings: Listings) -> Rows:
    """Keep what can be learned from, and unite shops and near-duplicates."""
    kept = listings[np.flatnonzero(listings.has_label & ~listings.rejected)]
    sources, source = np.unique(kept.column("label_source").astype(str), return_inverse=True)
    return Rows(kept, kept.is_imported, split.groups(kept), source.astype(np.int64), tuple(sources.tolist()))


def fit_views(
    listings: Listings,
    y: IntArray,
    group: IntArray,
    config: TrainConfig,
    encoders: Encoders,
    checkpoints: Path | None = None,
) -> list[View]:
    """Learn the views of every signal that the config names; see ``fit_joint`` for ``checkpoints``."""
    weights = within_goods(goods_of(listings), y) if config.reweight_within_goods else np.ones(len(y))
    learn: dict[str, Callable[[], Sequence[View]]] = {
        "words": lambda: fit_words(listings, y, weights, config),
        "meaning": lambda: fit_meaning(listings, y, weights, config, encoders.text),
        "facts": lambda: fit_facts(listings, y, weights, config),
        "cues": lambda: fit_cues(listings, y, weights, group),
        "looks": lambda: fit_looks(listings, y, weights, encoders.image, config.looks_c),
        "writing": lambda: fit_writing(listings, y, weights, group, encoders.writing),
        "joint": lambda: fit_joint(listings, y, group, JointSettings.of(config), encoders, checkpoints),
    }
    return [view for signal in config.signals for view in learn[signal]()]


def learn_views(
    rows: Rows,
    config: TrainConfig,
    encoders: Encoders,
    below: Sequence[View],
    n_folds: int,
    checkpoints: Path | None = None,
) -> tuple[list[View], OutOfFold]:
    """Learn the views on all rows, and without each fold in turn to score it.

    Parameters
    ----------
    below : sequence of View
        Views that never saw these rows, so that no fold is needed; they come first.
    n_folds : int
        0: learn nothing beside ``below``.
    checkpoints : Path or None
        See ``fit_joint``: every fold leaves its own there.

    Returns
    -------
    views : list of View, length k
    scores : OutOfFold
        A column for each view; NaN where a fold had too few rows to learn it.
    """
    from joblib import Parallel, delayed

    if "meaning" in config.signals or ("joint" in config.signals and not config.joint_finetune):
        for name in ("title", "description"):
            encoders.text.encode(list(rows.listings.column(name)))  # once, into the cache, before processes ask for it
    shown = [photo for photos in rows.listings.column("photos") for photo in photos[:MOST_PHOTOS]]
    for of_photos in (encoders.image, encoders.writing):
        if isinstance(of_photos, CachedImageEncoder):
            of_photos.encode_photos(shown)
    tables = [rows.listings]
    for copy in range(EMPTIED_COPIES):
        tables.append(with_fields_emptied(rows.listings, EMPTIED_SHARE, np.random.default_rng([config.seed, copy])))
    parts = split.folds(rows.y, rows.group, n_folds, config.seed) if n_folds else []
    jobs = min(os.cpu_count() or 1, len(parts)) if len(rows.y) >= ROWS_WORTH_A_PROCESS else 1
    tasks = [delayed(_fit_all)(rows, config, encoders, checkpoints)] if parts else []
    for train, test in parts:
        held_out = [table[test] for table in tables]
        tasks.append(delayed(_score_fold)(rows.take(train), held_out, config, encoders, checkpoints))
    learned, *scored = Parallel(n_jobs=max(jobs, 1))(tasks) if tasks else [[]]
    views = [*below, *learned]
    at = {view.name: column for column, view in enumerate(views)}
    found = [np.full((len(rows.y), len(views)), np.nan) for _ in tables]
    for view in below:
        for table, columns in zip(tables, found, strict=True):
            columns[:, at[view.name]] = view.log_odds(table)
    told = np.zeros((len(views), len(rows.y), N_PARTS))
    if config.calibration == "out_of_fold":
        for view in below:
            told[at[view.name]] = parts_of(view, rows.listings, found[0][:, at[view.name]])
    for (_, test), by_view in zip(parts, scored, strict=True):
        for name in at.keys() & by_view.keys():
            for columns, scores in zip(found, by_view[name].scores, strict=True):
                columns[test, at[name]] = scores
            told[at[name], test] = by_view[name].parts
    return views, OutOfFold(found[0], tuple(found[1:]), told, tuple(tables[1:]))


@dataclass(frozen=True, slots=True)
class _OfFold:
    """What a view says of the rows of a fold: scores of each table, and ``parts_of`` of the first, 0 if not asked."""

    scores: list[FloatArray]
    parts: FloatArray | float


def _fit_all(rows: Rows, config: TrainConfig, encoders: Encoders, checkpoints: Path | None) -> list[View]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # as in the process that asked; a worker starts without
        return fit_views(rows.listings, rows.y, rows.group, config, encoders, checkpoints)


def _score_fold(
    rows: Rows, held_out: Sequence[Listings], config: TrainConfig, encoders: Encoders, checkpoints: Path | None
) -> dict[str, _OfFold]:
    views = _fit_all(rows, config, encoders, checkpoints)
    found = {}
    for view in views:
        scores = [view.log_odds(table) for table in held_out]
        is_asked = config.calibration == "out_of_fold"
        found[view.name] = _OfFold(scores, parts_of(view, held_out[0], scores[0]) if is_asked else 0.0)
    return found


def with_fields_emptied(listings: Listings, share: float, rng: np.random.Generator) -> Listings:
    """Return a copy in which each field of each row is emptied with the chance ``share``; the title stays."""
    columns: dict[str, Any] = {}
    for name in EMPTIED:
        gone = rng.random(len(listings)) < share
        values: Any = (listings.price_idr if name == "price_idr" else listings.column(name)).copy()
        if name == "price_idr":
            values[gone] = np.nan
        else:
            for row in np.flatnonzero(gone):
                values[row] = {"attributes": {}, "photos": ()}.get(name, "")
        columns[name] = values
    return listings.replace(**columns)
