"""Signal ``meaning``: vectors of a frozen sentence encoder, logistic regression, the most alike labelled listings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State, joined, logit

if TYPE_CHECKING:  # pydantic costs a service a tenth of a second, and serving needs no config
    from umkm_classifier.config import TrainConfig

KIND = "vectors"
FEWEST_ROWS_OF_A_CLASS = 5


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled listing that reads alike: never its text, only where to find it."""

    id: str
    label: str
    label_source: str
    similarity: float


class MeaningView:
    """Score the meaning of title and description.

    Parameters
    ----------
    encoder : TextEncoder
        The one that ``coef`` was learned with.
    fields : tuple of str
        Columns encoded one by one; an empty one is a vector of zeros.
    coef : array of float64, shape (fields x dim,)
    bias : float
        Prior taken out.
    known : array of float16, shape (m, dim)
        Title vectors of the labelled listings, for ``neighbours``.
    known_as : sequence of (id, label, label_source), length m
    """

    name = "meaning.text"

    def __init__(
        self,
        encoder: TextEncoder,
        fields: tuple[str, ...],
        coef: FloatArray,
        bias: float,
        known: NDArray[np.float16],
        known_as: Sequence[tuple[str, str, str]],
    ) -> None:
        self.encoder = encoder
        self.fields = fields
        self.coef = coef
        self.bias = bias
        self.known = known
        self.known_as = list(known_as)

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        parts = self._parts(listings)
        silent = np.asarray([not text for text in joined(listings, self.fields)], dtype=bool)
        return np.where(silent, np.nan, self.bias + parts.sum(axis=1))

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: what each column adds."""
        parts = self._parts(listings)
        texts = joined(listings, self.fields)
        return [
            [
                *(Evidence("text", name, float(value)) for name, value in zip(self.fields, row, strict=True)),
                Evidence("base", self.name, self.bias),
            ]
            if text
            else []
            for text, row in zip(texts, parts, strict=True)
        ]

    def neighbours(self, listings: Listings, most: int = 3) -> list[list[Neighbour]]:
        """Return for each row the labelled listings whose titles are nearest by cosine, nearest first."""
        if not len(self.known):
            return [[] for _ in range(len(listings))]
        known, vectors = self.known.astype(np.float32), self._vectors(listings)[:, self.fields.index("title")]
        titles = listings.column("title")
        return [self._nearest(vectors[row], known, most) if titles[row] else [] for row in range(len(listings))]

    def _nearest(self, vector: NDArray[Any], known: NDArray[np.float32], most: int) -> list[Neighbour]:
        similarity = known @ vector.astype(np.float32)
        best = np.argsort(-similarity, kind="stable")[:most]
        found = []
        for at in best.tolist():
            listing_id, label, label_source = self.known_as[at]
            found.append(Neighbour(listing_id, label, label_source, round(float(similarity[at]), 4)))
        return found

    def state(self) -> State:
        """See ``View.state``."""
        settings = {
            "fields": list(self.fields),
            "bias": self.bias,
            "encoder": self.encoder.id,
            "encoder_hash": self.encoder.hash,
        }
        words = (
            dict(zip(("ids", "labels", "label_sources"), map(list, zip(*self.known_as, strict=True)), strict=True))
            if self.known_as
            else {}
        )
        return State(KIND, settings, {"coef": self.coef, "known": self.known}, words)

    @classmethod
    def from_state(cls, state: State, encoder: TextEncoder) -> MeaningView:
        """Build the view that ``state`` was taken from, with its encoder."""
        s, words = state.settings, state.words
        known_as = list(zip(words["ids"], words["labels"], words["label_sources"], strict=True)) if words else []
        return cls(encoder, tuple(s["fields"]), state.arrays["coef"], float(s["bias"]), state.arrays["known"], known_as)

    def _parts(self, listings: Listings) -> FloatArray:
        per_field = self.coef.reshape(len(self.fields), -1)  # (fields, dim)
        vectors = self._vectors(listings)  # (n, fields, dim)
        # einsum without BLAS: a row's bits do not depend on how many rows come with it
        return np.asarray(np.einsum("nfd,fd->nf", vectors, per_field, optimize=False))

    def _vectors(self, listings: Listings) -> NDArray[Any]:
        return once(self, "vectors", listings, lambda: _vectors(self.encoder, listings, self.fields))


def _vectors(encoder: TextEncoder, listings: Listings, fields: tuple[str, ...]) -> NDArray[Any]:
    return np.stack([encoder.encode(list(listings.column(name))) for name in fields], axis=1).astype(np.float64)


def fit_meaning(
    listings: Listings, y: IntArray, weights: FloatArray, config: TrainConfig, encoder: TextEncoder
) -> list[MeaningView]:
    """Learn the view of ``meaning`` with scikit-learn; nothing when too few rows have text or there is no encoder."""
    from sklearn.linear_model import LogisticRegression

    fields = ("title", "description")
    at = np.asarray([bool(text) for text in joined(listings, fields)])
    if encoder.dim == 0 or min(np.bincount(y[at], minlength=2)) < FEWEST_ROWS_OF_A_CLASS:
        return []
    seen = listings[np.flatnonzero(at)]
    vectors = _vectors(encoder, seen, fields)
    model = LogisticRegression(C=config.meaning_c, max_iter=2000)
    model.fit(vectors.reshape(len(vectors), -1), y[at], sample_weight=weights[at])
    bias = float(model.intercept_[0]) - logit(float(np.average(y[at], weights=weights[at])))
    known_as = list(zip(seen.column("id"), seen.column("label"), seen.column("label_source"), strict=True))
    return [MeaningView(encoder, fields, model.coef_[0].copy(), bias, vectors[:, 0].astype(np.float16), known_as)]
