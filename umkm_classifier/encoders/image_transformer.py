"""Any transformers vision model as an image encoder, for training and for export. Needs the extra ``deep``."""

from __future__ import annotations

import hashlib
import inspect
import math
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from umkm_classifier.encoders.image_network import ImageNetwork, unit_module
from umkm_classifier.encoders.image_pixels import Scaling, encode_each
from umkm_classifier.errors import InputError, require
from umkm_classifier.listings.hub import quiet_hub
from umkm_classifier.listings.photo import Pixels

_SIDES = ("height", "width", "shortest_edge")
_UNREADABLE = (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError)


class TransformersImageEncoder:
    """What a transformers vision model pools from a photo, scaled to length 1.

    DINOv2, SigLIP 2, CLIP (of the last two the half that sees), ViT and whatever else takes pixels and gives a pooled
    output; where a checkpoint has no weights for pooling, the mean over the last hidden states. Size, mean and standard
    deviation come from the model's ``preprocessor_config.json``; everything else about a photo is done as for every
    other encoder here. The model is read at first use. Code that comes with a model is never run.

    Parameters
    ----------
    name_or_path : str
        A folder, or a name on the hub; with ``HF_HUB_OFFLINE`` set only what is on this machine.
    """

    def __init__(self, name_or_path: str) -> None:
        self.name_or_path = name_or_path
        self._lock = threading.Lock()
        self._loaded: ImageNetwork | None = None

    def __reduce__(self) -> tuple[type[TransformersImageEncoder], tuple[str]]:
        return TransformersImageEncoder, (self.name_or_path,)  # another process loads the model itself

    @classmethod
    def from_spec(cls, spec: str) -> TransformersImageEncoder:
        """Build from a folder or a name on the hub.

        Raises
        ------
        InputError
            If the spec looks like a path, and there is no such folder.
        """
        path = Path(spec).expanduser()
        if path.is_dir():
            return cls(str(path))
        if spec.startswith(("/", "./", "../", "~")):
            raise InputError(
                f"image encoder '{spec}': expected a folder with a transformers vision model, found no such folder. "
                "Check the path, or give a name on the hub such as 'facebook/dinov2-small'."
            )
        return cls(spec)

    @property
    def name(self) -> str:
        """The name on the hub, or the last part of the folder."""
        return _name_of(self.name_or_path)

    @property
    def id(self) -> str:
        """``'transformers:<name>'``."""
        return f"transformers:{self.name}"

    @property
    def hash(self) -> str:
        """Sha256 of every weight and of the scaling."""
        loaded = self.load()
        digest = hashlib.sha256(repr(loaded.scaling).encode())
        for name, values in sorted(loaded.module.state_dict().items()):
            digest.update(f"{name} {tuple(values.shape)}".encode())
            digest.update(np.ascontiguousarray(values.numpy()).tobytes())
        return digest.hexdigest()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.load().dim

    @property
    def side(self) -> int:
        """Side of the square that is looked at, in pixels."""
        return self.load().scaling.side

    def encode(self, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode photos; see ``ImageEncoder.encode``.

        Raises
        ------
        TypeError, ValueError
            If ``pixels`` is a lone photo or holds something else than photos.
        MissingExtraError, InputError
            If the model cannot be read.
        """
        loaded = self.load()
        import torch

        def run(photo: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.inference_mode():  # grad mode is per thread: set it where the work is done
                vector = loaded.module(torch.from_numpy(photo))
            return np.asarray(vector.numpy(), dtype=np.float32)  # (1, dim)

        return encode_each(pixels, loaded.scaling, loaded.dim, run)

    def load(self) -> ImageNetwork:
        """Read the model, once.

        Raises
        ------
        MissingExtraError
            If torch or transformers is not installed.
        InputError
            If the model cannot be read, lacks weights, or is none that gives a vector for a photo.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.name_or_path)
            return self._loaded


def _name_of(name_or_path: str) -> str:
    path = Path(name_or_path)
    return path.resolve().name if path.is_dir() else name_or_path


def _load(name_or_path: str) -> ImageNetwork:
    torch = require("torch", "deep")
    transformers = require("transformers", "deep")
    from transformers.image_processing_base import ImageProcessingMixin

    options = {"trust_remote_code": False, "local_files_only": _is_offline() or Path(name_or_path).is_dir()}
    try:
        with quiet_hub():
            said, _ = ImageProcessingMixin.get_image_processor_dict(name_or_path, **options)
            model, report = transformers.AutoModel.from_pretrained(
                name_or_path, dtype="float32", output_loading_info=True, **options
            )
    except _UNREADABLE as error:
        raise _unusable(
            name_or_path,
            "a transformers vision model with its preprocessor_config.json",
            f"{type(error).__name__}: {str(error).partition(chr(10))[0].rstrip('.')}",
            "Check the name or folder; with no network, download the model first and give its folder.",
        ) from error
    scaling = _scaling(name_or_path, said)
    seeing = _seeing_half(name_or_path, model, sorted(report["missing_keys"]))
    module = _pooling_module(name_or_path, seeing, scaling)
    try:
        with torch.inference_mode():
            vector = module(torch.zeros((1, 3, scaling.side, scaling.side)))  # (1, dim)
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise _unusable(
            name_or_path,
            f"a model that takes a photo of {scaling.side} pixels a side and pools it",
            f"{type(model).__name__} with {type(error).__name__}",
            "Choose a model such as DINOv2, SigLIP 2, CLIP or ViT.",
        ) from error
    if not torch.isfinite(vector).all():
        raise _unusable(
            name_or_path, "finite vectors", "others, even of a black photo", "Take a complete copy, or another model."
        )
    return ImageNetwork(_name_of(name_or_path), module, scaling, int(vector.shape[1]))


def _seeing_half(name_or_path: str, model: Any, missing: list[str]) -> Any:
    """Return the part of a model that sees; refuse one whose weights would be random."""
    if hasattr(model, "vision_model"):
        model, prefix = model.vision_model, "vision_model."
        missing = [name.removeprefix(prefix) for name in missing if name.startswith(prefix)]
    if any(name.startswith("pooler.") for name in missing):
        model.pooler = None  # a classifier's checkpoint has none: the mean over what it sees is taken instead
        missing = [name for name in missing if not name.startswith("pooler.")]
    if missing:
        raise _unusable(
            name_or_path,
            f"every weight of {type(model).__name__}",
            f"{len(missing)} missing, the first {missing[0]}",
            "They would be random: take a complete copy.",
        )
    return model


def _pooling_module(name_or_path: str, model: Any, scaling: Scaling) -> Any:
    """Return the module that is run in training and exported for serving: photos in, unit vectors out."""
    takes_patches = "spatial_shapes" in inspect.signature(model.forward).parameters

    def features(network: Any, pixels: Any) -> Any:
        seen = network(**(_patches(pixels, network.config.patch_size) if takes_patches else {"pixel_values": pixels}))
        if seen.pooler_output is None:
            return seen.last_hidden_state.mean(dim=1)
        return seen.pooler_output.flatten(1)

    if takes_patches and scaling.side % model.config.patch_size:
        raise _unusable(
            name_or_path,
            f"a side that is a multiple of the model's patches of {model.config.patch_size} pixels",
            str(scaling.side),
            "Correct its preprocessor_config.json.",
        )
    return unit_module(model, features)


def _patches(pixels: Any, patch: int) -> dict[str, Any]:
    """Cut squares into patches, as SigLIP 2 with free sizes wants them: rows first, colours last in each."""
    import torch

    n, _, side, _ = pixels.shape
    k = side // patch
    cut = pixels.reshape(n, 3, k, patch, k, patch).permute(0, 2, 4, 3, 5, 1)  # (n, k, k, patch, patch, 3)
    return {
        "pixel_values": cut.reshape(n, k * k, patch * patch * 3),
        "pixel_attention_mask": torch.ones((n, k * k), dtype=torch.int64),
        "spatial_shapes": torch.tensor([[k, k]] * n),
    }


def _scaling(name_or_path: str, said: Mapping[str, Any]) -> Scaling:
    """Return side, mean and std, in grey levels, from what a processor's config says."""
    level = float(said.get("rescale_factor", 1 / 255)) if said.get("do_rescale", True) else 1.0
    is_normalised = said.get("do_normalize", True)
    side = _side(said)
    mean = _colour(said.get("image_mean") if is_normalised else [0.0] * 3, level)
    std = _colour(said.get("image_std") if is_normalised else [1.0] * 3, level)
    if side is None or mean is None or std is None or min(std) <= 0:
        raise _unusable(
            name_or_path,
            "a preprocessor_config.json with a square size, image_mean and image_std of three colours",
            f"size {said.get('crop_size') or said.get('size')}, image_mean {said.get('image_mean')}, "
            f"image_std {said.get('image_std')}",
            "Take it from the place where the model was published.",
        )
    return Scaling(side, mean, std)


def _side(said: Mapping[str, Any]) -> int | None:
    if "max_num_patches" in said:
        return math.isqrt(int(said["max_num_patches"])) * int(said.get("patch_size", 16))
    size = said.get("crop_size") if said.get("do_center_crop") else None
    size = said.get("size") if size is None else size
    sides = {size[name] for name in _SIDES if size.get(name)} if isinstance(size, Mapping) else {size}
    side = sides.pop() if len(sides) == 1 else None
    return side if isinstance(side, int) and side >= 1 else None


def _colour(value: Any, level: float) -> tuple[float, float, float] | None:
    """Return red, green and blue in grey levels; None for what is no colour."""
    is_triple = isinstance(value, list | tuple) and len(value) == 3
    if not is_triple or level <= 0 or not all(type(one) in (int, float) for one in value):
        return None
    red, green, blue = (float(one) / level for one in value)
    return red, green, blue


def _unusable(name_or_path: str, expected: str, found: str, advice: str) -> InputError:
    return InputError(f"image encoder '{name_or_path}': expected {expected}, found {found}. {advice}")


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
