"""Korean and Thai on photos: which lines Tesseract is shown, what of its reading counts, and what it really reads."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from umkm_classifier.listings.photo import Pixels
from umkm_classifier.signals import writing_scripts
from umkm_classifier.signals.writing_marks import MARKS, Line
from umkm_classifier.signals.writing_read import WritingReader
from umkm_classifier.signals.writing_scripts import Piece, ScriptReader, trained_data, unread_scripts
from umkm_classifier.simulate.edits import caption_bar
from umkm_classifier.simulate.glyphs import HAN_PHRASES
from umkm_classifier.simulate.textures import any_cloth

FONTS = {"kor": "nanum/NanumGothic.ttf", "tha": "tlwg/Garuda.ttf"}  # of fonts-nanum and fonts-tlwg-garuda-ttf
KOREAN = ("한국 화장품", "정품 보장", "천연 성분 샴푸", "대한민국 제조")
THAI = ("สินค้าไทย", "ครีมบำรุงผิว", "ราคาส่งจากโรงงาน", "ผลิตในประเทศไทย")


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks as if it held what Tesseract needs."""
    for language in ("kor", "tha"):
        (tmp_path / f"{language}.traineddata").write_text(language, encoding="utf-8")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    return tmp_path


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[int, int]]]:
    """The language and the size of each line that Tesseract is shown; it reads nothing."""
    calls: list[tuple[str, tuple[int, int]]] = []
    monkeypatch.setattr(ScriptReader, "_words", lambda _, language, image: calls.append((language, image.size)) or [])
    return calls


def piece(width: int = 200, height: int = 40) -> Piece:
    return Piece(np.zeros((height, width, 3), dtype=np.uint8), Line("", 0.0))


def read(monkeypatch: pytest.MonkeyPatch, language: str, *words: tuple[str, float]) -> list[Line]:
    monkeypatch.setattr(ScriptReader, "_words", lambda *_: list(words))
    return ScriptReader({language: Path("nowhere")}).lines([piece()])


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("kor", [("한국", 0.9), ("화장품", 0.8)], Line("한국화장품", 0.84)),
        ("kor", [("50%", 0.5), ("할인행사", 0.85)], Line("할인행사", 0.7)),
        ("tha", [("ผ้า", 0.9), ("ไหม", 0.9), ("ไทย", 0.9)], Line("ผหมทย", 0.9)),
    ],
)
def test_the_letters_of_a_line_are_as_sure_as_its_signs_on_average(
    monkeypatch: pytest.MonkeyPatch, language: str, words: list[tuple[str, float]], expected: Line
) -> None:
    (line,) = read(monkeypatch, language, *words)
    assert line.text == expected.text
    assert line.score == pytest.approx(expected.score, abs=1e-12)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("kor", ""), ("kor", "한국"), ("kor", "ㅋㅋㅋㅋ"), ("kor", "노노노노"), ("kor", "READY한국어STOCK"),
        ("tha", "ไทย"), ("tha", "จจจจจก"), ("tha", "READYไหมไทยSTOCK"), ("tha", "READY STOCK"),
    ],
)  # fmt: skip
def test_few_letters_one_again_and_again_or_mostly_others_are_no_line(
    monkeypatch: pytest.MonkeyPatch, language: str, text: str
) -> None:
    assert read(monkeypatch, language, (text, 0.99)) == []


def test_only_what_is_wider_than_high_is_shown_and_at_one_height(both: Path, shown: list[Any]) -> None:
    pieces = [piece(200, 40), piece(40, 40), piece(30, 100), piece(100, 7)]
    assert ScriptReader(trained_data()).lines(pieces) == []
    assert shown == [("kor", (256, 64)), ("tha", (256, 64))]


def test_of_many_lines_the_largest_are_shown(both: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_scripts, "MOST_TRIED", 2)
    ScriptReader(trained_data()).lines([piece(100, 48), piece(300, 48), piece(200, 48)])
    assert [size[0] for language, size in shown if language == "kor"] == [316, 216]


def test_what_the_first_reader_is_sure_of_is_not_read_again(both: Path, shown: list[Any]) -> None:
    reader = WritingReader()
    reader._engine = lambda image: [Piece(image, Line("READY", 0.9)), Piece(image[:40], Line("", 0.0))]
    reader.encode([np.zeros((100, 240, 3), dtype=np.uint8)])
    assert shown == [("kor", (304, 64)), ("tha", (304, 64))]


def test_damaged_data_costs_its_letters_alone_and_is_told_once(both: Path, caplog: pytest.LogCaptureFixture) -> None:
    reader = WritingReader()
    reader._engine = lambda image: [Piece(image, Line("", 0.0)), Piece(image, Line("MADE IN CHINA", 0.8))]
    vectors = reader.encode([np.full((40, 200, 3), grey, dtype=np.uint8) for grey in (0, 1)])
    assert [marks(vector) for vector in vectors] == [{"origin.made_in"}] * 2
    assert caplog.messages == [
        f"signal 'writing': trained data of Tesseract expected, found {both / language}.traineddata that it cannot "
        f"use; {name} letters are not read. Install it again."
        for language, name in (("kor", "Korean"), ("tha", "Thai"))
    ]


def test_trained_data_is_looked_for_where_the_variable_points_and_else_in_the_usual_folders(
    both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained_data() == {"kor": both / "kor.traineddata", "tha": both / "tha.traineddata"}
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, languages in ((first, ("kor",)), (second, ("kor", "tha"))):
        folder.mkdir()
        for language in languages:
            (folder / f"{language}.traineddata").touch()
    monkeypatch.setattr(writing_scripts, "FOLDERS", (str(first), str(second), str(tmp_path / "nowhere")))
    assert trained_data()["kor"].parent == both
    monkeypatch.delenv("TESSDATA_PREFIX")
    assert trained_data() == {"kor": first / "kor.traineddata", "tha": second / "tha.traineddata"}
    assert unread_scripts() == ()


def test_without_tesserocr_or_without_data_no_script_is_read(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (both / "tha.traineddata").unlink()
    assert unread_scripts() == ("Thai",)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert unread_scripts() == ("Korean", "Thai")
    assert ScriptReader(trained_data()).lines([piece()]) == []


def test_id_and_hash_tell_which_scripts_are_read_and_with_which_data(both: Path) -> None:
    said = [(WritingReader().id, WritingReader().hash)]
    (both / "tha.traineddata").write_text("another", encoding="utf-8")
    said.append((WritingReader().id, WritingReader().hash))
    for language in ("tha", "kor"):
        (both / f"{language}.traineddata").unlink()
        said.append((WritingReader().id, WritingReader().hash))
    all_ids = [name.removeprefix("rapidocr:PP-OCRv6-small") for name, _ in said]
    assert all_ids == ["+tesseract:kor,tha", "+tesseract:kor,tha", "+tesseract:kor", ""]
    assert len({digest for _, digest in said}) == 4


def test_who_reads_no_korean_and_no_thai_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    reader = WritingReader()
    for grey in (0, 255):
        reader.encode([np.full((40, 40, 3), grey, dtype=np.uint8)])
    assert caplog.messages == [
        "signal 'writing': Tesseract's trained data for Korean and Thai letters expected, found none; they are not "
        "read. Install it (Debian: apt-get install tesseract-ocr-kor tesseract-ocr-tha), or set TESSDATA_PREFIX."
    ]


# What follows needs the data and fonts; see .ci/run.


@cache
def font(language: str) -> Path:
    file = Path("/usr/share/fonts/truetype") / FONTS[language]
    if not file.is_file():
        pytest.skip(f"there is no font {file}")
    return file


@pytest.fixture(scope="module")
def reader() -> WritingReader:
    if unread_scripts():
        pytest.skip(f"there is no trained data of Tesseract for {' and '.join(unread_scripts())}")
    return WritingReader()


def captioned(text: str, language: str, seed: int) -> Pixels:
    """Cloth with a bar, and a line on it."""
    cloth = any_cloth(np.random.default_rng(seed), (640, 480))
    draw = ImageDraw.Draw(cloth)
    draw.rectangle((0, 380, 640, 460), fill=(200, 30, 30))
    draw.text((40, 420), text, font=ImageFont.truetype(str(font(language)), 44), fill="white", anchor="lm")
    return np.asarray(cloth)


def marks(vector: np.ndarray) -> set[str]:
    return {mark.id for mark, value in zip(MARKS, vector, strict=True) if value}


@pytest.mark.letters
@pytest.mark.parametrize(
    ("language", "texts", "mark"), [("kor", KOREAN, "script.hangul"), ("tha", THAI, "script.thai")]
)
def test_most_captions_are_found_and_none_in_another_script(
    reader: WritingReader, language: str, texts: tuple[str, ...], mark: str
) -> None:
    vectors = reader.encode([captioned(text, language, seed) for seed, text in enumerate(texts)])
    found = [marks(vector) for vector in vectors]
    assert set().union(*found) == {mark}
    assert found.count({mark}) >= len(texts) - 1


@pytest.mark.letters
def test_cloth_and_captions_in_other_letters_show_neither(reader: WritingReader) -> None:
    cloths = [any_cloth(np.random.default_rng(seed), (480, 480)) for seed in range(8)]
    captions = ("READY STOCK", "GRATIS ONGKIR", *HAN_PHRASES[:2])
    photos = [*cloths[:4], *(caption_bar(cloth, text, 0.12) for cloth, text in zip(cloths[4:], captions, strict=True))]
    found = set().union(*map(marks, reader.encode([np.asarray(photo) for photo in photos])))
    assert found == {"script.han"}


@pytest.mark.letters
def test_a_photo_has_the_same_marks_whatever_was_read_before(reader: WritingReader) -> None:
    photos = [captioned(KOREAN[0], "kor", 0), captioned(THAI[0], "tha", 1), np.asarray(Image.new("RGB", (300, 300)))]
    np.testing.assert_array_equal(WritingReader().encode(photos[::-1])[::-1], reader.encode(photos))


@pytest.mark.letters
def test_tesseract_prints_nothing_of_its_own(reader: WritingReader, capfd: pytest.CaptureFixture[str]) -> None:
    ScriptReader(trained_data()).lines([piece(10, 8), piece(2000, 10), piece(200, 40)])
    assert capfd.readouterr() == ("", "")
