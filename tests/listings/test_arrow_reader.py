"""Parquet files and data sets: read by name, without decoding a picture or fetching anything."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from umkm_classifier.errors import InputError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import listings_from
from umkm_classifier.listings.table import read


def refusal(path: Path | str, **options: Any) -> str:
    with pytest.raises(InputError) as raised:
        read(path, **options)
    assert raised.value.exit_code == 3
    return str(raised.value)


def titles(listings: Listings) -> list[str]:
    return listings.column("title").tolist()


ROWS: list[dict[str, Any]] = [
    {
        "id": "007",
        "title": "Kain batik",
        "price": "25rb",
        "photos": ["a.jpg", "b.jpg"],
        "attributes": '{"Bahan": "Katun"}',
    },
    {"id": "008", "title": "NA", "price": None, "photos": None, "attributes": None},
]


def check_rows(listings: Listings) -> None:
    assert titles(listings) == ["Kain batik", "NA"]
    assert listings.column("id").tolist() == ["007", "008"]
    assert np.array_equal(listings.price_idr, [25_000, np.nan], equal_nan=True)
    photos = [[getattr(photo, "path", photo) for photo in row] for row in listings.column("photos")]  # tied to a folder
    assert photos == [["a.jpg", "b.jpg"], []]
    assert listings.column("attributes").tolist() == [{"Bahan": "Katun"}, {}]


def parquet(tmp_path: Path, columns: dict[str, Any]) -> Path:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_a_parquet_file_is_read(tmp_path: Path) -> None:
    listings, rejects = read(parquet(tmp_path, {name: [row[name] for row in ROWS] for name in ROWS[0]}))
    check_rows(listings)
    assert rejects == []


def test_the_types_of_parquet_are_read(tmp_path: Path) -> None:
    listings, rejects = read(
        parquet(
            tmp_path,
            {
                "id": pa.array([9007199254740993, 2]),
                "title": pa.array(["Kain", "Kain"]).dictionary_encode(),
                "price": pa.array([25_000.5, None]),
                "brand": pa.array([b"Ayu", None]),
                "attributes": pa.array([[("Bahan", "Katun")], None], pa.map_(pa.string(), pa.string())),
                "photos": pa.array([b"\xff\xd8", None]),
                "listed_at": pa.array([20_000, None], pa.date32()),
            },
        )
    )
    assert listings.record(0) | {"description": None} == listings.record(0)
    record = listings.record(0)
    assert (record["id"], record["title"], record["price"], record["brand"]) == (
        "9007199254740993",
        "Kain",
        25_000.5,
        "Ayu",
    )
    assert (record["attributes"], record["photos"], record["listed_at"]) == (
        {"Bahan": "Katun"},
        (b"\xff\xd8",),
        "2024-10-04",
    )
    assert rejects == []


def test_fault_40_other_bytes_in_parquet_reject_their_row(tmp_path: Path) -> None:
    bad = pa.array([b"Kain", b"Caf\xe9", b"Tas"]).view(pa.string())
    listings, rejects = read(parquet(tmp_path, {"title": bad}))
    assert titles(listings) == ["Kain", "", "Tas"]
    assert [(reject.row, reject.code, reject.message) for reject in rejects] == [
        (1, "malformed_row", "text in UTF-8 expected, found other bytes")
    ]


def test_fault_44_47_48_and_49_hold_for_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"titel": ["Kain"], "x": [1]})
    assert refusal(path).startswith(f"{path}: a column 'title' expected, found 'titel', 'x'. Did you mean 'titel'?")
    listings, _ = read(parquet(tmp_path, {"title": pa.array([], pa.string()), "x": pa.array([], pa.int64())}))
    assert len(listings) == 0
    path = tmp_path / "b.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["Kain"]), pa.array(["Tas"])], ["title", "title"]), path)
    assert refusal(path).startswith(f"{path}: each column name once expected, found 'title' more than once.")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"title\nKain\n", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    assert re.fullmatch(
        rf"{re.escape(str(path))}: a Parquet file expected, found one that cannot be read \((Arrow\w+|OSError)\)\. "
        r"Write it again\.",
        refusal(path),
    )


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The datasets library, without a network, with its cache in a folder of its own."""
    library = pytest.importorskip("datasets")
    library.disable_progress_bars()
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(library.config, "HF_HUB_OFFLINE", True)
    return library


def test_a_folder_of_datasets_is_read(datasets: Any, tmp_path: Path) -> None:
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    listings, rejects = read(tmp_path / "saved")
    check_rows(listings)
    assert rejects == []


def test_pictures_of_datasets_are_not_decoded_and_nothing_is_fetched(datasets: Any, tmp_path: Path) -> None:
    # pytest-socket would fail any attempt to fetch the address.
    pictures = [{"bytes": b"no picture", "path": None}, {"bytes": None, "path": "https://x.invalid/a.jpg"}, None]
    features = datasets.Features(
        {
            "title": datasets.Value("string"),
            "photos": datasets.Image(),
            "label": datasets.ClassLabel(names=["imported", "local"]),
        }
    )
    dataset = datasets.Dataset.from_dict(
        {"title": ["Kain", "Tas", "Peci"], "photos": pictures, "label": [0, 1, -1]}, features=features
    )
    listings = listings_from(dataset)
    assert listings.column("photos").tolist() == [(b"no picture",), ("https://x.invalid/a.jpg",), ()]
    assert listings.column("label").tolist() == ["imported", "local", ""]
    dataset.select([0, 2]).save_to_disk(tmp_path / "saved")  # saving it all would fetch, of itself
    assert read(tmp_path / "saved")[0].column("photos").tolist() == [(b"no picture",), ()]


def test_several_splits_are_refused_and_one_is_taken(datasets: Any, tmp_path: Path) -> None:
    one = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict({"train": one, "test": one}).save_to_disk(tmp_path / "two")
    assert (
        refusal(tmp_path / "two")
        == f"{tmp_path / 'two'}: one table expected, found the splits train, test. Name one of them."
    )
    check_rows(read(tmp_path / "two" / "train")[0])
    datasets.DatasetDict({"train": one}).save_to_disk(tmp_path / "one")
    check_rows(read(tmp_path / "one")[0])


def test_a_damaged_folder_of_datasets_is_refused(datasets: Any, tmp_path: Path) -> None:
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "state.json").write_text("{")
    assert re.fullmatch(
        r".*saved: a folder saved by datasets expected, found one that cannot be read \(\w+\)\. "
        r"Save it again with save_to_disk\.",
        refusal(tmp_path / "saved"),
    )


def test_a_data_set_of_the_hub_is_read_by_name_and_split(datasets: Any, tmp_path: Path) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    parquet(folder, {name: [row[name] for row in ROWS] for name in ROWS[0]}).rename(folder / "train.parquet")
    check_rows(read(f"hub:{folder}")[0])
    check_rows(read(f"hub:{folder}:train")[0])
    assert refusal(f"hub:{folder}:test").startswith(
        f"'hub:{folder}:test': a data set of the hub expected, found none that can be loaded"
    )


def test_a_hub_out_of_reach_is_one_sentence(
    datasets: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def out_of_reach(*_: object, **__: object) -> None:
        retry = logging.getLogger("huggingface_hub.utils._http")
        retry.warning("'[Errno -2] Name or service not known' thrown while requesting HEAD")
        raise ConnectionError("no network")

    monkeypatch.setattr(datasets, "load_dataset", out_of_reach)
    assert re.fullmatch(
        r"'hub:umkm/none': a data set of the hub expected, found none that can be loaded \(\w+\)\. "
        r"Check its name, its split and "
        r"the network; without a network, load it once where there is one, or read a saved folder\.",
        refusal("hub:umkm/none"),
    )
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")  # no line for each retry
    assert refusal("hub:") == "'hub:': hub:NAME or hub:NAME:SPLIT expected, found no name. Name a data set."
