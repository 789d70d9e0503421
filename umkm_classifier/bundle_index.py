"""An index of photos as a folder: written whole or not at all, with a version and a hash, and checked when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.bundle_checks import versions
from umkm_classifier.bundle_encoders import IMAGE_ENCODER, read_image_encoder, write_image_encoder
from umkm_classifier.bundle_files import (
    INDEX,
    PHOTOS,
    check_outside,
    check_place,
    differing_files,
    dump,
    files_of,
    put_whole,
    read_signed,
    sha256_of,
    signed,
    writing,
)
from umkm_classifier.encoders.image import ImageEncoder
from umkm_classifier.errors import (
    BundleCorruptError,
    BundleError,
    BundleTooNewError,
    OutputConflictError,
    show_ten,
)
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing

SHOWINGS = "showings.parquet"
KIND, FORMAT = "photo index", 2
_ARRAYS = ("hashes", "signs", "thumbs", "colours", "counts", "places", "codes")


@dataclass(frozen=True, slots=True)
class SavedIndex:
    """An index with what its folder says of it.

    Parameters
    ----------
    index : PhotoIndex
    encoder : ImageEncoder
        What its photos were encoded with.
    placeholders : frozenset of str
        SHA-256 of pictures that say that there is no picture; not among its photos.
    version : int
        1 for a new one, one more each time that photos were added.
    hash : str
        SHA-256 of all that it holds.
    """

    index: PhotoIndex
    encoder: ImageEncoder
    placeholders: frozenset[str]
    version: int
    hash: str

    @property
    def id(self) -> str:
        """Version and the first digits of the hash, as predictions name it: ``'v2-1f0c…'``."""
        return f"v{self.version}-{self.hash[:12]}"


def check_index_place(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that an index must not be written to.

    Raises
    ------
    OutputConflictError
        If something is there that is no index, or an index and ``overwrite`` is false.
    """
    with writing(folder):
        check_outside(folder)
        check_place(folder)
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        if _described(folder) is None:
            raise OutputConflictError(
                f"{folder}: a new folder expected, found something that is no index of photos. Choose another name."
            )
        if not overwrite:
            raise OutputConflictError(
                f"{folder}: a new folder expected, found an index of photos. Choose another name or pass --overwrite."
            )


def save_index(
    index: PhotoIndex,
    folder: Path,
    encoder: ImageEncoder,
    placeholders: frozenset[str],
    *,
    version: int,
    overwrite: bool = False,
) -> SavedIndex:
    """Write an index to a folder.

    Raises
    ------
    OutputConflictError
        See ``check_index_place``.
    TryAgainError
        If the disk is full.
    """
    with put_whole(folder, lambda: check_index_place(folder, overwrite=overwrite)) as making:
        said = _write(index, making, encoder, placeholders, version)
    return SavedIndex(index, encoder, placeholders, version, said["sha256"])


def _write(
    index: PhotoIndex, folder: Path, encoder: ImageEncoder, placeholders: frozenset[str], version: int
) -> Mapping[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from safetensors.numpy import save

    contents = np.frombuffer(bytes.fromhex("".join(index.contents)), dtype=np.uint8).reshape(-1, 32)
    arrays = {name: np.ascontiguousarray(getattr(index, name)) for name in _ARRAYS} | {"contents": contents}
    (folder / PHOTOS).write_bytes(save(arrays))
    names = ("shop_id", "listing_id", "listed_at")
    columns: dict[str, Any] = {name: [getattr(one, name) for one in index.showings] for name in names}
    schema = pa.schema([("photo", pa.int64()), *((name, pa.string()) for name in names)])
    pq.write_table(pa.table({"photo": index.shown, **columns}, schema=schema), folder / SHOWINGS)
    manifest = {
        "kind": KIND,
        "format": FORMAT,
        "version": version,
        "versions": versions(),
        "photos": len(index),
        "shops": len({one.shop_id for one in index.showings}),
        "showings": len(index.showings),
        "encoder": write_image_encoder(encoder, folder / IMAGE_ENCODER),
        "placeholders": sorted(placeholders),
    }
    manifest["files"] = {name: sha256_of(folder / name) for name in files_of(folder)}
    said = signed(manifest)
    (folder / INDEX).write_bytes(dump(said))
    return said


def load_index(folder: Path) -> SavedIndex:
    """Read an index.

    Raises
    ------
    BundleError
        If there is none, it cannot be read, or an earlier version wrote it.
    BundleCorruptError
        If a file is missing, added or changed.
    BundleTooNewError
        If a newer version of this package wrote it.
    """
    try:
        manifest = _read_manifest(folder)
        _check_files(folder, manifest)
        index = _read(folder)
        encoder = read_image_encoder(folder, manifest["encoder"])
    except OSError as error:
        raise BundleError(
            f"{folder}: an index of photos that can be read expected, found: {error.strerror or error}. Check the "
            "path and its rights."
        ) from error
    placeholders = frozenset(manifest["placeholders"])
    return SavedIndex(index, encoder, placeholders, manifest["version"], manifest["sha256"])


def _described(folder: Path) -> dict[str, Any] | None:
    """Return what the folder of an index says of it, whatever its format; None where it is none."""
    found = read_signed(folder / INDEX) if (folder / INDEX).is_file() else None
    is_index = found is not None and found.get("kind") == KIND and type(found.get("format")) is int
    return found if is_index else None


def _read_manifest(folder: Path) -> dict[str, Any]:
    path, manifest = folder / INDEX, _described(folder)
    if not path.is_file():
        raise BundleError(
            f"{folder}: an index of photos expected, found no {INDEX} in it. Check the path, or build one with "
            f"'umkm index DATA --out {folder}'."
        )
    if manifest is None:
        raise BundleCorruptError(
            f"{path}: the index as it was written expected, found a changed one. Copy it again or build it again."
        )
    if manifest["format"] < FORMAT:
        raise BundleError(
            f"{folder}: format {FORMAT} expected, found format {manifest['format']} of an earlier version. Build it "
            f"again: 'umkm index DATA --out {folder} --overwrite'."
        )
    if manifest["format"] > FORMAT:
        wrote = manifest["versions"].get("umkm-classifier", "the version that wrote it")
        raise BundleTooNewError(
            f"{folder}: format {FORMAT} expected, found format {manifest['format']}. It needs umkm_classifier >= "
            f"{wrote}: upgrade the package."
        )
    return manifest


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    wrong = sorted(name for names in differing_files(folder, manifest["files"], INDEX) for name in names)
    if wrong:
        problems = [f"{folder / name}: the file as it was written expected, found another or none" for name in wrong]
        raise BundleCorruptError(show_ten(problems) + "\nCopy the index again or build it again.")


def _read(folder: Path) -> PhotoIndex:
    import pyarrow.parquet as pq
    from safetensors.numpy import load_file

    arrays = load_file(str(folder / PHOTOS))
    table = pq.read_table(folder / SHOWINGS)
    columns = (table[name].to_pylist() for name in ("shop_id", "listing_id", "listed_at"))
    showings = tuple(Showing(*row) for row in zip(*columns, strict=True))
    contents = tuple(bytes(one).hex() for one in arrays.pop("contents"))
    return PhotoIndex(contents, **arrays, showings=showings, shown=table["photo"].to_numpy().copy())
