"""The view of ``joint`` as it is served: encoders, and the head as an ONNX graph. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.errors import UsageError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.joint.graph import Graph
from umkm_classifier.signals.joint.inputs import SOURCES, BoolArray, Vectors, read_vectors
from umkm_classifier.signals.joint.tuned import TunedEncoder
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, State

KIND = "joint"
_GRAPH = "graph"


class JointView:
    """Score title, description and photos together.

    Parameters
    ----------
    encoders : Encoders
        With the encoders that the head was trained on.
    head : Graph
        Takes ``present`` and ``vectors`` of the modalities, gives log-odds without a prior.
    modalities : tuple of str
        What the head reads, in order; a modality that too few training rows had is not among them.
    most_photos : int
        First photos of a listing that are read.
    training : mapping of str to int or float
        ``best_epoch`` and ``loss``, for the model card.
    """

    name = "joint.listing"

    def __init__(
        self,
        encoders: Encoders,
        head: Graph,
        modalities: tuple[str, ...],
        most_photos: int,
        training: Mapping[str, float],
    ) -> None:
        self.encoders = encoders
        self.head = head
        self.modalities = modalities
        self.most_photos = most_photos
        self.training = dict(training)

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``: both classes weighed the same in training, so no prior is left in."""
        vectors, present = self._read(listings)
        return np.asarray(
            [self._score(vectors[row], present[row]) if present[row].any() else np.nan for row in range(len(vectors))],
            dtype=np.float64,
        )

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: what each modality adds.

        The Shapley value (1953): the difference that leaving a modality out makes, averaged over the orders in which
        they can be left out one after the other. Nothing read says nothing, so the values add up to the log-odds. (A
        single round of leaving out does not add up where modalities say the same, and scaled up it may turn a sign.)
        """
        vectors, present = self._read(listings)
        return [self._explain(vectors[row], present[row]) for row in range(len(vectors))]

    def state(self) -> State:
        """See ``View.state``: the head alone; trained encoders are saved by ``save_encoders``."""
        text, image = self.encoders.text, self.encoders.image
        settings = {
            "modalities": list(self.modalities),
            "most_photos": self.most_photos,
            "training": self.training,
            "encoder": text.id,
            "encoder_hash": text.hash,
            "image_encoder": image.id,
            "image_encoder_hash": image.hash,
        }
        return State(KIND, settings, {_GRAPH: np.frombuffer(self.head.content, dtype=np.uint8)})

    @classmethod
    def from_state(cls, state: State, encoders: Encoders) -> JointView:
        """Build the view that ``state`` was taken from, with its encoders."""
        s = state.settings
        head = Graph(state.arrays[_GRAPH].tobytes(), cls.name)
        return cls(encoders, head, tuple(s["modalities"]), int(s["most_photos"]), s["training"])

    @property
    def has_tuned_encoders(self) -> bool:
        """Whether an encoder was trained with the head, so that ``save_encoders`` has something to write."""
        return any(isinstance(one, TunedEncoder) for one in (self.encoders.text, self.encoders.image))

    def save_encoders(self, folder: Path) -> None:
        """Write the encoders that were trained with the head to ``folder/text`` and ``folder/image``.

        ``read_encoders`` reads them back. An encoder that was not trained is not written: it is at hand elsewhere.

        Raises
        ------
        UsageError
            If no encoder was trained.
        """
        tuned = {
            name: encoder
            for name, encoder in (("text", self.encoders.text), ("image", self.encoders.image))
            if isinstance(encoder, TunedEncoder)
        }
        if not tuned:
            raise UsageError(
                f"{folder}: expected encoders that were trained with the head, found frozen ones. Keep those by their "
                "id and hash, or train with finetune."
            )
        for name, encoder in tuned.items():
            encoder.write(folder / name)

    def _read(self, listings: Listings) -> tuple[Vectors, BoolArray]:
        return once(
            self,
            "vectors",
            listings,
            lambda: read_vectors(listings, self.encoders, self.modalities, self.most_photos),
        )

    def _score(self, vector: Vectors, present: BoolArray) -> float:
        # one row at a time: its bits do not depend on how many rows come with it
        return float(self.head.run({"present": present[np.newaxis], "vectors": vector[np.newaxis]})[0])

    def _explain(self, vector: Vectors, present: BoolArray) -> list[Evidence]:
        there = np.flatnonzero(present).tolist()
        value: dict[tuple[int, ...], float] = {(): 0.0}
        for size in range(1, len(there) + 1):
            for subset in combinations(there, size):
                value[subset] = self._score(vector, np.isin(np.arange(len(present)), subset))
        return [Evidence(SOURCES[self.modalities[at]], self.modalities[at], _shapley(at, there, value)) for at in there]


def _shapley(at: int, there: list[int], value: Mapping[tuple[Any, ...], float]) -> float:
    """Return what one modality adds, averaged over all orders."""
    others = [other for other in there if other != at]
    total = 0.0
    for size in range(len(others) + 1):
        orders = factorial(size) * factorial(len(others) - size)
        for subset in combinations(others, size):
            total += orders * (value[tuple(sorted((*subset, at)))] - value[subset])
    return total / factorial(len(there))
