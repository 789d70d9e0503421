"""Errors that a caller can act on.

Every message has four parts: where it happened, what was expected, what was found, what to do. A seller's text or name
never stands in a message: the row, the id and the column are enough to find it. ``exit_code`` is what the command line
ends with.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType


class UmkmError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class UsageError(UmkmError):
    """The call itself is wrong: a missing argument, an unknown setting."""

    exit_code = 2


class MissingExtraError(UsageError):
    """A package of an optional extra is needed and not installed."""


class InputError(UmkmError):
    """A table, a label or a config cannot be used as it is."""

    exit_code = 3


class LabelError(InputError):
    """The labels cannot be learned from."""


class SplitError(InputError):
    """The rows cannot be divided into folds that share no shop and no near-duplicate."""


class BundleError(UmkmError):
    """A saved model cannot be used."""

    exit_code = 4


class BundleCorruptError(BundleError):
    """A file of a bundle is missing, added or changed."""


class BundleTooNewError(BundleError):
    """A bundle was written by a newer version of this package."""


class BundleDriftError(BundleError):
    """A bundle gives other scores here than where it was saved."""


class OutputConflictError(UmkmError):
    """The place to write to holds something else."""

    exit_code = 5


class TooManyRejectsError(UmkmError):
    """More rows were unusable than the caller allows."""

    exit_code = 6


class TryAgainError(UmkmError):
    """Something outside is in the way for now: a lock, a full disk."""

    exit_code = 75


def show_ten(problems: Sequence[str]) -> str:
    """Join problems into one text: the first ten, and how many more there are."""
    shown = list(problems[:10])
    if len(problems) > 10:
        shown.append(f"… and {len(problems) - 10} more")
    return "\n".join(shown)


def require(module: str, extra: str) -> ModuleType:
    """Import a module of an optional extra.

    Raises
    ------
    MissingExtraError
        If the module is not installed, or cannot be loaded; the message names the ``pip install`` that brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        raise MissingExtraError(
            f"this needs the package '{error.name}', which is not installed. "
            f"Install it with: pip install 'umkm-classifier[{extra}]'"
        ) from error
    except ImportError as error:  # a system library that its wheel does not bring, such as OpenCV's libGL
        raise MissingExtraError(
            f"this needs the package '{module}', which is installed and cannot be loaded: {error}. "
            f"Install what is named there, or the package again: "
            f"pip install --force-reinstall 'umkm-classifier[{extra}]'"
        ) from error
