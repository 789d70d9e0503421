"""The numpy scorer weighs n-grams exactly as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from umkm_classifier.signals import tfidf as module
from umkm_classifier.signals.tfidf import Tfidf, TfidfSettings, fit_tfidf

KINDS = [("word", 1, 2), ("char_wb", 2, 5), ("char_wb", 3, 4), ("word", 1, 1), ("word", 2, 3)]
CORPUS = [
    "Kain batik tulis, motif parang",
    "kain BATIK cap motif kawung kain kain",
    "baju koko putih  lengan panjang",
    "a",
    "",
    "sajadah\nturki\r\nlembut 100x60",
    "😀 tasbih 😀😀 kayu",
]
ODD = [
    "", " ", "a", "\n", "batik", "  kain   batik  ", "kain\n\nbatik\tcap", "😀", "😀😀 😀", "👨‍👩‍👧 kain",
    "İstanbul ẞtraße ﬁne", "kain\u00a0batik\u2003tulis", "kain\u200bbatik", "e\u0301 é", "عربي בעברית ไทย 中文字符",
    "_kain_ batik-tulis", "x" * 500, "kain " * 300, "\x00kain\x1cbatik\x85cap\u2028tulis", "100% katun!!! (asli)",
    "motif", "moti", "m otif",
]  # fmt: skip


def sklearn_twin(kind: tuple[str, int, int], **settings: Any) -> TfidfVectorizer:
    analyzer, shortest, longest = kind
    pattern = r"\b\w+\b" if analyzer == "word" else None
    return TfidfVectorizer(
        analyzer=analyzer, ngram_range=(shortest, longest), token_pattern=pattern, sublinear_tf=True, **settings
    )


def fitted(kind: tuple[str, int, int], corpus: list[str], **settings: Any) -> Tfidf | None:
    found = fit_tfidf(corpus, TfidfSettings(*kind, **{"min_df": 1, **settings}))
    return None if found is None else found[0]


def dense(scorer: Tfidf, texts: list[str]) -> np.ndarray:
    out = np.zeros((len(texts), len(scorer.idf)))
    for at, text in enumerate(texts):
        columns, weights = scorer.row(text)
        assert len(set(columns.tolist())) == len(columns)
        out[at, columns] = weights
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_every_odd_text_is_weighed_as_by_scikit_learn(kind: tuple[str, int, int]) -> None:
    twin = sklearn_twin(kind).fit(CORPUS + ODD)
    scorer = fitted(kind, CORPUS + ODD)
    assert scorer is not None
    assert scorer.vocabulary == {gram: int(column) for gram, column in twin.vocabulary_.items()}
    np.testing.assert_allclose(dense(scorer, ODD), twin.transform(ODD).toarray(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS[:2])
@given(
    corpus=st.lists(st.text(max_size=30), min_size=1, max_size=5), text=st.text(max_size=60), times=st.integers(1, 3)
)
def test_any_text_is_weighed_as_by_scikit_learn(
    kind: tuple[str, int, int], corpus: list[str], text: str, times: int
) -> None:
    seen = [*corpus, *CORPUS[:3]]
    texts = [text * times, *corpus, f"{corpus[0]} {text}\n{corpus[-1]}"]
    twin = sklearn_twin(kind).fit(seen)
    scorer = fitted(kind, seen)
    assert scorer is not None
    np.testing.assert_allclose(dense(scorer, texts), twin.transform(texts).toarray(), rtol=0, atol=1e-9)


@given(
    corpus=st.lists(st.text(alphabet="ab \n😀.", max_size=12), min_size=1, max_size=6),
    min_df=st.integers(1, 3),
    most=st.none() | st.integers(1, 4),
)
def test_the_vocabulary_is_cut_as_by_scikit_learn(corpus: list[str], min_df: int, most: int | None) -> None:
    for kind in KINDS[:2]:
        scorer = fitted(kind, corpus, min_df=min_df, most=most)
        try:
            twin = sklearn_twin(kind, min_df=min(min_df, len(corpus)), max_features=most).fit(corpus)
        except ValueError:
            assert scorer is None
        else:
            assert scorer is not None
            assert scorer.vocabulary == {gram: int(column) for gram, column in twin.vocabulary_.items()}
            np.testing.assert_array_equal(scorer.idf, twin.idf_)


@pytest.mark.parametrize("corpus", [[""], ["", " \n"], ["satu", "dua", "tiga"]])
def test_texts_that_share_nothing_leave_no_vocabulary(corpus: list[str]) -> None:
    assert fit_tfidf(corpus, TfidfSettings("word", 1, 2, min_df=2)) is None


def test_a_text_without_a_known_n_gram_has_no_weights() -> None:
    scorer = fitted(("word", 1, 2), ["kain batik"])
    assert scorer is not None
    columns, weights = scorer.row("sepeda lipat")
    assert (len(columns), len(weights)) == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_a_text_have_length_one(kind: tuple[str, int, int]) -> None:
    scorer = fitted(kind, CORPUS)
    assert scorer is not None
    for text in CORPUS[:3]:
        assert np.linalg.norm(scorer.row(text)[1]) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS[:2])
def test_projecting_is_multiplying_the_weights_with_the_matrix(kind: tuple[str, int, int]) -> None:
    twin = sklearn_twin(kind).fit(CORPUS)
    scorer = fitted(kind, CORPUS)
    assert scorer is not None
    matrix = np.random.default_rng(0).normal(size=(len(scorer.idf), 4))
    np.testing.assert_allclose(
        scorer.project(CORPUS + ODD, matrix), twin.transform(CORPUS + ODD).toarray() @ matrix, rtol=0, atol=1e-9
    )


def test_a_projected_row_has_the_same_bits_whatever_its_mates() -> None:
    scorer = fitted(("char_wb", 2, 5), CORPUS)
    assert scorer is not None
    matrix = np.random.default_rng(0).normal(size=(len(scorer.idf), 40)).astype(np.float32)
    together = scorer.project(CORPUS, matrix)
    for at, text in enumerate(CORPUS):
        np.testing.assert_array_equal(scorer.project([text], matrix)[0], together[at])


def test_forgetting_remembered_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer, forgetful = fitted(("char_wb", 2, 5), CORPUS), fitted(("char_wb", 2, 5), CORPUS)
    assert scorer is not None
    assert forgetful is not None
    before = dense(scorer, CORPUS)
    monkeypatch.setattr(module, "REMEMBERED_WORDS", 2)
    np.testing.assert_array_equal(dense(forgetful, CORPUS), before)
    assert len(forgetful._of_word) <= 2


def test_found_words_are_in_the_order_of_the_text() -> None:
    scorer = fitted(("word", 1, 2), ["motif parang rusak", "kain parang"])
    assert scorer is not None
    text = "Parang, motif parang"
    words, sizes = scorer.pieces(text, scorer.found(text))
    assert words == ["parang", "motif", "parang", "motif parang"]
    assert sizes == [1] * 4


def test_words_hold_as_many_character_n_grams_as_were_found() -> None:
    scorer = fitted(("char_wb", 2, 3), ["motif kain", "kain"])
    assert scorer is not None
    text = "kain 😀 Motif"
    found = scorer.found(text)
    words, sizes = scorer.pieces(text, found)
    assert words == ["kain", "😀", "motif"]
    assert sizes[1] == 0
    assert sum(sizes) == len(found)
    assert found[: sizes[0]].tolist() == scorer.of_word("kain")
