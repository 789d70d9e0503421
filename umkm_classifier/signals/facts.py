"""Signal ``facts``: what the fields of a listing say, each a block or a view of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.fields import STYLE_COLUMNS, Block, block_from_state, block_state, features, fit_blocks
from umkm_classifier.signals.ngrams import NgramSettings, NgramView, fit_ngrams
from umkm_classifier.signals.once import once
from umkm_classifier.signals.signal import SOURCES, Evidence, FloatArray, IntArray, State, logit
from umkm_classifier.signals.tfidf import TfidfSettings
from umkm_classifier.signals.trees import Trees, flatten_boosted, flatten_forest

if TYPE_CHECKING:  # pydantic costs a service a tenth of a second, and serving needs no config
    from umkm_classifier.config import TrainConfig

KIND = "trees"
DIMS = {"title": 40, "description": 30, "brand": 30, "shop_name": 30, "category": 20, "place": 15, "attributes": 15}
SOURCE_OF = {
    "title": "text",
    "description": "text",
    "brand": "shop",
    "shop_name": "shop",
    "brand_in_title": "shop",
    "brand_in_shop_name": "shop",
}  # others: price and place
LINEAR = {"facts.brand": ("shop", ("brand",)), "facts.shop_name": ("shop", ("shop_name",))}
# Latent directions of these say which goods a marketplace sells, and transfer worse than how a text is written: only
# every other boosted model reads them. `words` and `meaning` read all of the text.
LATENT = ("title", "description")
FOREST_LEAF = 4  # rows, copies with hidden fields counted: trees that know much and agree little, averaged
FOREST_COLUMNS = 0.15  # of the columns a split may ask
FEWEST_ROWS = 60  # half as many leaves of fifteen rows: fewer rows cannot grow a tree


class FieldsView:
    """Trees over the blocks of all fields; silent where no block has anything.

    Parameters
    ----------
    blocks : dict of str to Block
    trees : sequence of Trees
        Each over the columns of ``features(blocks, …)``; their log-odds are averaged.
    prior : float
        Log-odds of the training rows, taken out.
    """

    name = "facts.fields"

    def __init__(self, blocks: Mapping[str, Block], trees: Sequence[Trees], prior: float) -> None:
        self.blocks = dict(blocks)
        self.trees = list(trees)
        self.prior = prior
        self._credits: list[FloatArray] | None = None  # of each node: megabytes, made when first asked for

    def log_odds(self, listings: Listings) -> FloatArray:
        """See ``View.log_odds``."""
        numbers, _ = self._features(listings)
        said = (trees.log_odds_at(at) for trees, at in zip(self.trees, self._leaves(listings), strict=True))
        total = sum(said, np.zeros(len(numbers)))
        return np.where(np.isnan(numbers).all(axis=1), np.nan, total / len(self.trees) - self.prior)

    def explain(self, listings: Listings) -> list[list[Evidence]]:
        """See ``View.explain``: what each field adds, by the steps of each walk through a tree."""
        numbers, _ = self._features(listings)
        credit = self._credit(listings)
        names = [(SOURCE_OF.get(name, "price and place"), name) for name in self.blocks]
        base = Evidence("base", self.name, float(np.mean([trees.root for trees in self.trees])) - self.prior)
        silent_rows = np.asarray(np.isnan(numbers).all(axis=1)).tolist()
        return [
            [] if silent else [*(Evidence(*name, value) for name, value in zip(names, row, strict=True)), base]
            for row, silent in zip(credit.tolist(), silent_rows, strict=True)
        ]

    def of_sources(self, listings: Listings) -> FloatArray:
        """Return what the fields of each source add, shape (n, sources); an empty field adds nothing to any."""
        numbers, group = self._features(listings)
        credit = self._credit(listings)
        total = np.zeros((len(listings), len(SOURCES)))
        for at, name in enumerate(self.blocks):
            filled = ~np.isnan(numbers[:, group == at]).all(axis=1)
            total[filled, SOURCES.index(SOURCE_OF.get(name, "price and place"))] += credit[filled, at]
        return total

    def _credit(self, listings: Listings) -> FloatArray:
        """Return what each block adds, shape (n, blocks)."""
        return once(self, "credit", listings, lambda: self._credit_of(listings))

    def _credit_of(self, listings: Listings) -> FloatArray:
        if self._credits is None:
            group = self._features(listings)[1]
            self._credits = [trees.credits(group) for trees in self.trees]
        walked = zip(self.trees, self._leaves(listings), self._credits, strict=True)
        return np.asarray(np.mean([trees.credit_at(leaves, credits) for trees, leaves, credits in walked], axis=0))

    def _leaves(self, listings: Listings) -> list[NDArray[np.int32]]:
        """Return where each row ends in each of the models, walked once."""
        numbers, _ = self._features(listings)
        return once(self, "leaves", listings, lambda: [trees.leaves(numbers) for trees in self.trees])

    def _features(self, listings: Listings) -> tuple[FloatArray, IntArray]:
        return once(self, "features", listings, lambda: features(self.blocks, listings))

    def state(self) -> State:
        """See ``View.state``."""
        kept = [block_state(name, block) for name, block in self.blocks.items()]
        arrays = {f"{name}.{key}": value for name, block in kept for key, value in block.arrays.items()}
        words = {f"{name}.{key}": value for name, block in kept for key, value in block.words.items()}
        for at, trees in enumerate(self.trees):
            arrays |= {f"trees_{at}.{key}": getattr(trees, key) for key in TREE_ARRAYS}
        settings = {
            "prior": self.prior,
            "blocks": [{"name": name, **block.settings} for name, block in kept],
            "trees": [{key: getattr(trees, key) for key in ("baseline", "depth", "is_forest")} for trees in self.trees],
        }
        return State(KIND, settings, arrays, words)

    @classmethod
    def from_state(cls, state: State) -> FieldsView:
        """Build the view that ``state`` was taken from."""
        blocks = {kept["name"]: block_from_state(kept["name"], kept, state) for kept in state.settings["blocks"]}
        trees = [
            _trees({key: state.arrays[f"trees_{at}.{key}"] for key in TREE_ARRAYS} | kept)
            for at, kept in enumerate(state.settings["trees"])
        ]
        return cls(blocks, trees, float(state.settings["prior"]))


TREE_ARRAYS = ("feature", "threshold", "missing_left", "left", "right", "value", "roots")


def _trees(kept: dict[str, Any]) -> Trees:
    return Trees(**kept)


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
    """Boosted trees and a forest of random ones (Geurts et al. 2006), which err in different rows."""
    if len(y) < FEWEST_ROWS:
        return None
    blocks = fit_blocks(listings, DIMS, config.seed)
    if not blocks:
        return None
    numbers, group = features(blocks, listings)
    hidden = [
        hide(numbers, group, config.facts_hide, np.random.default_rng([config.seed, bag]))
        for bag in range(config.facts_bags)
    ]
    tables = [np.vstack([numbers, copy]) for copy in hidden]
    latent = _latent_columns(blocks, group)
    for table in (*tables[1::2], forest_table := tables[0].copy()):
        table[:, latent] = 0.0  # nothing to split on; all NaN would stop the binning
    target = np.r_[y, y]
    # scikit-learn 1.9 bins a hundred times slower with weights: its boosted trees are given rows drawn by weight
    both = None if (weights == weights[0]).all() else np.r_[weights, weights]
    drawn = slice(None) if both is None else drawn_by_weight(both)
    boosted = [_booster(config, bag).fit(table[drawn], target[drawn]) for bag, table in enumerate(tables)]
    forest = _forest(config).fit(forest_table, target, both)
    return FieldsView(
        blocks, [flatten_boosted(boosted), flatten_forest(forest)], logit(float(np.average(y, weights=weights)))
    )


def drawn_by_weight(weights: FloatArray) -> IntArray:
    """Return as many rows as there are weights, each as often as its weight, within one (systematic resampling)."""
    ends = np.cumsum(weights)
    middles = (np.arange(len(weights)) + 0.5) * ends[-1] / len(weights)
    return np.asarray(np.searchsorted(ends, middles), dtype=np.int64)


def _latent_columns(blocks: Mapping[str, Block], group: IntArray) -> NDArray[np.bool_]:
    """Return which columns are latent directions of a text in ``LATENT``, shape (columns,)."""
    latent = np.zeros(len(group), dtype=np.bool_)
    for at, name in enumerate(blocks):
        if name in LATENT:
            latent[np.flatnonzero(group == at)[STYLE_COLUMNS:]] = True
    return latent


def _booster(config: TrainConfig, bag: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=config.facts_learning_rate,
        max_iter=config.facts_trees,
        max_leaf_nodes=15,
        min_samples_leaf=15,
        l2_regularization=1.0,
        max_features=config.facts_columns,
        early_stopping=False,
        random_state=config.seed + bag,
    )


def _forest(config: TrainConfig) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(
        n_estimators=config.facts_forest,
        min_samples_leaf=FOREST_LEAF,
        max_features=FOREST_COLUMNS,
        random_state=config.seed,
        n_jobs=1,
    )


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
