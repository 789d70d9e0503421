"""A bundle whose model looks at photos holds what it looks with, and answers without torch."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.encoders.image_models import exported_model, saved_model
from tests.listings.photo_files import natural_picture, saved
from tests.small_models import about, folder, manifest_of, small_config
from umkm_classifier.bundle import load_bundle, save_bundle
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.errors import BundleCorruptError
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fit import fit_model
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.simulate.market import simulate

ROOT = Path(__file__).parents[1]


def photo(seed: int, is_imported: bool) -> bytes:
    """Draw a photo: a reseller's is bluer."""
    pixels = np.asarray(natural_picture(40, 40, seed)).astype(int) // 2 + (0, 0, 100 if is_imported else 0)
    return saved(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), "PNG")


@functools.cache
def taught(kind: str = "exported") -> OriginModel:
    rows: list[dict[str, Any]] = [dict(row) for row in simulate(120, 5).records]
    for at, row in enumerate(rows):
        row["photos"] = [photo(at, row["label"] == "imported")]
    looking = (
        OnnxImageEncoder(exported_model("vit"))
        if kind == "exported"
        else TransformersImageEncoder(str(saved_model("vit")))
    )
    config = small_config(signals=("words", "looks"))
    return fit_model(prepare(rows)[0], config, Encoders(NoEncoder(), looking))


@functools.cache
def bundle(kind: str = "exported") -> Path:
    place = folder() / f"looking-{kind}"
    save_bundle(taught(kind), place, about(small_config(signals=("words", "looks"))))
    return place


def asked() -> Any:
    return prepare([{"title": "Kain batik", "photos": [photo(500, True)]}, {"title": "Kain batik"}])[0]


def test_it_answers_as_the_model_did_before_it_was_saved() -> None:
    assert load_bundle(bundle()).model.predict(asked()) == taught().predict(asked())
    assert manifest_of(bundle())["signals"] == ["looks", "words"]


def test_a_transformers_model_is_exported_into_it() -> None:
    loaded, before = load_bundle(bundle("transformers")).model, taught("transformers")
    assert (bundle("transformers") / "image_encoder" / "model.onnx").is_file()
    np.testing.assert_allclose(loaded.p_imported(asked()), before.p_imported(asked()), atol=1e-4)


def test_an_image_encoder_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    import shutil

    place = Path(shutil.copytree(bundle(), tmp_path / "copy"))
    settings = place / "image_encoder" / "encoder.json"
    settings.write_text(settings.read_text(encoding="utf-8").replace("32", "40"), encoding="utf-8")
    with pytest.raises(BundleCorruptError, match=r"encoder\.json"):
        load_bundle(place)


@pytest.mark.slow
def test_a_service_that_looks_at_photos_loads_no_torch(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo(500, True))
    code = f"""
import json, sys
import umkm_classifier as umkm
model = umkm.load({str(bundle())!r})
(answer,) = model.predict([umkm.Listing(title="Kain batik", photos=[{str(tmp_path / "photo.png")!r}])])
heavy = ("torch", "transformers", "sklearn", "scipy", "pandas", "mlflow", "onnx", "datasets", "matplotlib")
print(json.dumps([answer.p_imported, answer.signals["looks"], [name for name in heavy if name in sys.modules]]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    p, looks, loaded = json.loads(done.stdout)
    (expected,) = taught().predict(asked()[:1])
    assert p == pytest.approx(expected.p_imported, abs=1e-6)
    assert looks == pytest.approx(expected.signals["looks"], abs=1e-6)
    assert loaded == []
