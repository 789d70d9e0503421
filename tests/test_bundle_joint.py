"""A bundle whose model reads text and photos with one network holds what it needs, and answers without torch."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.encoders.image_models import exported_model
from tests.signals.joint.tiny import text_model, vision_model
from tests.small_models import about, folder, manifest_of, sign, small_config
from tests.test_bundle_photos import photo
from umkm_classifier.bundle import load_bundle, save_bundle
from umkm_classifier.encoders.cache import CachedEncoder
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.encoders.text import NoEncoder, UseEncoder, text_encoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import BundleCorruptError, BundleDriftError
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.joint import JointView
from umkm_classifier.simulate.market import simulate

ROOT = Path(__file__).parents[1]
CONFIG = small_config(signals=("words", "joint"), joint_epochs=3, joint_width=8, joint_learning_rate=0.01)
KINDS = ("frozen", "tuned")


@functools.cache
def rows() -> Listings:
    records: list[dict[str, Any]] = [dict(row) for row in simulate(100, 5).records]
    for at, row in enumerate(records):
        row["photos"] = [photo(at, row["label"] == "imported")] if at % 4 else []
        row["description"] = row["description"][:60]
    return prepare(records)[0]


@functools.cache
def taught(kind: str) -> OriginModel:
    """A model with a network; tuned: whose encoders were trained with it."""
    if kind == "frozen":
        encoders = Encoders(CachedEncoder(text_encoder("use")), OnnxImageEncoder(exported_model("vit")))
        return fit_model(rows(), CONFIG, encoders)
    text = TransformersEncoder(str(text_model(folder() / "tiny-bert")), max_tokens=24)
    image = TransformersImageEncoder(str(vision_model(folder() / "tiny-vit")))
    return fit_model(rows(), CONFIG.model_copy(update={"joint_finetune": True}), Encoders(text, image))


@functools.cache
def bundle(kind: str) -> Path:
    place = folder() / f"joint-{kind}"
    save_bundle(taught(kind), place, about(CONFIG))
    return place


def asked() -> Listings:
    return prepare(
        [
            {"title": "Kain batik tulis", "photos": [photo(500, True)]},
            {"title": "Kain batik"},
            {"photos": [photo(501, False)]},
            {"description": "grosir murah"},
        ]
    )[0]


def joint_of(model: OriginModel) -> JointView:
    (view,) = [view for view in model.views if isinstance(view, JointView)]
    return view


@pytest.mark.parametrize("kind", KINDS)
def test_it_answers_as_the_model_did_before_it_was_saved(kind: str) -> None:
    loaded, before = load_bundle(bundle(kind)).model, taught(kind)
    assert loaded.predict(asked()) == before.predict(asked())
    assert not np.isnan(joint_of(loaded).log_odds(asked())).any()
    assert manifest_of(bundle(kind))["signals"] == ["joint", "words"]


def test_frozen_encoders_are_the_bundles_own_and_tuned_ones_lie_beside_them() -> None:
    frozen, tuned = (joint_of(load_bundle(bundle(kind)).model).encoders for kind in KINDS)
    assert isinstance(frozen.text, UseEncoder)
    assert (bundle("frozen") / "image_encoder/model.onnx").is_file()
    assert not (bundle("frozen") / "joint_encoders").exists()
    assert tuned.text.id == "onnx:tiny-bert-tuned"
    files = manifest_of(bundle("tuned"))["files"]
    assert {f"joint_encoders/{one}/model.onnx" for one in ("text", "image")} <= set(files)
    assert manifest_of(bundle("tuned"))["encoder"]["id"] == NoEncoder.id  # no other view reads one
    assert not (bundle("tuned") / "image_encoder").exists()


def test_what_the_network_does_not_read_is_not_in_the_bundle(tmp_path: Path) -> None:
    photos = np.empty(len(rows()), dtype=object)
    photos[:] = [()] * len(rows())
    encoders = Encoders(CachedEncoder(text_encoder("use")), OnnxImageEncoder(exported_model("vit")))
    model = fit_model(rows().replace(photos=photos), CONFIG, encoders)
    save_bundle(model, tmp_path / "made", about(CONFIG))
    assert not (tmp_path / "made/image_encoder").exists()
    assert isinstance(joint_of(load_bundle(tmp_path / "made").model).encoders.image, NoImageEncoder)


@pytest.mark.parametrize("part", ["joint_encoders/text/model.onnx", "joint_encoders/image/encoder.json"])
def test_a_damaged_tuned_encoder_is_noticed(part: str, tmp_path: Path) -> None:
    place = Path(shutil.copytree(bundle("tuned"), tmp_path / "copy"))
    content = bytearray((place / part).read_bytes())
    content[len(content) // 2] ^= 1
    (place / part).write_bytes(content)
    with pytest.raises(BundleCorruptError, match=part):
        load_bundle(place)


def test_another_encoder_in_the_place_of_a_tuned_one_is_noticed_though_all_is_signed(tmp_path: Path) -> None:
    place = Path(shutil.copytree(bundle("tuned"), tmp_path / "copy"))
    settings = place / "joint_encoders/text/encoder.json"
    said = json.loads(settings.read_text(encoding="utf-8"))
    settings.write_text(json.dumps({**said, "max_tokens": 12}), encoding="utf-8")
    sign(place)
    with pytest.raises(BundleDriftError, match="onnx:tiny-bert-tuned that 'joint' learned with expected, found"):
        load_bundle(place)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_service_with_a_network_loads_no_torch(kind: str, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo(500, True))
    code = f"""
import json, sys
import umkm_classifier as umkm
model = umkm.load({str(bundle(kind))!r})
(answer,) = model.predict([umkm.Listing(title="Kain batik tulis", photos=[{str(tmp_path / "photo.png")!r}])])
heavy = ("torch", "transformers", "sklearn", "scipy", "pandas", "mlflow", "onnx", "onnxscript", "datasets", "joblib")
print(json.dumps([answer.p_imported, answer.signals["joint"], [name for name in heavy if name in sys.modules]]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    p, joint, loaded = json.loads(done.stdout)
    (expected,) = taught(kind).predict(asked()[:1])
    assert p == pytest.approx(expected.p_imported, abs=1e-6)
    assert joint == pytest.approx(expected.signals["joint"], abs=1e-6)
    assert loaded == []
