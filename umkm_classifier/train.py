"""From a table to a bundle: read, check, learn, save, judge, track."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier import bundle
from umkm_classifier.bundle_files import check_report_place, held, writing
from umkm_classifier.config import TrainConfig, dump_config
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import TextEncoder, text_encoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import require
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
from umkm_classifier.evaluation.promise import measured_promise
from umkm_classifier.evaluation.report import ReportContext, write_report
from umkm_classifier.listings.labels import check_labels
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.remarks import remarks
from umkm_classifier.listings.table import read
from umkm_classifier.model.encoders import Encoders, image_encoder_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.serving.mlflow_store import quiet_mlflow
from umkm_classifier.serving.predictor import check_share_expected, resolve
from umkm_classifier.tracking import TrackedRun, track_run
from umkm_classifier.train_checks import check_share, new_to, read_labelled, with_notes


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
) -> Trained:
    """Train a model on a labelled table and save it as a bundle.

    Parameters
    ----------
    data : str or Path
        See ``read``.
    out : str or Path
        Folder of the bundle.
    config : TrainConfig or None
        Also how to read the table: its encoding, names of columns, how much may be unusable. None: the defaults.
    base : str, Path or None
        A model to adapt to the table, as ``load`` takes it. Rows that it has learned from are left out: it is too sure
        of them for anything to be learned beside it.
    run_name : str or None
        Name of the MLflow run; ``config.track = False`` writes none.
    overwrite : bool
        Whether a bundle at ``out`` may be replaced.

    Raises
    ------
    MissingExtraError
        If a package that training needs is not installed; said before anything is read.
    InputError, LabelError, SplitError
        If the table cannot be read, or learned from.
    TooManyRejectsError
        If more of it is unusable than ``config.max_rejects`` allows.
    OutputConflictError
        If ``out`` is taken.
    TryAgainError
        If another training writes to ``out``, or the disk is full.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    encoder = text_encoder(config.text_encoder)
    _require_packages(config, encoder)
    bundle.check_free(folder, overwrite=overwrite)
    with held(folder):
        below = bundle.load_bundle(resolve(base)) if base is not None else None
        listings, rejects = read_labelled(data, config)
        fresh, notes = (listings, []) if below is None else new_to(below, listings, data)
        encoders = Encoders(CachedEncoder(encoder), image_encoder_for(fresh, config))
        model = fit_model(fresh, config, encoders, below.model if below is not None else None)
        model = with_notes(model, [*notes, *remarks(fresh)])
        _save(model, fresh, config, folder, overwrite=overwrite, base=below.path if below is not None else None)
        run = _track(model, config, folder, run_name) if config.track else None
    return Trained(folder, dict(model.training), rejects, run, _unlabelled(listings))


def crossval(data: str | Path, out: str | Path, *, config: TrainConfig | None = None) -> Evaluated:
    """Judge by folds that share no shop and no near-duplicate; pool the out-of-fold scores and report on them.

    Raises
    ------
    InputError, LabelError, SplitError
        If the table cannot be read, learned from, or split.
    TooManyRejectsError
        If more of it is unusable than ``config.max_rejects`` allows.
    OutputConflictError
        If ``out`` is a file, or a bundle, which a report would spoil.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    for module in ("sklearn", "datasketch", "jinja2"):
        require(module, "train")
    check_report_place(folder)
    listings, rejects = read_labelled(data, config)
    encoders = Encoders(CachedEncoder(text_encoder(config.text_encoder)), image_encoder_for(listings, config))
    found = out_of_fold(listings, config, encoders)
    judged, p, alone = found.listings, found.p_imported, found.alone
    metrics = measure(judged, p, log_odds=alone, p_masked=found.p_masked, decisions=found.decisions, seed=config.seed)
    metrics |= measured_promise(found.rules, metrics)
    # the folds are made of labelled rows alone; what the table holds besides is told all the same
    metrics |= {"n_rejected": int(listings.rejected.sum()), "n_unlabelled": _unlabelled(listings)}
    context = ReportContext(
        title=f"Cross-validation on {Path(data).name}",
        model_name=f"{config.folds} models, one a fold",
        model_id=f"seed {config.seed}",
        data_name=Path(data).name,
        data_fingerprint=fingerprint(judged),
        label_sources=label_sources(judged),
        seed=config.seed,
        warnings=tuple(remarks(judged)),
        overlap=0.0,  # no model judged a row that it learned from
    )
    with writing(folder):
        write_rows(folder, judged, p, alone)
        report = write_report(folder, metrics, context)
    return Evaluated(metrics, report, context.warnings, rejects)


def evaluate(
    model: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    expected_share_imported: float | None = None,
) -> Evaluated:
    """Judge a saved model on a labelled table and write ``metrics.json`` and ``report.html``.

    ``expected_share_imported`` corrects probabilities and no decision; see ``Predictor.predict``.

    A table of one class is judged too: figures that compare the classes are then None, with the reason.

    Raises
    ------
    InputError, LabelError
        If the table cannot be read, holds labels that are not understood, or none at all.
    TooManyRejectsError
        If more of it is unusable than ``config.max_rejects`` allows.
    BundleError
        If the model cannot be loaded.
    OutputConflictError
        If ``out`` is a file.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    require("jinja2", "train")
    check_report_place(folder)
    check_share_expected(expected_share_imported)
    loaded = bundle.load_bundle(resolve(model))
    listings, rejects = read(data, columns=config.columns, encoding=config.encoding, photos=config.photos or None)
    check_share(listings, config.max_rejects, data)
    check_labels(listings, rejects, both_classes=False)
    known = overlap(listings, loaded.row_hashes)
    metrics = evaluate_model(loaded.model, listings, seed=config.seed, expected_share_imported=expected_share_imported)
    context = ReportContext(
        title=f"{loaded.path.name} on {Path(data).name}",
        model_name=loaded.path.name,
        model_id=loaded.manifest["sha256"][:16],
        data_name=Path(data).name,
        data_fingerprint=fingerprint(listings),
        label_sources=label_sources(listings),
        seed=config.seed,
        versions=loaded.manifest["versions"],
        warnings=tuple(remarks(listings)),
        overlap=known,  # the report finds its own words for it
    )
    with writing(folder):
        report = write_report(folder, metrics, context)
    return Evaluated(metrics, report, (*_overlap_warning(known), *context.warnings), rejects)


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
        card=model_card(folder.name, model.training, of_data, model.rule),
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
