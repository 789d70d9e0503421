"""``umkm compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umkm_classifier.cli.options import (
    Config,
    Data,
    Encoding,
    MaxRejects,
    Photos,
    Setting,
    put,
    say,
    settings_of,
    show_rejects,
)
from umkm_classifier.cli.progress import working

MODEL = "A bundle, models:/NAME/VERSION, models:/NAME@ALIAS or starter."


def compare(
    champion: Annotated[str, typer.Argument(help=MODEL)],
    challenger: Annotated[str, typer.Argument(help=MODEL)],
    data: Data,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write compare.json to.")] = None,
    no_promote: Annotated[bool, typer.Option("--no-promote", help="Move no alias, whatever the verdict.")] = False,
    config: Config = None,
    settings: Setting = None,
    encoding: Encoding = None,
    max_rejects: MaxRejects = None,
    photos: Photos = None,
) -> None:
    """Compare two models on labelled listings that neither has learned from; @champion goes to a better challenger."""
    from umkm_classifier.comparing import compare as compare_models

    resolved = settings_of(config, settings, encoding=encoding, max_rejects=max_rejects, photos=photos)
    with working(f"comparing {champion} and {challenger} on {data}"):
        found = compare_models(champion, challenger, data, config=resolved, out=out, promote=not no_promote)
    results = found.results
    show_rejects(data, found.rejects)
    for warning in found.warnings:
        say(f"warning: {warning}")
    if results["n_left_out"]:
        say(f"{data}: {results['n_left_out']} listings were left out: a model has learned from them")
    say(f"{data}: compared on {results['n']} listings of {results['n_shops']} shops")
    for rule in results["rules"]:
        say(f"  {'yes' if rule['holds'] else 'no':3} {rule['says']}")
    say(f"{found.verdict}: {found.alias}")
    stress = results["stress"]
    shown = results if stress is None else {**results, "stress": {k: v for k, v in stress.items() if k != "bars"}}
    put(shown | {"compare": None if found.file is None else str(found.file)})
