"""Training the encoders too, proven with tiny random models: learned, exported, saved, served without torch."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.hash_encoder import HashEncoder
from tests.signals.joint.made import QUICK, StripeEncoder, made, printed_elsewhere
from tests.signals.joint.tiny import text_model, vision_model
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.image_cache import CachedImageEncoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.encoders.text import NoEncoder, text_encoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import BundleCorruptError, UsageError
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.signals.joint import JointView, fit, fit_joint
from umkm_classifier.signals.joint.rows import TUNED_PHOTOS, TunedRows
from umkm_classifier.signals.joint.training import Examples, predict
from umkm_classifier.signals.joint.tuned import load_trainable, read_encoders

TUNING = dataclasses.replace(QUICK, finetune=True, epochs=2, batch=16, encoder_learning_rate=1e-3)
ROWS = made(90, 1)
UNSEEN = made(40, 2)[0]
TEXTS = ["kain batik", "tas anyam grosir"]


class Tuned(NamedTuple):
    encoders: Encoders
    view: JointView
    network: Any
    examples: Examples


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    """Return a text encoder with a prefix and a cap of its own, and an image encoder; both cached, as in training."""
    place = tmp_path_factory.mktemp("models")
    text = TransformersEncoder(str(text_model(place / "tiny-bert")), prefix="query: ", max_tokens=40)
    image = TransformersImageEncoder(str(vision_model(place / "tiny-vit")))
    return Encoders(CachedEncoder(text, place), CachedImageEncoder(image, place))


@pytest.fixture(scope="module")
def tuned(encoders: Encoders) -> Iterator[Tuned]:
    """Return a view, and the torch network that it was exported from."""
    kept: list[Any] = []
    train = fit.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "train", lambda *given: (kept.extend(given[:2]), train(*given))[1])
        (view,) = fit_joint(*ROWS, TUNING, encoders)
    return Tuned(encoders, view, *kept)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch, in_torch: None) -> list[Any]:
    """Export nothing, and return what keeps the networks that were trained."""
    kept: list[Any] = []
    train = fit.train
    monkeypatch.setattr(fit, "train", lambda *given: (kept.append(given[0]), train(*given))[1])
    monkeypatch.setattr(fit, "exported", lambda trainable, encoders: encoders)
    return kept


def test_the_exported_view_gives_what_the_network_gives_in_torch(tuned: Tuned) -> None:
    trainable = load_trainable(tuned.encoders)
    assert trainable.text is not None
    assert trainable.image is not None
    rows = TunedRows(UNSEEN, trainable.text.tokens, trainable.image.scaling, trainable.dims())
    at = np.flatnonzero(rows.present.any(axis=1))
    expected = predict(tuned.network, dataclasses.replace(tuned.examples, rows=rows), at, TUNING)
    log_odds = tuned.view.log_odds(UNSEEN)
    np.testing.assert_allclose(log_odds[at], expected, rtol=0, atol=1e-4)
    assert np.isnan(log_odds).sum() == len(UNSEEN) - len(at)
    assert expected.std() > 0.01


def test_every_part_was_trained_and_what_the_caller_holds_was_not(tuned: Tuned) -> None:
    photos = [open_photo(photos[0]).pixels for photos in made(3, 5, missing=0.0)[0].column("photos")]
    held, served = tuned.encoders, tuned.view.encoders
    assert np.abs(held.text.encode(TEXTS) - served.text.encode(TEXTS)).max() > 1e-3
    assert np.abs(held.image.encode(photos) - served.image.encode(photos)).max() > 1e-3
    inner: Any = tuned.encoders.text
    inner = inner.encoder
    fresh = TransformersEncoder(inner.name_or_path, prefix="query: ", max_tokens=40)
    np.testing.assert_array_equal(fresh.encode(TEXTS), inner.encode(TEXTS))


def test_the_encoders_learn_at_a_rate_of_their_own(encoders: Encoders, networks: list[Any]) -> None:
    fit_joint(*ROWS, dataclasses.replace(TUNING, encoder_learning_rate=1e-12, epochs=1), encoders)
    (network,) = networks
    fresh = load_trainable(encoders)
    assert fresh.text is not None
    for name, before in fresh.text.module.state_dict().items():
        np.testing.assert_allclose(network.text.state_dict()[name].numpy(), before.numpy(), rtol=0, atol=1e-6)


def test_tuned_encoders_say_what_they_are_and_how_texts_are_cut(tuned: Tuned, tmp_path: Path) -> None:
    settings = tuned.view.state().settings
    assert settings["encoder"] == "onnx:tiny-bert-tuned"
    assert settings["image_encoder"] == "onnx:tiny-vit-tuned"
    assert settings["most_photos"] == TUNED_PHOTOS
    assert settings["encoder_hash"] != tuned.encoders.text.hash
    tuned.view.save_encoders(tmp_path)
    said = json.loads((tmp_path / "text" / "encoder.json").read_text())
    assert (said["prefix"], said["max_tokens"]) == ("query: ", 40)


def test_a_tuned_view_travels_to_another_process(tuned: Tuned) -> None:
    again = pickle.loads(pickle.dumps(tuned.view))
    np.testing.assert_array_equal(again.log_odds(UNSEEN), tuned.view.log_odds(UNSEEN))


def test_a_tuned_view_is_saved_and_serves_without_torch(tuned: Tuned, tmp_path: Path) -> None:
    state = tuned.view.state()
    tuned.view.save_encoders(tmp_path / "encoders")
    np.save(tmp_path / "graph.npy", state.arrays["graph"])
    (tmp_path / "settings.json").write_text(json.dumps(state.settings))
    code = (
        "import json, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from tests.signals.joint.made import TEXT_ONLY, made\n"
        "from umkm_classifier.signals.joint import JointView\n"
        "from umkm_classifier.signals.joint.tuned import read_encoders\n"
        "from umkm_classifier.signals.signal import State\n"
        "state = State('joint', json.load(open('settings.json')), {'graph': np.load('graph.npy')})\n"
        "view = JointView.from_state(state, read_encoders(Path('encoders'), TEXT_ONLY))\n"
        "np.save('log_odds.npy', view.log_odds(made(40, 2)[0]))\n"
        "print(sorted({'torch', 'transformers', 'onnx', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))\n"
    )
    assert printed_elsewhere(code, tmp_path) == "[]\n"
    np.testing.assert_array_equal(np.load(tmp_path / "log_odds.npy"), tuned.view.log_odds(UNSEEN))


def test_saved_encoders_are_those_of_the_view_and_damage_is_noticed(tuned: Tuned, tmp_path: Path) -> None:
    tuned.view.save_encoders(tmp_path)
    read, served = read_encoders(tmp_path, tuned.encoders), tuned.view.encoders
    assert (read.text.hash, read.image.hash) == (served.text.hash, served.image.hash)
    assert (read.image.side, read.image.dim) == (served.image.side, served.image.dim) == (16, 16)
    by_name = text_encoder(str(tmp_path / "text"))
    np.testing.assert_array_equal(by_name.encode(TEXTS), served.text.encode(TEXTS))
    (tmp_path / "image" / "model.onnx").unlink()
    with pytest.raises(BundleCorruptError, match=r"model\.onnx: expected a file, found none"):
        read_encoders(tmp_path, tuned.encoders)


def test_where_no_encoder_was_saved_the_given_ones_are_used(encoders: Encoders, tmp_path: Path) -> None:
    assert read_encoders(tmp_path, encoders) == encoders


def test_the_reasons_of_a_tuned_view_add_up(tuned: Tuned) -> None:
    log_odds = tuned.view.log_odds(UNSEEN)
    for row, evidence in enumerate(tuned.view.explain(UNSEEN)):
        if evidence:
            assert sum(one.log_odds for one in evidence) == pytest.approx(log_odds[row], abs=1e-9)


@pytest.mark.parametrize("which", ["text", "image"])
def test_one_encoder_alone_is_trained(which: str, encoders: Encoders, networks: list[Any]) -> None:
    alone = Encoders(encoders.text, NoImageEncoder()) if which == "text" else Encoders(NoEncoder(), encoders.image)
    (view,) = fit_joint(*ROWS, dataclasses.replace(TUNING, epochs=1), alone)
    assert view.modalities == (("title", "description") if which == "text" else ("photos",))
    assert np.isfinite(view.log_odds(UNSEEN)).any()
    (network,) = networks
    assert ((network.text is None), (network.image is None)) == ((which == "image"), (which == "text"))


def test_fault_62_an_interrupted_tuning_ends_where_it_would_have_ended(
    encoders: Encoders, networks: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = fit_joint(*ROWS, TUNING, encoders)
    batch, asked = TunedRows.batch, []

    def interrupted(self: TunedRows, at: Any) -> Any:
        asked.append(at)
        if len(asked) == 9:  # an epoch has five batches to learn from and two to score
            raise KeyboardInterrupt
        return batch(self, at)

    with monkeypatch.context() as patch:
        patch.setattr(TunedRows, "batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fit_joint(*ROWS, TUNING, encoders, tmp_path)
    assert [path.name for path in tmp_path.glob("training-*/epoch-*")] == ["epoch-0001"]
    (resumed,) = fit_joint(*ROWS, TUNING, encoders, tmp_path)
    assert resumed.training["loss"] == pytest.approx(whole.training["loss"], abs=1e-3)
    for name, values in networks[0].state_dict().items():
        np.testing.assert_allclose(networks[2].state_dict()[name].numpy(), values.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("what", ["text", "image"])
def test_an_encoder_that_cannot_be_trained_is_named(what: str, encoders: Encoders) -> None:
    spoilt = Encoders(HashEncoder(), encoders.image) if what == "text" else Encoders(encoders.text, StripeEncoder())
    with pytest.raises(UsageError) as caught:
        fit_joint(*ROWS, TUNING, spoilt)
    assert str(caught.value) == (
        f"joint with finetune: expected a transformers {what} encoder, a folder or a name on the hub, found "
        f"'{'hash:16' if what == 'text' else 'stripe:6'}', which cannot be trained. Choose another encoder, or leave "
        "finetune off."
    )


def test_without_any_encoder_there_is_nothing_to_tune() -> None:
    assert fit_joint(*ROWS, TUNING, Encoders(NoEncoder())) == []
