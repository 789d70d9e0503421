"""From a table to a bundle: read, check, learn, save, judge, track."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier import bundle
from umkm_classifier.bundle_files import check_place
from umkm_classifier.config import TrainConfig, dump_config
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import TextEncoder, text_encoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import TooManyRejectsError, require
from umkm_classifier.evaluation.card import model_card
from umkm_classifier.evaluation.evaluate import (
    evaluate_model,
    fingerprint,
    label_sources,
    out_of_fold,
    overlap,
    row_hashes,
    write_rows,
)
from umkm_classifier.evaluation.metrics import measure
from umkm_classifier.evaluation.report import ReportContext, write_report
from umkm_classifier.listings.labels import check_labels, merge_duplicates
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.table import read
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.serving.mlflow_store import quiet_mlflow
from umkm_classifier.serving.predictor import resolve
from umkm_classifier.tracking import TrackedRun, track_run

MOST_REJECTS = 0.1  # share of unusable rows beyond which a table is not what its owner thinks it is


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run left behind.

    Parameters
    ----------
    bundle : Path
        Folder of the model.
    training : dict
        What it learned from: counts, label sources, out-of-fold figures, notes.
    rejects : list of Reject
        Cells and rows that were not used.
    run : TrackedRun or None
        None when nothing was to be tracked.
    n_unlabelled : int
        Rows left out because they have no label.
    """

    bundle: Path
    training: dict[str, Any]
    rejects: list[Reject]
    run: TrackedRun | None
    n_unlabelled: int = 0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation left behind: figures, the report, what to know first, and what was not used."""

    metrics: dict[str, Any]
    report: Path
    warnings: tuple[str, ...]
    rejects: list[Reject] = field(default_factory=list)


def train(
    data: str | Path,
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    base: str | Path | None = None,
    run_name: str | None = None,
    overwrite: bool = False,
    max_rejects: float = MOST_REJECTS,
) -> Trained:
    """Train a model on a labelled table and save it as a bundle.

    Parameters
    ----------
    data : str or Path
        See ``read``.
    out : str or Path
        Folder of the bundle.
    config : TrainConfig or None
        None: the defaults.
    base : str, Path or None
        A model to adapt to the table, as ``load`` takes it.
    run_name : str or None
        Name of the MLflow run; ``config.track = False`` writes none.
    overwrite : bool
        Whether a bundle at ``out`` may be replaced.
    max_rejects : float
        Largest share of unusable rows, in [0, 1].

    Raises
    ------
    MissingExtraError
        If a package that training needs is not installed; said before anything is read.
    InputError, LabelError, SplitError
        If the table cannot be read, or learned from.
    TooManyRejectsError
        If more of it is unusable than ``max_rejects`` allows.
    OutputConflictError
        If ``out`` is taken.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    encoder = text_encoder(config.text_encoder)
    _require_packages(config, encoder)
    bundle.check_free(folder, overwrite=overwrite)
    below = bundle.load_bundle(resolve(base)) if base is not None else None
    listings, rejects = read_labelled(data, config, max_rejects)
    model = fit_model(listings, config, CachedEncoder(encoder), below.model if below is not None else None)
    _save(model, listings, config, folder, overwrite=overwrite, base=below.path if below is not None else None)
    run = _track(model, config, folder, run_name) if config.track else None
    return Trained(folder, dict(model.training), rejects, run, _unlabelled(listings))


def crossval(
    data: str | Path, out: str | Path, *, config: TrainConfig | None = None, max_rejects: float = MOST_REJECTS
) -> Evaluated:
    """Judge by folds that share no shop and no near-duplicate; pool the out-of-fold scores and report on them.

    Raises
    ------
    InputError, LabelError, SplitError
        If the table cannot be read, learned from, or split.
    TooManyRejectsError
        If more of it is unusable than ``max_rejects`` allows.
    OutputConflictError
        If ``out`` is a file.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    for module in ("sklearn", "datasketch", "jinja2"):
        require(module, "train")
    check_place(folder)
    listings, rejects = read_labelled(data, config, max_rejects)
    encoder = CachedEncoder(text_encoder(config.text_encoder))
    judged, p, p_masked, alone = out_of_fold(listings, config, encoder)
    metrics = measure(judged, p, log_odds=alone, p_masked=p_masked, seed=config.seed)
    # the folds are made of labelled rows alone; what the table holds besides is told all the same
    metrics |= {"n_rejected": int(listings.rejected.sum()), "n_unlabelled": _unlabelled(listings)}
    write_rows(folder, judged, p, alone)
    context = ReportContext(
        title=f"Cross-validation on {Path(data).name}",
        model_name=f"{config.folds} models, one a fold",
        model_id=f"seed {config.seed}",
        data_name=Path(data).name,
        data_fingerprint=fingerprint(judged),
        label_sources=label_sources(judged),
        seed=config.seed,
        overlap=0.0,  # no model judged a row that it learned from
    )
    return Evaluated(metrics, write_report(folder, metrics, context), (), rejects)


def evaluate(
    model: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    max_rejects: float = MOST_REJECTS,
) -> Evaluated:
    """Judge a saved model on a labelled table and write ``metrics.json`` and ``report.html``.

    A table of one class is judged too: figures that compare the classes are then None, with the reason.

    Raises
    ------
    InputError, LabelError
        If the table cannot be read, holds labels that are not understood, or none at all.
    TooManyRejectsError
        If more of it is unusable than ``max_rejects`` allows.
    BundleError
        If the model cannot be loaded.
    OutputConflictError
        If ``out`` is a file.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    require("jinja2", "train")
    check_place(folder)
    loaded = bundle.load_bundle(resolve(model))
    listings, rejects = read(data, columns=config.columns)
    check_share(listings, max_rejects, data)
    check_labels(listings, rejects, both_classes=False)
    known = overlap(listings, loaded.row_hashes)
    metrics = evaluate_model(loaded.model, listings, seed=config.seed)
    context = ReportContext(
        title=f"{loaded.path.name} on {Path(data).name}",
        model_name=loaded.path.name,
        model_id=loaded.manifest["sha256"][:16],
        data_name=Path(data).name,
        data_fingerprint=fingerprint(listings),
        label_sources=label_sources(listings),
        seed=config.seed,
        versions=loaded.manifest["versions"],
        overlap=known,  # the report finds its own words for it
    )
    return Evaluated(metrics, write_report(folder, metrics, context), _overlap_warning(known), rejects)


def read_labelled(
    data: str | Path, config: TrainConfig, max_rejects: float = MOST_REJECTS
) -> tuple[Listings, list[Reject]]:
    """Read a table to learn from: share of unusable rows and labels checked, repeated rows merged."""
    listings, rejects = read(data, columns=config.columns)
    check_share(listings, max_rejects, data)
    check_labels(listings, rejects)
    return merge_duplicates(listings), rejects


def check_share(listings: Listings, most: float, where: str | Path) -> None:
    """Refuse a table of which too much is unusable.

    Raises
    ------
    TooManyRejectsError
        If more than the share ``most`` of the rows was rejected.
    """
    rejected = int(listings.rejected.sum())
    if rejected > most * len(listings):
        raise TooManyRejectsError(
            f"{where}: at most {most:.0%} unusable rows expected, found {rejected} of {len(listings)}. "
            f"'umkm check {where}' names them; mend the table or raise --max-rejects."
        )


def _require_packages(config: TrainConfig, encoder: TextEncoder) -> None:
    """Look for what is needed in the end before the work begins."""
    for module in ("sklearn", "datasketch"):
        require(module, "train")
    if isinstance(encoder, TransformersEncoder):
        for module in ("onnxscript", "onnx", "torch", "transformers"):
            require(module, "deep")
    if config.track:
        with quiet_mlflow():  # requires it, and keeps it from reporting home
            pass


def _save(
    model: OriginModel, listings: Listings, config: TrainConfig, folder: Path, *, overwrite: bool, base: Path | None
) -> None:
    of_data = fingerprint(listings)
    learned = listings[np.flatnonzero(listings.has_label & ~listings.rejected)]
    about = bundle.About(
        config=dump_config(config),
        card=model_card(folder.name, model.training, of_data),
        data_fingerprint=of_data,
        row_hashes=row_hashes(learned),
        base=base,
    )
    bundle.save_bundle(model, folder, about, overwrite=overwrite)


def _track(model: OriginModel, config: TrainConfig, folder: Path, run_name: str | None) -> TrackedRun:
    numbers = {key: value for key, value in model.training.items() if isinstance(value, (int, float, dict))}
    return track_run(folder, config.model_dump(), numbers, [folder / bundle.CARD], run_name=run_name)


def _unlabelled(listings: Listings) -> int:
    return int((~listings.has_label & ~listings.rejected).sum())


def _overlap_warning(known: float) -> tuple[str, ...]:
    if not known:
        return ()
    return (
        f"{max(known, 0.001):.1%} of these listings were in the training data: the figures look better than they are.",
    )
