"""What a model says of rows before and after a stress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.evaluation.bootstrap import BoolArray, FloatArray, IntArray
from umkm_classifier.evaluation.stress_rows import differing
from umkm_classifier.listings.listing import Listings, ObjectArray
from umkm_classifier.model.origin import BaseView, OriginModel
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.signals.signal import View

SAME = 1e-6  # by as much a score may move with the rows that are scored beside it


@dataclass(frozen=True, slots=True)
class Said:
    """Answers about n rows: fused log-odds and probabilities of ``imported`` (NaN where there is none), decisions."""

    log_odds: FloatArray
    p_imported: FloatArray
    decisions: ObjectArray

    def take(self, rows: IntArray) -> Said:
        """Return the answers about some rows."""
        return Said(self.log_odds[rows], self.p_imported[rows], self.decisions[rows])

    def updated(self, rows: IntArray, said: Said) -> Said:
        """Return the answers with those about some rows exchanged."""
        log_odds, p_imported, decisions = self.log_odds.copy(), self.p_imported.copy(), self.decisions.copy()
        log_odds[rows], p_imported[rows], decisions[rows] = said.log_odds, said.p_imported, said.decisions
        return Said(log_odds, p_imported, decisions)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stress did.

    Parameters
    ----------
    rows : int64 array of shape (m,)
        Positions of the rows that were stressed.
    changed : bool array of shape (m,)
        Whether a row reads differently.
    before, after : Said
        About these rows. Where a row reads the same, its answer is the same.
    shift : float64 array of shape (m,)
        Log-odds after less those before; 0 where they differ by no more than ``SAME``, NaN where there was or is no
        answer.
    """

    rows: IntArray
    changed: BoolArray
    before: Said
    after: Said
    shift: FloatArray


def ask(model: OriginModel, listings: Listings) -> Said:
    """Return what a model says of each row."""
    columns = model.columns(listings)
    p = model.p_of(listings, columns)
    log_odds = np.where(np.isnan(p), np.nan, model.fused(listings, columns))
    return Said(log_odds, p, model.decide(listings, columns))


def compare(model: OriginModel, plain: Listings, stressed: Listings, before: Said, rows: IntArray) -> Outcome:
    """Ask about the rows that read differently, and compare.

    Parameters
    ----------
    model : OriginModel
    plain, stressed : Listings of m rows
    before : Said
        About ``plain``.
    rows : int64 array of shape (m,)
        Where these rows stand in the table that is stressed.
    """
    changed = differing(plain, stressed)
    at = np.flatnonzero(changed)
    after = before.updated(at, ask(model, stressed[at])) if len(at) else before
    shift = after.log_odds - before.log_odds
    shift[np.abs(shift) <= SAME] = 0.0
    return Outcome(rows, changed, before, after, shift)


@contextmanager
def with_caches(model: OriginModel) -> Iterator[OriginModel]:
    """Give a model that encodes no text and no photo twice; what it keeps is gone with the block."""
    with TemporaryDirectory(prefix="umkm-stress-") as folder:
        yield _cached(model, Path(folder))


def _cached(model: OriginModel, folder: Path) -> OriginModel:
    return replace(model, views=[_view(view, folder) for view in model.views])


def _view(view: View, folder: Path) -> View:
    if isinstance(view, BaseView):
        return BaseView(_cached(view.model, folder))
    if isinstance(view, LooksView) and view.encoder.dim:
        return LooksView(CachedImageEncoder(view.encoder, folder), view.coef, view.offset, view.bias)
    if isinstance(view, MeaningView) and view.encoder.dim:
        cached = CachedEncoder(view.encoder, folder)
        return MeaningView(cached, view.fields, view.coef, view.bias, view.known, view.known_as)
    return view
