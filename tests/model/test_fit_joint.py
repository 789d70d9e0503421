"""The network over text and photos in a whole model: one source where it read one, and never a loss to the others."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.colour_encoder import ColourEncoder
from tests.hash_encoder import HashEncoder
from tests.model.test_fit_photos import photo
from umkm_classifier.config import SIGNALS, TrainConfig
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.errors import MissingExtraError
from umkm_classifier.evaluation.paired import paired_difference
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.calibration_choice import Curve
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.encoders import image_encoder_for
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.model.risk import Thresholds
from umkm_classifier.signals.joint.view import JointView
from umkm_classifier.simulate.market import simulate

ENCODERS = Encoders(HashEncoder(), ColourEncoder())
TEXT_AND_PHOTO = {"title": "Kain batik tulis", "description": "pewarna alam", "photos": [photo(900, False)]}


def with_photos(rows: Any, rng: np.random.Generator) -> Listings:
    """Return a market in which three listings of four show a photo, one of five a misleading one."""
    records = [dict(row) for row in rows]
    for at, row in enumerate(records):
        is_imported = (row["label"] == "imported") != (rng.random() < 0.2)
        row["photos"] = [photo(int(rng.integers(10_000)), is_imported)] if at % 4 else []
    return prepare(records)[0]


@pytest.fixture(scope="module")
def table() -> Listings:
    return with_photos(simulate(240, 0).records, np.random.default_rng(0))


@pytest.fixture(scope="module")
def config(quick: Any) -> TrainConfig:
    settings: TrainConfig = quick(signals=("words", "joint"), joint_epochs=8, joint_width=8, joint_learning_rate=0.01)
    return settings


@pytest.fixture(scope="module")
def taught(table: Listings, config: TrainConfig) -> OriginModel:
    """Return a model in which both views count, whatever the weights that few rows gave."""
    model = fit_model(table, config, ENCODERS)
    weights = np.full(len(model.views), 0.5)
    return dataclasses.replace(model, fusion=dataclasses.replace(model.fusion, weights=weights, elsewhere=weights))


def pointing(model: OriginModel, scores: dict[tuple[bool, bool], float]) -> OriginModel:
    """Return a model of the network alone, whose head says what it is told of (has text, has photo)."""

    class Head:
        def run(self, inputs: Any) -> np.ndarray:
            title, description, photos = inputs["present"][0].tolist()
            return np.asarray([scores[title or description, photos]], dtype=np.float32)

    (joint,) = [view for view in model.views if isinstance(view, JointView)]
    view = JointView(ENCODERS, Head(), ("title", "description", "photos"), 10, {})  # type: ignore[arg-type]
    assert view.modalities == joint.modalities
    fusion = dataclasses.replace(
        model.fusion, names=(view.name,), weights=np.ones(1), elsewhere=np.ones(1), intercepts={"": 0.0}, source=""
    )
    rule = DecisionRule(decide_unsupported=True, thresholds=Thresholds(0.0, -1e-9, 0, 0, None, None, None))
    return OriginModel([view], fusion, Curve(1.0, 1.0, 0.0), model.training, rule)


def test_it_is_off_unless_named(table: Listings) -> None:
    assert "joint" not in SIGNALS
    assert "joint" not in TrainConfig().signals


def test_a_network_alone_asks_for_the_encoder_of_photos(table: Listings) -> None:
    assert image_encoder_for(table, TrainConfig(signals=("joint",))).dim == 1280


def test_it_is_learned_out_of_fold_and_its_reasons_add_up(taught: OriginModel, table: Listings) -> None:
    assert taught.fusion.names[-1] == "joint.listing"
    assert taught.training["out_of_fold_roc_auc"]["joint.listing"] > 0.65
    answers = taught.predict(table[:12])
    for answer in answers:
        assert sum(reason.log_odds for reason in answer.reasons) == pytest.approx(answer.log_odds, abs=1e-6)
        assert {reason.source for reason in answer.reasons if reason.signal == "joint"} <= {"text", "photo"}
    assert any(reason.source == "photo" for answer in answers for reason in answer.reasons)


def test_training_twice_gives_the_same_bits_and_leaves_torch_as_it_was(
    table: Listings, config: TrainConfig, taught: OriginModel
) -> None:
    import torch

    torch.set_num_threads(2)
    try:
        again = fit_model(table, config, ENCODERS)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    np.testing.assert_array_equal(again.columns(table), taught.columns(table))
    assert again.training["out_of_fold_roc_auc"] == taught.training["out_of_fold_roc_auc"]


def test_each_fold_trains_a_network_of_its_own(
    table: Listings, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from umkm_classifier.model import folds

    shops: list[frozenset[str]] = []
    monkeypatch.setattr(
        folds, "fit_joint", lambda listings, *rest: shops.append(frozenset(listings.column("shop_id"))) or []
    )
    fit_model(table, config, ENCODERS)
    everything, first, second = shops
    assert everything == first | second
    assert first & second == frozenset()


def test_where_it_read_text_alone_it_is_text_and_makes_nothing_local(taught: OriginModel) -> None:
    sure = pointing(taught, {(True, False): -9.0, (False, True): -9.0, (True, True): -9.0})
    told = prepare([{"title": "Kain batik tulis"}, TEXT_AND_PHOTO, {"photos": TEXT_AND_PHOTO["photos"]}])[0]
    text = sure.of_text(told, sure.columns(told))
    assert text.tolist() == [[-9.0, -9.0], [0.0, 0.0], [0.0, 0.0]]
    assert [answer.decision for answer in sure.predict(told)] == ["review", "local", "local"]


@pytest.mark.parametrize(
    ("photo_alone", "together", "decision"),
    [
        (-0.5, -9.0, "local"),  # the photo speaks for it by itself as well
        (0.5, -9.0, "review"),  # what the photo says only beside this text can be typed
        (0.0, -9.0, "review"),
        (-9.0, 0.5, "review"),  # the text alone speaks for an import
        (0.5, 5.0, "imported"),
        (-9.0, -0.5, "local"),
    ],
)
def test_only_what_the_photos_say_by_themselves_is_a_second_source(
    taught: OriginModel, photo_alone: float, together: float, decision: str
) -> None:
    model = pointing(taught, {(True, False): -9.0, (False, True): photo_alone, (True, True): together})
    (answer,) = model.predict(prepare([TEXT_AND_PHOTO])[0])
    assert answer.decision == decision


def test_no_text_changes_what_counts_beside_it(taught: OriginModel, table: Listings) -> None:
    rows = np.flatnonzero([bool(photos) for photos in table.column("photos")])[:20]
    for text in ("", "canting dilorod malam", "grosir import termurah"):
        typed = table[rows].replace(
            title=np.full(20, "Kain", dtype=object), description=np.full(20, text, dtype=object)
        )
        columns = taught.columns(typed)
        beside = taught.fused(typed, columns) - taught.of_text(typed, columns)[:, 1]
        if not text:
            expected = beside
        np.testing.assert_allclose(beside, expected, atol=1e-9)


@pytest.mark.parametrize("title", ["😀😀 🎁", "123 456"])
def test_a_text_that_cannot_be_read_gets_no_answer_unless_a_photo_was_looked_at(
    taught: OriginModel, title: str
) -> None:
    bare, shown, broken = taught.predict(
        prepare([{"title": title}, {"title": title, "photos": [photo(3, True)]}, {"title": title, "photos": [b"x"]}])[0]
    )
    assert (bare.p_imported, bare.notes[-1]) == (None, "no_signal")
    assert shown.p_imported is not None
    assert broken.p_imported is None


def test_without_encoders_or_photos_the_other_signals_train_alone(table: Listings, config: TrainConfig) -> None:
    model = fit_model(table[:120], config, NoEncoder())
    assert [name.split(".")[0] for name in model.fusion.names] == ["words"] * len(model.fusion.names)


def test_without_torch_the_install_is_named(
    table: Listings, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"'torch'.* pip install 'umkm-classifier\[deep\]'"):
        fit_model(table, config, ENCODERS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_the_stack_is_not_lowered_by_it(quick: Any, seed: int) -> None:
    train, test = (with_photos(simulate(300, at).records, np.random.default_rng(at)) for at in (seed, seed + 50))
    scores = []
    for signals in (("words", "cues", "looks"), ("words", "cues", "looks", "joint")):
        settings = quick(signals=signals, folds=3, joint_epochs=20, joint_learning_rate=3e-3, joint_width=16)
        scores.append(fit_model(train, settings, ENCODERS).p_imported(test))
    without, with_it = scores
    found = paired_difference(test, with_it, without, "roc_auc", redraws=300)
    assert found.high is not None
    assert found.high >= 0.0
    assert found.difference > -0.02
