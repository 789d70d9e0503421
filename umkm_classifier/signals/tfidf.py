"""TF-IDF as scikit-learn computes it, from a saved vocabulary and with numpy alone.

Equal to ``TfidfVectorizer(sublinear_tf=True)`` to 1e-9 (tested). N-grams of characters never cross a blank, so the
n-grams of a word are looked up once and remembered: sellers repeat their words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.signals.signal import FloatArray, IntArray

TOKEN = re.compile(r"\b\w+\b")
REMEMBERED_WORDS = 50_000


@dataclass
class Tfidf:
    """Weights of the n-grams of a text.

    Parameters
    ----------
    analyzer : str
        ``'word'`` (runs of letters and digits) or ``'char_wb'`` (characters of each word, a blank on both sides).
    shortest, longest : int
        Lengths of the n-grams.
    vocabulary : dict of str to int
        N-gram to column.
    idf : array of float64, shape (v,)
    """

    analyzer: str
    shortest: int
    longest: int
    vocabulary: dict[str, int]
    idf: FloatArray
    _of_word: dict[str, list[int]] = field(default_factory=dict, repr=False)

    def row(self, text: str) -> tuple[IntArray, FloatArray]:
        """Return columns and weights of one text; the weights have length 1, or are empty."""
        return self.weigh(self.found(text))

    def found(self, text: str) -> IntArray:
        """Return the columns of a text's known n-grams, in the order of ``pieces``, as often as they stand there."""
        if self.analyzer == "word":
            found = self.found_words(text)
        else:
            found = list(chain.from_iterable(map(self.of_word, text.lower().split())))
        return np.asarray(found, dtype=np.int64)

    def weigh(self, found: IntArray) -> tuple[IntArray, FloatArray]:
        """Return what ``row`` does, from ``found``."""
        if not len(found):
            return found, np.empty(0)
        columns, counts = np.unique(found, return_counts=True)
        weights = (1.0 + np.log(counts)) * self.idf[columns]
        return columns, weights / np.sqrt(weights @ weights)

    def pieces(self, text: str, found: IntArray) -> tuple[list[str], list[int]]:
        """Return the pieces of a text that n-grams stand in, and how many of ``found`` each holds, none perhaps.

        That is the n-grams of words themselves, which need not be looked up again, or words of n-grams of characters.
        """
        if self.analyzer == "word":
            return [self._grams[column] for column in found.tolist()], [1] * len(found)
        words = text.lower().split()
        return words, [len(self.of_word(word)) for word in words]

    @cached_property
    def _grams(self) -> list[str]:
        """The n-gram of each column."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    def project(self, texts: Sequence[str], matrix: NDArray[Any]) -> FloatArray:
        """Multiply the weights of each text with a matrix of shape (v, k); shape (n, k), float64."""
        out = np.zeros((len(texts), matrix.shape[1]))
        for at, text in enumerate(texts):
            columns, weights = self.row(text)
            if len(columns):
                out[at] = weights @ matrix[columns]
        return out

    def found_words(self, text: str) -> list[int]:
        """Columns of the n-grams of words that the vocabulary knows, in the order of the text."""
        tokens = TOKEN.findall(text.lower())
        grams: list[str] = []
        for n in range(self.shortest, self.longest + 1):
            grams += tokens if n == 1 else [" ".join(tokens[at : at + n]) for at in range(len(tokens) - n + 1)]
        return [self.vocabulary[gram] for gram in grams if gram in self.vocabulary]

    def of_word(self, word: str) -> list[int]:
        """Columns of the character n-grams of one word, repeated as often as they stand in it."""
        known = self._of_word.get(word)
        if known is None:
            known = [
                self.vocabulary[gram]
                for gram in _char_ngrams(word, self.shortest, self.longest)
                if gram in self.vocabulary
            ]
            if len(self._of_word) >= REMEMBERED_WORDS:
                self._of_word.clear()
            self._of_word[word] = known
        return known


def _char_ngrams(word: str, shortest: int, longest: int) -> list[str]:
    padded = f" {word} "
    grams: list[str] = []
    for n in range(shortest, longest + 1):
        grams += [padded[at : at + n] for at in range(max(len(padded) - n, 0) + 1)]
        if len(padded) <= n:  # scikit-learn counts a word shorter than n once, then stops
            break
    return grams


@dataclass(frozen=True, slots=True)
class TfidfSettings:
    """How a vocabulary is learned; see ``Tfidf``. ``most`` caps its size by frequency."""

    analyzer: str
    shortest: int
    longest: int
    min_df: int = 2
    most: int | None = None


def fit_tfidf(texts: Sequence[str], settings: TfidfSettings) -> tuple[Tfidf, Any] | None:
    """Learn a vocabulary with scikit-learn.

    Returns
    -------
    (Tfidf, sparse matrix of shape (n, v)) or None
        The scorer, and the weights of ``texts`` for what is fitted on top. None when no n-gram stands in ``min_df``
        texts.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer=settings.analyzer,
        ngram_range=(settings.shortest, settings.longest),
        token_pattern=TOKEN.pattern if settings.analyzer == "word" else None,
        sublinear_tf=True,
        min_df=min(settings.min_df, max(len(texts), 1)),
        max_features=settings.most,
        dtype=np.float64,
    )
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError as error:
        if "vocabulary" not in str(error) and "no terms remain" not in str(error):
            raise
        return None
    vocabulary = {gram: column for column, gram in enumerate(vectorizer.get_feature_names_out().tolist())}
    scorer = Tfidf(settings.analyzer, settings.shortest, settings.longest, vocabulary, np.asarray(vectorizer.idf_))
    return scorer, matrix
