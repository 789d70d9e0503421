"""A view of some text columns: TF-IDF of words and characters, and logistic regression on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State, joined, logit
from umkm_classifier.signals.tfidf import Tfidf, TfidfSettings, fit_tfidf

KIND = "ngrams"
SIGNS = ".,;:!?()[]\"'*-|/"  # beside a word, no part of its name
FEWEST_ROWS_OF_A_CLASS = 5  # below, a vocabulary learns names of shops


class Read(NamedTuple):
    """What a vocabulary knows of a text: ``Tfidf.found``, and the columns and weights of ``Tfidf.row``."""

    text: str
    found: IntArray
    columns: IntArray
    weights: FloatArray


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
        for at, read in enumerate(rows):
            if read:
                blocks = zip(read, self.blocks, strict=True)
                out[at] = self.bias + sum(float(one.weights @ coef[one.columns]) for one, (_, coef) in blocks)
        return out

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``. N-grams of characters count for the word that they stand in."""
        return [
            [] if of is None else [*(Evidence(self.source, name, value) for name, value in of.items()), self.base]
            for of in self.by_word(listings)
        ]

    @property
    def base(self) -> Evidence:
        """The bias, which holds for every text."""
        return Evidence("base", self.name, self.bias)

    def by_word(self, listings: Listings) -> list[dict[str, float] | None]:
        """Return what ``explain`` says beside the bias: for each row log-odds by word, or by words side by side.

        None where the view is silent. A row has a hundred of them and few are told, so they are no ``Evidence`` yet.
        """
        rows = self._rows(listings)
        of_row: list[dict[str, float] | None] = [{} if read else None for read in rows]
        for at, (tfidf, coef) in enumerate(self.blocks):
            filled = ((read[at], of) for read, of in zip(rows, of_row, strict=True) if of is not None)
            _add(tfidf, coef, [(read, of) for read, of in filled if len(read.found)])
        return of_row

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

    def _rows(self, listings: Listings) -> list[list[Read]]:
        """Return what each vocabulary knows of each text, nothing where there is none."""

        def read() -> list[list[Read]]:
            texts = joined(listings, self.fields)
            return [[_read(tfidf, text) for tfidf, _ in self.blocks] if text else [] for text in texts]

        return once(self, "rows", listings, read)


def _read(tfidf: Tfidf, text: str) -> Read:
    found = tfidf.found(text)
    return Read(text, found, *tfidf.weigh(found))


def tfidf_from_state(state: State, at: int, vocabulary: Mapping[str, Any]) -> Tfidf:
    """Build the ``at``-th vocabulary of a saved view; n-grams are listed in the order of their columns."""
    columns = {gram: column for column, gram in enumerate(state.words[f"vocabulary_{at}"])}
    return Tfidf(
        vocabulary["analyzer"], vocabulary["shortest"], vocabulary["longest"], columns, state.arrays[f"idf_{at}"]
    )


def _add(tfidf: Tfidf, coef: FloatArray, rows: Sequence[tuple[Read, dict[str, float]]]) -> None:
    """Add to the totals of each row, by name, what its words or n-grams of words say."""
    if not rows:
        return
    pieces = [tfidf.pieces(read.text, read.found) for read, _ in rows]
    values = _shared(coef, [read for read, _ in rows], [size for _, sizes in pieces for size in sizes])
    start = 0
    for (words, sizes), (_, total) in zip(pieces, rows, strict=True):
        end = start + len(words)
        for word, size, value in zip(words, sizes, values[start:end], strict=True):
            if size:
                name = word.strip(SIGNS) or word  # a sign that stands alone is named as it is
                total[name] = total.get(name, 0.0) + value
        start = end


def _shared(coef: FloatArray, rows: Sequence[Read], sizes: Sequence[int]) -> list[float]:
    """Return what each piece of all rows says: an n-gram's weight is shared among the places where it stands.

    Parameters
    ----------
    coef : array of float64, shape (v,)
    rows : sequence of Read
        None of them without n-grams.
    sizes : sequence of int
        How many n-grams each piece holds.
    """
    place = np.empty(len(coef), dtype=np.int64)  # of a column of one row, among the columns of all rows
    stands, start = [], 0
    for read in rows:
        place[read.columns] = np.arange(start, start + len(read.columns))
        start += len(read.columns)
        stands.append(place[read.found])
    at = np.concatenate(stands)
    weights = np.concatenate([read.weights for read in rows])
    coefs = coef[np.concatenate([read.columns for read in rows])]
    share = weights * coefs / np.bincount(at, minlength=start)
    said = np.bincount(np.repeat(np.arange(len(sizes)), sizes), share[at], minlength=len(sizes))
    of_each: list[float] = said.tolist()
    return of_each


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
