"""What users would reach for first: TF-IDF and logistic regression; skrub's table vectorizer and boosted trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.listings.listing import Listings

COLUMNS = ("title", "description", "category", "shop_name", "shop_city", "brand")


def tfidf(train: Listings, test: Listings) -> NDArray[np.float64]:
    """Title and description as TF-IDF of words (1, 2) and characters (2, 5), logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    def texts(rows: Listings) -> list[str]:
        return [f"{t}\n{d}" for t, d in zip(rows.column("title"), rows.column("description"), strict=True)]

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
    model = make_pipeline(make_union(words, characters), LogisticRegression(C=3.0, max_iter=1000))
    return model.fit(texts(train), train.is_imported).predict_proba(texts(test))[:, 1]


def skrub_trees(train: Listings, test: Listings) -> NDArray[np.float64]:
    """``TableVectorizer(StringEncoder(60))`` and gradient boosting, over all columns."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from skrub import StringEncoder, TableVectorizer

    vectorizer = TableVectorizer(high_cardinality=StringEncoder(60, random_state=0), cardinality_threshold=0)
    model = make_pipeline(vectorizer, HistGradientBoostingClassifier(random_state=0))
    return model.fit(_frame(train), train.is_imported).predict_proba(_frame(test))[:, 1]


def _frame(rows: Listings) -> Any:
    import pandas as pd

    columns = {name: list(map(str, rows.column(name))) for name in COLUMNS}
    return pd.DataFrame(columns | {"price": rows.price_idr})


BASELINES = {"TF-IDF + LR": tfidf, "skrub + boosting": skrub_trees}
