"""Signal ``words``: what sellers write, as n-grams of words and of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.ngrams import NgramSettings, NgramView, fit_ngrams
from umkm_classifier.signals.signal import FloatArray, IntArray
from umkm_classifier.signals.tfidf import TfidfSettings

if TYPE_CHECKING:  # pydantic costs a service a tenth of a second, and serving needs no config
    from umkm_classifier.config import TrainConfig

VIEWS = {"words.text": ("title", "description")}  # one text: titles alone did no better, and worse elsewhere


def fit_words(listings: Listings, y: IntArray, weights: FloatArray, config: TrainConfig) -> list[NgramView]:
    """Learn the views of ``words``; see ``fit_ngrams``."""
    vocabularies = (
        TfidfSettings("word", 1, 2, config.words_min_df, config.words_most),
        TfidfSettings("char_wb", 2, 5, config.words_min_df, config.words_most),
    )
    settings = [NgramSettings(name, "text", fields, vocabularies, config.words_c) for name, fields in VIEWS.items()]
    return [view for one in settings if (view := fit_ngrams(one, listings, y, weights)) is not None]
