"""From a table to a bundle: read, check, learn, save, judge, track."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from umkm_classifier import bundle
from umkm_classifier.config import TrainConfig, dump_config
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.text import text_encoder
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
from umkm_classifier.serving.predictor import resolve
from umkm_classifier.tracking import TrackedRun, track_run


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run left behind."""

    bundle: Path
    training: dict[str, Any]
    rejects: list[Reject]
    run: TrackedRun | None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation left behind."""

    metrics: dict[str, Any]
    report: Path
    warnings: tuple[str, ...]


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
        None: the defaults.
    base : str, Path or None
        A model to adapt to the table, as ``load`` takes it.
    run_name : str or None
        Name of the MLflow run; ``config.track = False`` writes none.
    overwrite : bool
        Whether a bundle at ``out`` may be replaced.

    Raises
    ------
    InputError, LabelError, SplitError
        If the table cannot be read, or learned from.
    OutputConflictError
        If ``out`` is taken.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    bundle.check_free(folder, overwrite=overwrite)
    listings, rejects = read_labelled(data, config)
    encoder = CachedEncoder(text_encoder(config.text_encoder))
    below = bundle.load_bundle(resolve(base)).model if base is not None else None
    model = fit_model(listings, config, encoder, below)
    of_data = fingerprint(listings)
    card = model_card(folder.name, model.training, of_data)
    about = bundle.About(dump_config(config), card, of_data, row_hashes(listings[listings.has_label]))
    bundle.save_bundle(model, encoder, folder, about, overwrite=overwrite)
    run = None
    if config.track:
        numbers = {key: value for key, value in model.training.items() if isinstance(value, (int, float, dict))}
        run = track_run(folder, config.model_dump(), numbers, [folder / "MODEL_CARD.md"], run_name=run_name)
    return Trained(folder, dict(model.training), rejects, run)


def crossval(data: str | Path, out: str | Path, *, config: TrainConfig | None = None) -> Evaluated:
    """Judge by folds that share no shop and no near-duplicate; pool the out-of-fold scores and report on them.

    Raises
    ------
    InputError, LabelError, SplitError
        If the table cannot be read, learned from, or split.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    listings, _ = read_labelled(data, config)
    encoder = CachedEncoder(text_encoder(config.text_encoder))
    judged, p, p_masked, alone = out_of_fold(listings, config, encoder)
    metrics = measure(judged, p, log_odds=alone, p_masked=p_masked, seed=config.seed)
    write_rows(folder, judged, p, alone)
    context = ReportContext(
        title=f"Cross-validation on {Path(data).name}",
        model_name=f"{config.folds} models, one a fold",
        model_id=f"seed {config.seed}",
        data_name=Path(data).name,
        data_fingerprint=fingerprint(judged),
        label_sources=label_sources(judged),
        seed=config.seed,
    )
    return Evaluated(metrics, write_report(folder, metrics, context), ())


def evaluate(model: str | Path, data: str | Path, out: str | Path, *, config: TrainConfig | None = None) -> Evaluated:
    """Judge a saved model on a labelled table and write ``metrics.json`` and ``report.html``.

    Raises
    ------
    InputError
        If the table cannot be read or holds no labels.
    BundleError
        If the model cannot be loaded.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    loaded = bundle.load_bundle(resolve(model))
    listings, rejects = read(data, columns=config.columns)
    check_labels(listings, rejects, both_classes=False)
    known = overlap(listings, loaded.row_hashes)
    warnings = []
    if known > 0:
        warnings.append(f"{known:.1%} of these listings were in the training data: the figures look better than they are.")
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
        warnings=tuple(warnings),
        overlap=known,
    )
    return Evaluated(metrics, write_report(folder, metrics, context), tuple(warnings))


def read_labelled(data: str | Path, config: TrainConfig) -> tuple[Listings, list[Reject]]:
    """Read a table to learn from: labels checked, repeated rows merged."""
    listings, rejects = read(data, columns=config.columns)
    check_labels(listings, rejects)
    return merge_duplicates(listings), rejects
