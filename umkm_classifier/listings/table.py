"""Tables of listings: CSV, JSONL, Parquet, folders of ``datasets``, the hub."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from umkm_classifier.errors import InputError
from umkm_classifier.listings.csv_reader import RawRow, rows_of_csv, rows_of_jsonl
from umkm_classifier.listings.listed_photo import rooted
from umkm_classifier.listings.listing import Listings, Reject, concatenate
from umkm_classifier.listings.prepare import MALFORMED, note_duplicates, prepare

_CSV, _JSONL, _PARQUET = (".csv",), (".jsonl", ".ndjson"), (".parquet", ".pq")
_ADVICE = {
    ".xlsx": "Save the sheet as 'CSV UTF-8'.", ".xls": "Save the sheet as 'CSV UTF-8'.",
    ".ods": "Save the sheet as CSV in UTF-8.", ".tsv": "Save the table with commas, as CSV.",
    ".json": "Write one object a line, as JSONL.", ".gz": "Unpack it first.", ".zip": "Unpack it first.",
    ".arrow": "Give the folder that datasets saved, not a file in it.",
}  # fmt: skip
_BATCH_ROWS = 10_000


def read(
    data: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    photos: str | Path | None = None,
) -> tuple[Listings, list[Reject]]:
    """Read a table of listings whole.

    Parameters
    ----------
    data : str or Path
        A ``.csv``, ``.jsonl`` or ``.parquet`` file, a folder saved by ``datasets``, or ``'hub:NAME[:SPLIT]'``.
    columns : mapping of str to str, optional
        Where the table's names differ from those of ``Listing``: ``{'title': 'nama_produk'}``.
    encoding : str
        Of CSV and JSONL. It is never guessed.
    photos : str or Path, optional
        The folder that paths of photos count from and must not leave; the table's own when not given. Nothing is
        opened here.

    Returns
    -------
    listings : Listings
        One row for each row of the table, in its order; rows that could not be read are empty and rejected.
    rejects : list of Reject
        What was not used, by row (counted from 0) and column.

    Raises
    ------
    InputError
        If the table as a whole cannot be read: no such file, another encoding, no column ``title``, a name twice, a
        quote that is never closed.
    MissingExtraError
        If it is a data set and ``datasets`` is not installed.
    """
    batches = list(read_batches(data, _BATCH_ROWS, columns=columns, encoding=encoding, photos=photos))
    if not batches:
        return prepare([])
    listings = note_duplicates(concatenate([batch for batch, _ in batches]))
    return listings, [reject for _, rejects in batches for reject in rejects]


def read_batches(
    data: str | Path,
    size: int,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    photos: str | Path | None = None,
) -> Iterator[tuple[Listings, list[Reject]]]:
    """Read a table of listings in batches of ``size`` rows, one in memory at a time; otherwise as ``read``.

    Rows are numbered through the table. ``duplicate_id`` is noted within a batch only.
    """
    rows = _rows(data, columns, encoding)
    first_row = 0
    while batch := list(islice(rows, size)):
        listings, rejects = prepare([row for row, _ in batch], first_row=first_row)
        for at, (row, problem) in enumerate(batch, first_row):
            if row is None:
                rejects.append(Reject(at, "", MALFORMED, problem))
        rejects.sort(key=lambda reject: reject.row)
        yield rooted(listings, _photo_folder(data, photos)), rejects
        first_row += len(batch)


def _photo_folder(data: str | Path, photos: str | Path | None) -> Path:
    if photos is not None:
        return Path(photos)
    if isinstance(data, str) and data.startswith("hub:"):
        return Path.cwd()
    return Path(data) if Path(data).is_dir() else Path(data).parent


def _rows(data: str | Path, columns: Mapping[str, str] | None, encoding: str) -> Iterator[RawRow]:
    if isinstance(data, str) and data.startswith("hub:"):
        from umkm_classifier.listings import arrow_reader

        return arrow_reader.rows_of_dataset(arrow_reader.hub_dataset(data), columns, data)
    path = Path(data)
    suffix = path.suffix.lower()
    if _is_folder(path):
        from umkm_classifier.listings import arrow_reader

        return arrow_reader.rows_of_dataset(_saved(path), columns, str(path))
    if suffix in _CSV:
        return rows_of_csv(path, columns, encoding)
    if suffix in _JSONL:
        return rows_of_jsonl(path, columns, encoding)
    if suffix in _PARQUET:
        from umkm_classifier.listings import arrow_reader

        return arrow_reader.rows_of_parquet(path, columns)
    raise InputError(
        f"{path}: a .csv, .jsonl or .parquet file, a folder saved by datasets or hub:NAME expected, found "
        f"'{suffix or path.name}'. {_ADVICE.get(suffix, 'Export the table as CSV in UTF-8.')}"
    )


def _is_folder(path: Path) -> bool:
    """Return whether it is a folder; refuse what is neither that nor a regular file: a pipe would block for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: a table expected, found no such file. Check the path.") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(
            f"{path}: a file or a folder expected, found a pipe or a device. Write the table to a file first."
        )
    return stat.S_ISDIR(mode)


def _saved(path: Path) -> object:
    from umkm_classifier.listings import arrow_reader

    if not any((path / name).is_file() for name in ("dataset_info.json", "state.json", "dataset_dict.json")):
        raise InputError(
            f"{path}: a folder saved by datasets expected, found one without dataset_info.json. "
            "Give the table's file, or save the data set with save_to_disk."
        )
    return arrow_reader.saved_dataset(path)
