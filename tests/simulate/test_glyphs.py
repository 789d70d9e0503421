from __future__ import annotations

import numpy as np
import pytest

from umkm_classifier.simulate.edits import LATIN_PHRASES, SHOP_MARKS
from umkm_classifier.simulate.glyphs import HAN, HAN_PHRASES, lettering


@pytest.mark.parametrize("text", [*HAN_PHRASES, *LATIN_PHRASES, *SHOP_MARKS, "工厂 Solo 100%"])
def test_every_text_that_sellers_write_can_be_drawn_at_any_height(text: str) -> None:
    for height in (6, 17, 60):
        line = lettering(text, height)
        assert (line.mode, line.height) == ("L", height)
        ink = np.asarray(line) > 128
        assert 0.02 < ink.mean() < 0.6


def test_every_chinese_character_is_a_square_and_like_no_other() -> None:
    drawn = {letter: lettering(letter, 40) for letter in HAN}
    assert {image.size for image in drawn.values()} == {(40, 40)}
    assert len({image.tobytes() for image in drawn.values()}) == len(HAN)


def test_strokes_lie_where_the_table_says() -> None:
    ink = np.asarray(lettering("十", 110)) > 128  # on a grid of eleven: corner (5, 0) is at (60, 10)
    assert ink[12:98, 60].all()
    assert ink[60, 12:98].all()
    assert not ink[:45, :45].any()
    assert not ink[75:, 75:].any()


def test_a_chinese_character_without_strokes_is_named() -> None:
    with pytest.raises(ValueError, match="Chinese") as caught:
        lettering("工龘厂鱻", 20)
    assert str(caught.value) == (
        "lettering: Chinese characters with strokes of their own expected, found 鱻 龘. Use those of HAN, or add "
        "strokes there."
    )
