"""Each field of a listing as a block of numbers, missing as a whole where the field is empty.

Marketplaces differ in what they give, so a learner over all blocks is trained with blocks hidden at random, and a block
never says anything about another field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.goods import goods_of
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.places import provinces_of
from umkm_classifier.signals.signal import FloatArray, State
from umkm_classifier.signals.tfidf import Tfidf, TfidfSettings, fit_tfidf

PRICED_BY = ("title",)  # what a price is expected from: a title there always is
STYLE_COLUMNS = 6
FEWEST_PRICES = 5  # a median of fewer is one listing's price
FEWEST_FILLED = 30  # below, the leading directions of a field are noise
N_GRAMS = TfidfSettings("char_wb", 3, 4, min_df=2, most=20_000)


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text field: how it is written, and its place on the leading directions of its n-grams (latent semantics).

    Parameters
    ----------
    field : str
        A key of ``TEXTS``.
    tfidf : Tfidf
    directions : array of float32, shape (v, k)
        From a truncated SVD (Deerwester et al. 1990).
    """

    field: str
    tfidf: Tfidf
    directions: NDArray[np.float32]

    def transform(self, listings: Listings) -> FloatArray:
        """Return numbers, shape (n, k + style), NaN in rows where the field is empty."""
        texts = TEXTS[self.field](listings)
        numbers = np.hstack([_style(texts), self.tfidf.project(texts, self.directions)])
        numbers[[not text for text in texts]] = np.nan
        return numbers


@dataclass(frozen=True, slots=True)
class PriceBlock:
    """The price, by itself, against its good's, and against what listings with such a title cost.

    Parameters
    ----------
    usual : mapping of str to float
        Median log price of a good among the training rows; ``''`` holds the median over all goods.
    coef : array of float64, shape (k,)
        Ridge regression of the log price on the directions of the blocks in ``PRICED_BY``.
    intercept : float
    """

    usual: Mapping[str, float]
    coef: FloatArray
    intercept: float

    def transform(self, listings: Listings, texts: Mapping[str, FloatArray]) -> FloatArray:
        """Return natural logs of rupiah and of two ratios, shape (n, 3), NaN without a price."""
        price = _log_price(listings)
        usual = np.asarray([self.usual.get(good, self.usual[""]) for good in goods_of(listings)], dtype=float)
        expected = self.intercept + (_priced_by(texts, len(listings)) * self.coef).sum(axis=1)
        return np.stack([price, price - usual, price - expected], axis=1)


@dataclass(frozen=True, slots=True)
class BrandBlock:
    """Whether the brand stands in another field: who sells under an own name, and who says the brand in the title.

    ``field`` is ``'title'`` or ``'shop_name'``.
    """

    field: str

    def transform(self, listings: Listings) -> FloatArray:
        """Return 1 or 0, shape (n, 1), NaN where either field has no letter: a missing brand is not another brand."""
        pairs = zip(listings.column("brand"), listings.column(self.field), strict=True)
        letters = [(_letters(brand), _letters(text)) for brand, text in pairs]
        return np.asarray([float(b in t) if b and t else np.nan for b, t in letters], dtype=float).reshape(-1, 1)


Block = TextBlock | BrandBlock | PriceBlock


def fit_blocks(listings: Listings, dims: Mapping[str, int], seed: int) -> dict[str, Block]:
    """Learn the blocks of the fields that are filled in, without looking at labels.

    Parameters
    ----------
    listings : Listings
    dims : mapping of field to int
        Directions to keep of each text field.
    seed : int

    Returns
    -------
    dict of str to Block
        In a fixed order: the fields of ``dims``, where the brand stands, the price.
    """
    from sklearn.decomposition import TruncatedSVD

    blocks: dict[str, Block] = {}
    for field, dim in dims.items():
        texts = [text for text in TEXTS[field](listings) if text]
        fitted = fit_tfidf(texts, N_GRAMS) if len(texts) >= FEWEST_FILLED else None
        if fitted is None:
            continue
        tfidf, matrix = fitted
        dim = min(dim, len(tfidf.idf) - 1, len(set(texts)) - 1)
        if dim < 1:
            continue  # one n-gram, or one text over and over: nothing to tell rows apart by
        svd = TruncatedSVD(dim, random_state=seed).fit(matrix)
        blocks[field] = TextBlock(field, tfidf, np.ascontiguousarray(svd.components_.T, dtype=np.float32))
    for field in ("title", "shop_name"):
        block = BrandBlock(field)
        if np.isfinite(block.transform(listings)).sum() >= FEWEST_FILLED:
            blocks[f"brand_in_{field}"] = block
    if np.isfinite(listings.price_idr).sum() >= FEWEST_FILLED:
        blocks["price"] = _fit_price(listings, _text_numbers(blocks, listings))
    return blocks


def features(blocks: Mapping[str, Block], listings: Listings) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return all numbers of all blocks, shape (n, d), and the block of each column, shape (d,)."""
    texts = _text_numbers(blocks, listings)
    parts = []
    for name, block in blocks.items():
        if isinstance(block, TextBlock):
            parts.append(texts[name])
        else:
            parts.append(
                block.transform(listings, texts) if isinstance(block, PriceBlock) else block.transform(listings)
            )
    group = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    return np.hstack(parts), group


def block_state(name: str, block: Block) -> tuple[str, State]:
    """Return what a bundle has to keep of a block."""
    if isinstance(block, PriceBlock):
        return name, State("price", {"usual": dict(block.usual), "intercept": block.intercept}, {"coef": block.coef})
    if isinstance(block, BrandBlock):
        return name, State("brand", {"field": block.field})
    tfidf = block.tfidf
    vocabulary = {"analyzer": tfidf.analyzer, "shortest": tfidf.shortest, "longest": tfidf.longest}
    arrays: dict[str, NDArray[Any]] = {"idf": tfidf.idf, "directions": block.directions}
    return name, State("text", {"vocabulary": vocabulary}, arrays, {"vocabulary": list(tfidf.vocabulary)})


def block_from_state(name: str, settings: Mapping[str, Any], state: State) -> Block:
    """Build the block that ``block_state`` was taken from; arrays and words carry its name before a dot."""
    if "usual" in settings:
        return PriceBlock(settings["usual"], state.arrays[f"{name}.coef"], float(settings["intercept"]))
    if "field" in settings:
        return BrandBlock(settings["field"])
    kept = settings["vocabulary"]
    columns = {gram: column for column, gram in enumerate(state.words[f"{name}.vocabulary"])}
    tfidf = Tfidf(kept["analyzer"], kept["shortest"], kept["longest"], columns, state.arrays[f"{name}.idf"])
    return TextBlock(name, tfidf, state.arrays[f"{name}.directions"])


def _fit_price(listings: Listings, texts: Mapping[str, FloatArray]) -> PriceBlock:
    known = np.isfinite(listings.price_idr)
    x, price = _priced_by(texts, len(listings))[known], _log_price(listings)[known]
    centred = x - x.mean(axis=0)
    coef = np.linalg.solve(centred.T @ centred + np.eye(x.shape[1]), centred.T @ (price - price.mean()))
    return PriceBlock(_usual_prices(listings), coef, float(price.mean() - x.mean(axis=0) @ coef))


def _text_numbers(blocks: Mapping[str, Block], listings: Listings) -> dict[str, FloatArray]:
    return {name: block.transform(listings) for name, block in blocks.items() if isinstance(block, TextBlock)}


def _priced_by(texts: Mapping[str, FloatArray], n: int) -> FloatArray:
    """Directions of what a price is expected from, 0 where a field is empty, shape (n, k)."""
    parts = [np.nan_to_num(texts[name][:, STYLE_COLUMNS:]) for name in PRICED_BY if name in texts]
    return np.hstack([np.empty((n, 0)), *parts])


def _log_price(listings: Listings) -> FloatArray:
    return np.asarray(np.log(np.maximum(listings.price_idr, 1.0)))


def _usual_prices(listings: Listings) -> dict[str, float]:
    price = _log_price(listings)
    known = np.isfinite(price)
    goods = goods_of(listings)
    usual = {"": float(np.median(price[known]))}
    for good in sorted(set(goods[known])):
        of_good = price[known & (goods == good)]
        if len(of_good) >= FEWEST_PRICES:
            usual[good] = float(np.median(of_good))
    return usual


def _style(texts: list[str]) -> FloatArray:
    rows = [
        (len(t), len(t.split()), sum(map(str.isupper, t)), sum(map(str.isdigit, t)), t.count("\n"), _marks(t))
        for t in texts
    ]
    numbers = np.asarray(rows, dtype=float).reshape(len(texts), STYLE_COLUMNS)
    numbers[:, 2:] /= np.maximum(numbers[:, :1], 1.0)
    return numbers


def _marks(text: str) -> int:
    return sum(not (character.isalnum() or character.isspace()) for character in text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _plain(field: str) -> Callable[[Listings], list[str]]:
    return lambda listings: list(listings.column(field))


def _place(listings: Listings) -> list[str]:
    cities = listings.column("shop_city")
    return [f"{city} {province}".strip() for city, province in zip(cities, provinces_of(cities), strict=True)]


def _attributes(listings: Listings) -> list[str]:
    return [
        " ; ".join(f"{key}: {value}" for key, value in sorted(row.items())) for row in listings.column("attributes")
    ]


TEXTS: Mapping[str, Callable[[Listings], list[str]]] = {
    **{field: _plain(field) for field in ("title", "description", "brand", "shop_name", "category", "ships_from")},
    "place": _place,
    "attributes": _attributes,
}
