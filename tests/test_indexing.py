"""``umkm index``: from a table with photos to a folder in which they are found again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import umkm_classifier.indexing as indexing
from tests.encoders.image_models import exported_model
from umkm_classifier.bundle_files import check_report_place, dump, signed
from umkm_classifier.bundle_index import load_index
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder
from umkm_classifier.errors import BundleCorruptError, BundleError, BundleTooNewError, OutputConflictError
from umkm_classifier.indexing import index
from umkm_classifier.simulate.textures import any_cloth


@pytest.fixture(autouse=True)
def _small_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "image_encoder", lambda spec: OnnxImageEncoder(exported_model("vit")))


def table_of(folder: Path, rows: list[tuple[str, str]], name: str = "listings.csv") -> Path:
    """Write rows of shop and photo."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(("id", "title", "shop_id", "photos", "listed_at"))
        for at, (shop, photo) in enumerate(rows):
            out.writerow((f"{name}-{at}", "Kain batik", shop, photo, "2024-01-0" + str(at + 1)))
    return folder / name


def draw(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        any_cloth(np.random.default_rng(sum(name.encode())), (300, 300)).save(folder / name)


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    draw(tmp_path / "t", "a.png", "b.png", "c.png")
    return table_of(tmp_path / "t", [("A", "a.png"), ("B", "b.png;a.png"), ("", "c.png")])


def test_it_holds_each_file_once_and_who_shows_it(shops: Path, tmp_path: Path) -> None:
    built = index(shops, tmp_path / "ix")
    assert (built.n_photos, built.n_shops, built.n_new, built.n_without_shop) == (2, 2, 2, 1)
    found = load_index(tmp_path / "ix")
    assert found.id == built.id == f"v1-{found.hash[:12]}"
    row = found.index.row_of(found.index.contents[0])
    assert row == 0
    assert [(one.shop_id, one.listing_id, one.listed_at) for one in found.index.showings_of(0)] == [
        ("A", "listings.csv-0", "2024-01-01"),
        ("B", "listings.csv-1", "2024-01-02"),
    ]


def test_what_is_read_is_what_was_written(shops: Path, tmp_path: Path) -> None:
    built = index(shops, tmp_path / "ix")
    again = index(shops, tmp_path / "again")
    one, other = load_index(tmp_path / "ix"), load_index(tmp_path / "again")
    assert built.id == again.id
    assert one.index.contents == other.index.contents
    for name in ("hashes", "signs", "thumbs", "colours", "counts", "places", "codes", "shown"):
        np.testing.assert_array_equal(getattr(one.index, name), getattr(other.index, name))


def test_add_goes_on_from_an_index_and_leaves_it_as_it_was(shops: Path, tmp_path: Path) -> None:
    first = index(shops, tmp_path / "ix")
    draw(tmp_path / "u", "d.png")
    (tmp_path / "u" / "a.png").write_bytes((tmp_path / "t" / "a.png").read_bytes())
    second = index(table_of(tmp_path / "u", [("D", "d.png;a.png")], "more.csv"), tmp_path / "ix2", add=tmp_path / "ix")
    assert (second.n_photos, second.n_new) == (3, 1)
    assert second.id.startswith("v2-")
    assert load_index(tmp_path / "ix").id == first.id
    assert [one.shop_id for one in load_index(tmp_path / "ix2").index.showings_of(0)] == ["A", "B", "D"]


def test_adding_the_same_table_again_adds_nothing(shops: Path, tmp_path: Path) -> None:
    index(shops, tmp_path / "ix")
    again = index(shops, tmp_path / "ix2", add=tmp_path / "ix")
    assert (again.n_photos, again.n_new) == (2, 0)
    assert len(load_index(tmp_path / "ix2").index.showings) == 3


def test_an_index_may_be_replaced_by_what_goes_on_from_it(shops: Path, tmp_path: Path) -> None:
    index(shops, tmp_path / "ix")
    assert index(shops, tmp_path / "ix", add=tmp_path / "ix", overwrite=True).id.startswith("v2-")


def test_a_photo_that_cannot_be_opened_is_counted_and_left_out(shops: Path, tmp_path: Path) -> None:
    (tmp_path / "t" / "b.png").write_bytes(b"no picture")
    built = index(shops, tmp_path / "ix")
    assert built.n_photos == 1
    assert dict(built.refused) == {"image_unsupported": 1}


def test_a_picture_that_says_that_there_is_none_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    draw(folder, "a.png")
    Image.new("RGB", (300, 300), (200, 200, 200)).save(folder / "none.png")
    rows = [(f"S{at}", "none.png") for at in range(6)] + [("A", "a.png")]
    built = index(table_of(folder, rows), tmp_path / "ix")
    assert built.n_photos == 1
    assert len(load_index(tmp_path / "ix").placeholders) == 1


def test_a_table_without_photos_gives_an_empty_index(tmp_path: Path) -> None:
    built = index(table_of(tmp_path / "t", [("A", "")]), tmp_path / "ix")
    assert built.n_photos == 0
    assert len(load_index(tmp_path / "ix").index) == 0


def test_nothing_else_is_overwritten(shops: Path, tmp_path: Path) -> None:
    index(shops, tmp_path / "ix")
    with pytest.raises(OutputConflictError) as error:
        index(shops, tmp_path / "ix")
    assert str(error.value) == (
        f"{tmp_path / 'ix'}: a new folder expected, found an index of photos. Choose another name or pass --overwrite."
    )
    with pytest.raises(OutputConflictError) as error:
        index(shops, tmp_path / "t", overwrite=True)
    assert str(error.value) == (
        f"{tmp_path / 't'}: a new folder expected, found something that is no index of photos. Choose another name."
    )


def test_a_folder_that_only_has_a_file_of_that_name_is_no_index(shops: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OutputConflictError, match="found something that is no index of photos"):
        index(shops, tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "index.json").exists()


def test_no_index_is_written_into_another(shops: Path, tmp_path: Path) -> None:
    index(shops, tmp_path / "ix")
    with pytest.raises(OutputConflictError) as error:
        index(shops, tmp_path / "ix" / "v2", add=tmp_path / "ix")
    assert str(error.value) == (
        f"{tmp_path / 'ix' / 'v2'}: a folder outside of any index expected, found that it lies in the index "
        f"{tmp_path / 'ix'}, which would be spoilt. Choose another folder."
    )
    load_index(tmp_path / "ix")


def test_no_report_is_written_into_an_index(shops: Path, tmp_path: Path) -> None:
    index(shops, tmp_path / "ix")
    with pytest.raises(OutputConflictError) as error:
        check_report_place(tmp_path / "ix")
    assert str(error.value) == (
        f"{tmp_path / 'ix'}: a folder for a report expected, found an index of photos (index.json), which would be "
        "spoilt. Choose another folder."
    )


def test_where_there_is_no_index_it_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as error:
        load_index(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: an index of photos expected, found no index.json in it. Check the path, or build one with "
        f"'umkm index DATA --out {tmp_path}'."
    )


@pytest.mark.parametrize("name", ["photos.safetensors", "showings.parquet", "image_encoder/model.onnx"])
def test_a_changed_file_is_noticed(shops: Path, tmp_path: Path, name: str) -> None:
    index(shops, tmp_path / "ix")
    path = tmp_path / "ix" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleCorruptError) as error:
        load_index(tmp_path / "ix")
    assert str(error.value) == (
        f"{path}: the file as it was written expected, found another or none\nCopy the index again or build it again."
    )


def test_a_changed_description_is_noticed(shops: Path, tmp_path: Path) -> None:
    index(shops, tmp_path / "ix")
    path = tmp_path / "ix" / "index.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"version": 1', '"version": 9'), encoding="utf-8")
    with pytest.raises(BundleCorruptError, match="the index as it was written expected, found a changed one"):
        load_index(tmp_path / "ix")


@pytest.mark.parametrize(
    ("format_", "error", "asks"),
    [
        (3, BundleTooNewError, "upgrade the package"),
        (1, BundleError, "of an earlier version. Build it again: 'umkm index"),
    ],
)
def test_another_format_says_what_to_do(
    shops: Path, tmp_path: Path, format_: int, error: type[BundleError], asks: str
) -> None:
    index(shops, tmp_path / "ix")
    path = tmp_path / "ix" / "index.json"
    said = json.loads(path.read_text(encoding="utf-8")) | {"format": format_}
    path.write_bytes(dump(signed(said)))
    with pytest.raises(error, match=f"format 2 expected, found format {format_}.*{asks}"):
        load_index(tmp_path / "ix")
