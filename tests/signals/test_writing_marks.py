"""What a line of writing on a photo says, without reading any photo."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.signals.writing_marks import MARKS, MOST, Line, marks_in

LINES = st.lists(st.builds(Line, st.text(max_size=80), st.floats(0, 1)), max_size=6)
HAN = st.sampled_from("工厂正品出口中国本大山木")


def marks(*texts: str, score: float = 0.99) -> set[str]:
    vector = marks_in(Line(text, score) for text in texts)
    return {mark.id for mark, value in zip(MARKS, vector, strict=True) if value}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("工厂正品", {"script.han"}),
        ("READY 厂家 STOCK", {"script.han"}),
        ("한국 화장품", {"script.hangul"}),
        ("สินค้าไทย", {"script.thai"}),
        ("メイド", {"script.kana"}),
        ("かわいい雑貨", {"script.kana", "script.han"}),
        ("1688.com", {"market.wholesale"}),
        ("shop123.1688 .COM", {"market.wholesale"}),
        ("1688", {"market.wholesale"}),
        ("Tao bao", {"market.wholesale"}),
        ("淘宝", {"script.han", "market.wholesale"}),
        ("Ali Express", {"market.abroad"}),
        ("www.alibaba.com", {"market.abroad"}),
        ("SHEIN", {"market.abroad"}),
        ("TEMU", {"market.temu"}),
        ("temu.com", {"market.temu"}),
        ("+86 138 1234 5678", {"contact.china"}),
        ("tel: 0086-13812345678", {"contact.china"}),
        ("WeChat: abc", {"contact.wechat"}),
        ("微信", {"contact.wechat", "script.han"}),
        ("MADE IN CHINA", {"origin.made_in"}),
        ("Made in P.R.C.", {"origin.made_in"}),
        ("Made  in Korea", {"origin.made_in"}),
        ("WA 0812-3456-7890", {"contact.local"}),
        ("+62 812 3456 789", {"contact.local"}),
        ("hub. WhatsApp kami", {"contact.local"}),
        ("tokopedia", {"market.local"}),
        ("Shopee: griyabatik", {"market.local"}),
    ],
)
def test_what_is_written_shows_its_marks_and_no_others(text: str, expected: set[str]) -> None:
    assert marks(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "米", "米米米米米米", "*米", "ノ", "ㅋㅋㅋ", "ÅÄÖ", "", " ", "-- --",
        "titik temu", "TEMULAWAK", "temu kunci", "Best Mall", "BESTMALL", "washein",
        "Toko 1688 Jaya", "Rp1.688", "16888", "0271-1688-22",
        "Made in Indonesia", "made in Solo", "buatan tangan",
        "138 1234 5678", "8613812345", "Rp 812.000", "12345678901234567890123456789", "(0271) 654321",
        "batik tulis halus", "100% ORI", "GRATIS ONGKIR",
    ],
)  # fmt: skip
def test_what_only_resembles_a_mark_is_none(text: str) -> None:
    assert marks(text) == set()


def test_patterns_of_batik_read_as_one_letter_are_no_chinese() -> None:
    # seen: the reader takes dots of a batik for '米', line after line, and is sure of it
    assert marks("米", "米米", "*米", "米米米米") == set()
    assert marks("长一", score=0.75) == set()
    assert marks("长一") == {"script.han"}


def test_letters_of_two_lines_do_not_add_up() -> None:
    assert marks("工", "厂") == set()


def test_marks_of_several_lines_are_put_together() -> None:
    assert marks("工厂正品", "WA 0812-3456-7890") == {"script.han", "contact.local"}


@pytest.mark.parametrize(
    ("text", "least"), [("工厂正品", 0.85), ("aliexpress", 0.7), ("0812-3456-7890", 0.8), ("TEMU", 0.85)]
)
def test_of_what_the_reader_is_unsure_nothing_counts(text: str, least: float) -> None:
    assert marks(text, score=least) != set()
    assert marks(text, score=least - 0.01) == set()


def test_full_width_letters_and_capitals_are_read_alike() -> None:
    assert marks("ＡＬＩＢＡＢＡ") == marks("alibaba") == {"market.abroad"}


@given(LINES)
def test_any_writing_gives_zeros_and_ones(lines: list[Line]) -> None:
    vector = marks_in(lines)
    assert vector.shape == (len(MARKS),)
    assert vector.dtype == np.float32
    assert set(vector.tolist()) <= {0.0, 1.0}


@given(LINES, LINES)
def test_more_lines_never_take_a_mark_away_and_their_order_does_not_matter(one: list[Line], two: list[Line]) -> None:
    together = marks_in([*one, *two])
    assert (together >= marks_in(one)).all()
    np.testing.assert_array_equal(together, marks_in([*two, *one]))
    np.testing.assert_array_equal(together, np.maximum(marks_in(one), marks_in(two)))


@given(st.lists(HAN, min_size=2, max_size=8, unique=True), st.text(alphabet="abc XYZ-.", max_size=20))
def test_two_different_chinese_letters_are_found_wherever_they_stand(letters: list[str], around: str) -> None:
    assert "script.han" in marks(around + "".join(letters) + around)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F, exclude_categories=["Cs"]), max_size=60))
def test_latin_text_never_shows_a_script(text: str) -> None:
    assert not any(mark.startswith("script.") for mark in marks(text))


def test_no_mark_speaks_for_local_and_none_alone_exceeds_the_cap() -> None:
    assert all(0.0 <= mark.prior <= MOST for mark in MARKS)
    assert {mark.id for mark in MARKS if mark.prior == 0.0} == {"contact.local", "market.local"}
    assert all(mark.why and set(mark.say) == {"id", "en"} for mark in MARKS)
    assert len({mark.id for mark in MARKS}) == len(MARKS)


@pytest.mark.parametrize("text", ["0 " * 50_000, "made in " * 20_000, "1" * 100_000, "ﷺ" * 100_000, "工厂" * 50_000])
def test_endless_writing_is_read_in_no_time(text: str) -> None:
    start = time.perf_counter()
    marks(text)
    assert time.perf_counter() - start < 1.0  # a loop inside a loop would take minutes
