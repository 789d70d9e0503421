"""Vectors on disk by content, so that a retrain does not encode again what it has seen.

A cache holds digests and vectors, no text. Its files are written whole under another name, synced, renamed and never
changed: a kill leaves no half file behind, and two processes at once need no lock. Each file is named by the digest of
its content, so a damaged one is known; it is dropped and its vectors are computed again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.batches import check_is_sequence, is_blank
from umkm_classifier.encoders.text import TextEncoder

ROWS_PER_FILE = 2048  # what a kill can cost: half a minute of descriptions
_KEY_BYTES = 32
_STALE_S = 3600.0
_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where vectors are kept: ``UMKM_CACHE``, or this user's cache folder."""
    chosen = os.environ.get("UMKM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path("~/Library/Caches/umkm_classifier").expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "umkm_classifier"


class CachedEncoder:
    """A text encoder that keeps its vectors on disk; itself a ``TextEncoder``.

    Vectors are the wrapped encoder's to the bit. Every call with new texts writes at least one file: made for tables,
    not for a service that asks for one text at a time.

    Parameters
    ----------
    encoder : TextEncoder
        Its id and hash choose the folder below ``folder``.
    folder : Path or None
        None: ``cache_folder()``. If nothing can be written there, vectors are computed every time, and one warning is
        logged.
    """

    def __init__(self, encoder: TextEncoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self._folder = cache_folder() if folder is None else folder
        self._lock = threading.Lock()
        self._store: VectorStore | None = None

    def __reduce__(self) -> tuple[type[CachedEncoder], tuple[TextEncoder, Path]]:
        return CachedEncoder, (self.encoder, self._folder)  # another process opens the files itself

    @property
    def id(self) -> str:
        """Id of the wrapped encoder."""
        return self.encoder.id

    @property
    def hash(self) -> str:
        """Hash of the wrapped encoder."""
        return self.encoder.hash

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.encoder.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts; see ``TextEncoder.encode``.

        Raises
        ------
        TypeError
            If ``texts`` is a lone string.
        """
        check_is_sequence(texts)
        if self.dim == 0:
            return self.encoder.encode(texts)
        store = self._opened()
        keys = [b"" if is_blank(text) else _digest(text.encode("utf-8", "surrogatepass")) for text in texts]
        vectors, found = store.find(keys)
        missing: dict[bytes, list[int]] = {}
        for row, key in enumerate(keys):
            if key and not found[row]:
                missing.setdefault(key, []).append(row)
        waiting = list(missing)
        for start in range(0, len(waiting), ROWS_PER_FILE):
            part = waiting[start : start + ROWS_PER_FILE]
            fresh = self.encoder.encode([texts[missing[key][0]] for key in part])  # (rows, dim)
            store.add(part, fresh)
            for key, vector in zip(part, fresh, strict=True):
                vectors[missing[key]] = vector
        return vectors

    def _opened(self) -> VectorStore:
        with self._lock:
            if self._store is None:
                name = re.sub(r"[^a-z0-9]+", "-", self.id.lower())[-40:].strip("-")
                digest = _digest(f"{self.id}\n{self.hash}\n{self.dim}".encode()).hex()
                self._store = VectorStore(self._folder / f"{name}-{digest[:16]}", self.dim)
            return self._store


class VectorStore:
    """Vectors by key, in files of one folder. Safe to share between threads; processes may share the folder.

    Parameters
    ----------
    folder : Path
        Made when absent. What other processes add later is not seen until the store is opened anew.
    dim : int
        Length of a vector.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        self.folder = folder
        self.dim = dim
        self._record = np.dtype([("key", "u1", (_KEY_BYTES,)), ("vector", "<f4", (dim,))])
        self._lock = threading.Lock()
        self._places: dict[bytes, tuple[NDArray[np.float32], int]] = {}
        self._can_write = True
        self._open()

    def find(self, keys: Sequence[bytes]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Look up keys.

        Returns
        -------
        vectors : array of float32, shape (n, dim)
            Zeros where there is none.
        found : array of bool, shape (n,)
        """
        vectors = np.zeros((len(keys), self.dim), dtype=np.float32)
        found = np.zeros(len(keys), dtype=bool)
        for row, key in enumerate(keys):
            place = self._places.get(key)
            if place is not None:
                vectors[row] = place[0][place[1]]
                found[row] = True
        return vectors, found

    def add(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep vectors of shape (n, dim) under n keys of 32 bytes; what is not finite is left out."""
        good = [row for row in range(len(keys)) if np.isfinite(vectors[row]).all()]
        if not self._can_write or not good:
            return
        records = np.zeros(len(good), dtype=self._record)
        joined = b"".join(keys[row] for row in good)
        records["key"] = np.frombuffer(joined, dtype=np.uint8).reshape(-1, _KEY_BYTES)
        records["vector"] = vectors[good]
        content = records.tobytes()
        path = self.folder / f"{_digest(content).hex()}.vectors"
        try:
            _write_whole(path, content)
            with self._lock:
                self._map(path)
        except OSError as error:
            self._stop_writing(error)

    def _open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            paths = sorted(self.folder.iterdir())
        except OSError as error:
            self._stop_writing(error)
            return
        for path in paths:
            if path.suffix == ".vectors":
                self._read(path)
            elif path.suffix == ".tmp":
                _remove_if_stale(path)

    def _read(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                is_whole = hashlib.file_digest(file, "sha256").hexdigest() == path.stem
            if is_whole:
                self._map(path)
                return
            _log.warning("%s: the cached vectors are damaged; they are dropped and computed again.", path)
            path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s: the cached vectors cannot be read (%s); they are computed again.", path, error)

    def _map(self, path: Path) -> None:
        """Enter a file's keys. Its vectors stay on disk until they are asked for."""
        records = np.memmap(path, dtype=self._record, mode="r")
        keys = records["key"].tobytes()
        vectors = records["vector"].view(np.ndarray)  # (rows, dim)
        for row in range(len(records)):
            self._places[keys[row * _KEY_BYTES : (row + 1) * _KEY_BYTES]] = (vectors, row)

    def _stop_writing(self, error: OSError) -> None:
        if self._can_write:
            self._can_write = False
            _log.warning(
                "%s: vectors cannot be cached here (%s); they are computed every time. Set UMKM_CACHE to a folder that "
                "can be written to.",
                self.folder,
                error.strerror or error,
            )


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _write_whole(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _remove_if_stale(path: Path) -> None:
    """Remove what a killed process left behind; a younger file may still be in the making."""
    try:
        if time.time() - path.stat().st_mtime > _STALE_S:
            path.unlink()
    except OSError:
        _log.debug("%s: left where it is.", path)
