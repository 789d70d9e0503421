"""The encoders of a bundle: saved beside the model, or known by package, version and hash."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import ImageEncoder, NoImageEncoder
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder, export_image_encoder
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.encoders.onnx import MODEL, SETTINGS, TOKENIZER, OnnxTextEncoder, export_text_encoder
from umkm_classifier.encoders.text import NoEncoder, TextEncoder, UseEncoder
from umkm_classifier.encoders.transformer import TransformersEncoder
from umkm_classifier.errors import BundleDriftError, UsageError
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.joint.tuned import TunedEncoder, read_encoders
from umkm_classifier.signals.joint.view import JointView
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.signals.signal import State

ENCODER, IMAGE_ENCODER, JOINT_ENCODERS = (
    "encoder",
    "image_encoder",
    "joint_encoders",
)  # folders, where there is such a thing


def encoder_of(model: OriginModel) -> TextEncoder:
    """Return the frozen text encoder that views of a model share, or one without vectors."""
    found = [view.encoder for view in model.views if isinstance(view, MeaningView)]
    found += [view.encoders.text for view in model.views if isinstance(view, JointView)]
    return next((one for one in found if not isinstance(one, TunedEncoder) and one.dim), NoEncoder())


def image_encoder_of(model: OriginModel) -> ImageEncoder:
    """Return the frozen image encoder that views of a model share, or one without vectors."""
    found = [view.encoder for view in model.views if isinstance(view, LooksView)]
    found += [view.encoders.image for view in model.views if isinstance(view, JointView)]
    return next((one for one in found if not isinstance(one, TunedEncoder) and one.dim), NoImageEncoder())


def write_joint_encoders(model: OriginModel, folder: Path) -> None:
    """Save the encoders that were trained with the network of ``joint`` to a folder; without any there is none."""
    for view in model.views:
        if isinstance(view, JointView) and view.has_tuned_encoders:
            view.save_encoders(folder)


def read_joint(state: State, folder: Path, shared: Encoders) -> JointView:
    """Return the view of ``joint`` in a bundle with its own encoders, where they were trained with it, or the shared.

    Raises
    ------
    BundleDriftError
        If an encoder of its own is not the one that it was trained with.
    """
    encoders = read_encoders(folder / JOINT_ENCODERS, shared)
    view = JointView.from_state(state, encoders)
    own: list[tuple[str, str, TextEncoder | ImageEncoder]] = [
        ("text", "encoder", encoders.text),
        ("image", "image_encoder", encoders.image),
    ]
    for name, key, encoder in own:
        if (folder / JOINT_ENCODERS / name).is_dir() and encoder.hash != state.settings[f"{key}_hash"]:
            raise BundleDriftError(
                f"{folder / JOINT_ENCODERS / name}: {state.settings[key]} that 'joint' learned with expected, found "
                f"{encoder.id} with another hash. Copy the bundle again or train it again."
            )
    return view


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
