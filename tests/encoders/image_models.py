"""Tiny random vision models, saved on the spot: nothing here comes from a network."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from umkm_classifier.encoders.image_onnx import export_image_encoder

DIM, SIDE, PATCH = 32, 32, 8
KINDS = ("dinov2", "siglip2", "siglip", "clip", "vit")
SIZES: dict[str, Any] = {
    "hidden_size": DIM,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
SEEN: dict[str, Any] = {**SIZES, "image_size": SIDE, "patch_size": PATCH}
READ: dict[str, Any] = {
    **SIZES,
    "vocab_size": 50,
    "max_position_embeddings": 16,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
}
EXACT = {"height": SIDE, "width": SIDE}


def model_of(kind: str) -> Any:
    """A random model of one kind."""
    import torch
    import transformers as tf

    torch.manual_seed(7)
    spread = {"initializer_range": 0.5}  # far from zero, so that different photos get clearly different vectors
    if kind == "siglip2":
        config = tf.Siglip2VisionConfig(**SIZES, num_patches=(SIDE // PATCH) ** 2, patch_size=PATCH)
        model = tf.Siglip2VisionModel(config)
        torch.nn.init.normal_(model.embeddings.position_embedding.weight)
    elif kind == "siglip":
        model = tf.SiglipVisionModel(tf.SiglipVisionConfig(**SEEN))
    elif kind == "clip":
        model = tf.CLIPVisionModel(tf.CLIPVisionConfig(**SEEN))
    elif kind == "vit":
        model = tf.ViTModel(tf.ViTConfig(**SEEN, **spread))
    elif kind == "vit-classifier":
        model = tf.ViTForImageClassification(tf.ViTConfig(**SEEN, **spread))
    elif kind == "whole-clip":
        model = tf.CLIPModel(tf.CLIPConfig(text_config=READ, vision_config=SEEN))
    elif kind == "whole-siglip":
        model = tf.SiglipModel(tf.SiglipConfig(text_config=READ, vision_config=SEEN))
    else:
        seen = {name: value for name, value in SEEN.items() if name != "intermediate_size"}
        model = tf.Dinov2Model(tf.Dinov2Config(**seen, **spread))
    return model.eval()


def processor_of(kind: str) -> Any:
    """The processor that a model of this kind is published with, for pictures that have the right size already."""
    import transformers as tf

    if kind == "siglip2":
        return tf.Siglip2ImageProcessorPil(patch_size=PATCH, max_num_patches=(SIDE // PATCH) ** 2)
    if "siglip" in kind:
        return tf.SiglipImageProcessorPil(size=EXACT)
    if "vit" in kind:
        return tf.ViTImageProcessorPil(size=EXACT)
    of_its_own = tf.CLIPImageProcessorPil if "clip" in kind else tf.BitImageProcessorPil
    return of_its_own(size={"shortest_edge": SIDE + 4}, crop_size=EXACT)


def save(kind: str, folder: Path) -> Path:
    """Save a random model of one kind with its processor."""
    model_of(kind).save_pretrained(folder)
    processor_of(kind).save_pretrained(folder)
    return folder


@functools.cache
def saved_model(kind: str) -> Path:
    """The folder of a model, saved once a session."""
    return save(kind, _folder() / "models" / f"tiny-{kind}")


@functools.cache
def exported_model(kind: str) -> Path:
    """The exported folder of a model, exported once a session."""
    folder = _folder() / "exported" / kind
    export_image_encoder(str(saved_model(kind)), folder)
    return folder


@functools.cache
def _folder() -> Path:
    made = tempfile.mkdtemp(prefix="umkm-image-models-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)
