"""The served view: silence, reasons that add up, the same bits alone and in company, and no torch."""

from __future__ import annotations

import json
import math
import pickle
import threading
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.signals.joint.conftest import Learned
from tests.signals.joint.made import ENCODERS, TEXT_ONLY, made, printed_elsewhere
from umkm_classifier.errors import UsageError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.joint import JointView
from umkm_classifier.signals.joint.inputs import MODALITIES
from umkm_classifier.signals.joint.view import KIND
from umkm_classifier.signals.signal import State


@pytest.fixture(scope="module")
def unseen() -> Listings:
    return made(60, 9, missing=0.4)[0]


def without(listings: Listings, *names: str) -> Listings:
    empty = {name: np.empty(len(listings), dtype=object) for name in names}
    for name, column in empty.items():
        column[:] = [()] * len(listings) if name == "photos" else ""
    return listings.replace(**empty)


def is_empty(listings: Listings) -> np.ndarray:
    columns = [[not value for value in listings.column(name)] for name in MODALITIES]
    return np.asarray(columns).all(axis=0)


def test_a_listing_with_nothing_to_read_gets_silence(learned: Learned, unseen: Listings) -> None:
    assert is_empty(unseen).any()
    np.testing.assert_array_equal(np.isnan(learned.view.log_odds(unseen)), is_empty(unseen))
    assert [not evidence for evidence in learned.view.explain(unseen)] == is_empty(unseen).tolist()
    assert learned.view.log_odds(unseen[:0]).shape == (0,)


def test_the_reasons_add_up_to_the_log_odds_and_name_what_was_read(learned: Learned, unseen: Listings) -> None:
    log_odds = learned.view.log_odds(unseen)
    sources = {"title": "text", "description": "text", "photos": "photo"}
    for row, evidence in enumerate(learned.view.explain(unseen)):
        there = [name for name in MODALITIES if unseen.column(name)[row]]
        assert [(one.source, one.what) for one in evidence] == [(sources[name], name) for name in there]
        if evidence:
            assert math.fsum(one.log_odds for one in evidence) == pytest.approx(log_odds[row], abs=1e-9)


def test_a_reason_is_the_difference_that_leaving_it_out_makes_over_all_orders(learned: Learned) -> None:
    listings = made(8, 10, missing=0.0)[0]
    value = {
        left: learned.view.log_odds(without(listings, *(set(MODALITIES) - set(left))))
        for size in (1, 2, 3)
        for left in combinations(MODALITIES, size)
    }
    title, description, photos = MODALITIES
    expected = (
        2 * value[title,]
        + (value[title, description] - value[description,])
        + (value[title, photos] - value[photos,])
        + 2 * (value[MODALITIES] - value[description, photos])
    ) / 6
    found = [evidence[0].log_odds for evidence in learned.view.explain(listings)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_one_modality_alone_is_the_whole_reason(learned: Learned, unseen: Listings) -> None:
    titles = without(unseen, "description", "photos")
    for value, evidence in zip(learned.view.log_odds(titles), learned.view.explain(titles), strict=True):
        assert [one.log_odds for one in evidence] == ([] if np.isnan(value) else [value])


def test_a_listing_has_the_same_bits_whatever_its_mates(learned: Learned, unseen: Listings) -> None:
    together = learned.view.log_odds(unseen)
    for at in range(len(unseen)):
        np.testing.assert_array_equal(learned.view.log_odds(unseen[at]), together[at : at + 1])
    np.testing.assert_array_equal(learned.view.log_odds(unseen[::-1]), together[::-1])


def test_fault_74_threads_get_the_same_bits(learned: Learned, unseen: Listings) -> None:
    view = pickle.loads(pickle.dumps(learned.view))  # one whose graph was not opened yet
    expected, found = learned.view.log_odds(unseen), []
    threads = [threading.Thread(target=lambda: found.append(view.log_odds(unseen))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for one in found:
        np.testing.assert_array_equal(one, expected)


def test_a_saved_view_scores_the_same_to_the_bit(
    learned: Learned, unseen: Listings, save_and_read: Callable[[State], State]
) -> None:
    again = JointView.from_state(save_and_read(learned.view.state()), ENCODERS)
    np.testing.assert_array_equal(again.log_odds(unseen), learned.view.log_odds(unseen))
    assert again.explain(unseen) == learned.view.explain(unseen)
    assert again.state().settings == learned.view.state().settings


def test_what_is_saved_names_encoders_and_modalities_and_holds_no_text(learned: Learned) -> None:
    state = learned.view.state()
    assert (state.kind, learned.view.name, dict(state.words)) == (KIND, "joint.listing", {})
    settings = dict(state.settings)
    assert settings.pop("training") == learned.view.training
    assert settings == {
        "modalities": ["title", "description", "photos"],
        "most_photos": 10,
        "encoder": "hash:16",
        "encoder_hash": ENCODERS.text.hash,
        "image_encoder": "stripe:6",
        "image_encoder_hash": ENCODERS.image.hash,
    }
    (graph,) = state.arrays.values()
    assert graph.dtype == np.uint8
    assert b"canting" not in graph.tobytes()


def test_a_view_serves_without_torch(learned: Learned, unseen: Listings, tmp_path: Path) -> None:
    state = learned.view.state()
    np.save(tmp_path / "graph.npy", state.arrays["graph"])
    (tmp_path / "settings.json").write_text(json.dumps(state.settings))
    code = (
        "import json, sys, numpy as np\n"
        "from umkm_classifier.signals.joint import JointView\n"
        "from umkm_classifier.signals.signal import State\n"
        "from tests.signals.joint.made import ENCODERS, made\n"
        "state = State('joint', json.load(open('settings.json')), {'graph': np.load('graph.npy')})\n"
        "view = JointView.from_state(state, ENCODERS)\n"
        "listings = made(60, 9, missing=0.4)[0]\n"
        "np.save('log_odds.npy', view.log_odds(listings))\n"
        "view.explain(listings)\n"
        "heavy = {'torch', 'transformers', 'onnx', 'onnxscript', 'sklearn', 'scipy', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert printed_elsewhere(code, tmp_path) == "[]\n"
    np.testing.assert_array_equal(np.load(tmp_path / "log_odds.npy"), learned.view.log_odds(unseen))


def test_a_photo_is_not_asked_for_where_no_encoder_reads_it(learned: Learned) -> None:
    view = JointView(TEXT_ONLY, learned.view.head, MODALITIES[:2], 10, {})
    listings, _ = prepare([{"price": 5000}])
    assert np.isnan(view.log_odds(listings)).all()


def test_frozen_encoders_are_not_saved(learned: Learned, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        learned.view.save_encoders(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected encoders that were trained with the head, found frozen ones. Keep those by their id "
        "and hash, or train with finetune."
    )
    assert list(tmp_path.iterdir()) == []
