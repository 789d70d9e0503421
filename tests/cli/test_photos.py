"""``umkm index``, and ``umkm predict --index``."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import umkm_classifier.errors as errors
from tests.cli.conftest import Umkm
from tests.small_models import plain_bundle
from umkm_classifier.serving.predictor import load
from umkm_classifier.simulate.edits import frame
from umkm_classifier.simulate.textures import any_cloth


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Write a table of three shops, two of which show the same cloth, one of these in a frame."""
    cloth = any_cloth(np.random.default_rng(1), (320, 320))
    cloth.save(tmp_path / "a.jpg")
    frame(cloth, 0.1).save(tmp_path / "b.jpg")
    any_cloth(np.random.default_rng(2), (320, 320)).save(tmp_path / "c.jpg")
    with (tmp_path / "listings.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(("id", "title", "shop_id", "photos", "listed_at"))
        dates = {"b": "2024-03-01"}
        out.writerows((f"l{name}", "Kain batik", name.upper(), f"{name}.jpg", dates.get(name, "")) for name in "abc")
        out.writerow(("ld", "Kain batik", "", "c.jpg", ""))
    return tmp_path / "listings.csv"


@pytest.fixture
def indexed(market: Path, umkm: Umkm) -> Path:
    done = umkm("index", market, "--out", market.parent / "ix")
    assert done.code == 0
    return market.parent / "ix"


def test_index_says_what_it_kept(market: Path, umkm: Umkm) -> None:
    out = market.parent / "ix"
    done = umkm("index", market, "--out", out)
    assert done.code == 0
    assert done.json == {"index": str(out), "id": done.json["id"], "photos": 3, "shops": 3, "new": 3}
    assert done.err.endswith(
        "  note: 1 row has photos and no shop_id: left out, nobody knows whose they are\n"
        f"{out}: 3 photos of 3 shops (3 of them new), {done.json['id']}\n"
    )


def test_add_writes_another_index(indexed: Path, market: Path, umkm: Umkm) -> None:
    done = umkm("index", market, "--out", market.parent / "ix2", "--add", indexed)
    assert (done.code, done.json["new"]) == (0, 0)
    assert done.json["id"].startswith("v2-")


def test_an_index_is_replaced_only_when_told_to(indexed: Path, market: Path, umkm: Umkm) -> None:
    done = umkm("index", market, "--out", indexed)
    assert (done.code, done.out) == (5, "")
    assert done.err == (
        f"umkm: {indexed}: a new folder expected, found an index of photos. Choose another name or pass --overwrite.\n"
    )
    assert umkm("index", market, "--out", indexed, "--overwrite").code == 0


def test_predict_tells_which_other_shops_show_a_photo(indexed: Path, market: Path, umkm: Umkm) -> None:
    photo = market.parent / "a.jpg"
    done = umkm("predict", plain_bundle(), "--title", "Kain", "--photo", photo, "--shop-id", "A", "--index", indexed)
    assert done.code == 0
    said = [reason["evidence"] for reason in done.json["reasons"] if reason["signal"] == "reuse"]
    assert said == ["photo 1 also in 1 other shop (B)"]
    assert done.json["photo_index"].startswith("v1-")


def test_predict_tells_who_showed_a_photo_first(indexed: Path, market: Path, umkm: Umkm) -> None:
    given = ("--title", "Kain", "--photo", market.parent / "a.jpg", "--shop-id", "A", "--index", indexed)
    later = umkm("predict", plain_bundle(), *given, "--listed-at", "2024-06-01")
    said = [reason["evidence"] for reason in later.json["reasons"] if reason["signal"] == "reuse"]
    assert said == ["photo 1 also in 1 other shop (B), first there"]
    earlier = umkm("predict", plain_bundle(), *given, "--listed-at", "2019-12-31")
    assert earlier.json["signals"]["reuse"] == 0


def test_the_predictor_does_what_the_command_does(indexed: Path, market: Path) -> None:
    listing = {"title": "Kain", "shop_id": "D", "photos": [market.parent / "c.jpg"]}
    (found,) = load(plain_bundle(), index=indexed).predict([listing])
    (plain,) = load(plain_bundle()).predict([listing])
    assert found.signals["reuse"] == 0.4
    assert "reuse" not in plain.signals


def test_a_damaged_photo_is_noted_by_a_model_of_text_that_has_an_index(indexed: Path) -> None:
    listing = {"title": "Kain", "shop_id": "D", "photos": [b"\xff\xd8\xff\xe0 cut"]}
    (plain,) = load(plain_bundle()).predict([listing])
    (found,) = load(plain_bundle(), index=indexed).predict([listing])
    assert plain.notes == tuple(note for note in found.notes if note != "image_unsupported")
    assert "image_unsupported" in found.notes


def test_predict_without_an_index_there_says_how_to_build_one(umkm: Umkm, tmp_path: Path) -> None:
    done = umkm("predict", plain_bundle(), "--title", "Kain", "--index", tmp_path)
    assert (done.code, done.out) == (4, "")
    assert done.err == (
        f"umkm: {tmp_path}: an index of photos expected, found no index.json in it. Check the path, or build one with "
        f"'umkm index DATA --out {tmp_path}'.\n"
    )


def test_without_the_extra_it_says_what_to_install(umkm: Umkm, market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(errors.importlib, "import_module", import_module)
    done = umkm("index", market, "--out", market.parent / "ix")
    assert (done.code, done.out) == (2, "")
    assert "pip install 'umkm-classifier[reuse]'" in done.err
