"""The scan: negation, comparison and questions do not count, vetoes void what they overlap, nothing raises."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.signals.cues_catalogue import catalogue
from umkm_classifier.signals.cues_scan import MOST_CHARACTERS, Scanner, tokens

SCANNER = Scanner([["print*"], ["import"], ["canting"]], [[], ["(kain|benang) import"], []])
PRINTED, IMPORTED, CANTING = range(3)


@pytest.mark.parametrize(
    "text",
    [
        "bukan printing",
        "bkn batik printing",
        "tanpa print, halus",
        "tidak pakai mesin printing",
        "gak printing",
        "non printing",
        "beda dengan batik printing",
        "jangan samakan dengan harga sablon, ini bukan hasil printing",
        "dibandingkan batik printing lebih awet",
    ],
)
def test_what_is_denied_or_compared_with_does_not_fire(text: str) -> None:
    assert SCANNER.fired(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "printing halus",
        "tidak hanya printing",
        "bukan tulis, tetapi printing",
        "tidak luntur. Printing",
        "bukan kaleng kaleng hasil karya terbaik dari toko printing",
    ],
)
def test_a_denial_reaches_only_what_it_denies(text: str) -> None:
    assert SCANNER.fired(text).keys() == {PRINTED}


@pytest.mark.parametrize(
    "text",
    [
        "Apakah ini printing?",
        "apakah ini printing",
        "ini printing ya kak?",
        "Q: printing",
        "Tanya : ini printing kak",
        "Pembeli: printing bukan",
        "Pertanyaan 1: printing",
    ],
)
def test_what_a_buyer_asks_does_not_fire(text: str) -> None:
    assert SCANNER.fired(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Q: printing? A: pakai canting",
        "Tanya: printing ya\nJawab: canting kak",
        "Ini printing? Ini canting.",
        "apakah printing. Canting",
        "pakai canting\nQ: printing",
    ],
)
def test_the_answer_to_a_question_counts(text: str) -> None:
    assert SCANNER.fired(text).keys() == {CANTING}


def test_a_question_mark_does_not_take_back_a_whole_text() -> None:
    text = "printing " + "halus " * 40 + "mau?"
    assert SCANNER.fired(text).keys() == {PRINTED}
    assert SCANNER.fired("apakah " + "halus " * 40 + "printing").keys() == {PRINTED}


def test_a_veto_voids_what_it_overlaps_and_nothing_else() -> None:
    assert SCANNER.fired("kain import") == {}
    assert SCANNER.fired("kain import, benang import") == {}
    assert SCANNER.fired("kain import, baju import") == {IMPORTED: "import"}


def test_a_veto_counts_where_the_hit_goes_on_beyond_it() -> None:
    scanner = Scanner([["po ~1 # minggu"]], [["po china"]])
    assert scanner.fired("po china 3 minggu") == {}
    assert scanner.fired("po china. po 3 minggu") == {0: "po 3 minggu"}


def test_a_cue_is_known_by_the_words_it_first_fires_on() -> None:
    assert SCANNER.fired("Motif PRINTED, lalu printing") == {PRINTED: "printed"}


def test_words_numbers_and_signs_are_told_apart() -> None:
    assert tokens("Kain Bolak-balik 2,25x1,10m (50%) & 7-14 hari = cepat!") == [
        "kain", "bolak", "balik", "2,25", "x", "1,10", "m", "50", "%", "dan", "7-14", "hari", ":", "cepat", "!",
    ]  # fmt: skip


def test_no_more_is_read_than_a_table_can_hold() -> None:
    assert SCANNER.fired(" " * (MOST_CHARACTERS - 8) + "printing").keys() == {PRINTED}
    assert SCANNER.fired(" " * MOST_CHARACTERS + "printing") == {}
    assert 1_000 + len("\n") + 10_000 < MOST_CHARACTERS  # most of a title and of a description


@given(st.text())
def test_no_text_raises(text: str) -> None:
    catalogue().scanner.fired(text)


WORDS = sorted({word for cue in catalogue().cues for pattern in cue.patterns for word in pattern.split()})


@given(st.lists(st.sampled_from([*WORDS, "?", "q:", "apakah", "bukan", "念", "7-9", "12", ",", "."]), max_size=60))
def test_no_heap_of_words_from_the_patterns_raises(words: list[str]) -> None:
    catalogue().scanner.fired(" ".join(words))


def work_of(text: str) -> int:
    """Count the calls of functions, built-in ones too, that reading a text takes."""
    scanner, calls = catalogue().scanner, 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    scanner.fired(text)  # numbers are read once
    sys.setprofile(count)
    try:
        scanner.fired(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "word",
    ["batik ", "tidak ", "12 ", "7-9 ", "printing, ", "q: ", "tanya: a\n", "apakah ", "?", "念 ", "😀", " - ", "x"],
)
def test_the_work_grows_with_the_text_and_no_faster(word: str) -> None:
    assert work_of(word * 400) <= 2 * work_of(word * 200) + 700  # but for a quoted question, which has an end
