"""Judge a saved model on labelled listings: how good it is, and what it takes to move it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from umkm_classifier import bundle
from umkm_classifier.bundle_files import check_report_place, writing
from umkm_classifier.config import TrainConfig
from umkm_classifier.errors import require
from umkm_classifier.evaluation.evaluate import evaluate_model, fingerprint, label_sources, overlap
from umkm_classifier.evaluation.explain import worst_slice_warning, writing_says
from umkm_classifier.evaluation.report import ReportContext, write_report
from umkm_classifier.evaluation.stress import stress_model, stress_of, write_stress
from umkm_classifier.evaluation.worst_errors import without_text
from umkm_classifier.listings.labels import check_labels
from umkm_classifier.listings.listing import Listings, Reject
from umkm_classifier.listings.remarks import remarks
from umkm_classifier.listings.table import read
from umkm_classifier.serving.predictor import check_share_expected, resolve
from umkm_classifier.signals.writing_scripts import unread_scripts
from umkm_classifier.train_checks import check_share


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation left behind: figures, the report, what to know first, and what was not used."""

    metrics: dict[str, Any]
    report: Path
    warnings: tuple[str, ...]
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the report of a saved model shows beside its figures.

    Parameters
    ----------
    stress : str, Path or None
        A ``stress.json`` of this model; None is the one in the folder of the report, if any.
    show_text : bool
        Whether the worst mistakes come with titles and quoted words, in the report alone; else with ids.
    """

    stress: str | Path | None = None
    show_text: bool = False


@dataclass(frozen=True, slots=True)
class Stressed:
    """What a stress test left behind: what ``stress.json`` holds, the file, what to know first, what was not used."""

    results: dict[str, Any]
    file: Path
    warnings: tuple[str, ...]
    rejects: list[Reject] = field(default_factory=list)


def evaluate(
    model: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    config: TrainConfig | None = None,
    expected_share_imported: float | None = None,
    shown: Shown = Shown(),
) -> Evaluated:
    """Judge a saved model on a labelled table and write ``metrics.json``, ``report.html`` and ``MODEL_CARD.md``.

    ``expected_share_imported`` corrects probabilities and no decision; see ``Predictor.predict``. The report names the
    worst mistakes by their ids, and shows what the function ``stress`` found of this model; see ``Shown``.

    A table of one class is judged too: figures that compare the classes are then None, with the reason.

    Raises
    ------
    InputError, LabelError
        If the table cannot be read, holds labels that are not understood, or none at all; or if ``shown.stress`` names
        no ``stress.json`` of this model.
    TooManyRejectsError
        If more of it is unusable than ``config.max_rejects`` allows.
    BundleError
        If the model cannot be loaded.
    OutputConflictError
        If ``out`` is a file.
    UsageError
        If the share is not in (0, 1).
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    require("jinja2", "train")
    check_report_place(folder)
    check_share_expected(expected_share_imported)
    loaded = bundle.load_bundle(resolve(model))
    stressed, doubts = stress_of(id_of(loaded), folder, shown.stress)
    listings, rejects = read_to_judge(data, config)
    metrics = evaluate_model(
        loaded.model, listings, seed=config.seed, expected_share_imported=expected_share_imported, show_text=True
    )
    errors = metrics["worst_errors"]
    metrics["worst_errors"] = without_text(errors)
    context = replace(
        _context(loaded, data, listings, config),
        warnings=(*doubts, *remarks(listings)),
        stress=stressed,
        errors=tuple(errors) if shown.show_text else None,
    )
    with writing(folder):
        report = write_report(folder, metrics, context)
    return Evaluated(metrics, report, _warnings(metrics, context), rejects)


def _context(loaded: bundle.Bundle, data: str | Path, listings: Listings, config: TrainConfig) -> ReportContext:
    return ReportContext(
        title=f"{loaded.path.name} on {Path(data).name}",
        model_name=loaded.path.name,
        model_id=id_of(loaded),
        data_name=Path(data).name,
        data_fingerprint=fingerprint(listings),
        label_sources=label_sources(listings),
        seed=config.seed,
        versions=loaded.manifest["versions"],
        overlap=overlap(listings, loaded.row_hashes),  # the report finds its own words for it
        writing_read=loaded.model.reads_writing,
        writing_unread=unread_scripts(),
    )


def _warnings(metrics: dict[str, Any], context: ReportContext) -> tuple[str, ...]:
    return (
        *_overlap_warning(context.overlap or 0.0),
        *_writing_warning(context.writing_read),
        *context.warnings,
        *worst_slice_warning(metrics),
    )


def stress(model: str | Path, data: str | Path, out: str | Path, *, config: TrainConfig | None = None) -> Stressed:
    """Change labelled listings in ways that should matter little, see what a saved model makes of it: ``stress.json``.

    Claims, declared origins, poor photos and texts, empty fields, text that gives orders, and an attack by someone who
    knows the model; see ``docs/stress.md``.

    Raises
    ------
    InputError, LabelError
        If the table cannot be read, holds labels that are not understood, or none at all.
    TooManyRejectsError
        If more of it is unusable than ``config.max_rejects`` allows.
    BundleError
        If the model cannot be loaded.
    OutputConflictError
        If ``out`` is a file, or a bundle, which a report would spoil.
    """
    config, folder = config if config is not None else TrainConfig(), Path(out)
    check_report_place(folder)
    loaded = bundle.load_bundle(resolve(model))
    listings, rejects = read_to_judge(data, config)
    warnings = (*_overlap_warning(overlap(listings, loaded.row_hashes)), *remarks(listings))
    found = {
        "model": loaded.path.name,
        "model_id": id_of(loaded),
        "data": Path(data).name,
        "data_fingerprint": fingerprint(listings),
        "warnings": list(warnings),
    } | stress_model(loaded.model, listings, seed=config.seed)
    with writing(folder):
        file = write_stress(folder, found)
    return Stressed(found, file, warnings, rejects)


def read_to_judge(data: str | Path, config: TrainConfig) -> tuple[Listings, list[Reject]]:
    """Read a table to judge a model on: one class is enough."""
    listings, rejects = read(data, columns=config.columns, encoding=config.encoding, photos=config.photos or None)
    check_share(listings, config.max_rejects, data)
    check_labels(listings, rejects, both_classes=False)
    return listings, rejects


def id_of(loaded: bundle.Bundle) -> str:
    """Return what identifies the very model."""
    return str(loaded.manifest["sha256"][:16])


def _writing_warning(read: bool | None) -> tuple[str, ...]:
    return (f"{writing_says(read)}.",) if read is False else ()


def _overlap_warning(known: float) -> tuple[str, ...]:
    if not known:
        return ()
    return (
        f"{max(known, 0.001):.1%} of these listings were in the training data: the figures look better than they are.",
    )
