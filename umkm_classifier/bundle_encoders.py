"""The encoders of a bundle: saved beside the model, or known by package, version and hash."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.encoders.image import ImageEncoder, NoImageEncoder
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder, export_image_encoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.encoders.onnx import MODEL, SETTINGS, TOKENIZER, OnnxTextEncoder, export_text_encoder
from umkm_classifier.encoders.text import NoEncoder, TextEncoder, UseEncoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import BundleDriftError, UsageError
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView

ENCODER, IMAGE_ENCODER = "encoder", "image_encoder"  # folders, where there is such a thing


def encoder_of(model: OriginModel) -> TextEncoder:
    """Return the text encoder of a model, or one without vectors."""
    return next((view.encoder for view in model.views if isinstance(view, MeaningView)), NoEncoder())


def image_encoder_of(model: OriginModel) -> ImageEncoder:
    """Return the image encoder of a model, or one without vectors."""
    return next((view.encoder for view in model.views if isinstance(view, LooksView)), NoImageEncoder())


def write_encoder(encoder: TextEncoder, folder: Path) -> dict[str, Any]:
    """Save a text encoder to a folder where it is not part of a package, and return what a manifest says of it."""
    encoder = getattr(encoder, "encoder", encoder)  # a cached encoder is saved as what it caches
    if isinstance(encoder, OnnxTextEncoder):
        folder.mkdir()
        for name in (MODEL, TOKENIZER, SETTINGS):
            shutil.copyfile(encoder.folder / name, folder / name)
        encoder = OnnxTextEncoder(folder)
    elif isinstance(encoder, TransformersEncoder):
        export_text_encoder(f"e5:{encoder.name_or_path}" if encoder.prefix else encoder.name_or_path, folder)
        encoder = OnnxTextEncoder(folder)
    elif not isinstance(encoder, (UseEncoder, NoEncoder)):
        raise UsageError(
            f"{folder.parent}: a text encoder of this package expected, found a {type(encoder).__name__}, which no "
            "bundle can hold. Export the model with export_text_encoder and train with that folder."
        )
    return {"id": encoder.id, "hash": encoder.hash, "dim": encoder.dim}


def read_encoder(folder: Path, said: Mapping[str, Any]) -> TextEncoder:
    """Return the text encoder of a bundle."""
    encoder: TextEncoder
    if (folder / ENCODER).is_dir():
        encoder = OnnxTextEncoder(folder / ENCODER)
    elif said["id"] == NoEncoder.id:
        encoder = NoEncoder()
    else:
        encoder = UseEncoder()
    if encoder.hash != said["hash"]:
        raise BundleDriftError(
            f"{folder}: text encoder {said['id']} with hash {said['hash'][:12]} expected, found {encoder.id} with "
            f"{encoder.hash[:12]}. Install the version that the bundle names, or train again."
        )
    return encoder


def write_image_encoder(encoder: ImageEncoder, folder: Path) -> dict[str, Any]:
    """Save an image encoder to a folder, and return what a manifest says of it."""
    encoder = getattr(encoder, "encoder", encoder)  # a cached encoder is saved as what it caches
    if isinstance(encoder, OnnxImageEncoder):
        shutil.copytree(encoder.folder, folder)
    elif isinstance(encoder, TransformersImageEncoder):
        export_image_encoder(encoder.name_or_path, folder)
        encoder = OnnxImageEncoder(folder)
    elif not isinstance(encoder, NoImageEncoder):
        raise UsageError(
            f"{folder.parent}: an image encoder of this package expected, found a {type(encoder).__name__}, which no "
            "bundle can hold. Export the model with export_image_encoder and train with that folder."
        )
    return {"id": encoder.id, "hash": encoder.hash, "dim": encoder.dim}


def read_image_encoder(folder: Path, said: Mapping[str, Any]) -> ImageEncoder:
    """Return the image encoder of a bundle."""
    encoder = OnnxImageEncoder(folder / IMAGE_ENCODER) if (folder / IMAGE_ENCODER).is_dir() else NoImageEncoder()
    if encoder.hash != said["hash"]:
        raise BundleDriftError(
            f"{folder}: image encoder {said['id']} with hash {said['hash'][:12]} expected, found {encoder.id} with "
            f"{encoder.hash[:12]}. Copy the bundle again or train it again."
        )
    return encoder
