"""Learning the view of ``joint``: what the rows have, which of them end the training, the network, its graph."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.encoders.image import NoImageEncoder
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.errors import SplitError, require
from umkm_classifier.listings import split
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.photos import MOST_PHOTOS
from umkm_classifier.signals.joint.checkpoints import Checkpoints
from umkm_classifier.signals.joint.graph import Graph, export
from umkm_classifier.signals.joint.inputs import PHOTOS, TEXTS, BoolArray, read_vectors
from umkm_classifier.signals.joint.network import fusion_head, standards, whole_network
from umkm_classifier.signals.joint.rows import TUNED_PHOTOS, FrozenRows, TunedRows
from umkm_classifier.signals.joint.settings import JointSettings
from umkm_classifier.signals.joint.training import Examples, Outcome, train
from umkm_classifier.signals.joint.tuned import Trainable, exported, load_trainable
from umkm_classifier.signals.joint.view import JointView
from umkm_classifier.signals.signal import IntArray

FEWEST_ROWS_OF_A_CLASS = 5  # with a modality, for it to be learned from
STOP_FOLDS = 5  # one of which ends the training


@dataclass(frozen=True, slots=True)
class _Task:
    """Rows with the modalities that can be learned, divided."""

    rows: Any
    dims: dict[str, int]
    learn: IntArray
    stop: IntArray


def fit_joint(
    listings: Listings,
    y: IntArray,
    group: IntArray,
    settings: JointSettings,
    encoders: Encoders,
    checkpoint_folder: Path | None = None,
) -> list[JointView]:
    """Train the network on title, description and photos, and return its view.

    Parameters
    ----------
    listings : Listings of n rows
        Any of the three may be missing in any row, and in all of them.
    y : array of int, shape (n,)
        1 for imported.
    group : array of int, shape (n,)
        Shops and near-duplicates united; a fifth of the groups ends the training and is not learned from.
    settings : JointSettings
    encoders : Encoders
        With ``finetune`` both are transformers models.
    checkpoint_folder : Path or None
        Where to leave a checkpoint after each epoch and to go on from the last complete one. Trainings on other rows
        or with other settings keep theirs beside each other. Who gives the folder removes it.

    Returns
    -------
    list of JointView
        One; none when too few rows have something to read, or their shops cannot be divided.

    Raises
    ------
    MissingExtraError
        If a package of the extra ``deep`` is not installed.
    UsageError, InputError
        If encoders cannot be trained, the training fails, or its graph differs from the network.
    TryAgainError
        If another process is at the same training.
    """
    require_deep(settings)
    if not encoders.dims():
        return []
    with one_thread():
        trainable = load_trainable(encoders) if settings.finetune else None
        task = _task(_rows(listings, encoders, trainable), y, group, settings.seed)
        if task is None:
            return []
        network = _network(task, settings, trainable)
        outcome = _train(network, Examples(task.rows, y, task.learn, task.stop), settings, checkpoint_folder)
        served = encoders if trainable is None else exported(trainable, encoders)
        most_photos = MOST_PHOTOS if trainable is None else TUNED_PHOTOS
        said = {"best_epoch": outcome.best_epoch, "loss": outcome.loss}
        return [JointView(_read_by(task.dims, served), _graph(network, task.dims), tuple(task.dims), most_photos, said)]


def require_deep(settings: JointSettings) -> None:
    """Look for the packages that training needs.

    Raises
    ------
    MissingExtraError
        Naming the first one that is not installed.
    """
    for module in ("torch", "onnx", "onnxscript", *(["transformers"] if settings.finetune else [])):
        require(module, "deep")


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: sums in another order give other last bits, and many threads of a small net wait."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _read_by(dims: Mapping[str, int], encoders: Encoders) -> Encoders:
    """Leave out an encoder of which the network reads nothing: a bundle would hold it for no use."""
    text = encoders.text if any(name in dims for name in TEXTS) else NoEncoder()
    return Encoders(text, encoders.image if PHOTOS in dims else NoImageEncoder())


def _rows(listings: Listings, encoders: Encoders, trainable: Trainable | None) -> FrozenRows | TunedRows:
    if trainable is None:
        vectors, present = read_vectors(listings, encoders, tuple(encoders.dims()), MOST_PHOTOS)
        return FrozenRows(vectors, present, encoders.dims())
    tokens = None if trainable.text is None else trainable.text.tokens
    scaling = None if trainable.image is None else trainable.image.scaling
    return TunedRows(listings, tokens, scaling, trainable.dims())


def _task(rows: FrozenRows | TunedRows, y: IntArray, group: IntArray, seed: int) -> _Task | None:
    """Divide the rows, and leave out modalities that the part to learn from hardly has."""
    parts = _divided(rows.present, y, group, seed)
    if parts is None:
        return None
    learn, stop = parts
    names = list(rows.dims)
    counts = [np.bincount(y[learn][rows.present[learn, at]], minlength=2).min() for at in range(len(names))]
    kept = [name for name, count in zip(names, counts, strict=True) if count >= FEWEST_ROWS_OF_A_CLASS]
    if not kept:
        return None
    rows = rows.kept(kept)
    learn, stop = (at[rows.present[at].any(axis=1)] for at in (learn, stop))
    if not np.bincount(y[stop], minlength=2).all():
        return None
    return _Task(rows, rows.dims, learn, stop)


def _divided(present: BoolArray, y: IntArray, group: IntArray, seed: int) -> tuple[IntArray, IntArray] | None:
    at = np.flatnonzero(present.any(axis=1))
    if np.bincount(y[at], minlength=2).min() < FEWEST_ROWS_OF_A_CLASS:
        return None
    try:
        parts = split.folds(y[at], group[at], split.feasible_folds(y[at], group[at], STOP_FOLDS), seed)
    except SplitError:  # a view that cannot be learned is left out, as everywhere; the whole model says what it lacks
        return None
    for learn, stop in parts:
        if np.bincount(y[at[stop]], minlength=2).all():
            return at[learn], at[stop]
    return None


def _network(task: _Task, settings: JointSettings, trainable: Trainable | None) -> Any:
    import torch

    dims = list(task.dims.values())
    if trainable is None:
        means, scales = standards(task.rows.vectors[task.learn], task.rows.present[task.learn], dims)
    else:  # vectors of length 1 that are still to change: their numbers are about one over the root of their count
        means = [np.zeros(dim, dtype=np.float32) for dim in dims]
        scales = [np.full(dim, dim**-0.5, dtype=np.float32) for dim in dims]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        head = fusion_head(dims, settings, means, scales)
    text = None if trainable is None or trainable.text is None else trainable.text.module
    image = None if trainable is None or trainable.image is None else trainable.image.module
    return whole_network(head, task.dims, text, image)


def _train(network: Any, examples: Examples, settings: JointSettings, folder: Path | None) -> Outcome:
    if folder is None:
        return train(network, examples, settings, None)
    checkpoints = Checkpoints(folder, _digest(network, examples, settings))
    with checkpoints.held():
        return train(network, examples, settings, checkpoints)


def _graph(network: Any, dims: dict[str, int]) -> Graph:
    import torch

    rng = np.random.default_rng(0)
    examples = [
        {
            "present": torch.from_numpy(rng.random((n, len(dims))) < 0.7),
            "vectors": torch.from_numpy(rng.normal(size=(n, sum(dims.values()))).astype(np.float32)),
        }
        for n in (3, 1, 8)
    ]
    return export(network.head, examples, JointView.name)


def _digest(network: Any, examples: Examples, settings: JointSettings) -> str:
    """Digest of all that decides a training; first weights included, and with them the encoders'."""
    digest = hashlib.sha256(f"{settings} {examples.rows.digest()}".encode())
    for values in (examples.y, examples.learn, examples.stop):
        digest.update(np.ascontiguousarray(values).tobytes())
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return digest.hexdigest()
