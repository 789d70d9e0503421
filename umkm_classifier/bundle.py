"""A trained model as a folder: written whole, checked whole, and never a pickle.

Reading goes in this order, and each step trusts only what the one before has checked: manifest, format version,
checksums of all files, finite numbers, building, golden rows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.bundle_checks import (
    FORMAT,
    check_files,
    check_golden,
    golden_rows,
    read_manifest,
    versions,
)
from umkm_classifier.bundle_encoders import (
    ENCODER,
    IMAGE_ENCODER,
    JOINT_ENCODERS,
    encoder_of,
    image_encoder_of,
    read_encoder,
    read_image_encoder,
    read_joint,
    write_encoder,
    write_image_encoder,
    write_joint_encoders,
)
from umkm_classifier.bundle_files import (
    ARRAYS,
    MANIFEST,
    check_outside,
    check_place,
    dump,
    files_of,
    put_whole,
    sha256_of,
    signed,
    write_json,
    writing,
)
from umkm_classifier.encoders.encoders import Encoders
from umkm_classifier.errors import (
    BundleCorruptError,
    BundleError,
    OutputConflictError,
    UsageError,
)
from umkm_classifier.model.calibration_choice import Curve
from umkm_classifier.model.decision import DecisionRule
from umkm_classifier.model.fusion import Fusion
from umkm_classifier.model.origin import CLASSES, BaseView, OriginModel
from umkm_classifier.signals.benefit import KIND as BENEFIT
from umkm_classifier.signals.benefit import BenefitView
from umkm_classifier.signals.cues import KIND as CUES
from umkm_classifier.signals.cues import CuesView
from umkm_classifier.signals.facts import KIND as TREES
from umkm_classifier.signals.facts import FieldsView
from umkm_classifier.signals.joint.view import KIND as JOINT
from umkm_classifier.signals.looks import KIND as LOOKS
from umkm_classifier.signals.looks import LooksView
from umkm_classifier.signals.meaning import KIND as VECTORS
from umkm_classifier.signals.meaning import MeaningView
from umkm_classifier.signals.ngrams import KIND as NGRAMS
from umkm_classifier.signals.ngrams import NgramView
from umkm_classifier.signals.signal import State, View, signal_of
from umkm_classifier.signals.writing import KIND as WRITING
from umkm_classifier.signals.writing import WritingView
from umkm_classifier.signals.writing_read import writing_reader

WORDS, ROWS, CONFIG, CARD = "words.json", "rows.json", "config.toml", "MODEL_CARD.md"
BASE = "base"  # folder of the bundle that was adapted, where there is one
# Parts that fit their digests and still make no model were put together by something else than this package.
_UNBUILDABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


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
    base : Path or None
        The bundle that the model was adapted from; it is copied into the new one.
    """

    config: str
    card: str
    data_fingerprint: str
    row_hashes: tuple[str, ...] = ()
    base: Path | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle; ``row_hashes`` are those of its training rows and of its base's."""

    model: OriginModel
    manifest: Mapping[str, Any]
    path: Path
    row_hashes: frozenset[str] = field(default_factory=frozenset)


def save_bundle(model: OriginModel, folder: Path, about: About, *, overwrite: bool = False) -> None:
    """Write a model to a folder that appears whole or not at all.

    Raises
    ------
    OutputConflictError
        If the folder is there and ``overwrite`` is false, or holds something else than a bundle.
    UsageError
        If the model was adapted from another whose folder ``about`` does not name, or its encoder cannot be saved.
    TryAgainError
        If the disk is full.
    """
    with put_whole(folder, lambda: check_free(folder, overwrite=overwrite)) as making:
        _write(model, making, about)


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that must not be written to, before hours of training.

    Raises
    ------
    OutputConflictError
        See ``save_bundle``; also if it lies in another bundle, or cannot be looked into.
    """
    with writing(folder):
        _check_free(folder, overwrite)


def _check_free(folder: Path, overwrite: bool) -> None:
    check_outside(folder)
    if not folder.exists():
        check_place(folder)
        return
    check_place(folder.resolve().parent)
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
        If there is none, or it cannot be read.
    BundleCorruptError
        If a file is missing, added, changed, or holds numbers that are not finite.
    BundleTooNewError
        If a newer version of this package wrote it.
    BundleDriftError
        If the golden rows get other scores here.
    """
    try:
        manifest = read_manifest(folder)
        check_files(folder, manifest)
        base = load_bundle(folder / BASE) if (folder / BASE).is_dir() else None
        model = _build(folder, manifest, base.model if base is not None else None)
        hashes = frozenset(json.loads((folder / ROWS).read_text(encoding="utf-8")))
        check_golden(folder, manifest, model)
    except OSError as error:
        raise BundleError(
            f"{folder}: a bundle that can be read expected, found: {error.strerror or error}. Check the path and its "
            "rights."
        ) from error
    except _UNBUILDABLE as error:
        raise BundleCorruptError(
            f"{folder}: parts that make a model expected, found some that do not fit ({type(error).__name__}). Copy "
            "the bundle again or train it again."
        ) from error
    return Bundle(model, manifest, folder, hashes | (base.row_hashes if base is not None else frozenset()))


def _write(model: OriginModel, folder: Path, about: About) -> None:
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {
        "fusion.weights": model.fusion.weights,
        "fusion.elsewhere": model.fusion.elsewhere,
    }
    words: dict[str, list[str]] = {}
    views = []
    for view in model.views:
        state = view.state()
        views.append({"name": view.name, "kind": state.kind, "settings": dict(state.settings)})
        arrays |= {f"{view.name}/{key}": np.ascontiguousarray(value) for key, value in state.arrays.items()}
        words |= {f"{view.name}/{key}": value for key, value in state.words.items()}
    write_joint_encoders(model, folder / JOINT_ENCODERS)
    below = _copy_base(model, folder, about.base)
    (folder / ARRAYS).write_bytes(save(arrays))  # save_file would leave a file that its owner alone can read
    write_json(folder / WORDS, words)
    write_json(folder / ROWS, sorted(about.row_hashes))
    (folder / CONFIG).write_text(about.config, encoding="utf-8")
    (folder / CARD).write_text(about.card, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "versions": versions(),
        "classes": list(CLASSES),
        "signals": sorted({signal_of(view.name) for view in model.views}),
        "views": views,
        "fusion": {"intercepts": dict(model.fusion.intercepts), "source": model.fusion.source},
        "calibration": model.calibration.to_dict(),
        "decision": model.rule.to_dict() | {"set": f"{model.rule.calibration} of {about.data_fingerprint[:16]}"},
        "encoder": write_encoder(encoder_of(model), folder / ENCODER),
        "image_encoder": write_image_encoder(image_encoder_of(model), folder / IMAGE_ENCODER),
        "data_fingerprint": about.data_fingerprint,
        "training": dict(model.training),
    }
    manifest["files"] = {name: sha256_of(folder / name) for name in files_of(folder)}
    manifest["golden"] = golden_rows(_build(folder, manifest, below))  # of what was written, as it will be served
    (folder / MANIFEST).write_bytes(dump(signed(manifest)))


def _copy_base(model: OriginModel, folder: Path, base: Path | None) -> OriginModel | None:
    below = next((view.model for view in model.views if isinstance(view, BaseView)), None)
    if below is None:
        return None
    if base is None:
        raise UsageError(
            f"{folder}: the bundle that the model was adapted from expected in About.base, found None. Name its folder."
        )
    shutil.copytree(base, folder / BASE)
    return below


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: dict[str, NDArray[Any]] = load_file(str(path))
    except SafetensorError as error:
        raise BundleCorruptError(
            f"{path}: arrays in the form of safetensors expected, found something else. Train it again."
        ) from error
    for name, values in arrays.items():
        # thresholds of leaves are infinite on purpose
        if values.dtype.kind == "f" and not (
            np.isfinite(values).all() or (name.endswith("threshold") and not np.isnan(values).any())
        ):
            raise BundleCorruptError(
                f"{path}: finite numbers expected, found NaN or infinity in '{name}'. Train it again."
            )
    return arrays


def _build(folder: Path, manifest: Mapping[str, Any], below: OriginModel | None) -> OriginModel:
    arrays = _read_arrays(folder / ARRAYS)
    words: dict[str, list[str]] = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    encoder = read_encoder(folder, manifest["encoder"])
    looking = read_image_encoder(folder, manifest["image_encoder"])
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
        elif state.kind == CUES:
            views.append(CuesView.from_state(state))
        elif state.kind == LOOKS:
            views.append(LooksView.from_state(state, looking))
        elif state.kind == WRITING:
            views.append(WritingView.from_state(state, writing_reader()))
        elif state.kind == JOINT:
            views.append(read_joint(state, folder, Encoders(encoder, looking)))
        elif state.kind == BENEFIT:
            views.append(BenefitView.from_state(state))
        elif state.kind == BaseView.kind and below is not None:
            views.append(BaseView(below))
        else:
            raise BundleCorruptError(
                f"{folder}: a known kind of view expected, found '{state.kind}'. Upgrade the package or train again."
            )
    fusion = Fusion(
        tuple(view.name for view in views),
        arrays["fusion.weights"],
        arrays["fusion.elsewhere"],
        manifest["fusion"]["intercepts"],
        manifest["fusion"]["source"],
    )
    curve, rule = Curve.from_dict(manifest["calibration"]), DecisionRule.from_dict(manifest["decision"])
    return OriginModel(views, fusion, curve, manifest["training"], rule)
