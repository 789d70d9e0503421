"""Signal ``facts``: what the fields of a listing say, each a block or a view of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.config import TrainConfig
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.fields import Block, PriceBlock, TextBlock, features, fit_blocks
from umkm_classifier.signals.ngrams import NgramSettings, NgramView, fit_ngrams, tfidf_from_state
from umkm_classifier.signals.signal import Evidence, FloatArray, IntArray, State, logit
from umkm_classifier.signals.tfidf import TfidfSettings
from umkm_classifier.signals.trees import Trees, flatten

KIND = "trees"
DIMS = {"title": 40, "description": 30, "brand": 30, "shop_name": 30, "category": 20, "place": 15, "attributes": 15}
SOURCES = {"title": "text", "description": "text", "brand": "shop", "shop_name": "shop"}  # others: price and place
LINEAR = {
    "facts.brand": ("shop", ("brand",)),
    "facts.shop_name": ("shop", ("shop_name",)),
    "facts.category": ("price and place", ("category",)),
}
FEWEST_ROWS = 60  # half as many leaves of fifteen rows: fewer rows cannot grow a tree


class FieldsView:
    """Boosted trees over the blocks of all fields; silent where no block has anything.

    Parameters
    ----------
    blocks : dict of str to Block
    trees : Trees
        Over the columns of ``features(blocks, …)``.
    prior : float
        Log-odds of the training rows, taken out.
    """

    name = "facts.fields"

    def __init__(self, blocks: Mapping[str, Block], trees: Trees, prior: float) -> None:
        self.blocks = dict(blocks)
        self.trees = trees
        self.prior = prior

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        numbers, _ = features(self.blocks, listings)
        return np.where(np.isnan(numbers).all(axis=1), np.nan, self.trees.log_odds(numbers) - self.prior)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: what each field adds, by the steps of each walk through a tree."""
        numbers, group = features(self.blocks, listings)
        credit = self.trees.credit(numbers, group)
        names = [(SOURCES.get(name, "price and place"), name) for name in self.blocks]
        base = Evidence("base", self.name, self.trees.root - self.prior)
        return [
            [] if silent else [*(Evidence(*name, float(value)) for name, value in zip(names, row, strict=True)), base]
            for row, silent in zip(credit, np.isnan(numbers).all(axis=1), strict=True)
        ]

    def state(self) -> State:
        """See ``View.state``."""
        arrays: dict[str, NDArray[Any]] = {f"trees.{key}": getattr(self.trees, key) for key in TREE_ARRAYS}
        words: dict[str, list[str]] = {}
        settings: dict[str, Any] = {
            "prior": self.prior,
            "baseline": self.trees.baseline,
            "depth": self.trees.depth,
            "blocks": [],
        }
        for name, block in self.blocks.items():
            if isinstance(block, PriceBlock):
                settings["blocks"].append({"name": name, "usual": dict(block.usual)})
                continue
            tfidf = block.tfidf
            kept = {"analyzer": tfidf.analyzer, "shortest": tfidf.shortest, "longest": tfidf.longest}
            settings["blocks"].append({"name": name, "vocabulary": kept})
            arrays |= {f"idf_{name}": tfidf.idf, f"directions_{name}": block.directions}
            words[f"vocabulary_{name}"] = list(tfidf.vocabulary)
        return State(KIND, settings, arrays, words)

    @classmethod
    def from_state(cls, state: State) -> FieldsView:
        """Build the view that ``state`` was taken from."""
        blocks: dict[str, Block] = {}
        for kept in state.settings["blocks"]:
            name = kept["name"]
            if "usual" in kept:
                blocks[name] = PriceBlock(kept["usual"])
            else:
                blocks[name] = TextBlock(
                    name, tfidf_from_state(state, name, kept["vocabulary"]), state.arrays[f"directions_{name}"]
                )
        arrays = {key: state.arrays[f"trees.{key}"] for key in TREE_ARRAYS}
        trees = Trees(**arrays, baseline=float(state.settings["baseline"]), depth=int(state.settings["depth"]))
        return cls(blocks, trees, float(state.settings["prior"]))


TREE_ARRAYS = ("feature", "threshold", "missing_left", "left", "right", "value", "roots")


def fit_facts(
    listings: Listings, y: IntArray, weights: FloatArray, config: TrainConfig
) -> list[FieldsView | NgramView]:
    """Learn the views of ``facts`` with scikit-learn."""
    characters = (TfidfSettings("char_wb", 2, 5, config.words_min_df, config.words_most),)
    settings = [
        NgramSettings(name, source, fields, characters, config.words_c) for name, (source, fields) in LINEAR.items()
    ]
    views: list[FieldsView | NgramView] = [
        view for one in settings if (view := fit_ngrams(one, listings, y, weights)) is not None
    ]
    fields = _fit_fields(listings, y, weights, config)
    return [*views, fields] if fields is not None else views


def _fit_fields(listings: Listings, y: IntArray, weights: FloatArray, config: TrainConfig) -> FieldsView | None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    if len(y) < FEWEST_ROWS:
        return None
    blocks = fit_blocks(listings, DIMS, config.seed)
    if not blocks:
        return None
    numbers, group = features(blocks, listings)
    # scikit-learn 1.9 bins a hundred times slower with weights, even where all are equal
    even = bool((weights == weights[0]).all())
    both = None if even else np.r_[weights, weights]
    models = []
    for bag in range(config.facts_bags):
        hidden = hide(numbers, group, config.facts_hide, np.random.default_rng([config.seed, bag]))
        model = HistGradientBoostingClassifier(
            learning_rate=config.facts_learning_rate,
            max_iter=config.facts_trees,
            max_leaf_nodes=15,
            min_samples_leaf=15,
            l2_regularization=1.0,
            max_features=config.facts_columns,
            early_stopping=False,
            random_state=config.seed + bag,
        )
        models.append(model.fit(np.vstack([numbers, hidden]), np.r_[y, y], sample_weight=both))
    return FieldsView(blocks, flatten(models), logit(float(np.average(y, weights=weights))))


def hide(numbers: FloatArray, group: IntArray, share: float, rng: np.random.Generator) -> FloatArray:
    """Return a copy with whole blocks made missing at random, so that no field leans on another being there.

    Parameters
    ----------
    numbers : array of float64, shape (n, d)
    group : array of int, shape (d,)
        Block of each column.
    share : float in [0, 1]
    rng : Generator
    """
    gone = rng.random((len(numbers), int(group.max()) + 1)) < share  # (n, blocks)
    return np.where(gone[:, group], np.nan, numbers)
