"""The command ``umkm``, and how its errors end."""

from __future__ import annotations

import errno
import io
import sys

import typer

from umkm_classifier.cli import compare, data, models, photos, prediction, stress
from umkm_classifier.errors import InputError, TryAgainError, UmkmError

app = typer.Typer(
    name="umkm",
    help="Tell whether marketplace listings are locally produced or imported goods resold.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("simulate")(data.simulate)
app.command("check")(data.check)
app.command("train")(models.train)
app.command("crossval")(models.crossval)
app.command("evaluate")(models.evaluate)
app.command("index")(photos.index)
app.command("stress")(stress.stress)
app.command("compare")(compare.compare)
app.command("predict")(prediction.predict)


@app.callback(invoke_without_command=True)
def umkm(version: bool = typer.Option(False, "--version", help="Say the version and end.")) -> None:
    """Tell whether marketplace listings are locally produced or imported goods resold."""
    if version:
        from umkm_classifier import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command; an error that the user can act on is a sentence on stderr and an exit code, never a traceback.

    Typer itself ends a call that it cannot read with 2, an interrupt with 130, and output that nobody reads with 1.
    """
    # JSON is UTF-8 whatever the terminal; what no encoding can hold becomes an escape, which JSON knows too
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="umkm")
    except UmkmError as error:
        _end(str(error), error.exit_code)
    except OSError as error:
        where = error.filename if error.filename is not None else "a file"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            _end(
                f"{where}: room to write expected, found the disk full. Free some space and try again.",
                TryAgainError.exit_code,
            )
        _end(f"{where}: {error.strerror or error}. Check the path and its rights.", InputError.exit_code)


def _end(sentence: str, code: int) -> None:
    typer.echo(f"umkm: {sentence}", err=True)
    sys.exit(code)
