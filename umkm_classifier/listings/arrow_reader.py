"""Rows of Parquet files, of data sets of the ``datasets`` library and of pandas frames.

Pictures are never decoded and nothing is fetched here: ``datasets`` would open any path and any address that a table
names. Its tables are read as Arrow, where a picture is its bytes and its path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.errors import InputError, require
from umkm_classifier.listings.columns import resolve
from umkm_classifier.listings.csv_reader import RawRow
from umkm_classifier.listings.hub import quiet_hub

_BATCH_ROWS = 2_000


def rows_of_parquet(path: Path, columns: Mapping[str, str] | None) -> Iterator[RawRow]:
    """Yield the rows of a Parquet file, a batch in memory at a time.

    Raises
    ------
    InputError
        If the file is no Parquet, or its columns do not fit.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            found = resolve(file.schema_arrow.names, columns, str(path))
            for batch in file.iter_batches(_BATCH_ROWS, columns=sorted(set(found.values()))):
                yield from _rows_of_batch(batch, found)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: a Parquet file expected, found one that cannot be read ({type(error).__name__}). Write it again."
        ) from error


def _rows_of_batch(batch: Any, found: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield the rows of an Arrow batch or table; ``batch`` holds each column of ``found``."""
    unreadable: set[int] = set()
    values = {name: _values(batch.column(column), name, unreadable) for name, column in found.items()}
    for at in range(batch.num_rows):
        if at in unreadable:
            yield None, "text in UTF-8 expected, found other bytes"
        else:
            yield {name: column[at] for name, column in values.items()}, ""


def _values(column: Any, name: str, unreadable: set[int]) -> list[Any]:
    """Return a column's values; bytes that should be text are read as UTF-8, and rows where that fails are noted."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # Arrow takes a file's word that its text is UTF-8.
        column = column.cast(kind).cast(pa.large_binary())
    elif name == "photos" or not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        return list(column.to_pylist())
    values = column.to_pylist()
    for at, value in enumerate(values):
        if value is not None:
            try:
                values[at] = value.decode()
            except UnicodeDecodeError:
                unreadable.add(at)
    return list(values)


def rows_of_dataset(dataset: Any, columns: Mapping[str, str] | None = None, where: str = "dataset") -> Iterator[RawRow]:
    """Yield the rows of a ``datasets.Dataset``; numbers of a ``ClassLabel`` become its names.

    Raises
    ------
    InputError
        If it is several splits, or its columns do not fit.
    """
    if isinstance(dataset, dict):  # DatasetDict
        if len(dataset) != 1:
            splits = ", ".join(map(str, dataset))
            raise InputError(f"{where}: one table expected, found the splits {splits}. Name one of them.")
        dataset = next(iter(dataset.values()))
    found = resolve(dataset.column_names, columns, where)
    class_names = {
        name: list(feature.names)
        for name in found
        if type(feature := dataset.features[found[name]]).__name__ == "ClassLabel"
    }
    tables = dataset.select_columns(sorted(set(found.values()))).with_format("arrow")
    for table in tables.iter(batch_size=_BATCH_ROWS):
        for row, problem in _rows_of_batch(table, found):
            yield (None if row is None else _with_class_names(row, class_names)), problem


def _with_class_names(row: Mapping[str, object], class_names: Mapping[str, list[str]]) -> Mapping[str, object]:
    named = dict(row)
    for name, names in class_names.items():
        at = named[name]
        if isinstance(at, int):
            named[name] = names[at] if 0 <= at < len(names) else None  # -1 marks a missing label
    return named


def rows_of_frame(frame: Any, columns: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield the rows of a pandas frame; its index is not read.

    Raises
    ------
    InputError
        If its columns do not fit.
    """
    found = resolve(list(frame.columns), columns, "frame")
    values = {name: frame[column].tolist() for name, column in found.items()}
    for at in range(len(frame)):
        yield {name: column[at] for name, column in values.items()}, ""


def saved_dataset(path: Path) -> Any:
    """Load a folder that ``Dataset.save_to_disk`` wrote.

    Raises
    ------
    MissingExtraError
        If ``datasets`` is not installed.
    InputError
        If the folder cannot be read.
    """
    datasets = require("datasets", "train")
    try:
        return datasets.load_from_disk(str(path))
    except Exception as error:  # any type: the library raises what its file systems and formats raise
        raise InputError(
            f"{path}: a folder saved by datasets expected, found one that cannot be read ({type(error).__name__}). "
            "Save it again with save_to_disk."
        ) from error


def hub_dataset(address: str) -> Any:
    """Load ``hub:NAME`` or ``hub:NAME:SPLIT`` from the hub, its cache, or a local folder of that name.

    Raises
    ------
    MissingExtraError
        If ``datasets`` is not installed.
    InputError
        If it cannot be loaded: no network, no such name, no such split.
    """
    datasets = require("datasets", "train")
    name, _, split = address.removeprefix("hub:").partition(":")
    if not name:
        raise InputError(f"'{address}': hub:NAME or hub:NAME:SPLIT expected, found no name. Name a data set.")
    try:
        with quiet_hub():
            return datasets.load_dataset(name, split=split or None)
    except Exception as error:  # any type: the library raises what its network and builders raise
        raise InputError(
            f"'{address}': a data set of the hub expected, found none that can be loaded ({type(error).__name__}). "
            "Check its name, its split and the network; without a network, load it once where there is one, or read a "
            "saved folder."
        ) from error
