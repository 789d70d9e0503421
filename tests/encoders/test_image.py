from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.encoders.image_models import exported_model, saved_model
from umkm_classifier.encoders.image import NoImageEncoder, image_encoder
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.errors import InputError, UsageError

ROOT = Path(__file__).parents[2]


def test_none_is_an_encoder_without_vectors() -> None:
    encoder = image_encoder("none")
    assert isinstance(encoder, NoImageEncoder)
    assert (encoder.id, encoder.dim, encoder.side) == ("none", 0, 1)
    assert encoder.hash == hashlib.sha256(b"none").hexdigest()
    assert encoder.encode([np.zeros((5, 5, 3), np.uint8)] * 3).shape == (3, 0)
    with pytest.raises(TypeError, match=r"^encode: expected a sequence of photos, found one ndarray\."):
        encoder.encode(np.zeros((5, 5, 3), np.uint8))


def test_an_exported_folder_is_served_and_a_folder_of_transformers_read() -> None:
    exported = image_encoder(str(exported_model("vit")))
    assert isinstance(exported, OnnxImageEncoder)
    assert exported.id == "onnx:tiny-vit"
    trained = image_encoder(str(saved_model("vit")))
    assert isinstance(trained, TransformersImageEncoder)
    assert trained.id == "transformers:tiny-vit"


def test_a_home_folder_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(exported_model("vit").parent))
    assert image_encoder("~/vit").id == "onnx:tiny-vit"


def test_another_name_is_one_on_a_hub_that_is_read_at_first_use() -> None:
    assert image_encoder("nobody/nothing").id == "transformers:nobody/nothing"


@pytest.mark.parametrize("spec", ["", "  "])
def test_an_empty_name_is_refused(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        image_encoder(spec)
    assert str(caught.value) == (
        "image encoder: expected 'efficientnet-lite2', 'none', a folder or the name of a transformers vision model, "
        "found an empty text. Give one of them."
    )


def test_a_path_without_a_folder_is_refused() -> None:
    with pytest.raises(InputError, match=r"^image encoder '\./nowhere': expected a folder with a transformers vision"):
        image_encoder("./nowhere")


def test_importing_the_names_loads_no_engine() -> None:
    code = (
        "import sys\n"
        "import umkm_classifier.encoders.image\n"
        "print(sorted({'onnxruntime', 'torch', 'transformers', 'tokenizers'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
