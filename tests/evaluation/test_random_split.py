from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.conftest import build
from tests.small_models import small_config
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.evaluation import random_split
from umkm_classifier.evaluation.evaluate import measured, out_of_fold
from umkm_classifier.evaluation.random_split import SHOWN
from umkm_classifier.listings.listing import Listings

CONFIG = small_config(folds=3, signals=("words",), words_min_df=1)
LETTERS = np.asarray(list("abcdefghijklmnopqrstuvwxyz"))


@pytest.fixture(scope="module")
def shops_with_words_of_their_own() -> Listings:
    """Return 40 shops of four listings; nothing but the word that a shop uses everywhere tells its label."""
    dice = np.random.default_rng(11)
    titles, shops, labels = [], [], []
    for shop in range(40):
        own = "".join(dice.choice(LETTERS, 12))
        for _ in range(4):
            titles.append(f"{own} {''.join(dice.choice(LETTERS, 4))}")
            shops.append(f"s{shop}")
            labels.append("imported" if shop % 2 else "local")
    return build(labels, title=titles, shop_id=shops, id=[str(at) for at in range(160)])


def test_a_random_split_shows_how_well_shops_are_known_again(shops_with_words_of_their_own: Listings) -> None:
    found = out_of_fold(shops_with_words_of_their_own, CONFIG, NoEncoder(), at_random=True)
    metrics = measured(found, seed=0)
    at_random = metrics["random_split"]
    assert metrics["roc_auc"] < 0.7
    assert at_random["roc_auc"] > 0.9
    assert at_random["roc_auc_gain"] == pytest.approx(at_random["roc_auc"] - metrics["roc_auc"])
    low, high = at_random["roc_auc_gain_ci"]
    assert 0 < low < at_random["roc_auc_gain"] < high
    assert set(SHOWN) <= set(at_random)
    assert at_random["roc_auc_ci"][0] <= at_random["roc_auc"] <= at_random["roc_auc_ci"][1]


def test_without_being_asked_nothing_is_split_at_random(shops_with_words_of_their_own: Listings) -> None:
    found = out_of_fold(shops_with_words_of_their_own, CONFIG, NoEncoder())
    assert found.at_random is None
    assert "random_split" not in measured(found, seed=0)


def test_no_row_is_scored_by_a_model_that_learned_from_that_row(
    shops_with_words_of_their_own: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[set[str]] = []
    real = random_split.fit_views

    def fit_views(listings: Listings, *rest: object) -> object:
        learned.append(set(listings.column("id")))
        return real(listings, *rest)

    monkeypatch.setattr(random_split, "fit_views", fit_views)
    p, _ = out_of_fold(shops_with_words_of_their_own, CONFIG, NoEncoder(), at_random=True).at_random
    everything = set(shops_with_words_of_their_own.column("id"))
    assert len(learned) == 3
    left_out = [everything - ids for ids in learned]
    assert set.union(*left_out) == everything
    assert sum(len(ids) for ids in left_out) == 160  # each row once
    assert np.isfinite(p).all()


def test_where_other_views_are_learned_the_model_is_trained_whole(
    shops_with_words_of_their_own: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []
    real = random_split.fit_model

    def fit_model(listings: Listings, *rest: object) -> object:
        trained.append(len(listings))
        return real(listings, *rest)

    monkeypatch.setattr(random_split, "fit_views", lambda *_: [])
    monkeypatch.setattr(random_split, "fit_model", fit_model)
    found = out_of_fold(shops_with_words_of_their_own, CONFIG, NoEncoder(), at_random=True)
    assert np.isfinite(found.at_random[0]).all()
    assert [80 < n < 120 for n in trained] == [True] * 3
