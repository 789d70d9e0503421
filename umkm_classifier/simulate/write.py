"""Write a simulated market into a folder."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from umkm_classifier.errors import OutputConflictError, show_ten
from umkm_classifier.simulate.market import RECORD_COLUMNS, TRUTH_COLUMNS, Market

LISTINGS_FILE = "listings.csv"
TRUTH_FILE = "truth.csv"
_TEMPORARY = (f".{LISTINGS_FILE}.tmp", f".{TRUTH_FILE}.tmp")


def write(market: Market, out: Path) -> None:
    """Write ``listings.csv`` and ``truth.csv`` (UTF-8, commas, line feeds) into a folder.

    The folder is made when it is not there. A market that was written there before is replaced. A ``listings.csv`` that
    is there is always whole and belongs to the ``truth.csv`` beside it, also after a kill.

    Parameters
    ----------
    market : Market
    out : Path

    Raises
    ------
    OutputConflictError
        If ``out`` is no folder, or holds anything but an earlier simulated market.
    """
    out = Path(out)
    _refuse_other_things(out)
    out.mkdir(parents=True, exist_ok=True)
    listings, truth = (out / name for name in (LISTINGS_FILE, TRUTH_FILE))
    temporary = [out / name for name in _TEMPORARY]
    try:
        _write_synced(temporary[0], _csv(RECORD_COLUMNS, market.records))
        _write_synced(temporary[1], _csv(TRUTH_COLUMNS, market.truth))
        # The old listings go first and the new ones come last: they never stand beside the wrong truth.
        listings.unlink(missing_ok=True)
        os.replace(temporary[1], truth)
        os.replace(temporary[0], listings)
    finally:
        for path in temporary:
            path.unlink(missing_ok=True)


def _refuse_other_things(out: Path) -> None:
    """Raise unless ``out`` is absent, an empty folder, or a folder with an earlier simulated market."""
    if not os.path.lexists(out):
        return
    advice = "Choose another folder with --out, or move what is there."
    if not out.is_dir():
        raise OutputConflictError(f"{out}: expected a folder to write a simulated market to, found a file. {advice}")
    others = sorted(path.name for path in out.iterdir() if path.name not in (LISTINGS_FILE, TRUTH_FILE, *_TEMPORARY))
    if others:
        raise OutputConflictError(
            f"{out}: expected an empty folder or an earlier simulated market, found other things:\n"
            f"{show_ten(others)}\n{advice}"
        )
    # Only a simulated market has a truth: a lone listings.csv may be somebody's real one.
    headers = {TRUTH_FILE: TRUTH_COLUMNS, LISTINGS_FILE: RECORD_COLUMNS}
    expected = {name: ",".join(columns).encode() + b"\n" for name, columns in headers.items()}
    present = [name for name in headers if os.path.lexists(out / name)]
    foreign = [name for name in present if _first_line(out / name) != expected[name]]
    if foreign or present == [LISTINGS_FILE]:
        raise OutputConflictError(
            f"{out}: expected an empty folder or an earlier simulated market, found a {(foreign or present)[0]} "
            f"of another origin. {advice}"
        )


def _first_line(path: Path) -> bytes:
    """Return the first line of a regular file, at most 1,000 bytes; b'' of anything else."""
    if path.is_symlink() or not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.readline(1000)


def _csv(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> bytes:
    """Return a table as CSV bytes; a row that has other columns raises ValueError."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
