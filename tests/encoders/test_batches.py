from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from umkm_classifier.encoders.batches import encodable, encode_distinct, token_batches


def lengths_of(texts: list[str]) -> NDArray[np.float32]:
    return np.asarray([[len(text), 1.0] for text in texts], dtype=np.float32)


def test_every_row_gets_the_vector_of_its_own_text() -> None:
    vectors = encode_distinct(["abc", "", "a", "abc", " \n\t"], 2, lengths_of)
    assert vectors.tolist() == [[3, 1], [0, 0], [1, 1], [3, 1], [0, 0]]
    assert vectors.dtype == np.float32


def test_a_repeated_text_is_encoded_once_and_a_blank_one_never() -> None:
    seen: list[list[str]] = []

    def encode(texts: list[str]) -> NDArray[np.float32]:
        seen.append(texts)
        return lengths_of(texts)

    encode_distinct(["b", "a", "b", "", "a"], 2, encode)
    encode_distinct(["", "  "], 2, encode)
    encode_distinct([], 2, encode)
    assert seen == [["b", "a"]]


def test_no_text_gives_no_row() -> None:
    assert encode_distinct([], 2, lengths_of).shape == (0, 2)


@pytest.mark.parametrize(("texts", "kind"), [("kain", "str"), (b"kain", "bytes")])
def test_a_lone_text_is_refused_with_advice(texts: str, kind: str) -> None:
    with pytest.raises(TypeError) as caught:
        encode_distinct(texts, 2, lengths_of)
    assert str(caught.value) == (
        f"encode: expected a sequence of texts, found one {kind}. Put it into a list: encode([text])."
    )


def test_batches_are_sorted_by_length_and_capped_by_padded_tokens() -> None:
    assert token_batches([5, 2, 9, 2, 4], limit=10) == [[1, 3], [4, 0], [2]]


def test_a_row_longer_than_the_limit_stands_alone() -> None:
    assert token_batches([50, 1, 60], limit=10) == [[1], [0], [2]]


@given(st.lists(st.integers(min_value=1, max_value=200)), st.integers(min_value=1, max_value=1024))
def test_batches_hold_every_row_once_and_keep_the_limit(lengths: list[int], limit: int) -> None:
    batches = token_batches(lengths, limit)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= limit


def test_fault_36_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert encodable("kain \ud83d batik \U0001f600") == "kain ? batik \U0001f600"
