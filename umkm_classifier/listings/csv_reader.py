"""Rows of CSV and JSONL files, read strictly: what does not fit is said, never shifted, guessed or skipped.

pandas reads ``NA`` as missing and the id ``007`` as 7.0, and lets a first row with one field too many shift every
column; pyarrow gives bytes for text in another encoding. So this is a pass of its own in which every cell is text and
every row is counted.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO

from umkm_classifier.errors import InputError
from umkm_classifier.listings.columns import resolve

# A row, or None and what was wrong with it.
RawRow = tuple[Mapping[str, object] | None, str]

# The module's own limit of 131,072 characters ends the whole file at one long description.
_MAX_FIELD_CHARS = 64 * 2**20
_FIRST_ROWS = 1_000  # a JSONL file has no header: these must hold a title


def rows_of_csv(path: Path, columns: Mapping[str, str] | None, encoding: str) -> Iterator[RawRow]:
    """Yield the rows of a CSV file with a header.

    Raises
    ------
    InputError
        If the file is empty, in another encoding, has no usable header, or a quote that is never closed.
    """
    codec = _codec(path, encoding)
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_FIELD_CHARS))
    try:
        with path.open(encoding=codec, newline="") as file:
            yield from _csv_rows(file, columns, path)
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding) from error


def _csv_rows(file: IO[str], columns: Mapping[str, str] | None, path: Path) -> Iterator[RawRow]:
    reader = csv.reader(file, strict=True)
    header: list[str] = []
    positions: dict[str, int] = {}
    while True:
        first_line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if not header or reader.line_num > first_line or str(error).startswith(("unexpected end", "field larger")):
                raise InputError(
                    f"{path}, line {first_line}: closed quotes expected, found a row that does not end before line "
                    f"{reader.line_num} ({error}). Close the quote, and double each quote inside a field."
                ) from error
            yield None, f"line {first_line}: well-formed quotes expected ({error}); double each quote inside a field"
            continue
        if not fields:
            continue  # a blank line; one of blanks may be a row with an empty title, and is not skipped
        if not header:
            header = [name.strip() for name in fields]
            positions = {name: header.index(column) for name, column in resolve(header, columns, str(path)).items()}
        elif len(fields) != len(header):
            lines = f"line {first_line}" if reader.line_num == first_line else f"lines {first_line}–{reader.line_num}"
            yield None, f"{lines}: {len(header)} fields expected, found {len(fields)}; quote fields that hold a comma"
        else:
            yield {name: fields[position] for name, position in positions.items()}, ""
    if not header:
        raise InputError(f"{path}: a header and rows expected, found an empty file. Export the table again.")


def rows_of_jsonl(path: Path, columns: Mapping[str, str] | None, encoding: str) -> Iterator[RawRow]:
    """Yield the rows of a file with one JSON object a line.

    Raises
    ------
    InputError
        If the file is empty, in another encoding, one JSON array, or its first rows have no title.
    """
    rows = _json_rows(path, _codec(path, encoding), encoding)
    first = list(islice(rows, _FIRST_ROWS))
    names = dict.fromkeys(name for row, _ in first for name in row or ())
    if not first:
        raise InputError(f"{path}: one JSON object a line expected, found an empty file. Export the table again.")
    # Keys may turn up later than the first rows; only those that are mapped must be there.
    found = resolve(list(names), columns, str(path)) if names else {}
    renamed = {column: name for name, column in found.items() if name != column}
    for row, problem in (*first, *rows):
        yield (row if row is None or not renamed else _renamed(row, found)), problem


def _renamed(row: Mapping[str, object], found: Mapping[str, str]) -> dict[str, object]:
    return {**row, **{name: row.get(column) for name, column in found.items()}}


def _json_rows(path: Path, codec: str, encoding: str) -> Iterator[RawRow]:
    try:
        with path.open(encoding=codec, newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _json_row(line, number, path)
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding) from error


def _json_row(line: str, number: int, path: Path) -> RawRow:
    if number == 1 and line.lstrip().startswith("["):
        raise InputError(
            f"{path}: one JSON object a line (JSONL) expected, found a JSON array. Write each object on its own line."
        )
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        # The error's own text can hold a piece of the line; its place cannot.
        place = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        return None, f"line {number}: a JSON object expected, found something that cannot be read{place}"
    if not isinstance(row, dict):
        return None, f"line {number}: a JSON object expected, found a {type(row).__name__}"
    return row, ""


def _codec(path: Path, encoding: str) -> str:
    """Return the codec to read with; UTF-16 taken for UTF-8 is told from its first bytes."""
    try:
        codec = codecs.lookup(encoding).name
    except LookupError as error:
        raise InputError(
            f"{path}: the name of an encoding expected, found '{encoding}'. Use 'utf-8' or 'cp1252', for example."
        ) from error
    if codec not in ("utf-8", "utf-8-sig"):
        return codec
    with path.open("rb") as file:
        start = file.read(1_000)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or start.count(0) > len(start) // 4:
        raise InputError(
            f"{path}: UTF-8 expected, found UTF-16. Save the table as 'CSV UTF-8', or name its encoding: "
            "encoding='utf-16' (--encoding utf-16)."
        )
    return "utf-8-sig"  # takes a byte order mark off, if there is one


def _wrong_encoding(path: Path, encoding: str) -> InputError:
    decoder = codecs.getincrementaldecoder(encoding)()
    where = ""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                decoder.decode(line)
            except UnicodeError as error:
                where = f", line {number}"
                found = "no byte order mark"
                if isinstance(error, UnicodeDecodeError):
                    found = f"the byte 0x{error.object[error.start]:02x}"
                break
        else:
            found = "an unfinished character at its end"
    return InputError(
        f"{path}{where}: text in {encoding} expected, found {found}. Save the table as UTF-8, or name its encoding: "
        "encoding='cp1252' (--encoding cp1252) fits most tables from Windows."
    )
