from __future__ import annotations

import json
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.encoders.image_models import DIM, KINDS, SIDE, model_of, processor_of, save, saved_model
from tests.listings.photo_files import natural_picture
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.errors import InputError

EVERY = [*KINDS, "whole-clip", "whole-siglip", "vit-classifier"]


def photos(count: int, size: tuple[int, int] = (SIDE, SIDE)) -> list[np.ndarray]:
    return [np.asarray(natural_picture(*size, seed=seed)) for seed in range(count)]


def encoder_of(kind: str) -> TransformersImageEncoder:
    return TransformersImageEncoder(str(saved_model(kind)))


def own_vectors(kind: str, pixels: list[np.ndarray]) -> np.ndarray:
    """What the model gives by its own processor, for photos that need neither resizing nor cropping."""
    import torch

    model, processor = model_of(kind), processor_of(kind)
    if getattr(processor, "do_center_crop", False):
        processor.do_resize = False
    taken = processor(images=[Image.fromarray(photo) for photo in pixels], return_tensors="pt")
    with torch.inference_mode():
        if kind.startswith("whole"):
            pooled = model.vision_model(**taken).pooler_output
        elif kind == "vit-classifier":
            pooled = model.vit(**taken).last_hidden_state.mean(dim=1)
        else:
            pooled = model(**taken).pooler_output
    pooled = pooled.numpy()
    return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True))


@pytest.mark.parametrize("kind", EVERY)
def test_a_photo_of_the_right_size_gets_the_vector_of_the_models_own_processor(kind: str) -> None:
    pixels = photos(4)
    vectors = encoder_of(kind).encode(pixels)
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, DIM)
    np.testing.assert_allclose(vectors, own_vectors(kind, pixels), rtol=0, atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3  # the model tells photos apart at all


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_says_what_it_is(kind: str) -> None:
    encoder = encoder_of(kind)
    assert (encoder.id, encoder.dim, encoder.side) == (f"transformers:tiny-{kind}", DIM, SIDE)
    assert re.fullmatch(r"[0-9a-f]{64}", encoder.hash)
    assert encoder.hash == encoder_of(kind).hash


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_has_the_same_bits_whatever_its_mates(kind: str) -> None:
    pixels = [*photos(3, (50, 40)), *photos(2, (20, 90))]
    encoder = encoder_of(kind)
    together = encoder.encode(pixels)
    for at, photo in enumerate(pixels):
        np.testing.assert_array_equal(encoder.encode([photo])[0], together[at])
    np.testing.assert_array_equal(encoder.encode(pixels[::-1])[::-1], together)


def test_mean_and_spread_are_those_of_the_processor_in_grey_levels() -> None:
    scaling = encoder_of("clip").load().scaling
    assert scaling.side == SIDE
    assert scaling.mean == pytest.approx((0.48145466 * 255, 0.4578275 * 255, 0.40821073 * 255))
    assert scaling.std == pytest.approx((0.26862954 * 255, 0.26130258 * 255, 0.27577711 * 255))


def test_another_mean_or_another_weight_is_another_hash(tmp_path: Path) -> None:
    import torch

    first = encoder_of("vit").hash
    folder = Path(shutil.copytree(saved_model("vit"), tmp_path / "scaled"))
    change(folder, image_mean=[0.4, 0.5, 0.5])
    second = TransformersImageEncoder(str(folder)).hash
    model = model_of("vit")
    with torch.no_grad():
        model.layernorm.weight[0] += 0.5
    model.save_pretrained(tmp_path / "weights")
    processor_of("vit").save_pretrained(tmp_path / "weights")
    assert len({first, second, TransformersImageEncoder(str(tmp_path / "weights")).hash}) == 3


def test_a_pickled_encoder_reads_the_model_again() -> None:
    encoder = encoder_of("vit")
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.encode(photos(2)), encoder.encode(photos(2)))


def change(folder: Path, **values: Any) -> None:
    path = folder / "preprocessor_config.json"
    settings = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({name: value for name, value in settings.items() if value is not None}))


@pytest.mark.parametrize(
    ("values", "side"),
    [
        ({"size": 48}, 48),
        ({"size": {"height": 48, "width": 48}}, 48),
        ({"size": {"shortest_edge": 48}}, 48),
        ({"size": {"shortest_edge": 64}, "crop_size": 40, "do_center_crop": True}, 40),
        ({"size": {"shortest_edge": 64}, "crop_size": 40, "do_center_crop": False}, 64),
    ],
)
def test_the_side_is_what_the_processor_would_leave(tmp_path: Path, values: dict[str, Any], side: int) -> None:
    folder = Path(shutil.copytree(saved_model("dinov2"), tmp_path / "model"))
    change(folder, **{"crop_size": None, "do_center_crop": None, **values})
    encoder = TransformersImageEncoder(str(folder))
    assert encoder.side == side
    assert encoder.encode(photos(1)).shape == (1, DIM)  # DINOv2 takes any size


def test_a_processor_that_neither_rescales_nor_normalises_leaves_grey_levels(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(saved_model("vit"), tmp_path / "model"))
    change(folder, do_rescale=False, do_normalize=False)
    scaling = TransformersImageEncoder(str(folder)).load().scaling
    assert (scaling.mean, scaling.std) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"size": {"height": 32, "width": 48}}, "size {'height': 32, 'width': 48}, image_mean [0.5, 0.5, 0.5], "),
        ({"size": None}, "size None, image_mean [0.5, 0.5, 0.5], image_std [0.5, 0.5, 0.5]"),
        ({"image_mean": [0.5]}, "image_mean [0.5], image_std"),
        ({"image_std": [0.5, 0.5, 0]}, "image_std [0.5, 0.5, 0]"),
        ({"image_std": "0.5"}, "image_std 0.5"),
        ({"rescale_factor": 0}, "size {'height': 32, 'width': 32}"),
    ],
)
def test_a_processor_that_does_not_say_enough_is_refused(tmp_path: Path, values: dict[str, Any], found: str) -> None:
    folder = Path(shutil.copytree(saved_model("vit"), tmp_path / "model"))
    change(folder, **values)
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder(str(folder)).load()
    message = str(caught.value)
    assert message.startswith(
        f"image encoder '{folder}': expected a preprocessor_config.json with a square size, image_mean and image_std "
        "of three colours, found size "
    )
    assert found in message
    assert message.endswith(". Take it from the place where the model was published.")


def test_a_folder_without_a_processor_is_refused(tmp_path: Path) -> None:
    model_of("vit").save_pretrained(tmp_path)
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder(str(tmp_path)).load()
    assert str(caught.value).startswith(
        f"image encoder '{tmp_path}': expected a transformers vision model with its preprocessor_config.json, found "
        "OSError: "
    )
    assert str(caught.value).endswith(
        "Check the name or folder; with no network, download the model first and give its folder."
    )


def test_a_name_that_is_nowhere_is_refused_without_a_network() -> None:
    with pytest.raises(InputError, match=r"^image encoder 'nobody/nothing': expected a transformers vision model"):
        TransformersImageEncoder("nobody/nothing").load()


def test_a_path_without_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder.from_spec(f"{tmp_path}/nowhere")
    assert str(caught.value) == (
        f"image encoder '{tmp_path}/nowhere': expected a folder with a transformers vision model, found no such "
        "folder. Check the path, or give a name on the hub such as 'facebook/dinov2-small'."
    )


def test_a_model_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = save("dinov2", tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    del weights["layernorm.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder(str(folder)).load()
    assert str(caught.value) == (
        f"image encoder '{folder}': expected every weight of Dinov2Model, found 1 missing, the first "
        "layernorm.weight. They would be random: take a complete copy."
    )


def test_a_model_whose_vectors_are_not_finite_is_refused(tmp_path: Path) -> None:
    import torch

    model = model_of("vit")
    with torch.no_grad():
        model.layernorm.weight[0] = torch.nan
    model.save_pretrained(tmp_path)
    processor_of("vit").save_pretrained(tmp_path)
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder(str(tmp_path)).load()
    assert str(caught.value) == (
        f"image encoder '{tmp_path}': expected finite vectors, found others, even of a black photo. Take a complete "
        "copy, or another model."
    )


def test_a_model_of_texts_is_refused(tmp_path: Path) -> None:
    import transformers

    from tests.encoders.image_models import READ

    transformers.BertModel(transformers.BertConfig(**READ)).save_pretrained(tmp_path)
    processor_of("vit").save_pretrained(tmp_path)
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder(str(tmp_path)).load()
    assert str(caught.value) == (
        f"image encoder '{tmp_path}': expected a model that takes a photo of 32 pixels a side and pools it, found "
        "BertModel with ValueError. Choose a model such as DINOv2, SigLIP 2, CLIP or ViT."
    )


def test_patches_that_do_not_fill_the_side_are_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(saved_model("siglip2"), tmp_path / "model"))
    change(folder, patch_size=7)
    with pytest.raises(InputError) as caught:
        TransformersImageEncoder(str(folder)).load()
    assert str(caught.value) == (
        f"image encoder '{folder}': expected a side that is a multiple of the model's patches of 8 pixels, found 28. "
        "Correct its preprocessor_config.json."
    )
