"""``umkm predict``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.conftest import ROOT, Umkm
from tests.small_models import copy_of, plain_bundle
from tests.test_bundle_photos import bundle as looking_bundle
from tests.test_bundle_photos import photo
from umkm_classifier.serving.predictor import load

LISTING = {"title": "Kain batik tulis", "price": "Rp450.000", "shop_city": "Surakarta"}


def test_predict_answers_about_one_listing_as_the_predictor_does(umkm: Umkm) -> None:
    done = umkm(
        "predict", plain_bundle(), "--title", "Kain batik tulis", "--description", "halus", "--price", "450rb",
        "--category", "Fashion > Batik", "--shop-name", "Toko Asri", "--shop-city", "Surakarta", "--brand", "Asri",
    )  # fmt: skip
    (expected,) = load(plain_bundle()).predict(
        [
            {
                "title": "Kain batik tulis", "description": "halus", "price": "450rb", "category": "Fashion > Batik",
                "shop_name": "Toko Asri", "shop_city": "Surakarta", "brand": "Asri",
            }
        ]
    )  # fmt: skip
    assert done.code == 0
    assert done.json == json.loads(json.dumps(expected.to_dict()))
    assert done.err == expected.say("id") + "\n"


@pytest.mark.parametrize("language", ["id", "en"])
def test_predict_speaks_both_languages_and_the_json_is_the_same(umkm: Umkm, language: str) -> None:
    done = umkm("predict", plain_bundle(), "--title", "Kain batik", "--lang", language)
    (expected,) = load(plain_bundle()).predict([{"title": "Kain batik"}])
    assert done.err == expected.say(language) + "\n"
    assert done.json == json.loads(json.dumps(expected.to_dict()))
    assert ("seseorang" in done.err.lower()) is (language == "id")


def test_predict_takes_the_share_of_imports_that_is_expected(umkm: Umkm) -> None:
    done = umkm("predict", plain_bundle(), "--title", "Kain batik", "--expected-share-imported", "0.05")
    (expected,) = load(plain_bundle()).predict([{"title": "Kain batik"}], expected_share_imported=0.05)
    assert done.json == json.loads(json.dumps(expected.to_dict()))
    refused = umkm("predict", plain_bundle(), "--title", "Kain batik", "--expected-share-imported", "5")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("umkm: expected_share_imported: a share above 0 and below 1 expected, found 5.0.")


def test_predict_knows_no_third_language(umkm: Umkm) -> None:
    done = umkm("predict", plain_bundle(), "--title", "Kain batik", "--lang", "jv")
    assert (done.code, done.out) == (2, "")
    assert done.err == "umkm: --lang: 'id' or 'en' expected, found 'jv'. Choose one of them.\n"


def test_a_list_in_json_gets_a_list_and_one_listing_one_answer(umkm: Umkm) -> None:
    Path("many.json").write_text(json.dumps([LISTING, {}, LISTING]), encoding="utf-8")
    Path("one.json").write_text(json.dumps(LISTING), encoding="utf-8")
    many = umkm("predict", plain_bundle(), "--json", "many.json")
    assert [answer["status"] for answer in many.json] == ["ok", "rejected", "ok"]
    assert len(many.err.splitlines()) == 3
    one = umkm("predict", plain_bundle(), "--json", "one.json")
    assert one.json == many.json[0]


def test_a_dash_is_stdin_and_an_empty_list_an_empty_answer(umkm: Umkm) -> None:
    done = umkm("predict", plain_bundle(), "--json", "-", stdin=b"\xef\xbb\xbf" + json.dumps(LISTING).encode())
    assert (done.code, done.json["status"]) == (0, "ok")
    empty = umkm("predict", plain_bundle(), "--json", "-", stdin=b"[]")
    assert (empty.code, empty.json, empty.err) == (0, [], "")


def test_a_listing_that_says_nothing_is_for_review_and_no_error(umkm: Umkm) -> None:
    done = umkm("predict", plain_bundle(), "--price", "25rb")
    assert (done.code, done.json["decision"], done.json["p_imported"]) == (0, "review", None)


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-Infinity", "1e999", "1e5", "[1]", "true"])
def test_any_number_in_json_is_an_answer_in_strict_json(umkm: Umkm, price: str) -> None:
    done = umkm("predict", plain_bundle(), "--json", "-", stdin=f'{{"title": "kain", "price": {price}}}'.encode())
    assert done.code == 0
    readable = price in ("NaN", "1e5")  # NaN is how many a program writes a price that is missing
    assert done.json["status"] == ("ok" if readable else "degraded")


@pytest.mark.parametrize(
    "content",
    [b"", b"kain batik", b'{"title": "kain"', b"\xff\xfe", b"[" * 100_000, b'{"price": ' + b"9" * 5000 + b"}"],
    ids=["empty", "text", "open", "no utf-8", "deep", "long number"],
)
def test_what_is_no_json_ends_with_3(umkm: Umkm, content: bytes) -> None:
    done = umkm("predict", plain_bundle(), "--json", "-", stdin=content)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        "umkm: stdin: a listing, or a list of listings, as JSON in UTF-8 expected, found something else: "
    )
    assert done.err.endswith(" Check the file.\n")


def test_json_of_another_form_is_told_by_its_first_position(umkm: Umkm) -> None:
    done = umkm("predict", plain_bundle(), "--json", "-", stdin=b'[{"title": "kain"}, "batik", 7]')
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "umkm: stdin: JSON objects with fields such as title, description, price expected, found something else at "
        'position 1, counted from 0 (2 in all). Write a listing as {"title": "…"}.\n'
    )
    assert umkm("predict", plain_bundle(), "--json", "-", stdin=b'"batik"').code == 3


def test_a_json_file_that_cannot_be_read_ends_with_3_and_says_why(umkm: Umkm) -> None:
    Path("folder").mkdir()
    for name, why in (("nowhere.json", "No such file or directory"), ("folder", "Is a directory")):
        done = umkm("predict", plain_bundle(), "--json", name)
        assert (done.code, done.out) == (3, "")
        assert done.err == (
            f"umkm: {name}: a file with listings as JSON expected, found none that can be read: {why}. Check the path "
            "and its rights.\n"
        )


def test_a_closed_stdin_ends_with_3(umkm: Umkm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["umkm_classifier.cli.prediction"], "sys", SimpleNamespace(stdin=None))
    done = umkm("predict", plain_bundle(), "--json", "-")
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "umkm: stdin: listings as JSON expected, found it closed. Pipe them in, or name a file: --json FILE.\n"
    )


def test_a_process_that_was_started_with_stdin_closed_ends_as_well(working_folder: Path) -> None:
    command = f"'{sys.executable}' -m umkm_classifier predict '{plain_bundle()}' --json - <&-"
    done = subprocess.run(
        ["bash", "-c", command], cwd=working_folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"umkm: stdin: listings as JSON expected, found it closed.")


@pytest.mark.parametrize("title", [".", "-", "😀😀", "蜡染布料"])
def test_a_title_in_which_there_is_nothing_to_judge_is_for_review(umkm: Umkm, title: str) -> None:
    done = umkm("predict", plain_bundle(), "--title", title, "--brand", "Asri", "--lang", "en")
    assert (done.code, done.json["decision"], done.json["p_imported"]) == (0, "review", None)
    assert done.json["status"] == "rejected"
    assert done.err == (
        "This listing says too little to be judged. Add a title and a description, then try again; meanwhile a person "
        "looks at it.\n"
    )


@pytest.mark.parametrize(("options", "found"), [((), "neither"), (("--title", "a", "--json", "x.json"), "both")])
def test_options_and_json_exclude_each_other(umkm: Umkm, options: tuple[str, ...], found: str) -> None:
    done = umkm("predict", plain_bundle(), *options)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "umkm: predict: options such as --title 'Kain batik tulis', or --json FILE expected, found "
        f"{found}. Give one of the two.\n"
    )


def test_predict_ends_with_4_for_a_model_that_cannot_be_trusted(umkm: Umkm, tmp_path: Path) -> None:
    spoilt = copy_of(plain_bundle(), tmp_path)
    (spoilt / "words.json").write_text("{}", encoding="utf-8")
    done = umkm("predict", spoilt, "--title", "kain")
    assert (done.code, done.out) == (4, "")
    assert done.err == (
        f"umkm: {spoilt}/words.json: the file as it was written expected, found a changed one\n"
        "Copy the bundle again or train it again.\n"
    )
    assert umkm("predict", "nowhere", "--title", "kain").code == 4


def test_a_registry_that_does_not_answer_ends_with_75(umkm: Umkm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = umkm("predict", "models:/umkm@champion", "--title", "kain")
    assert (done.code, done.out) == (75, "")
    assert "does not answer" in done.err


def test_text_that_a_terminal_would_obey_is_only_shown_as_json(umkm: Umkm) -> None:
    done = umkm("predict", plain_bundle(), "--title", "kain \x1b[31m merah\u202e")
    assert "\x1b" not in done.out + done.err
    assert "\u202e" not in done.err


def test_predict_looks_at_pictures_that_are_named(umkm: Umkm, tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(photo(500, True))
    done = umkm("predict", looking_bundle(), "--title", "Kain batik", "--photo", picture)
    (expected,) = load(looking_bundle()).predict([{"title": "Kain batik", "photos": [picture]}], explain="full")
    assert any("box" in reason["evidence"] for reason in done.json["reasons"])
    assert done.json == json.loads(json.dumps(expected.to_dict()))
    assert done.json["signals"]["looks"] is not None


def test_photos_named_in_json_stay_in_their_folder(umkm: Umkm, tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(photo(500, True))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "photo.png").write_bytes(photo(500, True))
    asked = tmp_path / "shop" / "asked.json"
    photos = [["photo.png"], ["../outside.png"]]
    asked.write_text(json.dumps([{"title": "Kain batik", "photos": one} for one in photos]), encoding="utf-8")
    inside, outside = umkm("predict", looking_bundle(), "--json", asked).json
    assert inside["signals"]["looks"] is not None
    assert outside["signals"]["looks"] is None
    assert "image_path_outside_root" in outside["notes"]
    named = umkm("predict", looking_bundle(), "--json", asked, "--photos", tmp_path / "nowhere").json
    assert all("image_missing" in one["notes"] or one["signals"]["looks"] is None for one in named)
