"""Signal ``looks``: vectors of a frozen image encoder, logistic regression, and where in a photo its reasons lie."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.encoders.image_cache import encode_photos
from umkm_classifier.listings.listed_photo import ListedPhoto
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photo import PhotoError, Pixels, open_photo
from umkm_classifier.listings.photos import MOST_PHOTOS, read_photo
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State, logit

KIND = "looks"
FEWEST_ROWS_OF_A_CLASS = 5
GRID = 4
MOST_BOXES = 3  # beyond, a reviewer is shown the whole photo
_GREY = 128  # what an encoder takes for nothing, nearly
_log = logging.getLogger(__name__)


class LooksView:
    """Score what a listing's photos show: the mean over those that can be opened.

    Parameters
    ----------
    encoder : ImageEncoder
        The one that ``coef`` was learned with.
    coef : array of float64, shape (dim,)
    offset : float
        What ``coef`` gives for the average photo: a photo adds what it gives beyond.
    bias : float
        Log-odds of a listing with average photos; prior taken out.
    """

    name = "looks.photos"

    def __init__(self, encoder: ImageEncoder, coef: FloatArray, offset: float, bias: float) -> None:
        self.encoder = encoder
        self.coef = coef
        self.offset = offset
        self.bias = bias

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``; silent where no photo can be opened."""
        rows = self._parts(listings)
        return np.asarray([self.bias + sum(parts.values()) if parts else np.nan for parts in rows], dtype=np.float64)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: what each photo adds, as ``'photo 2'``."""
        return [self._explain({}, parts) if parts else [] for parts in self._parts(listings)]

    def explain_boxes(self, listings: Listings) -> list[list[Evidence]]:
        """Say what ``explain`` does, and where in the photo that adds most.

        It takes sixteen times as long as scoring: that photo is encoded again sixteen times, each time with another
        cell of a 4x4 grid painted grey; what it adds is shared out among the cells by how much of it their loss costs.
        ``'photo 2 [box 1,0,2,1]'`` is a cell of the second photo, from left, top to right, bottom, in quarters of width
        and height; ``'photo 2 (rest)'`` what remains beside the three strongest cells.
        """
        columns = zip(listings.column("photos"), self._parts(listings), strict=True)
        return [
            self._explain(self._boxes_of_strongest(photos, parts), parts) if parts else [] for photos, parts in columns
        ]

    def state(self) -> State:
        """See ``View.state``."""
        settings = {
            "offset": self.offset,
            "bias": self.bias,
            "encoder": self.encoder.id,
            "encoder_hash": self.encoder.hash,
        }
        return State(KIND, settings, {"coef": self.coef})

    @classmethod
    def from_state(cls, state: State, encoder: ImageEncoder) -> LooksView:
        """Build the view that ``state`` was taken from, with its encoder."""
        return cls(encoder, state.arrays["coef"], float(state.settings["offset"]), float(state.settings["bias"]))

    def _parts(self, listings: Listings) -> list[dict[int, float]]:
        """Return what each photo of each listing adds, by its place among the listing's photos from 0."""
        vectors, places, _ = once(self, "vectors", listings, lambda: _vectors(self.encoder, listings))
        values = self._values(vectors)
        return [{at: values[row] / len(rows) for at, row in rows.items()} for rows in places]

    def _values(self, vectors: NDArray[np.float32]) -> list[float]:
        # einsum without BLAS: a photo's bits do not depend on how many come with it
        scores = np.einsum("nd,d->n", vectors.astype(np.float64), self.coef, optimize=False)
        values: list[float] = (scores - self.offset).tolist()
        return values

    def _boxes_of_strongest(
        self, photos: Sequence[ListedPhoto], parts: dict[int, float]
    ) -> dict[int, dict[str, float]]:
        strongest = max(parts, key=lambda at: abs(parts[at]))
        return {strongest: self._boxes(photos[strongest], parts[strongest] * len(parts))}

    def _explain(self, boxes_of: dict[int, dict[str, float]], parts: dict[int, float]) -> list[Evidence]:
        evidence = [Evidence("base", self.name, self.bias)]
        for at, value in parts.items():
            boxes = boxes_of.get(at, {})
            evidence += [Evidence("photo", f"photo {at + 1} [box {box}]", value * boxes[box]) for box in boxes]
            rest = value - sum(value * share for share in boxes.values())
            if rest != 0.0:
                evidence.append(Evidence("photo", f"photo {at + 1}{' (rest)' if boxes else ''}", rest))
        return evidence

    def _boxes(self, photo: ListedPhoto, value: float) -> dict[str, float]:
        """Return the strongest cells of a photo that adds ``value`` by itself, and the share of it that is theirs."""
        try:
            pixels = open_photo(read_photo(photo), at_least=self.encoder.side).pixels
        except PhotoError:  # gone since it was scored
            return {}
        boxes, hidden = zip(*_hidden_cells(pixels), strict=True)
        lost = value - np.asarray(self._values(self.encoder.encode(hidden)))  # (16,)
        speaks = np.clip(lost * np.sign(value), 0.0, None)  # cells that speak against the photo are left out
        if not speaks.any():
            return {}
        share = speaks / speaks.sum()
        best = np.argsort(-share, kind="stable")[:MOST_BOXES].tolist()
        return {boxes[at]: float(share[at]) for at in best if share[at] > 0.0}


def _hidden_cells(pixels: Pixels) -> list[tuple[str, Pixels]]:
    """Return a photo with one cell of the grid painted grey, for each cell, and the cell's name."""
    height, width = pixels.shape[:2]
    cells = []
    for y in range(GRID):
        for x in range(GRID):
            hidden = pixels.copy()
            hidden[y * height // GRID : (y + 1) * height // GRID, x * width // GRID : (x + 1) * width // GRID] = _GREY
            cells.append((f"{x},{y},{x + 1},{y + 1}", hidden))
    return cells


def _vectors(
    encoder: ImageEncoder, listings: Listings
) -> tuple[NDArray[np.float32], list[dict[int, int]], Counter[str]]:
    """Encode all photos of a table.

    Returns
    -------
    vectors : array of float32, shape (photos, dim)
    places : list of dict, one a listing
        For each photo that could be opened: its place in the listing, its row in ``vectors``.
    refused : Counter of str
        Codes of the others.
    """
    lists = [photos[:MOST_PHOTOS] for photos in listings.column("photos")]
    vectors, codes = encode_photos(encoder, (photo for photos in lists for photo in photos))
    places: list[dict[int, int]] = []
    row = 0
    for photos in lists:
        places.append({at: row + at for at in range(len(photos)) if not codes[row + at]})
        row += len(photos)
    return vectors, places, Counter(code for code in codes if code)


def fit_looks(
    listings: Listings, y: IntArray, weights: FloatArray, encoder: ImageEncoder, looks_c: float = 1.0
) -> list[LooksView]:
    """Learn the view of ``looks`` with scikit-learn.

    Vectors are centred and divided by one number, their root mean square distance from the centre, so that ``looks_c``
    means the same for every encoder.

    Parameters
    ----------
    listings : Listings, n rows
    y : array of int64, shape (n,)
        1 for ``imported``.
    weights : array of float64, shape (n,)
    encoder : ImageEncoder
    looks_c : float
        Inverse ridge penalty, above 0. In a simulated market 0.3 to 3 were alike.

    Returns
    -------
    list of LooksView
        One; none when too few rows have a photo that can be opened, or there is no encoder.
    """
    from sklearn.linear_model import LogisticRegression

    if encoder.dim == 0:
        return []
    vectors, places, refused = _vectors(encoder, listings)
    if refused and not any(places):
        _log.warning(
            "looks: photos that can be opened expected, found none in %d (%s); training goes on without photos. Check "
            "the folder of photos.",
            refused.total(),
            ", ".join(f"{count} {code}" for code, count in refused.most_common()),
        )
    at = np.asarray([bool(rows) for rows in places], dtype=bool)
    if min(np.bincount(y[at], minlength=2)) < FEWEST_ROWS_OF_A_CLASS:
        return []
    means = np.stack([vectors[list(rows.values())].mean(axis=0, dtype=np.float64) for rows in places if rows])
    centre = means.mean(axis=0)  # (dim,)
    spread = float(np.sqrt(((means - centre) ** 2).sum(axis=1).mean())) or 1.0  # 0 when all photos are the same
    model = LogisticRegression(C=looks_c, max_iter=2000)
    model.fit((means - centre) / spread, y[at], sample_weight=weights[at])
    coef = model.coef_[0] / spread
    bias = float(model.intercept_[0]) - logit(float(np.average(y[at], weights=weights[at])))
    return [LooksView(encoder, coef, float(coef @ centre), bias)]
