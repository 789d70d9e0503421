"""Learning: every subset of the modalities, what together tells more, and what is too little to learn from."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.signals.joint.conftest import Learned
from tests.signals.joint.made import ENCODERS, QUICK, TEXT_ONLY, made
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.listings.listing import Listings
from umkm_classifier.signals.joint import JointView, fit, fit_joint
from umkm_classifier.signals.joint.inputs import MODALITIES
from umkm_classifier.signals.joint.settings import JointSettings

SUBSETS = [subset for size in (1, 2, 3) for subset in combinations(MODALITIES, size)]
LONGER = dataclasses.replace(QUICK, epochs=20, learning_rate=0.02)


def auc(view: JointView, listings: Listings, y: np.ndarray) -> float:
    scores = view.log_odds(listings)
    heard = ~np.isnan(scores)
    return float(roc_auc_score(y[heard], scores[heard]))


@pytest.mark.usefixtures("in_torch")
@pytest.mark.parametrize("has", SUBSETS, ids="+".join)
def test_every_subset_of_the_modalities_trains_and_the_view_reads_any_other(has: tuple[str, ...]) -> None:
    listings, y, group = made(80, 1, has=has)
    (view,) = fit_joint(listings, y, group, dataclasses.replace(QUICK, epochs=1), ENCODERS)
    assert view.modalities == has
    for other in SUBSETS:
        unseen, *_ = made(8, 2, has=other, missing=0.0)
        log_odds = view.log_odds(unseen)
        assert np.isfinite(log_odds).all() if set(has) & set(other) else np.isnan(log_odds).all()


@pytest.mark.usefixtures("in_torch")
def test_together_they_tell_more_than_each_alone() -> None:
    listings, y, group = made(400, 5, missing=0.0)
    unseen, truth, _ = made(800, 6, missing=0.0)

    def learned_from(*has: str) -> float:
        empty = {name: np.empty(len(y), dtype=object) for name in MODALITIES if name not in has}
        for name, column in empty.items():
            column[:] = [()] * len(y) if name == "photos" else ""
        (view,) = fit_joint(listings.replace(**empty), y, group, LONGER, ENCODERS)
        return auc(view, unseen, truth)

    alone = [learned_from("title", "description"), learned_from("photos")]
    assert min(alone) > 0.65
    assert learned_from(*MODALITIES) > max(alone) + 0.02


@pytest.mark.usefixtures("in_torch")
def test_nothing_is_learned_from_shuffled_labels() -> None:
    listings, y, group = made(240, 1)
    shuffled = np.random.default_rng(4).permutation(y)
    (view,) = fit_joint(listings, shuffled, group, QUICK, ENCODERS)
    unseen, truth, _ = made(600, 6)
    assert 0.35 < auc(view, unseen, truth) < 0.65


@pytest.mark.usefixtures("in_torch")
def test_the_prior_is_taken_out() -> None:
    listings, y, group = made(300, 7)
    rare = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:25]])  # 12 % imported
    (view,) = fit_joint(listings[rare], y[rare], group[rare], LONGER, ENCODERS)
    unseen, truth, _ = made(600, 8, missing=0.0)
    scores = view.log_odds(unseen)
    assert abs(scores[truth == 1].mean() + scores[truth == 0].mean()) < 1.0  # with the prior left in: twice -2
    assert scores[truth == 1].mean() > 0.0 > scores[truth == 0].mean()


@pytest.mark.usefixtures("in_torch")
def test_the_same_seed_gives_the_same_bits_and_the_graph_gives_what_the_network_does(learned: Learned) -> None:
    listings, y, group, exported = learned
    (first,), (second,) = (fit_joint(listings, y, group, QUICK, ENCODERS) for _ in range(2))
    unseen, *_ = made(60, 9)
    np.testing.assert_array_equal(first.log_odds(unseen), second.log_odds(unseen))
    assert first.training == second.training == exported.training
    np.testing.assert_allclose(exported.log_odds(unseen), first.log_odds(unseen), rtol=0, atol=1e-4)


def test_no_shop_ends_the_training_that_is_learned_from(learned: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def stop_here(network: Any, examples: Any, *given: Any) -> None:
        seen.append(examples)
        raise InterruptedError

    monkeypatch.setattr(fit, "train", stop_here)
    listings, y, group, _ = learned
    with pytest.raises(InterruptedError):
        fit_joint(listings, y, group, QUICK, ENCODERS)
    (examples,) = seen
    assert set(group[examples.learn]) & set(group[examples.stop]) == set()
    present = examples.rows.present.any(axis=1)
    assert sorted([*examples.learn, *examples.stop]) == np.flatnonzero(present).tolist()
    assert 0.1 < len(examples.stop) / present.sum() < 0.3
    assert set(y[examples.learn]) == set(y[examples.stop]) == {0, 1}


@pytest.mark.usefixtures("in_torch")
def test_a_modality_that_hardly_any_row_has_is_left_out() -> None:
    listings, y, group = made(120, 1, has=("title", "photos"), missing=0.0)
    photos = listings.column("photos").copy()
    photos[np.flatnonzero(y == 1)[4:]] = [()] * (int(y.sum()) - 4)
    (view,) = fit_joint(listings.replace(photos=photos), y, group, dataclasses.replace(QUICK, epochs=1), ENCODERS)
    assert view.modalities == ("title",)


@pytest.mark.parametrize("encoders", [Encoders(NoEncoder()), TEXT_ONLY])
def test_where_nothing_can_be_read_there_is_no_view(encoders: Encoders) -> None:
    listings, y, group = made(80, 1, has=("photos",))
    assert fit_joint(listings, y, group, QUICK, encoders) == []


def test_too_few_rows_of_a_class_leave_no_view() -> None:
    listings, y, group = made(80, 1, missing=0.0)
    few = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:4]])
    assert fit_joint(listings[few], y[few], group[few], QUICK, ENCODERS) == []


def test_shops_that_cannot_be_divided_leave_no_view() -> None:
    listings, y, _ = made(80, 1, missing=0.0)
    assert fit_joint(listings, y, y, QUICK, ENCODERS) == []  # one shop a class


@pytest.mark.usefixtures("in_torch")
def test_settings_by_default_learn_too() -> None:
    listings, y, group = made(300, 1)
    unseen, truth, _ = made(600, 6)
    (view,) = fit_joint(listings, y, group, JointSettings(), ENCODERS)
    assert auc(view, unseen, truth) > 0.8
