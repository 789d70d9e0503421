from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from umkm_classifier.errors import OutputConflictError
from umkm_classifier.simulate.market import RECORD_COLUMNS, TRUTH_COLUMNS
from umkm_classifier.simulate.market import simulate as market
from umkm_classifier.simulate.photos import jpeg, plan
from umkm_classifier.simulate.write import write


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_puts_both_tables_into_a_new_folder(tmp_path: Path) -> None:
    out = tmp_path / "new" / "demo"
    assert write(market(60, 0), out) == 0
    assert names(out) == ["listings.csv", "truth.csv"]
    for name, rows in (("listings.csv", market(60, 0).records), ("truth.csv", market(60, 0).truth)):
        assert b"\r" not in (out / name).read_bytes()
        assert table(out / name) == rows


def test_write_draws_photos_beside_the_tables_and_the_tables_name_them(tmp_path: Path) -> None:
    simulated, photos = market(25, 1), plan(market(25, 1))
    assert write(simulated, tmp_path, photos=True) == sum(map(len, photos))
    assert names(tmp_path) == ["listings.csv", "photos", "truth.csv"]
    records, truth = table(tmp_path / "listings.csv"), table(tmp_path / "truth.csv")
    assert [{**record, "photos": ""} for record in records] == simulated.records  # nothing else of them is changed
    assert [record["photos"] for record in records] == [";".join([photo.path for photo in row]) for row in photos]
    assert list(truth[0]) == [*TRUTH_COLUMNS, "photo_kinds"]
    assert [row["photo_kinds"] for row in truth] == [";".join([photo.kind for photo in row]) for row in photos]
    assert [{name: row[name] for name in TRUTH_COLUMNS} for row in truth] == simulated.truth
    files = {f"photos/{path.name}": path.read_bytes() for path in (tmp_path / "photos").iterdir()}
    assert files == {photo.path: jpeg(photo) for row in photos for photo in row}


def test_another_market_takes_the_photos_of_an_earlier_one_away(tmp_path: Path) -> None:
    write(market(12, 0), tmp_path, photos=True)
    n_photos = write(market(8, 1), tmp_path, photos=True)
    assert len(names(tmp_path / "photos")) == n_photos
    listed = {path for record in table(tmp_path / "listings.csv") for path in record["photos"].split(";") if path}
    assert listed == {f"photos/{name}" for name in names(tmp_path / "photos")}
    write(market(8, 1), tmp_path)
    assert names(tmp_path) == ["listings.csv", "truth.csv"]
    assert list(table(tmp_path / "truth.csv")[0]) == list(TRUTH_COLUMNS)


def test_write_replaces_an_earlier_market(tmp_path: Path) -> None:
    write(market(60, 0), tmp_path)
    write(market(50, 1), tmp_path)
    write(market(50, 1), tmp_path / "other")  # a folder inside is another place
    for name in ("listings.csv", "truth.csv"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_write_refuses_a_folder_with_other_things(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputConflictError) as caught:
        write(market(50, 0), tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected an empty folder or an earlier simulated market, found other things:\n"
        "notes.txt\n"
        "Choose another folder with --out, or move what is there."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_write_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(OutputConflictError) as caught:
        write(market(50, 0), tmp_path / "demo")
    assert str(caught.value) == (
        f"{tmp_path / 'demo'}: expected a folder to write a simulated market to, found a file. "
        "Choose another folder with --out, or move what is there."
    )


@pytest.mark.parametrize("truth", [None, "id,answer\n1,yes\n"])
def test_write_never_replaces_a_table_of_another_origin(tmp_path: Path, truth: str | None) -> None:
    listings = ",".join(RECORD_COLUMNS) + "\nreal,Batik,,,,,,,,,,,,local,person\n"
    (tmp_path / "listings.csv").write_text(listings)
    if truth is not None:
        (tmp_path / "truth.csv").write_text(truth)
    with pytest.raises(OutputConflictError) as caught:
        write(market(50, 0), tmp_path)
    found = "listings.csv" if truth is None else "truth.csv"
    assert str(caught.value) == (
        f"{tmp_path}: expected an empty folder or an earlier simulated market, found a {found} of another origin. "
        "Choose another folder with --out, or move what is there."
    )
    assert (tmp_path / "listings.csv").read_text() == listings


@pytest.mark.parametrize("name", ["mine.jpg", "L000001-1.png", "more"])
def test_write_never_removes_a_photo_of_another_origin(tmp_path: Path, name: str) -> None:
    write(market(5, 0), tmp_path, photos=True)
    mine = tmp_path / "photos" / name
    mine.mkdir() if name == "more" else mine.write_bytes(b"mine")
    before = names(tmp_path / "photos")
    with pytest.raises(OutputConflictError) as caught:
        write(market(5, 0), tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected an empty folder or an earlier simulated market, found other things:\n"
        f"photos/{name}\n"
        "Choose another folder with --out, or move what is there."
    )
    assert names(tmp_path / "photos") == before


def test_write_takes_no_photos_for_its_own_where_no_truth_is_or_that_lie_elsewhere(tmp_path: Path) -> None:
    lone, linked, elsewhere = tmp_path / "lone", tmp_path / "linked", tmp_path / "elsewhere"
    for folder in (lone / "photos", elsewhere):
        folder.mkdir(parents=True)
        (folder / "L000001-1.jpg").write_bytes(b"mine")
    with pytest.raises(OutputConflictError, match="found photos of another origin"):
        write(market(5, 0), lone, photos=True)
    write(market(5, 0), linked)
    (linked / "photos").symlink_to(elsewhere)
    with pytest.raises(OutputConflictError, match="found other things:\nphotos\n"):
        write(market(5, 0), linked, photos=True)
    for folder in (lone / "photos", elsewhere):
        assert (folder / "L000001-1.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize(("photos", "fails_at"), [(False, 1), (False, 2), (True, 1), (True, 2), (True, 3)])
def test_fault_70_a_failed_write_leaves_no_table_beside_the_wrong_truth_or_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photos: bool, fails_at: int
) -> None:
    write(market(12, 0), tmp_path, photos=photos)
    replace, calls = os.replace, []

    def failing(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space left"):
        write(market(10, 1), tmp_path, photos=photos)
    assert names(tmp_path) == (["photos", "truth.csv"] if photos and fails_at == 3 else ["truth.csv"])
    monkeypatch.setattr(os, "replace", replace)
    write(market(10, 1), tmp_path, photos=photos)
    assert names(tmp_path) == ["listings.csv", *(["photos"] if photos else []), "truth.csv"]


def test_fault_70_photos_that_find_no_room_leave_the_earlier_market_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(market(6, 0), tmp_path, photos=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    write_bytes, calls = Path.write_bytes, []

    def full(path: Path, content: bytes) -> int:
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write(market(6, 1), tmp_path, photos=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert names(tmp_path) == ["listings.csv", "photos", "truth.csv"]


def test_what_a_kill_left_is_cleared_away(tmp_path: Path) -> None:
    write(market(5, 0), tmp_path, photos=True)
    (tmp_path / ".photos.tmp").mkdir()
    (tmp_path / ".photos.tmp" / "L000001-1.jpg").write_bytes(b"half")
    (tmp_path / ".listings.csv.tmp").write_text("half")
    (tmp_path / "listings.csv").unlink()
    write(market(5, 1), tmp_path, photos=True)
    assert names(tmp_path) == ["listings.csv", "photos", "truth.csv"]
