"""``umkm stress``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umkm_classifier.cli.options import (
    Config,
    Encoding,
    MaxRejects,
    Out,
    Photos,
    Setting,
    put,
    say,
    settings_of,
    show_rejects,
)
from umkm_classifier.cli.progress import working

if TYPE_CHECKING:
    from rich.table import Table


def stress(
    first: Annotated[
        str, typer.Argument(metavar="[MODEL] DATA", help="A model and a table, or a table for the starter.")
    ],
    second: Annotated[str | None, typer.Argument(hidden=True)] = None,
    *,
    out: Out,
    config: Config = None,
    settings: Setting = None,
    encoding: Encoding = None,
    max_rejects: MaxRejects = None,
    photos: Photos = None,
) -> None:
    """Change labelled listings in ways that should matter little, and see what a model makes of it: stress.json."""
    from umkm_classifier.judge import stress as stress_model

    model, data = (first, second) if second is not None else ("starter", first)
    resolved = settings_of(config, settings, encoding=encoding, max_rejects=max_rejects, photos=photos)
    with working(f"stressing {model} on {data}"):
        stressed = stress_model(model, data, out, config=resolved)
    show_rejects(data, stressed.rejects)
    for warning in stressed.warnings:
        say(f"warning: {warning}")
    _print(_table(stressed.results["cases"]))
    bars = stressed.results["bars"]
    say(f"{bars['kept']} bars kept, {bars['broken']} broken: {stressed.file}")
    broken = [
        {"group": case["group"], "name": case["name"], **bar}
        for case in stressed.results["cases"]
        for bar in case.get("bars", ())
        if not bar["kept"]
    ]
    shown = {key: stressed.results[key] for key in ("n", "n_imported", "n_shops", "bars")}
    put(shown | {"broken": broken, "stress": str(stressed.file)})


def _table(cases: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    from umkm_classifier.evaluation.explain import STRESSES

    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("", overflow="fold")
    for name in ("n", "mean shift", "to imported", "to local", "bar"):  # local ones to imported, imported ones to local
        table.add_column(name, justify="right", no_wrap=True, min_width=len("broken"))
    group = ""
    for case in cases:
        if case["group"] != group:
            group = case["group"]
            table.add_row(STRESSES[group])
        table.add_row(f"  {case['name']}", *_cells(case))
    return table


def _cells(case: dict[str, Any]) -> list[str]:
    if "not_measured" in case:
        return ["0", "\u2013", "\u2013", "\u2013", ""]
    shares = ("\u2013" if case[key] is None else f"{case[key]:.1%}" for key in ("local_flagged", "imported_passed"))
    shift = "\u2013" if case["mean_shift"] is None else f"{case['mean_shift']:+.2f}"
    bar = "" if not case["bars"] else "kept" if all(bar["kept"] for bar in case["bars"]) else "broken"
    return [str(case["n"]), shift, *shares, bar]


def _print(table: Table) -> None:
    from rich.console import Console

    Console(file=sys.stderr, markup=False, highlight=False).print(table)
