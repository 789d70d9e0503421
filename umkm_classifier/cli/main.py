"""The command ``umkm``, and how its errors end."""

from __future__ import annotations

import sys

import typer

from umkm_classifier.cli import data, models, prediction
from umkm_classifier.errors import UmkmError

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
app.command("predict")(prediction.predict)


@app.callback(invoke_without_command=True)
def umkm(version: bool = typer.Option(False, "--version", help="Say the version and end.")) -> None:
    """Tell whether marketplace listings are locally produced or imported goods resold."""
    if version:
        from umkm_classifier import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command; an error that the user can act on is a sentence on stderr and an exit code, never a traceback."""
    try:
        app()
    except UmkmError as error:
        typer.echo(f"umkm: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("umkm: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # who reads our output has gone: nothing is left to say, and Python must not try at exit
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        code = 75 if error.errno == 28 else 3
        typer.echo(f"umkm: {error.filename or 'a file'}: {error.strerror or error}. Check the path and its rights.", err=True)
        sys.exit(code)
