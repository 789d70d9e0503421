"""Files of a bundle: written so that a kill leaves no half folder, and known by their digests."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from umkm_classifier.errors import OutputConflictError, TryAgainError

MANIFEST, ARRAYS = "manifest.json", "arrays.safetensors"
INDEX, PHOTOS = "index.json", "photos.safetensors"
KEPT = (("model", "bundle", MANIFEST, ARRAYS), ("index", "index", INDEX, PHOTOS))  # a file more would spoil them
FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
IGNORED = frozenset((".DS_Store", "Thumbs.db"))  # a file browser leaves these where somebody only looked
STALE_S = 3600.0  # a bundle is written in seconds: what is older was left by a process that was killed


def files_of(folder: Path) -> list[str]:
    """Return what lies below a folder and is no folder itself, as relative paths, sorted.

    A link to a folder counts as a file: nothing below it would be checked. What file browsers leave does not count.
    """
    found = (path for path in folder.rglob("*") if path.name not in IGNORED)
    below = (path for path in found if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in below)


def sha256_of(path: Path) -> str:
    """Return the digest of a file's content; '' for a pipe, a device or a link that leads nowhere."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def signed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with the digest of the rest of it under ``sha256``."""
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    return content | {"sha256": hashlib.sha256(dump(content)).hexdigest()}


def read_signed(path: Path) -> dict[str, Any] | None:
    """Return what ``dump(signed(...))`` wrote to a file; None where it is not as it was written."""
    content = path.read_bytes()
    try:
        found = json.loads(content)
        is_whole = isinstance(found, dict) and dump(signed(found)) == content
    except (ValueError, RecursionError):
        return None
    return found if is_whole else None


def differing_files(folder: Path, expected: Mapping[str, str], besides: str) -> tuple[list[str], list[str], list[str]]:
    """Compare the files below a folder with their digests.

    Parameters
    ----------
    folder : Path
    expected : mapping of str to str
        Name to SHA-256.
    besides : str
        The file that holds these.

    Returns
    -------
    missing, added, changed : lists of str
        Sorted names.
    """
    there = set(files_of(folder)) - {besides}
    changed = [name for name in sorted(there & set(expected)) if sha256_of(folder / name) != expected[name]]
    return sorted(set(expected) - there), sorted(there - set(expected)), changed


def dump(value: Any) -> bytes:
    """Write JSON in one form only: equal values give equal bytes."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode()


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON."""
    path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def check_place(folder: Path) -> None:
    """Refuse a folder that could not be made or written into, before the work whose result would go there.

    Raises
    ------
    OutputConflictError
        If a file stands in its place or above it, or the rights are missing.
    """
    place = folder.resolve()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise OutputConflictError(
            f"{folder}: a folder to write to expected, found a file at {place}. Choose another folder."
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputConflictError(
            f"{folder}: the right to write in {place} expected, found none. Choose another folder or ask for the right."
        )


def check_outside(folder: Path) -> None:
    """Refuse a folder within a bundle or an index: a file more in there, and it could not be loaded any longer.

    Raises
    ------
    OutputConflictError
        Naming it.
    """
    for above in folder.resolve().parents:
        for kind, name, *files in KEPT:
            if all(os.path.isfile(above / file) for file in files):
                raise OutputConflictError(
                    f"{folder}: a folder outside of any {kind} expected, found that it lies in the {name} {above}, "
                    "which would be spoilt. Choose another folder."
                )


def check_report_place(folder: Path) -> None:
    """Refuse a folder that a report cannot be written to, or that is a bundle or an index, which it would spoil.

    Raises
    ------
    OutputConflictError
        See ``check_place`` and ``check_outside``.
    """
    check_place(folder)
    check_outside(folder)
    for what, file in (("a model", MANIFEST), ("an index of photos", INDEX)):
        if os.path.lexists(folder / file):
            raise OutputConflictError(
                f"{folder}: a folder for a report expected, found {what} ({file}), which would be spoilt. Choose "
                "another folder."
            )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the file system has against writing into an error that names the folder that the user gave.

    Raises
    ------
    TryAgainError
        If the disk is full.
    OutputConflictError
        If something is in the way or the rights are missing.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise TryAgainError(
                f"{folder}: room to write expected, found the disk full. Free some space and try again."
            ) from error
        if error.errno in FORBIDDEN:
            raise OutputConflictError(
                f"{folder}: a folder to write to expected, found: {error.strerror}. Check the path and its rights, or "
                "choose another folder."
            ) from error
        raise


@contextmanager
def put_whole(folder: Path, check: Callable[[], None]) -> Iterator[Path]:
    """Give a temporary folder to write to, which is put in the place of ``folder`` when the block has ended.

    Parameters
    ----------
    folder : Path
        Of a link, what it leads to is replaced.
    check : function
        Refuses a place that must not be written to; asked before and after the block.

    Raises
    ------
    OutputConflictError, TryAgainError
        See ``check`` and ``writing``.
    """
    check()
    place = folder.resolve()
    making = temporary_beside(place)
    try:
        with writing(folder):
            making.mkdir(parents=True)
            yield making
            sync(making)
            check()
            swap(making, place)
    finally:
        shutil.rmtree(making, ignore_errors=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep the place of a bundle to oneself until the block ends.

    Raises
    ------
    TryAgainError
        If another process holds it.
    """
    place = folder.resolve()
    made = [above for above in place.parents if not above.exists()]
    with writing(folder):
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.parent / f".{place.name}.lock"
        lock = FileLock(file)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise TryAgainError(
                f"{folder}: a place that nobody else trains into expected, found another training at work. Wait until "
                "it has ended, or choose another folder."
            ) from error
    try:
        yield
    finally:
        with suppress(OSError):  # where an open file cannot be removed, it stays, and is no harm
            file.unlink()
        lock.release()
        for above in made:
            with suppress(OSError):  # it holds the bundle now
                above.rmdir()


def temporary_beside(folder: Path) -> Path:
    """Return a hidden name beside a folder that nobody else uses; what a killed process left there long ago goes."""
    for left in folder.parent.glob(f".{_literal(folder.name)}.*.tmp"):
        if time.time() - left.stat().st_mtime > STALE_S:
            shutil.rmtree(left, ignore_errors=True)
    return _hidden(folder, "tmp")


def sync(folder: Path) -> None:
    """Make a folder and all in it durable."""
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def swap(making: Path, folder: Path) -> None:
    """Put a finished folder where it belongs; what was there goes, or is put back when that fails.

    Raises
    ------
    OutputConflictError
        If somebody else put something there meanwhile.
    """
    old = _hidden(folder, "old")
    if folder.exists():
        folder.rename(old)
    try:
        making.rename(folder)
    except OSError as error:
        if os.path.lexists(folder):
            shutil.rmtree(old, ignore_errors=True)
            raise OutputConflictError(
                f"{folder}: a free name expected, found that another process has just written there. "
                "Look at what it wrote, or choose another name."
            ) from error
        if old.exists():
            old.rename(folder)
        raise
    _sync_one(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _hidden(folder: Path, suffix: str) -> Path:
    return folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.{suffix}"


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
