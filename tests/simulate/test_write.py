from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from umkm_classifier.errors import OutputConflictError
from umkm_classifier.simulate.market import RECORD_COLUMNS
from umkm_classifier.simulate.market import simulate as market
from umkm_classifier.simulate.write import write


def test_write_puts_both_tables_into_a_new_folder(tmp_path: Path) -> None:
    out = tmp_path / "new" / "demo"
    write(market(60, 0), out)
    assert sorted(path.name for path in out.iterdir()) == ["listings.csv", "truth.csv"]
    for name, rows in (("listings.csv", market(60, 0).records), ("truth.csv", market(60, 0).truth)):
        assert b"\r" not in (out / name).read_bytes()
        with (out / name).open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file, strict=True)) == rows


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


@pytest.mark.parametrize("fails_at", [1, 2])
def test_fault_70_a_failed_write_leaves_no_table_beside_the_wrong_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    write(market(60, 0), tmp_path)
    replace, calls = os.replace, []

    def failing(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space left"):
        write(market(50, 1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["truth.csv"]
    monkeypatch.setattr(os, "replace", replace)
    write(market(50, 1), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["listings.csv", "truth.csv"]
