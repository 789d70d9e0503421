"""The language of the cues: what each sign stands for, and what is no pattern."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.signals.cues_pattern import Item, compiled
from umkm_classifier.signals.cues_scan import Scanner


def finds(pattern: str, text: str) -> str | None:
    """Return the words that a pattern is found on."""
    return Scanner([[pattern]], [[]]).fired(text).get(0)


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        ("kain", "Kain halus", "kain"),
        ("kain", "kainnya halus", None),
        ("kain halus", "kain yang halus", None),
        ("kain ~1 halus", "kain yang halus", "kain yang halus"),
        ("kain ~2 halus", "kain, yang halus", "kain , yang halus"),
        ("kain ~1 halus", "kain yang paling halus", None),
        ("kain ~2 halus", "kain. Yang halus", None),
        ("jahit*", "jahitannya rapi", "jahitannya"),
        ("(batik tulis|cap) halus", "cap halus", "cap halus"),
        ("(batik tulis|cap) halus", "batik tulis halus", "batik tulis halus"),
        ("kain [batik|tenun] halus", "kain tenun halus", "kain tenun halus"),
        ("kain [batik|tenun] halus", "kain halus", "kain halus"),
        ("# hari", "pengerjaan 7 hari", "7 hari"),
        ("# hari", "7-14 hari", "7-14 hari"),
        ("# hari", "7 sampai 14 hari", "7 sampai 14 hari"),
        ("#-# hari", "7 hari", None),
        ("#-# hari", "7 - 14 hari", "7 - 14 hari"),
        ("lebar #140..165", "lebar 150", "lebar 150"),
        ("lebar #140..165", "lebar 115", None),
        ("isi #100..", "isi 1.000", "isi 1.000"),
        ("isi #..5", "isi 12", None),
        ("#1.9..2.7 m", "2,25m", "2,25 m"),
        ("# %", "65%", "65 %"),
        ("paket :", "paket = 1", "paket :"),
        ("a dan b", "A & B", "a dan b"),
        ("# * #", "60*110cm", "60 * 110"),
        ("3 d", "3D", "3 d"),
        ("<han>", "tasbih 念珠", "念珠"),
        ("batik tulis", "b\u00e1tik-tulis", "batik tulis"),
    ],
)
def test_each_sign_stands_for_what_the_language_says(pattern: str, text: str, words: str | None) -> None:
    assert finds(pattern, text) == words


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("Kain", "pattern 'Kain': the language of cues_pattern.py expected, found 'K'. Rewrite it."),
        ("(kain", "pattern '(kain': ')' for every '(' expected, found none. Close it."),
        ("[kain)", "pattern '[kain)': ']' for every '[' expected, found none. Close it."),
        ("kain)", "pattern 'kain)': an opened bracket expected, found ')'. Take it out."),
        ("kain|", "pattern 'kain|': a word beside each '|' and bracket expected, found none. Add one."),
        ("()", "pattern '()': a word beside each '|' and bracket expected, found none. Add one."),
        ("", "pattern '': a word beside each '|' and bracket expected, found none. Add one."),
        ("ja*", "pattern 'ja*': 3 letters or more before '*' expected, found 2. Add some."),
        ("~2 kain", "pattern '~2 kain': something to look for at both ends expected, found none. Mend or remove it."),
        ("kain ~2", "pattern 'kain ~2': something to look for at both ends expected, found none. Mend or remove it."),
        ("[kain]", "pattern '[kain]': something to look for at both ends expected, found none. Mend or remove it."),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_pattern_named(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        compiled(pattern, 0)


@given(st.text(alphabet="ab()[]|~*#:.,%-<>han 123", max_size=30))
def test_any_text_is_a_pattern_or_refused_by_name(pattern: str) -> None:
    with contextlib.suppress(ValueError):
        assert not compiled(pattern, 0).ends
        return
    with pytest.raises(ValueError, match=f"^pattern {re.escape(repr(pattern))}: "):
        compiled(pattern, 0)


@given(st.lists(st.lists(st.sampled_from(["kain", "batik", "tulis"]), min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_bracket_finds_exactly_its_ways(ways: list[list[str]]) -> None:
    pattern = "(" + "|".join(" ".join(way) for way in ways) + ") halus"
    for way in ways:
        assert finds(pattern, " ".join([*way, "halus"])) is not None
    assert finds(pattern, "sarung halus") is None


@pytest.mark.parametrize(
    ("item", "number", "fits"),
    [
        (Item("number"), "9" * 400, True),
        (Item("number", low=2.0), "9" * 400, False),
        (Item("number", low=1000.0), "1.250", True),
        (Item("number", low=1000.0), "1,25", False),
        (Item("number", low=5.0, high=9.0), "7-40", True),
        (Item("number", is_range=True), "7", False),
    ],
)
def test_numbers_are_read_as_sellers_write_them(item: Item, number: str, fits: bool) -> None:
    assert item.fits(number) is fits
