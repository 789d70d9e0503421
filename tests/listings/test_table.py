"""Tables from files: what fits is read, what does not is said."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umkm_classifier.errors import InputError
from umkm_classifier.listings.listed_photo import RootedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.table import read, read_batches


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """Write a file and return its path."""

    def write(content: str | bytes, name: str = "listings.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(path: Path | str, **options: Any) -> str:
    with pytest.raises(InputError) as raised:
        read(path, **options)
    assert raised.value.exit_code == 3
    return str(raised.value)


def titles(listings: Listings) -> list[str]:
    return listings.column("title").tolist()


def test_a_csv_is_read_by_its_names(table: Any) -> None:
    path = table('price,title,id\n"Rp1.250.000","Kain ""tulis"", halus",007\n')
    listings, rejects = read(path)
    assert listings.record(0) | {} == listings.record(0)
    assert (titles(listings), listings.column("id").tolist(), listings.price_idr.tolist()) == (
        ['Kain "tulis", halus'],
        ["007"],
        [1_250_000.0],
    )
    assert rejects == []
    assert titles(read(str(path))[0]) == titles(listings)


def test_fault_27_words_for_missing_stay_text(table: Any) -> None:
    listings, _ = read(table("title\nNA\nnull\nNone\nnan\n"))
    assert titles(listings) == ["NA", "null", "None", "nan"]


def test_fault_28_ids_stay_text(table: Any) -> None:
    listings, _ = read(table("id,title\n007,Kain\n9007199254740993,Tas\n,Peci\n"))
    assert listings.column("id").tolist() == ["007", "9007199254740993", "2"]


def test_fault_34_a_megabyte_in_a_cell_rejects_nothing(table: Any) -> None:
    listings, rejects = read(table("title,description\nKain," + "x" * 2**20 + "\nTas,katun\n"))
    assert titles(listings) == ["Kain", "Tas"]
    assert len(listings.column("description")[0]) == 10_000
    assert listings.notes.tolist() == [("text_truncated",), ()]
    assert rejects == []


def test_fault_34_the_limit_of_the_csv_module_is_never_lowered(table: Any) -> None:
    before = csv.field_size_limit(2**40)
    try:
        read(table("title\nKain\n"))
        assert csv.field_size_limit() == 2**40
    finally:
        csv.field_size_limit(before)


def test_fault_37_null_characters_and_line_breaks_inside_a_field_are_read(table: Any) -> None:
    listings, rejects = read(table('title,description\r\n"Ka\x00in\r\nbatik","a\r\nb"\r\n'))
    assert listings.record(0)["title"] == "Ka in batik"
    assert listings.record(0)["description"] == "a\nb"
    assert rejects == []


def test_fault_40_another_encoding_is_named_with_its_line(table: Any) -> None:
    path = table("id,title\n1,Kain\n2,Café\n".encode("cp1252"))
    assert refusal(path) == (
        f"{path}, line 3: text in utf-8 expected, found the byte 0xe9. Save the table as UTF-8, or name its encoding: "
        "encoding='cp1252' (--encoding cp1252) fits most tables from Windows."
    )
    assert titles(read(path, encoding="cp1252")[0]) == ["Kain", "Café"]


def test_fault_40_the_line_is_found_far_into_the_file_and_in_jsonl(table: Any) -> None:
    path = table(b"title\n" + b"Kain batik\n" * 100_000 + b"Caf\xe9\n")
    assert refusal(path).startswith(f"{path}, line 100002: text in utf-8 expected, found the byte 0xe9.")
    path = table(b'{"title": "Kain"}\n{"title": "Caf\xe9"}\n', "a.jsonl")
    assert refusal(path).startswith(f"{path}, line 2: text in utf-8 expected, found the byte 0xe9.")


def test_fault_40_a_file_cut_inside_a_character_and_an_unknown_encoding_are_told(table: Any) -> None:
    path = table("title\nKain é".encode()[:-1])
    assert refusal(path).startswith(f"{path}: text in utf-8 expected, found an unfinished character at its end.")
    assert refusal(path, encoding="utf8x") == (
        f"{path}: the name of an encoding expected, found 'utf8x'. Use 'utf-8' or 'cp1252', for example."
    )


def test_fault_40_a_wrong_encoding_that_was_named_is_told_too(table: Any) -> None:
    path = table("id,title\n1,Kain\n")
    found = f"{path}, line 1: text in utf-16 expected, found no byte order mark."
    assert refusal(path, encoding="utf-16").startswith(found)
    path = table("id,title\n1,Café\n")
    assert refusal(path, encoding="ascii").startswith(f"{path}, line 2: text in ascii expected, found the byte 0xc3.")


def test_blank_lines_are_no_rows(table: Any) -> None:
    listings, rejects = read(table("\nid,title\n\n1,Kain\n\n2,Tas\n\n"))
    assert (titles(listings), rejects) == (["Kain", "Tas"], [])


@pytest.mark.parametrize("line", ["  ", '""', '" "'])
def test_a_line_of_blanks_is_a_row_and_never_skipped(table: Any, line: str) -> None:
    listings, rejects = read(table(f"title\nKain\n{line}\nTas\n"))
    assert titles(listings) == ["Kain", "", "Tas"]
    assert [(reject.row, reject.code) for reject in rejects] == [(1, "no_content")]
    listings, rejects = read(table(f"id,title\n1,Kain\n{line}\n2,Tas\n"))
    assert titles(listings) == ["Kain", "", "Tas"]
    assert [(reject.row, reject.code) for reject in rejects] == [(1, "malformed_row")]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_fault_41_a_byte_order_mark_is_no_part_of_a_name(table: Any, name: str) -> None:
    content = "id,title\n1,Kain\n" if name == "a.csv" else '{"id": 1, "title": "Kain"}\n'
    listings, rejects = read(table(b"\xef\xbb\xbf" + content.encode(), name))
    assert (listings.column("id").tolist(), titles(listings), rejects) == (["1"], ["Kain"], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_fault_42_utf_16_is_told_from_its_first_bytes(table: Any, encoding: str) -> None:
    path = table("id,title\n1,Kain batik\n".encode(encoding))
    assert refusal(path) == (
        f"{path}: UTF-8 expected, found UTF-16. Save the table as 'CSV UTF-8', or name its encoding: "
        "encoding='utf-16' (--encoding utf-16)."
    )
    assert titles(read(path, encoding=encoding)[0]) == ["Kain batik"]


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_fault_43_extra_field_rejects_the_row_not_the_file(table: Any, bad: int) -> None:
    rows = ["1,Kain,25rb", "2,Tas,30rb", "3,Peci,35rb"]
    rows[bad] += ",x"
    listings, rejects = read(table("id,title,price\n" + "\n".join(rows) + "\n"))
    expected = ["Kain", "Tas", "Peci"]
    expected[bad] = ""
    assert titles(listings) == expected
    assert listings.rejected.tolist() == [at == bad for at in range(3)]
    assert listings.notes[bad] == ("malformed_row",)
    assert [(reject.row, reject.column, reject.code, reject.message) for reject in rejects] == [
        (bad, "", "malformed_row", f"line {bad + 2}: 3 fields expected, found 4; quote fields that hold a comma")
    ]


def test_fault_43_a_missing_field_rejects_its_row_with_its_own_lines(table: Any) -> None:
    listings, rejects = read(table('id,title,price\n1,"Kain\nbatik"\n2,Tas,30rb\n\n3,Peci,1\n'))
    assert titles(listings) == ["", "Tas", "Peci"]
    assert rejects[0].message == "lines 2–3: 3 fields expected, found 2; quote fields that hold a comma"


def test_fault_43_a_stray_quote_on_one_line_rejects_its_row(table: Any) -> None:
    listings, rejects = read(table('id,title\n1,"Kain "tulis" halus"\n2,Tas\n'))
    assert titles(listings) == ["", "Tas"]
    assert [(reject.row, reject.code) for reject in rejects] == [(0, "malformed_row")]
    assert rejects[0].message.startswith("line 2: well-formed quotes expected")


@pytest.mark.parametrize("rest", ["", '3,"Peci"\n', "3,Peci\n" * 5_000])
def test_fault_46_a_quote_that_is_never_closed_is_refused_with_its_line(table: Any, rest: str) -> None:
    path = table('id,title\n1,Kain\n2,"Tas\n' + rest)
    assert refusal(path).startswith(
        f"{path}, line 3: closed quotes expected, found a row that does not end before line "
    )


def test_fault_47_an_empty_file_is_refused_and_a_header_alone_is_an_empty_table(table: Any) -> None:
    path = table("")
    assert refusal(path) == f"{path}: a header and rows expected, found an empty file. Export the table again."
    assert refusal(table("\n\n")).endswith("Export the table again.")
    listings, rejects = read(table("id,title\n"))
    assert (len(listings), rejects) == (0, [])
    path = table("", "a.jsonl")
    assert refusal(path) == f"{path}: one JSON object a line expected, found an empty file. Export the table again."


def test_fault_50_values_of_any_type_are_read_from_jsonl(table: Any) -> None:
    rows = [
        {"id": 7, "title": 501, "price": 25_000, "attributes": {"Bahan": "Katun"}, "photos": ["a.jpg"]},
        {"title": ["Kain"]},
        {"title": None, "description": "Kain"},
    ]
    listings, rejects = read(table("\n".join(map(json.dumps, rows)) + "\n\n", "a.jsonl"))
    assert titles(listings) == ["501", "", ""]
    assert listings.column("attributes")[0] == {"Bahan": "Katun"}
    assert [(reject.row, reject.code) for reject in rejects] == [(1, "value_not_text"), (1, "no_content")]


def test_lines_of_jsonl_that_are_no_object_are_rejected_with_their_line(table: Any) -> None:
    lines = [
        '{"title": "Kain"}',
        "{bad",
        "",
        "[1]",
        '"x"',
        '{"title": ' + "1" * 5_000 + "}",
        '{"a":' * 100_000,
        '{"title": "Tas"}',
    ]
    listings, rejects = read(table("\n".join(lines), "a.jsonl"))
    assert titles(listings) == ["Kain", "", "", "", "", "", "Tas"]
    assert [(reject.row, reject.code, reject.message) for reject in rejects] == [
        (1, "malformed_row", "line 2: a JSON object expected, found something that cannot be read, column 2"),
        (2, "malformed_row", "line 4: a JSON object expected, found a list"),
        (3, "malformed_row", "line 5: a JSON object expected, found a str"),
        (4, "malformed_row", "line 6: a JSON object expected, found something that cannot be read"),
        (5, "malformed_row", "line 7: a JSON object expected, found something that cannot be read"),
    ]


def test_a_json_array_is_told_from_jsonl(table: Any) -> None:
    path = table('[\n{"title": "Kain"}\n]', "a.jsonl")
    assert refusal(path) == (
        f"{path}: one JSON object a line (JSONL) expected, found a JSON array. Write each object on its own line."
    )


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.xlsx", "'.xlsx'. Save the sheet as 'CSV UTF-8'."),
        ("a.tsv", "'.tsv'. Save the table with commas, as CSV."),
        ("a.csv.gz", "'.gz'. Unpack it first."),
        ("a.json", "'.json'. Write one object a line, as JSONL."),
        ("a", "'a'. Export the table as CSV in UTF-8."),
        ("a.html", "'.html'. Export the table as CSV in UTF-8."),
    ],
)
def test_other_files_are_refused_with_advice(table: Any, name: str, advice: str) -> None:
    path = table("x", name)
    assert refusal(path) == (
        f"{path}: a .csv, .jsonl or .parquet file, a folder saved by datasets or hub:NAME expected, found {advice}"
    )


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    assert refusal(path) == f"{path}: a table expected, found no such file. Check the path."
    assert refusal("a\0b.csv").endswith("found no such file. Check the path.")
    assert refusal(tmp_path) == (
        f"{tmp_path}: a folder saved by datasets expected, found one without dataset_info.json. "
        "Give the table's file, or save the data set with save_to_disk."
    )
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)  # opening it would block for ever
    assert refusal(pipe).startswith(f"{pipe}: a file or a folder expected, found a pipe or a device.")


def test_batches_number_rows_through_the_table(table: Any) -> None:
    path = table("title,price\n" + "".join(f"Kain {n},{n}\n" for n in range(4)) + "x\nKain 5,-1\n")
    batches = list(read_batches(path, 4))
    assert [titles(listings) for listings, _ in batches] == [["Kain 0", "Kain 1", "Kain 2", "Kain 3"], ["", "Kain 5"]]
    assert [listings.column("id").tolist() for listings, _ in batches] == [["0", "1", "2", "3"], ["4", "5"]]
    assert [[(reject.row, reject.code) for reject in rejects] for _, rejects in batches] == [
        [],
        [(4, "malformed_row"), (5, "price_negative")],
    ]


def test_fault_51_duplicates_are_noted_across_batches(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umkm_classifier.listings.table._BATCH_ROWS", 2)
    listings, _ = read(table("id,title\na,Kain\nb,Tas\nc,Peci\na,Kain\n"))
    assert listings.notes.tolist() == [("duplicate_id",), (), (), ("duplicate_id",)]


_field = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['a"b', "a,b", "a\nb", "NA", "", ";"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(_field, min_size=1, max_size=4), max_size=6))
def test_any_well_formed_csv_gives_a_row_for_a_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "title"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(out.getvalue().encode())
    listings, rejects = read(path)
    assert len(listings) == len(rows)
    malformed = {reject.row for reject in rejects if reject.code == "malformed_row"}
    assert malformed == {at for at, row in enumerate(rows) if len(row) != 2}


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300) | st.text('id,title"\n\r;\x00é', max_size=80).map(str.encode),
    st.sampled_from(["a.csv", "a.jsonl", "a.parquet"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    try:
        listings, rejects = read(path)
    except InputError:
        return
    assert all(0 <= reject.row < len(listings) for reject in rejects)


def test_paths_of_photos_are_tied_to_the_folder_of_the_table_or_to_one_that_is_named(tmp_path: Path) -> None:
    table = tmp_path / "listings.csv"
    table.write_text("title,photos\nkain,a.jpg;b.jpg\n", encoding="utf-8")
    assert read(table)[0].column("photos")[0] == (RootedPhoto(tmp_path, "a.jpg"), RootedPhoto(tmp_path, "b.jpg"))
    elsewhere = tmp_path / "photos"
    assert read(table, photos=elsewhere)[0].column("photos")[0][0] == RootedPhoto(elsewhere, "a.jpg")
