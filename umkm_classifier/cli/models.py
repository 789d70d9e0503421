"""``umkm train``, ``umkm crossval`` and ``umkm evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umkm_classifier.cli.options import (
    Config,
    Data,
    Encoding,
    ExpectedShare,
    MaxRejects,
    Out,
    Photos,
    Setting,
    ShowText,
    put,
    say,
    settings_of,
    show_rejects,
)
from umkm_classifier.cli.progress import working

if TYPE_CHECKING:
    from umkm_classifier.judge import Evaluated
    from umkm_classifier.tracking import TrackedRun

HEADLINES = (
    "roc_auc", "average_precision", "macro_f1", "brier", "ece", "roc_auc_within_goods_pooled", "local_flagged_rate",
)  # fmt: skip


def train(
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder of the new bundle, for instance models/mine.")],
    base: Annotated[
        str | None, typer.Option("--base", help="A model to adapt: a bundle, models:/… or starter.")
    ] = None,
    config: Config = None,
    settings: Setting = None,
    run: Annotated[str | None, typer.Option("--run", help="Name of the MLflow run.")] = None,
    no_track: Annotated[bool, typer.Option("--no-track", help="Write nothing to MLflow.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the bundle at --out.")] = False,
    encoding: Encoding = None,
    max_rejects: MaxRejects = None,
    photos: Photos = None,
) -> None:
    """Train a model on a labelled table, or adapt one to it with --base."""
    from umkm_classifier.train import train as train_model

    resolved = settings_of(config, settings, encoding=encoding, max_rejects=max_rejects, photos=photos)
    resolved = resolved.model_copy(update={"track": False}) if no_track else resolved
    with working(f"training on {data}"):
        trained = train_model(data, out, config=resolved, base=base, run_name=run, overwrite=overwrite)
    training = trained.training
    show_rejects(data, trained.rejects)
    _say_left_out(data, trained.n_unlabelled)
    say(
        f"{out}: learned from {training['n']} listings ({training['n_local']} local, {training['n_imported']} "
        f"imported), {training['n_groups']} groups"
    )
    for note in training["notes"]:
        say(f"  note: {note}")
    if trained.run is not None:
        _say_run(trained.run)
    run_id, model_uri = (trained.run.run_id, trained.run.model_uri) if trained.run else (None, None)
    put({"bundle": str(trained.bundle), "training": training, "run_id": run_id, "model_uri": model_uri})


def crossval(
    data: Data,
    out: Out,
    config: Config = None,
    settings: Setting = None,
    encoding: Encoding = None,
    max_rejects: MaxRejects = None,
    photos: Photos = None,
    random_split: Annotated[
        bool, typer.Option(help="Also show what folds of rows drawn at random would flatter; a sixth more time.")
    ] = True,
    show_text: ShowText = False,
) -> None:
    """Judge by folds that share no shop and no near-duplicate: metrics.json, report.html, out_of_fold.csv."""
    from umkm_classifier.train import crossval as judge_by_folds

    resolved = settings_of(config, settings, encoding=encoding, max_rejects=max_rejects, photos=photos)
    with working(f"training and judging on the folds of {data}"):
        judged = judge_by_folds(data, out, config=resolved, random_split=random_split, show_text=show_text)
    _say_judged(data, judged)


def evaluate(
    first: Annotated[
        str, typer.Argument(metavar="[MODEL] DATA", help="A model and a table, or a table for the starter.")
    ],
    second: Annotated[str | None, typer.Argument(hidden=True)] = None,
    *,
    out: Out,
    stress: Annotated[
        Path | None,
        typer.Option("--stress", help="A stress.json for the report to show; that in --out when not given."),
    ] = None,
    config: Config = None,
    settings: Setting = None,
    encoding: Encoding = None,
    max_rejects: MaxRejects = None,
    photos: Photos = None,
    expected_share_imported: ExpectedShare = None,
    show_text: ShowText = False,
) -> None:
    """Judge a saved model on a labelled table: metrics.json and report.html."""
    from umkm_classifier.judge import Shown
    from umkm_classifier.judge import evaluate as judge

    model, data = (first, second) if second is not None else ("starter", first)
    resolved = settings_of(config, settings, encoding=encoding, max_rejects=max_rejects, photos=photos)
    with working(f"judging {model} on {data}"):
        judged = judge(
            model, data, out, config=resolved, expected_share_imported=expected_share_imported,
            shown=Shown(stress, show_text),
        )  # fmt: skip
    _say_judged(data, judged)


def _say_run(run: TrackedRun) -> None:
    if run.run_id is not None:
        say(f"  MLflow run {run.run_id} in {run.store}")
    if run.model_uri is not None:
        say(f"  registered as {run.model_uri}: a name for this model wherever one is asked for")
    if run.warning:
        say(f"  warning: {run.warning}")


def _say_left_out(data: str, n_unlabelled: int) -> None:
    if n_unlabelled:
        rows = "1 row was left out: it has" if n_unlabelled == 1 else f"{n_unlabelled} rows were left out: they have"
        say(f"{data}: {rows} no label")


def _say_judged(data: str, judged: Evaluated) -> None:
    from umkm_classifier.evaluation.explain import worst_slice_says

    metrics = judged.metrics
    show_rejects(data, judged.rejects)
    _say_left_out(data, metrics["n_unlabelled"])
    for warning in judged.warnings:
        say(f"warning: {warning}")
    shown: dict[str, Any] = {key: metrics[key] for key in ("n", "n_imported", "n_shops")}
    for key in HEADLINES:
        shown[key], shown[f"{key}_ci"] = metrics[key], metrics[f"{key}_ci"]
        if metrics[key] is None:
            shown[f"{key}_reason"] = metrics[f"{key}_reason"]
    shown |= {key: metrics[key] for key in ("worst_slice", "worst_slice_reason") if key in metrics}
    if metrics["worst_slice"] is not None and not metrics["worst_slice"]["beyond"]:
        say(worst_slice_says(metrics))  # else it stands among the warnings
    say(f"report: {judged.report}")
    put(shown | {"report": str(judged.report)})
