"""Arguments and options that several commands share, and how commands speak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from umkm_classifier.config import TrainConfig, load_config
from umkm_classifier.listings.listing import Reject

Data = Annotated[
    str, typer.Argument(help="A .csv, .jsonl or .parquet file, a folder saved by datasets, or hub:NAME[:SPLIT].")
]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings as TOML; every bundle holds its own.")]
Setting = Annotated[list[str] | None, typer.Option("--set", help="One setting, key=value; may be repeated.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a CSV or JSONL file; utf-8 when not given.")]
Photos = Annotated[
    str | None,
    typer.Option("--photos", help="Folder that paths of photos count from; the table's own when not given."),
]
ExpectedShare = Annotated[
    float | None,
    typer.Option(
        "--expected-share-imported",
        help="Share of imports where the listings come from, in (0, 1): corrects probabilities, no decision.",
    ),
]
ShowText = Annotated[
    bool, typer.Option("--show-text", help="Show titles and quoted words of the worst mistakes in the report.")
]
MaxRejects = Annotated[
    float | None,
    typer.Option("--max-rejects", min=0, max=1, help="Largest share of unusable rows; 0.1 when not given."),
]


def settings_of(config: Path | None, settings: list[str] | None, **options: str | float | None) -> TrainConfig:
    """Return the settings of a call: options of their own go over ``--set``, which goes over the file."""
    return load_config(config, settings or (), {name: value for name, value in options.items() if value is not None})


def say(text: str) -> None:
    """Tell the person at the terminal something; stdout is for programs."""
    typer.echo(text, err=True)


def put(value: Any) -> None:
    """Print JSON for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1))


def show_rejects(data: str, rejects: list[Reject]) -> None:
    """Tell the first ten cells that were not used, and how many more there are; nothing when there are none."""
    if not rejects:
        return
    were = "cell or row was" if len(rejects) == 1 else "cells or rows were"
    say(f"{data}: {len(rejects)} {were} not used (rows are counted from 0):")
    for reject in rejects[:10]:
        where = f"row {reject.row}" + (f", {reject.column}" if reject.column else "")
        say(f"  {where}: {reject.code}: {reject.message}")
    if len(rejects) > 10:
        say(f"  … and {len(rejects) - 10} more")
