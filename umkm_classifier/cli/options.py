"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from umkm_classifier.errors import TooManyRejectsError
from umkm_classifier.listings.listing import Listings, Reject

Data = Annotated[str, typer.Argument(help="A .csv, .jsonl or .parquet file, a folder saved by datasets, or hub:NAME[:SPLIT].")]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings as TOML; every bundle holds its own.")]
Setting = Annotated[list[str] | None, typer.Option("--set", help="One setting, key=value; may be repeated.")]
MaxRejects = Annotated[float, typer.Option("--max-rejects", min=0, max=1, help="Largest share of unusable rows.")]


def say(text: str) -> None:
    """Tell the person at the terminal something; stdout is for programs."""
    typer.echo(text, err=True)


def put(value: Any) -> None:
    """Print JSON for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1))


def show_rejects(rejects: list[Reject]) -> None:
    """Tell the first ten cells that were not used, and how many more there are."""
    for reject in rejects[:10]:
        where = f"row {reject.row}" + (f", {reject.column}" if reject.column else "")
        say(f"  {where}: {reject.code}: {reject.message}")
    if len(rejects) > 10:
        say(f"  … and {len(rejects) - 10} more")


def check_share(listings: Listings, most: float, where: str) -> None:
    """Refuse a table of which too much is unusable.

    Raises
    ------
    TooManyRejectsError
        If more than the share ``most`` of the rows was rejected.
    """
    rejected = int(listings.rejected.sum())
    if rejected > most * max(len(listings), 1):
        raise TooManyRejectsError(
            f"{where}: at most {most:.0%} unusable rows expected, found {rejected} of {len(listings)}. "
            f"'umkm check {where}' names them; mend the table or raise --max-rejects."
        )
