"""Write what was measured: ``metrics.json`` for programs, ``report.html`` for people.

The report is one file that asks nothing of a network, runs no script, and can be read on a phone, on paper and aloud.
Each section is a template of its own in ``templates/sections``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from umkm_classifier.errors import OutputConflictError, require
from umkm_classifier.evaluation import explain
from umkm_classifier.evaluation.card import measured_card
from umkm_classifier.evaluation.plots import plots_of

if TYPE_CHECKING:
    import jinja2

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"
CARD_FILE = "MODEL_CARD.md"

# These turn the direction of text around, or hide in it: a name could make a line say something else.
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """What a report says about model and data besides figures.

    Parameters
    ----------
    title : str
    model_name, model_id : str
        The name that people use, and what identifies the very model (a hash or a version).
    data_name, data_fingerprint : str
    label_sources : tuple of str
        Where the labels of the judged listings come from.
    seed : int
    versions : mapping of str to str
        Package to version.
    warnings : tuple of str
        Shown before any figure.
    overlap : float or None
        Share of the listings that the model was trained on; None when nobody looked.
    writing_read : bool or None
        Whether writing on photos was read; None where no signal asks for it.
    writing_unread : tuple of str
        Scripts that could not be read.
    stress : mapping of str to Any, or None
        What ``umkm stress`` found of this model; see ``stress.read_stress``.
    errors : tuple of mapping, or None
        The worst mistakes with titles and quoted words, which ``metrics.json`` does without; None: as they stand there.
    """

    title: str
    model_name: str
    model_id: str
    data_name: str
    data_fingerprint: str
    label_sources: tuple[str, ...] = ()
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    overlap: float | None = None
    writing_read: bool | None = None
    writing_unread: tuple[str, ...] = ()
    stress: Mapping[str, Any] | None = None
    errors: tuple[Mapping[str, Any], ...] | None = None


def write_report(folder: Path, metrics: Mapping[str, Any], context: ReportContext) -> Path:
    """Write ``metrics.json``, ``report.html`` and, in short, ``MODEL_CARD.md``.

    Parameters
    ----------
    folder : Path
        Made when it is not there; earlier files of these names are replaced, each in one step.
    metrics : mapping of str to Any
        From ``measure``.
    context : ReportContext

    Returns
    -------
    Path
        Of ``report.html``.

    Raises
    ------
    OutputConflictError
        If the folder's place is taken by a file.
    MissingExtraError
        If Jinja2 is not installed.
    ValueError
        If ``metrics`` holds NaN or infinity, which JSON cannot.
    """
    as_json = json.dumps(metrics, allow_nan=False, indent=1)
    page = render(metrics, context)
    card = measured_card(metrics, context.model_name, context.data_name, cautions_of(metrics, context))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputConflictError(
            f"report: {folder} must be a folder, or free. Found a file in its place. Choose another folder."
        ) from error
    write_file(folder / METRICS_FILE, as_json + "\n")
    write_file(folder / CARD_FILE, _visible_text(card))
    return write_file(folder / REPORT_FILE, page)


def render(metrics: Mapping[str, Any], context: ReportContext) -> str:
    """Return the report as HTML; see ``write_report``."""
    errors = context.errors if context.errors is not None else metrics.get("worst_errors")
    return _environment().get_template("report.html.j2").render(
        m=metrics, context=context, cautions=cautions_of(metrics, context), plots=plots_of(metrics), explain=explain,
        errors=errors,
    )  # fmt: skip


def cautions_of(metrics: Mapping[str, Any], context: ReportContext) -> list[str]:
    """Return what a reader must know before any figure, the weightiest first."""
    missing = [f"{explain.writing_says(False)}."] if context.writing_read is False else []
    known = explain.cautions(metrics, context.label_sources, context.overlap)
    return [*missing, *context.warnings, *known]


def _environment() -> jinja2.Environment:
    jinja = require("jinja2", "train")
    environment: jinja2.Environment = jinja.Environment(
        loader=jinja.PackageLoader("umkm_classifier.evaluation"),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": _count, "share": _share, "percent": _percent}
    return environment


def _visible(value: object) -> object:
    """Take characters that are not seen out of what is printed; markup made by templates stays as it is."""
    return _visible_text(value) if type(value) is str else value


def _visible_text(text: str) -> str:
    return _INVISIBLE.sub("", text).encode("utf-8", "replace").decode("utf-8")


def _count(number: int) -> str:
    return f"{number:,}"


def _share(number: float) -> str:
    return f"{number:.3f}"


def _percent(number: float) -> str:
    return f"{100 * number:.1f}%"


def write_file(file: Path, text: str) -> Path:
    """Write a file so that nobody ever sees half of it."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file
