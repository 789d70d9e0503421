"""Hand-set evidence keeps its weight whatever few rows say, and counts once where a base brings it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.hash_encoder import HashEncoder
from tests.stamp_reader import StampReader, stamped
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model, weights_in
from umkm_classifier.model.folds import OutOfFold
from umkm_classifier.model.hand_set import hand_set_last, with_hand_set
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.writing import WritingView
from umkm_classifier.simulate.market import simulate

ENCODERS = Encoders(HashEncoder(), NoImageEncoder(), StampReader())


def rows_of(seed: int, rows: int = 160) -> list[dict[str, Any]]:
    """A market in which six listings show Chinese captions, four of them local: noise, for whoever trusts it."""
    records = [dict(row) for row in simulate(rows, seed).records]
    local = [row for row in records if row["label"] == "local"]
    imported = [row for row in records if row["label"] == "imported"]
    for at, row in enumerate([*local[:4], *imported[:2]]):
        row["photos"] = [stamped("script.han", seed=at)]
    return records


@pytest.fixture(scope="module")
def taught(quick: Any) -> OriginModel:
    return fit_model(prepare(rows_of(0))[0], quick(signals=("writing", "words", "cues")), ENCODERS)


class Named:
    def __init__(self, name: str) -> None:
        self.name = name


def test_hand_set_views_come_last_with_their_columns() -> None:
    given = np.arange(6.0).reshape(2, 3)
    parts = np.arange(18.0).reshape(3, 2, 3)
    scores = OutOfFold(given, (given + 10,), parts, ())
    views: Any = [Named("writing.photos"), Named("words.title"), Named("looks.photos")]
    ordered, moved, n_learned = hand_set_last(views, scores)
    assert [view.name for view in ordered] == ["words.title", "looks.photos", "writing.photos"]
    assert n_learned == 2
    np.testing.assert_array_equal(moved.given, [[1, 2, 0], [4, 5, 3]])
    np.testing.assert_array_equal(moved.emptied[0], [[11, 12, 10], [14, 15, 13]])
    np.testing.assert_array_equal(moved.parts, parts[[1, 2, 0]])


def test_a_model_of_writing_alone_learns_its_weight_like_any_other() -> None:
    views: Any = [Named("writing.photos")]
    assert hand_set_last(views, OutOfFold(np.zeros((2, 1)), (), np.zeros((1, 2, 3)), ()))[2] == 1


def test_what_a_base_says_of_writing_counts_once() -> None:
    weights = np.asarray([0.75, 0.2])
    np.testing.assert_allclose(with_hand_set(weights, 3), [0.75, 0.2, 1.0])
    np.testing.assert_allclose(with_hand_set(weights, 3, 1.0), [0.75, 0.2, 0.25])
    np.testing.assert_allclose(with_hand_set(weights, 3, 2.0), [0.75, 0.2, 0.0])
    np.testing.assert_allclose(with_hand_set(weights, 2, 1.0), weights)


def test_few_captions_that_labels_contradict_leave_the_weight_at_one_in_all_goods(taught: OriginModel) -> None:
    assert taught.fusion.names[-1] == WritingView.name
    assert taught.fusion.weights[-1] == taught.fusion.elsewhere[-1] == 1.0
    assert weights_in(taught, WritingView) == (1.0, 1.0)
    assert WritingView.name in taught.training["out_of_fold_roc_auc"]
    assert taught.training["best_view"] != WritingView.name


def test_the_other_weights_are_those_of_a_model_without_writing(taught: OriginModel, quick: Any) -> None:
    without = fit_model(prepare(rows_of(0))[0], quick(signals=("words", "cues")), ENCODERS)
    assert taught.fusion.names[:-1] == without.fusion.names
    np.testing.assert_array_equal(taught.fusion.weights[:-1], without.fusion.weights)
    assert taught.fusion.intercepts == without.fusion.intercepts
    assert taught.calibration != without.calibration  # which sees the captions


def test_a_caption_moves_a_listing_by_its_prior_with_a_reason_that_names_the_photo(taught: OriginModel) -> None:
    plain, captioned = taught.predict(
        prepare([{"title": "Kain batik"}, {"title": "Kain batik", "photos": [stamped("script.han")]}])[0]
    )
    assert captioned.log_odds - plain.log_odds == pytest.approx(1.5, abs=1e-9)
    assert (plain.signals["writing"], captioned.signals["writing"]) == (None, 1.5)
    reason = next(reason for reason in captioned.reasons if reason.signal == "writing")
    assert (reason.source, reason.evidence, reason.log_odds) == ("photo", "photo 1: Chinese characters", 1.5)
    assert sum(one.log_odds for one in captioned.reasons) == pytest.approx(captioned.log_odds, abs=1e-9)
    assert captioned.status == "ok"


def test_a_caption_alone_is_enough_for_an_answer_and_a_photo_without_one_is_not(taught: OriginModel) -> None:
    captioned, plain = taught.predict(prepare([{"photos": [stamped("script.han")]}, {"photos": [stamped()]}])[0])
    assert captioned.p_imported is not None
    assert (plain.p_imported, plain.status) == (None, "rejected")


def test_notes_say_what_else_stands_on_photos_and_what_is_wrong_with_them(taught: OriginModel) -> None:
    noted, broken = taught.predict(
        prepare([{"title": "kain", "photos": [stamped("contact.local")]}, {"title": "kain", "photos": [b"no photo"]}])[
            0
        ]
    )
    assert "writing_contact" in noted.notes
    assert noted.status == "ok"
    assert ("image_unsupported" in broken.notes, broken.status) == (True, "degraded")


def test_a_model_adapted_from_one_with_writing_counts_a_caption_once(taught: OriginModel, quick: Any) -> None:
    config = quick(signals=("words", "cues", "writing"))
    adapted = fit_model(prepare(rows_of(1))[0], config, ENCODERS, taught)
    assert max(weights_in(adapted, WritingView)) >= 1.0 - 1e-9
    own = dict(zip(adapted.fusion.names, adapted.fusion.weights.tolist(), strict=True))
    assert own[WritingView.name] == pytest.approx(max(1.0 - own["base.model"], 0.0))
    (answer,) = adapted.predict(prepare([{"title": "kain", "photos": [stamped("contact.local")]}])[0])
    assert "writing_contact" in answer.notes
