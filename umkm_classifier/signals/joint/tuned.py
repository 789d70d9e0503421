"""Encoders that are trained with the head: read for training, exported after it, written and read again."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.encoders.image_network import ImageNetwork
from umkm_classifier.encoders.image_onnx import OnnxImageEncoder, write_image_network
from umkm_classifier.encoders.image_transformer import TransformersImageEncoder
from umkm_classifier.encoders.onnx import SETTINGS, OnnxTextEncoder, export_text_encoder
from umkm_classifier.encoders.text import TextEncoder
from umkm_classifier.encoders.transformer import LoadedModel, TransformersEncoder
from umkm_classifier.errors import UsageError, require
from umkm_classifier.signals.joint.inputs import PHOTOS, TEXTS


@dataclass(frozen=True, slots=True)
class Trainable:
    """Encoders in memory, of which no other part of the process has a copy; None where there is none.

    Parameters
    ----------
    text : LoadedModel or None
    text_name : str
        Folder or name on the hub, for the tokenizer's other files.
    image : ImageNetwork or None
    """

    text: LoadedModel | None
    text_name: str
    image: ImageNetwork | None

    def dims(self) -> dict[str, int]:
        """Length of each modality's vector; only of those that something reads."""
        texts = {} if self.text is None else dict.fromkeys(TEXTS, self.text.dim)
        return texts if self.image is None else {**texts, PHOTOS: self.image.dim}


class TunedEncoder:
    """An exported encoder that carries its files with it: another process can open it without a folder to share.

    Parameters
    ----------
    files : mapping of str to bytes
        Of the exported folder.
    open_folder : callable
        ``OnnxTextEncoder`` or ``OnnxImageEncoder``.
    """

    def __init__(self, files: Mapping[str, bytes], open_folder: Callable[[Path], Any]) -> None:
        self.files = dict(files)
        self.open_folder = open_folder
        self._lock = threading.Lock()
        self._encoder: Any = None

    def __reduce__(self) -> tuple[type[TunedEncoder], tuple[dict[str, bytes], Callable[[Path], Any]]]:
        return TunedEncoder, (self.files, self.open_folder)

    @property
    def id(self) -> str:
        """``'onnx:<name>-tuned'``."""
        return str(self._opened().id)

    @property
    def hash(self) -> str:
        """Sha256 of everything that decides a vector."""
        return str(self._opened().hash)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._opened().dim)

    @property
    def side(self) -> int:
        """Side in pixels of what an image encoder sees."""
        return int(self._opened().side)

    def encode(self, items: Sequence[Any]) -> NDArray[np.float32]:
        """See ``TextEncoder.encode`` and ``ImageEncoder.encode``."""
        return np.asarray(self._opened().encode(items))

    def write(self, folder: Path) -> None:
        """Write the files to a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)

    def _opened(self) -> Any:
        with self._lock:
            if self._encoder is None:
                folder = tempfile.mkdtemp(prefix="umkm-joint-")
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                self.write(Path(folder))
                self._encoder = self.open_folder(Path(folder))
            return self._encoder


def load_trainable(encoders: Encoders) -> Trainable:
    """Read the models behind the encoders anew, to be changed.

    Raises
    ------
    UsageError
        See ``check_trainable``.
    InputError
        If a model cannot be read.
    """
    check_trainable(encoders)
    text, image = _uncached(encoders.text), _uncached(encoders.image)
    loaded, name, network = None, "", None
    if isinstance(text, TransformersEncoder):
        name = text.name_or_path
        loaded = TransformersEncoder(name, prefix=text.prefix, max_tokens=text.max_tokens).load()
    if isinstance(image, TransformersImageEncoder):
        network = TransformersImageEncoder(image.name_or_path).load()
    return Trainable(loaded, name, network)


def check_trainable(encoders: Encoders) -> None:
    """Refuse encoders that cannot be trained, before anything is.

    Raises
    ------
    UsageError
        If an encoder is no transformers model, by path or name.
    """
    text, image = _uncached(encoders.text), _uncached(encoders.image)
    if not isinstance(text, TransformersEncoder) and text.dim:
        raise _not_trainable("text", text.id)
    if not isinstance(image, TransformersImageEncoder) and image.dim:
        raise _not_trainable("image", image.id)


def _uncached(encoder: Any) -> Any:
    return getattr(encoder, "encoder", encoder)  # a cached encoder hands out what it caches


def exported(trained: Trainable, encoders: Encoders) -> Encoders:
    """Export trained encoders to ONNX and return those that serve them, without torch.

    Raises
    ------
    InputError
        If a graph gives other vectors than its model (more than 1e-4 apart).
    """
    text: TextEncoder = encoders.text
    image: ImageEncoder = encoders.image
    if trained.text is not None:
        text = TunedEncoder(_export_text(trained.text, trained.text_name), OnnxTextEncoder)
    if trained.image is not None:
        image = TunedEncoder(_export_image(trained.image), OnnxImageEncoder)
    return Encoders(text, image, encoders.writing)


def read_encoders(folder: Path, encoders: Encoders) -> Encoders:
    """Return the encoders that ``JointView.save_encoders`` wrote; where it wrote none, those given.

    Parameters
    ----------
    folder : Path
    encoders : Encoders
        For what was not trained.

    Raises
    ------
    BundleCorruptError
        If a file is missing or is not the one that was written.
    """
    text = OnnxTextEncoder(folder / "text") if (folder / "text").is_dir() else encoders.text
    image = OnnxImageEncoder(folder / "image") if (folder / "image").is_dir() else encoders.image
    return Encoders(text, image, encoders.writing)


def _export_text(loaded: LoadedModel, name: str) -> dict[str, bytes]:
    """Go through a folder of transformers' own, so that there is one way only to write a text encoder."""
    transformers = require("transformers", "deep")
    with tempfile.TemporaryDirectory(prefix="umkm-joint-") as place:
        model, out = Path(place) / "tuned", Path(place) / "out"
        loaded.module.model.save_pretrained(model)
        transformers.AutoTokenizer.from_pretrained(name, trust_remote_code=False).save_pretrained(model)
        export_text_encoder(str(model), out)
        settings = json.loads((out / SETTINGS).read_text(encoding="utf-8"))
        settings |= {
            "id": f"onnx:{Path(name).name}-tuned",
            "max_tokens": loaded.tokens.max_tokens,
            "prefix": loaded.tokens.prefix,
        }
        (out / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        return _files(out)


def _export_image(network: ImageNetwork) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="umkm-joint-") as place:
        write_image_network(replace(network, name=f"{Path(network.name).name}-tuned"), Path(place))
        return _files(Path(place))


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _not_trainable(what: str, found: str) -> UsageError:
    return UsageError(
        f"joint with finetune: expected a transformers {what} encoder, a folder or a name on the hub, found '{found}', "
        "which cannot be trained. Choose another encoder, or leave finetune off."
    )
