"""What hurried sellers do to a text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.simulate.text_edits import (
    TEXT_EDITS,
    half_the_words,
    lower_case,
    slang,
    typos,
)

TEXT = "Kain Batik Tulis untuk wanita yang nyaman\nBahan katun, tidak luntur. Anak-anak 2 warna"
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200)


def dice(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", TEXT_EDITS)
@given(text=texts, seed=st.integers(0, 2**32 - 1))
def test_no_edit_empties_a_text_that_holds_a_word_and_the_same_dice_give_the_same_text(
    name: str, text: str, seed: int
) -> None:
    edited = TEXT_EDITS[name](text, dice(seed))
    assert edited == TEXT_EDITS[name](text, dice(seed))
    assert any(map(str.isalnum, edited)) == any(map(str.isalnum, text))
    assert edited.count("\n") <= text.count("\n")


@given(text=texts, seed=st.integers(0, 2**32 - 1))
def test_a_typing_mistake_changes_a_word_by_one_letter_and_leaves_the_number_of_words(text: str, seed: int) -> None:
    mistyped = typos(text, dice(seed))
    assert len(mistyped.split()) == len(text.split())
    for word, wrong in zip(text.split(), mistyped.split(), strict=True):
        assert abs(len(wrong) - len(word)) <= len(word) // 4
        assert wrong[0] == word[0]


@given(text=texts, seed=st.integers(0, 2**32 - 1))
def test_half_of_the_words_are_left_in_their_order(text: str, seed: int) -> None:
    words, left = text.split(), half_the_words(text, dice(seed)).split()
    assert len(left) == (len(words) + 1) // 2 or left == words
    rest = iter(words)
    assert all(word in rest for word in left)


def test_about_a_quarter_of_the_longer_words_is_mistyped() -> None:
    words = ["kemeja"] * 2000
    wrong = [word for word in typos(" ".join(words), dice()).split() if word != "kemeja"]
    assert 400 < len(wrong) < 600
    assert typos("tas ibu dan kain", dice(1)).split()[:3] == ["tas", "ibu", "dan"]


def test_slang_abbreviates_whole_words_and_doubled_ones() -> None:
    assert slang(TEXT, dice()) == ("Kain Batik Tulis utk wnt yg nyman\nbhn katun, gak luntur. Anak2 2 wrn")
    assert slang("yangon untukan", dice()) == "yangon untukan"


def test_lower_case_leaves_everything_else() -> None:
    assert lower_case("Kain BATIK 2 m!", dice()) == "kain batik 2 m!"


def test_marks_alone_are_not_what_is_left_of_a_text() -> None:
    assert {half_the_words("Kain -", dice(seed)) for seed in range(20)} == {"Kain", "Kain -"}
