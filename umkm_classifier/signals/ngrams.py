"""A view of some text columns: TF-IDF of words and characters, and logistic regression on top."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State, joined, logit
from umkm_classifier.signals.tfidf import Tfidf, TfidfSettings, fit_tfidf

Row = tuple[IntArray, FloatArray]
KIND = "ngrams"
FEWEST_ROWS_OF_A_CLASS = 5  # below, a vocabulary learns names of shops


@dataclass(frozen=True, slots=True)
class NgramSettings:
    """What a view reads and how it learns; ``c`` is the inverse strength of the ridge penalty."""

    name: str
    source: str
    fields: tuple[str, ...]
    vocabularies: tuple[TfidfSettings, ...]
    c: float


class NgramView:
    """Score text columns by weights of their n-grams.

    Parameters
    ----------
    name, source : str
        See ``View``.
    fields : tuple of str
        Columns that are read, joined by a new line; silent where all are empty.
    blocks : sequence of (Tfidf, array of float64 of shape (v,))
        Vocabularies and the weight of each n-gram.
    bias : float
        Log-odds of a text without a known n-gram, prior taken out.
    """

    def __init__(
        self, name: str, source: str, fields: tuple[str, ...], blocks: Sequence[tuple[Tfidf, FloatArray]], bias: float
    ) -> None:
        self.name = name
        self.source = source
        self.fields = fields
        self.blocks = list(blocks)
        self.bias = bias

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        rows = self._rows(listings)
        out = np.full(len(rows), np.nan)
        for at, weighed in enumerate(rows):
            if weighed:
                blocks = zip(weighed, self.blocks, strict=True)
                out[at] = self.bias + sum(float(weights @ coef[columns]) for (columns, weights), (_, coef) in blocks)
        return out

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``. N-grams of characters count for the word that they stand in."""
        rows = zip(joined(listings, self.fields), self._rows(listings), strict=True)
        return [self._explain_text(text, weighed) if text else [] for text, weighed in rows]

    def state(self) -> State:
        """See ``View.state``."""
        vocabularies = [{"analyzer": t.analyzer, "shortest": t.shortest, "longest": t.longest} for t, _ in self.blocks]
        settings = {"name": self.name, "source": self.source, "fields": list(self.fields), "bias": self.bias}
        arrays = {f"idf_{at}": tfidf.idf for at, (tfidf, _) in enumerate(self.blocks)}
        arrays |= {f"coef_{at}": coef for at, (_, coef) in enumerate(self.blocks)}
        words = {f"vocabulary_{at}": list(tfidf.vocabulary) for at, (tfidf, _) in enumerate(self.blocks)}
        return State(KIND, settings | {"vocabularies": vocabularies}, arrays, words)

    @classmethod
    def from_state(cls, state: State) -> NgramView:
        """Build the view that ``state`` was taken from."""
        s = state.settings
        blocks = [
            (tfidf_from_state(state, at, vocabulary), state.arrays[f"coef_{at}"])
            for at, vocabulary in enumerate(s["vocabularies"])
        ]
        return cls(s["name"], s["source"], tuple(s["fields"]), blocks, float(s["bias"]))

    def _rows(self, listings: Listings) -> list[list[Row]]:
        """Return columns and weights by each vocabulary for each text, nothing where there is none."""

        def read() -> list[list[Row]]:
            texts = joined(listings, self.fields)
            return [[tfidf.row(text) for tfidf, _ in self.blocks] if text else [] for text in texts]

        return once(self, "rows", listings, read)

    def _explain_text(self, text: str, weighed: Sequence[Row]) -> list[Evidence]:
        of: dict[str, float] = defaultdict(float)
        for (tfidf, coef), (columns, weights) in zip(self.blocks, weighed, strict=True):
            if not len(columns):
                continue
            places = _places(tfidf, text)
            at = np.searchsorted(columns, [column for _, of_gram in places for column in of_gram])
            # an n-gram's weight is shared among the places where it stands
            shared = weights * coef[columns] / np.bincount(at, minlength=len(columns))
            n_grams = [len(of_gram) for _, of_gram in places]
            sums = np.bincount(np.repeat(np.arange(len(places)), n_grams), shared[at], minlength=len(places))
            for (name, _), value in zip(places, sums.tolist(), strict=True):
                of[name] += value
        return [Evidence(self.source, gram, value) for gram, value in of.items()] + [
            Evidence("base", self.name, self.bias)
        ]


def tfidf_from_state(state: State, at: int, vocabulary: Mapping[str, Any]) -> Tfidf:
    """Build the ``at``-th vocabulary of a saved view; n-grams are listed in the order of their columns."""
    columns = {gram: column for column, gram in enumerate(state.words[f"vocabulary_{at}"])}
    return Tfidf(
        vocabulary["analyzer"], vocabulary["shortest"], vocabulary["longest"], columns, state.arrays[f"idf_{at}"]
    )


def _places(tfidf: Tfidf, text: str) -> list[tuple[str, list[int]]]:
    """Return the words of a text that hold known n-grams, each time they stand there, with the columns of those."""
    if tfidf.analyzer == "word":
        return [(gram, [column]) for gram, column in tfidf.found_words(text)]
    return [
        # a sign that stands alone is named as it is
        (word.strip(".,;:!?()[]\"'*-|/") or word, columns)
        for word in text.lower().split()
        if (columns := tfidf.of_word(word))
    ]


def fit_ngrams(settings: NgramSettings, listings: Listings, y: IntArray, weights: FloatArray) -> NgramView | None:
    """Learn a view from labelled listings with scikit-learn.

    Parameters
    ----------
    settings : NgramSettings
    listings : Listings of n rows
    y : array of int, shape (n,)
        1 for imported.
    weights : array of float64, shape (n,)

    Returns
    -------
    NgramView or None
        None when the columns are filled in fewer than five rows of a class.
    """
    import scipy.sparse
    from sklearn.linear_model import LogisticRegression

    texts = joined(listings, settings.fields)
    at = np.asarray([bool(text) for text in texts])
    if min(np.bincount(y[at], minlength=2)) < FEWEST_ROWS_OF_A_CLASS:
        return None
    filled = [text for text in texts if text]
    fitted = [block for vocabulary in settings.vocabularies if (block := fit_tfidf(filled, vocabulary)) is not None]
    if not fitted:
        return None
    matrix = scipy.sparse.hstack([weighed for _, weighed in fitted], format="csr")
    model = LogisticRegression(C=settings.c, max_iter=1000).fit(matrix, y[at], sample_weight=weights[at])
    coef = np.split(model.coef_[0], np.cumsum([len(tfidf.idf) for tfidf, _ in fitted])[:-1])
    bias = float(model.intercept_[0]) - logit(float(np.average(y[at], weights=weights[at])))
    blocks = [(tfidf, np.ascontiguousarray(weight)) for (tfidf, _), weight in zip(fitted, coef, strict=True)]
    return NgramView(settings.name, settings.source, settings.fields, blocks, bias)
