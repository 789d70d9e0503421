"""Files of a bundle: written so that a kill leaves no half folder, and known by their digests."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def files_of(folder: Path) -> list[str]:
    """Return the files below a folder, as relative paths, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def sha256_of(path: Path) -> str:
    """Return the digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def signed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with the digest of the rest of it under ``sha256``."""
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    return content | {"sha256": hashlib.sha256(dump(content)).hexdigest()}


def dump(value: Any) -> bytes:
    """Write JSON in one form only: equal values give equal bytes."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode()


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON."""
    path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def sync(folder: Path) -> None:
    """Make a folder and all in it durable."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def swap(making: Path, folder: Path) -> None:
    """Put a finished folder where it belongs; what was there goes."""
    old = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.old"
    if folder.exists():
        folder.rename(old)
    making.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
