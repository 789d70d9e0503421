"""Write a simulated market into a folder."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from umkm_classifier.errors import OutputConflictError, show_ten
from umkm_classifier.simulate.market import RECORD_COLUMNS, TRUTH_COLUMNS, Market
from umkm_classifier.simulate.photos import PHOTO_FOLDER, Shown, jpeg, plan

LISTINGS_FILE = "listings.csv"
TRUTH_FILE = "truth.csv"
PHOTO_TRUTH_COLUMNS = (*TRUTH_COLUMNS, "photo_kinds")
_TABLES_MAKING = (f".{LISTINGS_FILE}.tmp", f".{TRUTH_FILE}.tmp")
_PHOTOS_MAKING = f".{PHOTO_FOLDER}.tmp"
_PHOTO_NAME = re.compile(r"L\d{6,10}-\d\.jpg", re.ASCII)


def write(market: Market, out: Path, *, photos: bool = False) -> int:
    """Write ``listings.csv`` and ``truth.csv`` (UTF-8, commas, line feeds), and photos if asked for, into a folder.

    The folder is made when it is not there. A market that was written there before is replaced, photos and all. A
    ``listings.csv`` that is there is always whole and belongs to the ``truth.csv`` and the photos beside it, also after
    a kill.

    Parameters
    ----------
    market : Market
    out : Path
    photos : bool
        Draw JPEGs of up to 480 pixels into ``photos/``, none to three a listing, about 25 ms each. The column
        ``photos`` of the listings then holds their paths relative to ``out``, and a last column ``photo_kinds`` of the
        truth says where each comes from (``Shown.kind``); both joined by ';', in the same order.

    Returns
    -------
    int
        Number of photos written.

    Raises
    ------
    OutputConflictError
        If ``out`` is no folder, or holds anything but an earlier simulated market.
    """
    out = Path(out)
    _refuse_other_things(out)
    out.mkdir(parents=True, exist_ok=True)
    shown = plan(market) if photos else []
    listings, truth, folder = (out / name for name in (LISTINGS_FILE, TRUTH_FILE, PHOTO_FOLDER))
    tables, drawn = [out / name for name in _TABLES_MAKING], out / _PHOTOS_MAKING
    try:
        _write_tables(market, shown, tables)
        if photos:
            _draw(shown, drawn)
        # The old listings go first and the new ones come last: they never stand beside the wrong truth or photos.
        listings.unlink(missing_ok=True)
        _remove(folder)
        os.replace(tables[1], truth)
        if photos:
            os.replace(drawn, folder)
        os.replace(tables[0], listings)
    finally:
        for path in tables:
            path.unlink(missing_ok=True)
        _remove(drawn)
    return sum(map(len, shown))


def _write_tables(market: Market, shown: list[list[Shown]], paths: Sequence[Path]) -> None:
    """Write listings and truth; ``shown`` is empty when there are no photos."""
    records, truth = market.records, market.truth
    if shown:
        files = [";".join([photo.path for photo in row]) for row in shown]
        kinds = [";".join([photo.kind for photo in row]) for row in shown]
        records = [{**record, "photos": paths} for record, paths in zip(records, files, strict=True)]
        truth = [{**row, "photo_kinds": found} for row, found in zip(truth, kinds, strict=True)]
    _write_synced(paths[0], _csv(RECORD_COLUMNS, records))
    _write_synced(paths[1], _csv(PHOTO_TRUTH_COLUMNS if shown else TRUTH_COLUMNS, truth))


def _draw(shown: list[list[Shown]], folder: Path) -> None:
    """Draw all photos into a folder of their own."""
    _remove(folder)
    folder.mkdir()
    for row in shown:
        for photo in row:
            (folder / Path(photo.path).name).write_bytes(jpeg(photo))


def _remove(folder: Path) -> None:
    """Remove a folder of photos, if there is one."""
    if folder.is_dir():
        shutil.rmtree(folder)


def _refuse_other_things(out: Path) -> None:
    """Raise unless ``out`` is absent, an empty folder, or a folder with an earlier simulated market."""
    if not os.path.lexists(out):
        return
    advice = "Choose another folder with --out, or move what is there."
    if not out.is_dir():
        raise OutputConflictError(f"{out}: expected a folder to write a simulated market to, found a file. {advice}")
    others = _other_things(out)
    if others:
        raise OutputConflictError(
            f"{out}: expected an empty folder or an earlier simulated market, found other things:\n"
            f"{show_ten(others)}\n{advice}"
        )
    # Only a simulated market has a truth: a lone listings.csv may be somebody's real one, and so may photos.
    headers = {TRUTH_FILE: (TRUTH_COLUMNS, PHOTO_TRUTH_COLUMNS), LISTINGS_FILE: (RECORD_COLUMNS,)}
    foreign = [
        name for name, known in headers.items() if os.path.lexists(out / name) and not _starts_with(out / name, known)
    ]
    if not os.path.lexists(out / TRUTH_FILE):
        foreign += [name for name in (LISTINGS_FILE, PHOTO_FOLDER) if os.path.lexists(out / name)]
    if foreign:
        found = PHOTO_FOLDER if foreign[0] == PHOTO_FOLDER else f"a {foreign[0]}"
        raise OutputConflictError(
            f"{out}: expected an empty folder or an earlier simulated market, found {found} of another origin. {advice}"
        )


def _other_things(out: Path) -> list[str]:
    """Return the names of everything that no simulated market has, photos below their folder too."""
    others = []
    for path in out.iterdir():
        if path.name in (PHOTO_FOLDER, _PHOTOS_MAKING) and path.is_dir() and not path.is_symlink():
            others += [f"{path.name}/{file.name}" for file in path.iterdir() if not _is_photo(file)]
        elif path.name not in (LISTINGS_FILE, TRUTH_FILE, *_TABLES_MAKING):
            others.append(path.name)
    return sorted(others)


def _is_photo(path: Path) -> bool:
    return bool(_PHOTO_NAME.fullmatch(path.name)) and path.is_file() and not path.is_symlink()


def _starts_with(path: Path, headers: Sequence[Sequence[str]]) -> bool:
    """Whether a regular file starts with one of these rows of column names."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline(1000) in [",".join(columns).encode() + b"\n" for columns in headers]


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
