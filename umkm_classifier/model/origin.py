"""A trained model as it is served: views, fusion and calibration, with numpy alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.listings.photos import note_photos
from umkm_classifier.listings.placeholders import without_placeholders
from umkm_classifier.listings.text import is_legible
from umkm_classifier.model.cues_weight import BASE
from umkm_classifier.model.decision import HALF, DecisionRule
from umkm_classifier.model.families import NO_GUARANTEE, families_of, has_both
from umkm_classifier.model.fusion import Fusion, Platt
from umkm_classifier.model.prediction import Prediction
from umkm_classifier.model.prices import price_reasons, with_price
from umkm_classifier.model.reasons import Reason, strongest, weighed
from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.cues import CuesView
from umkm_classifier.signals.facts import FieldsView
from umkm_classifier.signals.joint.view import JointView
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView, Neighbour
from umkm_classifier.signals.once import once, remembering
from umkm_classifier.signals.signal import Evidence, FloatArray, State, View, signal_of
from umkm_classifier.signals.writing import NOT_READ, WritingView

CLASSES = ("imported", "local")  # alphabetical, as scikit-learn orders them
ROWS_AT_ONCE = 512
ROUNDING = 1e-9  # of sums of log-odds
NO_SIGNAL = "no_signal"
Explain = bool | Literal["full"]
OF_PHOTOS = frozenset(("looks", "writing", "joint"))
OF_TEXT = frozenset(("words", "meaning"))
# Notes that mean: less was read than was given or expected; but for these, which only tell how a photo was taken.
HARMLESS = frozenset(("image_animated", "image_tiny", "image_placeholder"))
DEGRADING = (
    "text_missing", "text_truncated", "image_", "price_unreadable", "price_negative", "price_out_of_range",
    "attributes_unreadable", "value_not_text", NOT_READ,
)  # fmt: skip


@dataclass(frozen=True)
class OriginModel:
    """Views and how they are weighed.

    Parameters
    ----------
    views : sequence of View
        In the order of ``fusion.names``.
    fusion : Fusion
    calibration : Platt
    training : mapping
        What it learned from: counts, label sources, out-of-fold figures, notes; JSON-ready.
    """

    views: Sequence[View]
    fusion: Fusion
    calibration: Platt
    training: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def rule(self) -> DecisionRule:
        """When a listing is decided, by what the model learned from."""
        return DecisionRule(self.training.get("families", {}), self.training.get("on_unsupported_good") == "decide")

    def decide(self, listings: Listings, columns: FloatArray) -> ObjectArray:
        """Return the decision about each row, shape (n,), from ``columns(listings)``; ``'review'`` without an answer.

        See ``DecisionRule.decide``.
        """
        p = self.p_of(listings, columns)
        unspoken = self.fused(listings, columns)
        below = np.flatnonzero(p < HALF)  # only these can become local
        text = self.of_text(listings[below], columns[below])
        others = np.full(len(p), np.inf)
        others[below] = unspoken[below] - self.fusion.intercept - text[:, 1]
        others[below] -= self.given_back(listings[below], columns[below])
        others[np.abs(others) < ROUNDING] = 0.0  # where there is nothing but text, the last bits would speak
        unspoken[below] -= text[:, 0]
        decided = self.rule.decide(families_of(listings), p, self.calibration.probability(unspoken), others)
        return np.where(np.isnan(p), "review", decided)

    def of_text(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return what the text adds to the fused log-odds, shape (n, 2), from ``columns(listings)``.

        First what it says for ``local`` alone, then all of it: of n-grams and of sentence vectors their whole view, of
        cues those in the text, of what reads text and other fields together (trees over all fields, the network over
        text and photos) what title and description add to the others. So whatever a seller can change by typing counts
        as text, and where there is no photo all that the network says does.
        """
        total = np.zeros((len(listings), 2))
        weights = self.fusion.weights_of(self._is_labelled(listings))
        for view, weight, column in zip(self.views, weights.T, np.nan_to_num(columns).T, strict=True):
            if isinstance(view, CuesView):
                parts = view.of_text(listings)
            elif isinstance(view, BaseView):
                parts = view.model.of_text(listings, view.model.columns(listings))
            elif isinstance(view, FieldsView | JointView):
                parts = _both(column - np.nan_to_num(view.log_odds(_without_text(listings))))
            elif signal_of(view.name) in OF_TEXT:
                parts = _both(column)
            else:
                continue
            total += weight[:, None] * parts
        return total

    def given_back(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return what is given back for empty fields, in fused log-odds, shape (n,), from ``columns(listings)``.

        It spares makers a loss and is no evidence: what a seller leaves empty must not speak for ``local``.
        """
        total = np.zeros(len(listings))
        weights = self.fusion.weights_of(self._is_labelled(listings))
        for view, weight, column in zip(self.views, weights.T, np.nan_to_num(columns).T, strict=True):
            if isinstance(view, BaseView):
                total += weight * view.model.given_back(listings, view.model.columns(listings))
            elif isinstance(view, BenefitView):
                total += weight * column
        return total

    @cached_property
    def _placeholders(self) -> frozenset[str]:
        return frozenset(self.training.get("placeholders", ()))

    @cached_property
    def writing(self) -> tuple[WritingView, ...]:
        """The views that read writing on photos, its base's too."""
        own = tuple(view for view in self.views if isinstance(view, WritingView))
        below = (view.model.writing for view in self.views if isinstance(view, BaseView))
        return own + tuple(view for views in below for view in views)

    @property
    def reads_writing(self) -> bool | None:
        """Whether writing on photos can be read here; None where no signal asks for it."""
        return all(view.can_read for view in self.writing) if self.writing else None

    def columns(self, listings: Listings) -> FloatArray:
        """Return each view's log-odds, shape (n, k), NaN where silent."""
        return self._columns(without_placeholders(listings, self._placeholders))

    def _columns(self, shown: Listings) -> FloatArray:
        parts = [[view.log_odds(rows) for view in self.views] for rows in _chunks(shown)]
        return np.concatenate([np.stack(part, axis=1) for part in parts]) if parts else np.empty((0, len(self.views)))

    def fused(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return the fused log-odds, shape (n,), from ``columns(listings)``."""
        return self.fusion.log_odds(columns, self._is_labelled(listings))

    def _is_labelled(self, listings: Listings) -> NDArray[np.bool_]:
        return has_both(self.rule.counts, families_of(listings))

    def p_imported(self, listings: Listings) -> FloatArray:
        """Return calibrated probabilities of ``imported``, shape (n,), NaN where there is no answer.

        There is none for rejected rows, for rows in which nothing can be read, and for scores not finite.
        """
        return self.p_of(listings, self.columns(listings))

    def p_of(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return what ``p_imported`` does, from ``columns(listings)``."""
        log_odds = self.fused(listings, columns)
        unknown = listings.rejected | self.is_silent(listings, columns) | ~np.isfinite(log_odds)
        return np.where(unknown, np.nan, self.calibration.probability(log_odds))

    def is_silent(self, listings: Listings, columns: FloatArray) -> NDArray[np.bool_]:
        """Return whether nothing could be read in a row, shape (n,), from log-odds (n, k).

        That is so where no view reads anything (what is given back for empty fields is no reading), and where the
        text is not legible and no photo was looked at: of such a text a view only gives back what holds for every
        listing.
        """
        silent = np.isnan(columns)
        reading = [not isinstance(view, BenefitView) for view in self.views]
        texts = zip(listings.column("title"), listings.column("description"), strict=True)
        illegible = np.asarray([not any(map(is_legible, text)) for text in texts], dtype=bool)
        if illegible.any():
            illegible[illegible] = ~self._has_looked(listings[np.flatnonzero(illegible)], columns[illegible])
        return np.asarray(illegible | silent[:, reading].all(axis=1))

    def _has_looked(self, listings: Listings, columns: FloatArray) -> NDArray[np.bool_]:
        """Return whether a photo was looked at in a row, shape (n,); the network may have read its text alone."""
        looked = np.zeros(len(listings), dtype=bool)
        for view, column in zip(self.views, columns.T, strict=True):
            if isinstance(view, JointView):
                looked |= ~np.isnan(view.log_odds(_without_text(listings)))
            elif signal_of(view.name) in OF_PHOTOS:
                looked |= ~np.isnan(column)
        return looked

    def predict(self, listings: Listings, *, explain: Explain = True) -> list[Prediction]:
        """Answer about each listing, in order; nothing raises for a row. See ``Predictor.predict``."""
        shown = without_placeholders(listings, self._placeholders)
        if self.writing or any(signal_of(view.name) in OF_PHOTOS for view in self.views):
            shown = note_photos(shown)
        out = []
        for rows in _chunks(shown):
            with remembering():
                out += self._predict(rows, explain)
        return out

    def _predict(self, listings: Listings, explain: Explain) -> list[Prediction]:
        for view in self.writing:
            listings = view.noted(listings)
        columns = self._columns(listings)
        log_odds = self.fused(listings, columns)
        p = self.calibration.probability(log_odds)
        parts = self.fusion.parts(columns, self._is_labelled(listings))
        reasons = self._reasons(listings, in_full=explain == "full") if explain else [()] * len(listings)
        neighbours = self._neighbours(listings) if explain else [()] * len(listings)
        goods = goods_of(listings)
        silent = self.is_silent(listings, columns)
        promised = self.rule.is_promised(families_of(listings))
        decisions = self.decide(listings, columns)
        out = []
        for row in range(len(listings)):
            listing_id, notes = str(listings.column("id")[row]), listings.notes[row]
            if listings.rejected[row] or silent[row] or not np.isfinite(log_odds[row]):
                why = () if listings.rejected[row] else (NO_SIGNAL,) if silent[row] else ("score_not_finite",)
                out.append(Prediction(listing_id, "review", None, None, "rejected", (*notes, *why)))
                continue
            out.append(
                Prediction(
                    id=listing_id,
                    decision=str(decisions[row]),
                    p_imported=float(p[row]),
                    log_odds=float(log_odds[row]),
                    status="degraded" if _is_degrading(notes) else "ok",
                    notes=notes if promised[row] else (*notes, NO_GUARANTEE),
                    signals=self._by_signal(columns[row], parts[row]),
                    reasons=tuple(reasons[row]),
                    neighbours=tuple(neighbours[row]),
                    good=str(goods[row]),
                )
            )
        return out

    def _by_signal(self, columns: FloatArray, parts: FloatArray) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        for view, column, part in zip(self.views, columns, parts, strict=True):
            signal = signal_of(view.name)
            found.setdefault(signal, None)
            if not np.isnan(column):
                found[signal] = (found[signal] or 0.0) + float(part)
        return found

    def _reasons(self, listings: Listings, *, in_full: bool) -> list[list[Reason]]:
        prior = Reason("prior", "base", "", self.fusion.intercept)
        reasons = [[prior] for _ in range(len(listings))]
        weights = self.fusion.weights_of(self._is_labelled(listings))
        for view, weight in zip(self.views, weights.T, strict=True):
            if not weight.any():
                continue
            for row, evidence in enumerate(_explained(view, listings, in_full=in_full)):
                if weight[row] != 0.0:  # by row: what is weighed in a mate of the batch says nothing here
                    reasons[row] += weighed(signal_of(view.name), evidence, float(weight[row]))
        prices = price_reasons(listings, self.training.get("prices", {}))
        return [
            strongest([with_price(reason, price) for reason in row]) for row, price in zip(reasons, prices, strict=True)
        ]

    def _neighbours(self, listings: Listings) -> list[list[Neighbour]]:
        found: list[list[Neighbour]] = [[] for _ in range(len(listings))]
        for view in self.views:
            if isinstance(view, MeaningView):
                found = [row + more for row, more in zip(found, view.neighbours(listings), strict=True)]
        return found


def _explained(view: View, listings: Listings, *, in_full: bool) -> list[list[Evidence]]:
    if in_full and isinstance(view, LooksView | BaseView):
        return view.explain_boxes(listings)
    return view.explain(listings)


def _both(values: FloatArray) -> FloatArray:
    """Return values below 0, and all of them, shape (n, 2)."""
    return np.stack([np.minimum(values, 0.0), values], axis=1)


def _without_text(listings: Listings) -> Listings:
    nothing = np.full(len(listings), "", dtype=object)
    return listings.replace(title=nothing, description=nothing)


def _is_degrading(notes: Sequence[str]) -> bool:
    return any(note.startswith(DEGRADING) and note not in HARMLESS for note in notes)


def _chunks(listings: Listings) -> Iterator[Listings]:
    if 0 < len(listings) <= ROWS_AT_ONCE:  # as it is: what was read of this very table need not be read again
        yield listings
        return
    for start in range(0, len(listings), ROWS_AT_ONCE):
        yield listings[start : start + ROWS_AT_ONCE]


class BaseView:
    """A whole model as one view of another that was adapted from it: its fused log-odds, its prior taken out."""

    name = BASE
    kind = "base"

    def __init__(self, model: OriginModel) -> None:
        self.model = model

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``; silent where every view of the model below is."""
        columns, _ = self._read(listings)
        log_odds = self.model.fused(listings, columns) - self.model.fusion.intercept
        return np.where(self.model.is_silent(listings, columns), np.nan, log_odds)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: the reasons of the model below."""
        return self._explain(listings, in_full=False)

    def explain_boxes(self, listings: Listings) -> list[list[Evidence]]:
        """Say what ``explain`` does, with the places in photos; see ``LooksView.explain_boxes``."""
        return self._explain(listings, in_full=True)

    def _explain(self, listings: Listings, *, in_full: bool) -> list[list[Evidence]]:
        columns, shown = self._read(listings)
        reasons, silent_rows = self.model._reasons(shown, in_full=in_full), self.model.is_silent(shown, columns)
        return [
            [] if silent else [Evidence(r.source, r.evidence, r.log_odds) for r in row if r.signal != "prior"]
            for row, silent in zip(reasons, silent_rows, strict=True)
        ]

    def _read(self, listings: Listings) -> tuple[FloatArray, Listings]:
        def read() -> tuple[FloatArray, Listings]:
            shown = without_placeholders(listings, self.model._placeholders)
            return self.model._columns(shown), shown

        return once(self, "columns", listings, read)

    def state(self) -> State:
        """See ``View.state``; the model itself is saved beside it."""
        return State(self.kind, {})
