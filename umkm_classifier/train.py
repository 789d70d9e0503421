"""From a table to a bundle: read, check, learn, save, judge, track."""

from __future__ import annotations

from dataclasses import dataclass
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
    fingerprint,
    label_sources,
    measured,
    out_of_fold,
    row_hashes,
    write_rows,
)
from umkm_classifier.evaluation.explain import worst_slice_warning
from umkm_classifier.evaluation.report import ReportContext, write_report
from umkm_classifier.evaluation.worst_errors import described
from umkm_classifier.judge import Evaluated
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.remarks import remarks
from umkm_classifier.model.encoders import encoders_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.serving.mlflow_store import quiet_mlflow
from umkm_classifier.serving.predictor import resolve
from umkm_classifier.signals.joint.fit import require_deep
from umkm_classifier.signals.joint.settings import JointSettings
from umkm_classifier.signals.writing_read import require_writing
from umkm_classifier.signals.writing_scripts import unread_scripts
from umkm_classifier.tracking import TrackedRun, track_run
from umkm_classifier.train_checks import check_encoders, new_to, read_labelled, resumable, with_notes


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

    Networks of ``joint`` leave checkpoints in ``<out>.checkpoints``, from which the same call goes on after a kill.

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
    MissingExtraError, UsageError
        If a package that training needs is not installed (said before anything is read), or an encoder that cannot be
        trained is to be.
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
        encoders = encoders_for(fresh, config, CachedEncoder(encoder))
        check_encoders(encoders, config)
        with resumable(folder, config) as checkpoints:
            model = fit_model(fresh, config, encoders, below.model if below is not None else None, checkpoints)
            model = with_notes(model, [*notes, *remarks(fresh)])
            _save(model, fresh, config, folder, overwrite=overwrite, base=below.path if below is not None else None)
        run = _track(model, config, folder, run_name) if config.track else None
    return Trained(folder, dict(model.training), rejects, run, _unlabelled(listings))


def crossval(
    data: str | Path,
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    random_split: bool = True,
    show_text: bool = False,
) -> Evaluated:
    """Judge by folds that share no shop and no near-duplicate; pool the out-of-fold scores and report on them.

    ``random_split`` puts beside the figures what folds of rows drawn at random would have shown, for about a sixth more
    time. The report names the worst mistakes by their ids; ``show_text`` adds titles and quoted words, to it alone.

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
    _require_to_judge(config)
    check_report_place(folder)
    listings, rejects = read_labelled(data, config)
    encoders = encoders_for(listings, config, CachedEncoder(text_encoder(config.text_encoder)))
    check_encoders(encoders, config)
    found = out_of_fold(listings, config, encoders, at_random=random_split)
    judged, metrics = found.listings, measured(found, config.seed)
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
        writing_read=True if "writing" in config.signals else None,
        writing_unread=unread_scripts(),
        errors=tuple(described(judged, found.p_imported, found.worst, show_text=True)) if show_text else None,
    )
    with writing(folder):
        write_rows(folder, judged, found.p_imported, found.alone)
        report = write_report(folder, metrics, context)
    return Evaluated(metrics, report, (*context.warnings, *worst_slice_warning(metrics)), rejects)


def _require_packages(config: TrainConfig, encoder: TextEncoder) -> None:
    """Look for what is needed in the end before the work begins."""
    for module in ("sklearn", "datasketch"):
        require(module, "train")
    if "joint" in config.signals:
        require_deep(JointSettings.of(config))
    if isinstance(encoder, TransformersEncoder):
        for module in ("onnxscript", "onnx", "torch", "transformers"):
            require(module, "deep")
    _require_readers(config)
    if config.track:
        with quiet_mlflow():  # requires it, and keeps it from reporting home
            pass


def _require_to_judge(config: TrainConfig) -> None:
    for module in ("sklearn", "datasketch", "jinja2"):
        require(module, "train")
    _require_readers(config)
    if "joint" in config.signals:
        require_deep(JointSettings.of(config))


def _require_readers(config: TrainConfig) -> None:
    if "writing" in config.signals:
        require_writing()


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
    numbers.pop("prices", None)  # rupiah of some seventy goods are no measure of a run
    return track_run(folder, config.model_dump(), numbers, [folder / bundle.CARD], run_name=run_name)


def _unlabelled(listings: Listings) -> int:
    return int((~listings.has_label & ~listings.rejected).sum())
