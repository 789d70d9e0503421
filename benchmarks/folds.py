"""Out-of-fold scores of the model, its views and the baselines, on folds that share no shop and no near-duplicate."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import numpy as np
from baselines import BASELINES
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.folds import Rows
from umkm_classifier.model.origin import OriginModel

FUSION = "fusion"
CHOSEN = "best view of the training folds"
MAY_BE_MISSING = ("brand", "shop_name", "category", "shop_city")


@dataclass
class Scored:
    """Scores of one seed: probabilities of ``imported`` by method, shape (n,), and each view's own log-odds."""

    seed: int
    p: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    views: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    flipped: int = 0  # local rows that became 'imported' when four fields were emptied
    weights: list[dict[str, float]] = field(default_factory=list)

    def put(self, name: str, rows: NDArray[np.int64], values: NDArray[np.float64], n: int) -> None:
        """Keep the scores of some rows."""
        self.p.setdefault(name, np.full(n, np.nan))[rows] = values


def score_folds(rows: Rows, seed: int, n_folds: int, encoder: TextEncoder) -> Scored:
    """Train and score every fold with one seed."""
    found, n = Scored(seed), len(rows.y)
    for at, (train, test) in enumerate(split.folds(rows.y, rows.group, n_folds, seed)):
        started = time.perf_counter()
        learned_from, held_out = rows.listings[train], rows.listings[test]
        model = fit_model(learned_from, TrainConfig(seed=seed), encoder)
        columns = model.columns(held_out)
        p = probability(model, held_out, columns)
        found.put(FUSION, test, p, n)
        for name, column in zip(model.fusion.names, columns.T, strict=True):
            found.views.setdefault(name, np.full(n, np.nan))[test] = column
        best = model.fusion.names.index(str(model.training["best_view"]))
        found.put(CHOSEN, test, sigmoid(np.nan_to_num(columns[:, best]) + model.fusion.intercept), n)
        bare = empty(held_out)
        emptied = probability(model, bare, model.columns(bare))
        found.flipped += int(((rows.y[test] == 0) & (p < 0.5) & (emptied >= 0.5)).sum())
        found.weights.append(dict(zip(model.fusion.names, model.fusion.weights.tolist(), strict=True)))
        with threadpool_limits(1):
            for name, baseline in BASELINES.items():
                found.put(name, test, baseline(learned_from, held_out), n)
        print(f"  seed {seed}, fold {at}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def probability(model: OriginModel, listings: Listings, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return calibrated probabilities from the views' log-odds."""
    return model.calibration.probability(model.fused(listings, columns))


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of log-odds."""
    return 1.0 / (1.0 + np.exp(-x))


def empty(listings: Listings) -> Listings:
    """Return the table without what other marketplaces may not give."""
    blank = np.full(len(listings), "", dtype=object)
    return listings.replace(**dict.fromkeys(MAY_BE_MISSING, blank))
