"""An image encoder as one ONNX graph: written with torch, served without it.

A folder holds ``model.onnx`` (one photo in, its vector out) and ``encoder.json``, which is written last and says how
pixels become what the graph expects.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.image import DEFAULT
from umkm_classifier.encoders.image_network import ImageNetwork
from umkm_classifier.encoders.image_pixels import Scaling, encode_each
from umkm_classifier.encoders.image_settings import FORMAT, Settings, corrupt, read_settings
from umkm_classifier.encoders.onnx import MODEL, SETTINGS, open_session
from umkm_classifier.errors import InputError, OutputConflictError, require
from umkm_classifier.listings.photo import Pixels

PARITY = 1e-4
_MOST_BYTES = 2**31 - 2**20  # a protobuf message ends at 2 GiB
_TALKATIVE = ("torch.onnx", "onnxscript")  # they tell what they skip, of which the caller can do nothing


def export_image_encoder(name: str, folder: Path) -> None:
    """Write an image network as a folder that ``OnnxImageEncoder`` serves.

    Parameters
    ----------
    name : str
        ``'efficientnet-lite2'``, or a folder or name of a transformers vision model; see ``image_encoder``.
    folder : Path
        Made when absent; must be empty otherwise.

    Raises
    ------
    MissingExtraError
        If torch, transformers, onnx, onnxscript or a package of the default encoder is not installed.
    InputError
        If the model cannot be read, is larger than one ONNX file can be, or if the written graph gives other vectors
        than the model (more than 1e-4 apart).
    OutputConflictError
        If the folder is not empty.
    """
    if name == DEFAULT:
        from umkm_classifier.encoders.image_efficientnet import load_efficientnet

        network = load_efficientnet()
    else:
        from umkm_classifier.encoders.image_transformer import TransformersImageEncoder

        network = TransformersImageEncoder.from_spec(name).load()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise OutputConflictError(
            f"{folder}: expected an empty folder to write to, found files in it. Choose another one."
        )
    write_image_network(network, folder)


def write_image_network(network: ImageNetwork, folder: Path) -> None:
    """Write a network that is in memory to an empty folder; otherwise as ``export_image_encoder``."""
    for module in ("torch", "onnx", "onnxscript"):
        require(module, "deep")
    size = sum(values.numel() * values.element_size() for values in network.module.state_dict().values())
    if size > _MOST_BYTES:
        raise InputError(
            f"image encoder '{network.name}': expected weights below 2 GiB, found {size / 2**30:.1f} GiB. "
            "Choose a smaller model."
        )
    _write_graph(network, folder / MODEL)
    _check_parity(network, folder / MODEL)
    scaling = network.scaling
    digest = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    settings = Settings(
        FORMAT, f"onnx:{network.name}", network.dim, scaling.side, list(scaling.mean), list(scaling.std), digest
    )
    (folder / SETTINGS).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")


class OnnxImageEncoder:
    """An exported image encoder, served by onnxruntime alone, on one thread.

    The settings are read when the encoder is built; the graph is read, and compared with its checksum, at its first
    use. Safe to share between threads.

    Parameters
    ----------
    folder : Path
        Written by ``export_image_encoder``.

    Raises
    ------
    BundleCorruptError
        If a file is missing or the settings are unreadable.
    BundleTooNewError
        If the folder was written by a newer version of this package.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (SETTINGS, MODEL):
            if not (folder / name).is_file():
                raise corrupt(folder / name, "expected a file, found none")
        self._settings = read_settings(folder / SETTINGS)
        self._lock = threading.Lock()
        self._session: Any = None

    def __reduce__(self) -> tuple[type[OnnxImageEncoder], tuple[Path]]:
        return OnnxImageEncoder, (self.folder,)  # another process opens the files itself

    @property
    def id(self) -> str:
        """``'onnx:<name>'``."""
        return self._settings.id

    @property
    def hash(self) -> str:
        """Sha256 of the graph's checksum and all settings but the name."""
        s = self._settings
        return hashlib.sha256(json.dumps([s.model_sha256, s.dim, s.side, s.mean, s.std]).encode()).hexdigest()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._settings.dim

    @property
    def side(self) -> int:
        """Side of the square that is looked at, in pixels."""
        return self._settings.side

    @property
    def scaling(self) -> Scaling:
        """How pixels become what the graph expects."""
        return self._settings.scaling

    def encode(self, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode photos; see ``ImageEncoder.encode``.

        Raises
        ------
        TypeError, ValueError
            If ``pixels`` is a lone photo or holds something else than photos.
        BundleCorruptError
            If the graph cannot be read or is not the one that was exported with the settings.
        """
        session = self.open()
        return encode_each(pixels, self.scaling, self.dim, lambda photo: _run(session, photo))

    def open(self) -> Any:
        """Return the session of onnxruntime, opened once.

        Raises
        ------
        BundleCorruptError
            See ``encode``.
        """
        with self._lock:
            if self._session is None:
                self._session = _open(self.folder / MODEL, self._settings)
            return self._session


def _open(path: Path, settings: Settings) -> Any:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != settings.model_sha256:
        raise corrupt(path, f"expected sha256 {settings.model_sha256[:12]}…, found {digest[:12]}…")
    session = open_session(path)
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    shapes = ([1, 3, settings.side, settings.side], [1, settings.dim])
    if (taken.shape, given.shape) != shapes:
        raise corrupt(path, f"expected shapes {shapes[0]} and {shapes[1]}, found {taken.shape} and {given.shape}")
    return session


def _run(session: Any, photo: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(session.run(["vectors"], {"pixels": photo})[0], dtype=np.float32)  # (1, dim)


def _write_graph(network: ImageNetwork, path: Path) -> None:
    import torch

    side = network.scaling.side
    with warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")  # torch warns about its own insides, of which the caller can do nothing
        program = torch.onnx.export(
            network.module,
            (torch.zeros((1, 3, side, side)),),
            dynamo=True,
            input_names=["pixels"],
            output_names=["vectors"],
            verbose=False,
        )
        if program is None:
            raise InputError(
                f"{path}: expected a graph from torch.onnx.export, found none. Report this with the model's name."
            )
        for node in program.model.graph.all_nodes():
            node.metadata_props.clear()  # the stack of each, with the folders of the machine that exported it
        program.save(str(path), external_data=False)


@contextmanager
def _quiet() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check_parity(network: ImageNetwork, path: Path) -> None:
    """Compare the graph with the network on other photos than the black one that it was traced with."""
    import torch

    session = open_session(path)
    rng = np.random.default_rng(0)
    shape = (1, 3, network.scaling.side, network.scaling.side)
    apart = []
    for photo in (rng.standard_normal(shape), rng.uniform(-1, 1, (1, 3, 1, 1)) * np.ones(shape), np.ones(shape)):
        given = photo.astype(np.float32)
        with torch.inference_mode():
            expected = network.module(torch.from_numpy(given)).numpy()
        apart.append(np.abs(_run(session, given) - expected).max())
    worst = float(np.max(apart))
    if not worst <= PARITY:  # not: catches NaN too
        raise InputError(
            f"image encoder '{network.name}': expected the exported graph to give the model's vectors to {PARITY:g}, "
            f"found a difference of {worst:.2g}. These versions of torch and onnxscript cannot export this model: "
            "choose another."
        )
