"""Which column of a table is which: by name, never by position, and never by guessing."""

from __future__ import annotations

import difflib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from umkm_classifier.errors import InputError
from umkm_classifier.listings.listing import LISTING_FIELDS

_log = logging.getLogger(__name__)

REQUIRED = "title"
_MAX_SHOWN = 20
_MAX_NAME = 40
_SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a bar"}


def resolve(names: Sequence[object], columns: Mapping[str, str] | None, where: str) -> dict[str, str]:
    """Find the columns of a listing among those of a table.

    Parameters
    ----------
    names : sequence of str
        The table's column names.
    columns : mapping of str to str, or None
        Names that differ: canonical name to the table's.
    where : str
        The table, for messages.

    Returns
    -------
    found : dict of str to str
        Canonical name to the table's name.

    Raises
    ------
    InputError
        If a name stands twice, a mapped name is not there, or ``title`` is missing.
    """
    table = [str(name) for name in names]
    mapped = _checked_mapping(columns, where)
    twice = [_shown(name) for name, count in Counter(table).items() if count > 1 and name]
    if twice:
        raise InputError(
            f"{where}: each column name once expected, found {', '.join(twice)} more than once. "
            "Rename or remove one of each."
        )
    absent = [
        f"'{column}' for '{name}'{_maybe(column, table)}" for name, column in mapped.items() if column not in table
    ]
    if absent:
        raise InputError(
            f"{where}: the mapped columns expected, did not find {', '.join(absent)}. Columns found: {_listed(table)}. "
            "Correct the mapping."
        )
    found = {name: name for name in LISTING_FIELDS if name in table and name not in mapped} | mapped
    if REQUIRED not in found:
        raise InputError(_without_title(table, where))
    _tell_ignored([name for name in table if name not in found.values()], found, where)
    return found


def _checked_mapping(columns: Mapping[str, str] | None, where: str) -> dict[str, str]:
    mapped = dict(columns or {})
    unknown = [f"'{name}'{_maybe(name, LISTING_FIELDS)}" for name in mapped if name not in LISTING_FIELDS]
    if unknown:
        raise InputError(
            f"{where}: columns maps names of a listing to names of the table, found {', '.join(unknown)}. "
            f"A listing has: {', '.join(LISTING_FIELDS)}."
        )
    return mapped


def _without_title(table: Sequence[str], where: str) -> str:
    if len(table) == 1:
        for separator, name in _SEPARATORS.items():
            if separator in table[0]:
                return (
                    f"{where}: columns separated by commas expected, found {name} in the only column "
                    f"{_shown(table[0])}. Save the table with commas."
                )
    near = _nearest(REQUIRED, table)
    hint = f" Did you mean '{near}'?" if near else ""
    return (
        f"{where}: a column 'title' expected, found {_listed(table)}.{hint} Rename the column that "
        "holds the titles, or map it: columns={'title': NAME}, or in the config [columns] title = \"NAME\"."
    )


def _tell_ignored(ignored: Sequence[str], found: Mapping[str, str], where: str) -> None:
    """Say which columns are not read; loudly when one looks like a column that is missing."""
    missing = [name for name in LISTING_FIELDS if name not in found]
    for name in ignored:
        near = _nearest(name, missing)
        if near:
            _log.warning("%s: column %s is not read. Did you mean '%s'?", where, _shown(name), near)
    if ignored:
        _log.info("%s: columns not read: %s", where, _listed(ignored))


def _maybe(name: str, names: Sequence[str]) -> str:
    near = _nearest(name, names)
    return f" (did you mean '{near}'?)" if near else ""


def _nearest(name: str, names: Sequence[str]) -> str:
    folded = {_folded(candidate): candidate for candidate in names if len(candidate) <= _MAX_NAME}
    near = difflib.get_close_matches(_folded(name[:_MAX_NAME]), folded, n=1, cutoff=0.75)
    return folded[near[0]] if near else ""


def _folded(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "no column"
    shown = ", ".join(_shown(name) for name in names[:_MAX_SHOWN])
    return shown if len(names) <= _MAX_SHOWN else f"{shown} and {len(names) - _MAX_SHOWN} more"


def _shown(name: str) -> str:
    return f"'{name}'" if len(name) <= _MAX_NAME else f"'{name[:_MAX_NAME]}…'"
