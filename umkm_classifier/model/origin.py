"""A trained model as it is served: views, fusion and calibration, with numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.listings.photos import note_photos
from umkm_classifier.listings.placeholders import without_placeholders
from umkm_classifier.model.calibration_choice import Curve, with_share
from umkm_classifier.model.cues_weight import BASE
from umkm_classifier.model.decision import NO_THRESHOLD, DecisionRule, Weighed, count_agreeing
from umkm_classifier.model.families import NO_GUARANTEE, families_of, has_both
from umkm_classifier.model.fusion import Fusion
from umkm_classifier.model.prediction import Prediction, is_degrading
from umkm_classifier.model.prices import price_reasons
from umkm_classifier.model.reasons import Reason, Totals
from umkm_classifier.model.silence import OF_PHOTOS, is_silent
from umkm_classifier.model.sources import N_TEXT, sources_of, text_of
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView, Neighbour
from umkm_classifier.signals.ngrams import NgramView
from umkm_classifier.signals.once import once, remembering
from umkm_classifier.signals.signal import SOURCES, Evidence, FloatArray, State, View, signal_of
from umkm_classifier.signals.writing import WritingView

CLASSES = ("imported", "local")  # alphabetical, as scikit-learn orders them
ROWS_AT_ONCE = 512
ROUNDING = 1e-9  # of sums of log-odds
NO_SIGNAL = "no_signal"
Explain = bool | Literal["full"]


@dataclass(frozen=True)
class OriginModel:
    """Views and how they are weighed.

    Parameters
    ----------
    views : sequence of View
        In the order of ``fusion.names``.
    fusion : Fusion
    calibration : Curve
    training : mapping
        What it learned from: counts, label sources, out-of-fold figures, notes; JSON-ready.
    rule : DecisionRule
        When a listing is decided.
    """

    views: Sequence[View]
    fusion: Fusion
    calibration: Curve
    training: Mapping[str, Any] = field(default_factory=dict)
    rule: DecisionRule = field(default_factory=DecisionRule)

    def decide(self, listings: Listings, columns: FloatArray, beside: FloatArray | float = 0.0) -> ObjectArray:
        """Return the decision about each row, shape (n,), from ``columns(listings)``; ``'review'`` without an answer.

        See ``DecisionRule`` and ``weigh``.
        """
        return self.rule.decide(families_of(listings), self.weigh(listings, columns, beside))

    def weigh(self, listings: Listings, columns: FloatArray, beside: FloatArray | float = 0.0) -> Weighed:
        """Return what decisions rest on, from ``columns(listings)``.

        Parameters
        ----------
        listings : Listings of n rows
        columns : array of float64, shape (n, k)
        beside : array of float64, shape (n,), or float
            What is added to the fused log-odds from outside the views, such as photos in other shops.
        """
        fused = self.fused(listings, columns) + beside
        unknown = self._is_unknown(listings, columns, fused)
        score = np.where(unknown, np.nan, self.calibration.log_odds(fused))
        # Of all rows, though few are near a threshold: what was read of this very table is not read again.
        text = self.of_text(listings, columns)
        others = np.where(unknown, np.nan, fused) - self.fusion.intercept - text[:, 1]
        others[np.abs(others) < ROUNDING] = 0.0  # where there is nothing but text, the last bits would speak
        unspoken = np.where(unknown, np.nan, self.calibration.log_odds(fused - text[:, 0]))
        return Weighed(score, unspoken, others, count_agreeing(self.of_sources(listings, columns)))

    def of_text(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return what the text adds to the fused log-odds, shape (n, 2), from ``columns(listings)``: ``text_of``."""
        return self._sum_of(text_of, N_TEXT, listings, columns)

    def of_sources(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return what each source adds to the fused log-odds, shape (n, sources): ``sources_of``."""
        return self._sum_of(sources_of, len(SOURCES), listings, columns)

    def _sum_of(
        self,
        part_of: Callable[[View, Listings, FloatArray], FloatArray],
        n_parts: int,
        listings: Listings,
        columns: FloatArray,
    ) -> FloatArray:
        total = np.zeros((len(listings), n_parts))
        weights = self.fusion.weights_of(self._is_labelled(listings))
        for view, weight, column in zip(self.views, weights.T, columns.T, strict=True):
            if weight.any():
                total += weight[:, None] * part_of(view, listings, column)
        return total

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """SHA-256 of pictures that say that there is no picture, as the training table showed them."""
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
        return self._columns(without_placeholders(listings, self.placeholders))

    def _columns(self, shown: Listings) -> FloatArray:
        parts = [[view.log_odds(rows) for view in self.views] for rows in _chunks(shown)]
        return np.concatenate([np.stack(part, axis=1) for part in parts]) if parts else np.empty((0, len(self.views)))

    def fused(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return the fused log-odds, shape (n,), from ``columns(listings)``."""
        return self.fusion.log_odds(columns, self._is_labelled(listings))

    def _is_labelled(self, listings: Listings) -> NDArray[np.bool_]:
        return has_both(self.training.get("families", {}), families_of(listings))

    def p_imported(self, listings: Listings) -> FloatArray:
        """Return calibrated probabilities of ``imported``, shape (n,), NaN where there is no answer.

        There is none for rejected rows, for rows in which nothing can be read, and for scores not finite.
        """
        return self.p_of(listings, self.columns(listings))

    def p_of(self, listings: Listings, columns: FloatArray) -> FloatArray:
        """Return what ``p_imported`` does, from ``columns(listings)``."""
        log_odds = self.fused(listings, columns)
        unknown = self._is_unknown(listings, columns, log_odds)
        return np.where(unknown, np.nan, self.calibration.probability(log_odds))

    def expecting(self, p: FloatArray, share_imported: float | None) -> FloatArray:
        """Return probabilities for a market with another share of imports than was learned from; see ``with_share``.

        None, or labels of one class alone: they stay as they are.
        """
        if share_imported is None:
            return p
        counts = self.training["label_sources"][self.fusion.source]
        counts = counts if min(counts["n_local"], counts["n_imported"]) else self.training
        return with_share(p, counts["n_imported"] / counts["n"], share_imported)

    def _is_unknown(self, listings: Listings, columns: FloatArray, fused: FloatArray) -> NDArray[np.bool_]:
        return np.asarray(listings.rejected | self.is_silent(listings, columns) | ~np.isfinite(fused), dtype=np.bool_)

    def is_silent(self, listings: Listings, columns: FloatArray) -> NDArray[np.bool_]:
        """Return whether nothing could be read in a row, shape (n,), from log-odds (n, k): ``silence.is_silent``."""
        return is_silent(self.views, listings, columns)

    @property
    def looks_at_photos(self) -> bool:
        """Whether a photo can change a score."""
        return any(
            view.model.looks_at_photos if isinstance(view, BaseView) else signal_of(view.name) in OF_PHOTOS
            for view in self.views
        )

    def predict(
        self, listings: Listings, *, explain: Explain = True, expected_share_imported: float | None = None
    ) -> list[Prediction]:
        """Answer about each listing, in order; nothing raises for a row. See ``Predictor.predict``."""
        shown = without_placeholders(listings, self.placeholders)
        if self.looks_at_photos:
            shown = note_photos(shown)
        out = []
        for rows in _chunks(shown):
            with remembering():
                out += self._predict(rows, explain, expected_share_imported)
        return out

    def _predict(self, listings: Listings, explain: Explain, expected: float | None) -> list[Prediction]:
        for view in self.writing:
            listings = view.noted(listings)
        columns = self._columns(listings)
        log_odds = self.fused(listings, columns)
        p = self.expecting(self.calibration.probability(log_odds), expected)
        parts = self.fusion.parts(columns, self._is_labelled(listings))
        reasons = self._reasons(listings, in_full=explain == "full") if explain else [()] * len(listings)
        neighbours = self._neighbours(listings) if explain else [()] * len(listings)
        goods = goods_of(listings)
        silent = self.is_silent(listings, columns)
        lacking = {
            NO_GUARANTEE: ~self.rule.is_promised(families_of(listings)).astype(bool),
            NO_THRESHOLD: self.rule.lacks_threshold(self.calibration.log_odds(log_odds)),
        }
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
                    status="degraded" if is_degrading(notes) else "ok",
                    notes=(*notes, *(code for code, at in lacking.items() if at[row])),
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
        prior, prices = self.fusion.intercept, price_reasons(listings, self.training.get("prices", {}))
        totals = [Totals(prior, price) for price in prices]
        weights = self.fusion.weights_of(self._is_labelled(listings))
        for view, weight in zip(self.views, weights.T, strict=True):
            # by row: what is weighed in a mate of the batch says nothing here
            rows = [(row, totals[row], float(weight[row])) for row in np.flatnonzero(weight).tolist()]
            if rows:
                _add_reasons(view, listings, rows, in_full=in_full)
        return [of_row.strongest() for of_row in totals]

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


def _add_reasons(view: View, listings: Listings, rows: Sequence[tuple[int, Totals, float]], *, in_full: bool) -> None:
    """Add what a view says to the totals of some rows, by its weight in each."""
    signal = signal_of(view.name)
    if not isinstance(view, NgramView):
        evidence = _explained(view, listings, in_full=in_full)
        for row, totals, weight in rows:
            totals.add(signal, evidence[row], weight)
        return
    by_word, base = view.by_word(listings), [view.base]
    for row, totals, weight in rows:
        if (words := by_word[row]) is not None:
            totals.add_words(signal, view.source, words, weight)
            totals.add(signal, base, weight)


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

    def of_text(self, listings: Listings) -> FloatArray:
        """See ``sources.text_of``: what the text adds to the model below."""
        columns, shown = self._read(listings)
        return self.model.of_text(shown, columns)

    def of_sources(self, listings: Listings) -> FloatArray:
        """See ``sources.sources_of``."""
        columns, shown = self._read(listings)
        return self.model.of_sources(shown, columns)

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
            shown = without_placeholders(listings, self.model.placeholders)
            return self.model._columns(shown), shown

        return once(self, "columns", listings, read)

    def state(self) -> State:
        """See ``View.state``; the model itself is saved beside it."""
        return State(self.kind, {})
