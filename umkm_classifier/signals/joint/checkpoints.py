"""Checkpoints that a kill cannot spoil: a folder an epoch, written under another name, synced, renamed, checked.

A folder counts when its ``_COMPLETE`` names the digest of what lies beside it; an empty, half or damaged one is passed
over. There is no pickle in it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from umkm_classifier.errors import TryAgainError

ARRAYS, COMPLETE = "training.safetensors", "_COMPLETE"
KEPT = 2  # the newest, and one before it should a disk lose the newest
_TRAINING, _PREFIX, _UNFINISHED = "training-", "epoch-", ".unfinished-"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a training after a whole number of epochs: arrays by name, and JSON-ready facts."""

    epoch: int
    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


class Checkpoints:
    """The checkpoints of one training.

    Parameters
    ----------
    folder : Path
        Holds a folder for each training, so that folds and settings may share it.
    training : str
        Digest of everything that decides the training: another one finds nothing here.
    """

    def __init__(self, folder: Path, training: str) -> None:
        self.folder = folder / f"{_TRAINING}{training[:16]}"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the training to oneself until the block ends, and clear what a killed process left unfinished.

        Raises
        ------
        TryAgainError
            If another process is at it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise TryAgainError(
                f"{self.folder}: a training that nobody else continues expected, found another process at work. Wait "
                "until it has ended, or give another checkpoint folder."
            ) from error
        try:
            for left in self.folder.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(left)
            yield
        finally:
            lock.release()

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint whole or not at all, and drop those before the last two."""
        making = self.folder / f"{_UNFINISHED}{checkpoint.epoch:04d}"
        making.mkdir()
        arrays = {name: np.ascontiguousarray(values) for name, values in checkpoint.arrays.items()}
        (making / ARRAYS).write_bytes(save(arrays))  # save_file has an error of its own for a full disk
        said = {"epoch": checkpoint.epoch, "facts": dict(checkpoint.facts), "sha256": _sha256(making / ARRAYS)}
        (making / COMPLETE).write_text(json.dumps(said, allow_nan=False), encoding="utf-8")
        for path in (making / ARRAYS, making / COMPLETE, making):
            _sync(path)
        place = self.folder / f"{_PREFIX}{checkpoint.epoch:04d}"
        shutil.rmtree(place, ignore_errors=True)  # only one that was passed over can stand there
        making.rename(place)
        _sync(self.folder)
        for old in self._newest_first()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def latest(self) -> Checkpoint | None:
        """Return the newest complete checkpoint, or None."""
        for folder in self._newest_first():
            found = _read(folder)
            if found is not None:
                return found
            _log.warning("%s: a complete checkpoint expected, found a part of one. It is passed over.", folder)
        return None

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob(f"{_PREFIX}*"), reverse=True)


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of all trainings from a folder, and the folder where nothing else lies in it."""
    for one in folder.glob(f"{_TRAINING}*"):
        shutil.rmtree(one, ignore_errors=True)
    with suppress(OSError):  # it was never made, or somebody keeps something else there
        folder.rmdir()


def _read(folder: Path) -> Checkpoint | None:
    try:
        said = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
        if said["sha256"] != _sha256(folder / ARRAYS):
            return None
        return Checkpoint(int(said["epoch"]), load_file(folder / ARRAYS), said["facts"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
