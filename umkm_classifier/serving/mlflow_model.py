"""A bundle as an MLflow model: logged with models-from-code, answered as a pyfunc, found again by its ``models:/`` URI.

The code that travels with a model is a dozen lines which call the installed package. MLflow's ``code_paths`` would
carry a copy of the package, but two such models in one process run the first one's copy.
"""

from __future__ import annotations

import atexit
import base64
import binascii
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from umkm_classifier.bundle_files import MANIFEST
from umkm_classifier.errors import BundleError, TryAgainError, UsageError
from umkm_classifier.listings.listing import LISTING_FIELDS
from umkm_classifier.serving.mlflow_store import (
    intended_store,
    is_store_fault,
    open_client,
    quiet_mlflow,
    reason,
    why_unreachable,
    without_credentials,
)

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature

    from umkm_classifier.serving.predictor import Predictor

ARTIFACT = "bundle"  # its name within an MLflow model, whatever its folder was called
IMAGE_COLUMN = "image_b64"  # one photo as base64: a binary column that may be empty fails over HTTP
# Paths of photos would be read on the server, so photos come as content; a label is not an input.
INPUT_COLUMNS = (*(name for name in LISTING_FIELDS if name not in ("photos", "label")), IMAGE_COLUMN)
OUTPUT_COLUMNS = ("p_imported", "decision", "status", "notes")
UNREADABLE_PHOTO = "image_unsupported"

MODEL_CODE = '''\
"""Answers with the bundle that lies beside this file; the work is done by the installed umkm_classifier."""

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from umkm_classifier.serving.mlflow_model import predict_frame
from umkm_classifier.serving.predictor import load


class OriginModel(PythonModel):
    def load_context(self, context):
        self.predictor = load(context.artifacts["bundle"])

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        return predict_frame(self.predictor, model_input)


set_model(OriginModel())
'''
EXAMPLE = {"title": "Kain batik tulis motif parang", "price": "Rp450.000", "shop_city": "Surakarta"}

_MODEL_URI = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>[0-9]+))")


def signature() -> ModelSignature:
    """Return what goes in and out, written out: one inferred from columns with gaps silently becomes None.

    Every column is a string, and all but ``title`` may be left out; numbers read as numbers would turn the id ``007``
    into 7.0, so read tables with ``dtype=str``.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    inputs = Schema([ColSpec(DataType.string, name, required=name == "title") for name in INPUT_COLUMNS])
    p_imported, *texts = OUTPUT_COLUMNS
    outputs = Schema(
        [ColSpec(DataType.double, p_imported, required=False), *(ColSpec(DataType.string, name) for name in texts)]
    )
    return ModelSignature(inputs=inputs, outputs=outputs)


def save_bundle(bundle: Path, folder: Path) -> None:
    """Write a bundle as an MLflow model into a new folder; no store is needed.

    Raises
    ------
    OSError
        If the disk is full or the bundle cannot be read.
    """
    import mlflow.pyfunc
    import pandas as pd

    from umkm_classifier import __version__

    with tempfile.TemporaryDirectory(prefix="umkm-mlflow-") as staging:
        code = Path(staging) / "umkm_model.py"
        code.write_text(MODEL_CODE, encoding="utf-8")
        # MLflow reads an artifact's path as a URI; a copy under a plain name spares it '#' and '%' in folder names.
        copied = shutil.copytree(bundle, Path(staging) / ARTIFACT)
        mlflow.pyfunc.save_model(
            path=str(folder),
            python_model=str(code),
            artifacts={ARTIFACT: str(copied)},
            signature=signature(),
            input_example=pd.DataFrame([EXAMPLE]),
            pip_requirements=[f"{_distribution(bundle)}=={__version__}", f"mlflow=={mlflow.__version__}"],
        )
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)


def _distribution(bundle: Path) -> str:
    """Return the package with the extra that a bundle, or one it was adapted from, answers with."""
    signals = {name for path in bundle.rglob(MANIFEST) for name in json.loads(path.read_bytes()).get("signals", ())}
    return "umkm-classifier[ocr]" if "writing" in signals else "umkm-classifier"


def log_bundle(client: MlflowClient, run_id: str, model_folder: Path, name: str) -> LoggedModel:
    """Log a saved model as the output of a run.

    Parameters
    ----------
    client : MlflowClient
        An open store; it is the only one that is written to, whatever MLflow's global tracking URI is.
    run_id : str
        The run that made the model.
    model_folder : Path
        Written by ``save_bundle``; its ``MLmodel`` is given the ids of run and model.
    name : str
        Name of the logged model.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    logged = client.create_logged_model(client.get_run(run_id).info.experiment_id, name=name, source_run_id=run_id)
    try:
        described = Model.load(str(model_folder))
        described.run_id = run_id
        described.model_id = described.model_uuid = logged.model_id
        described.artifact_path = logged.artifact_location
        described.save(str(model_folder / "MLmodel"))
        client.log_model_artifacts(logged.model_id, str(model_folder))
    except Exception:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return client.finalize_logged_model(logged.model_id, "READY")


def register(client: MlflowClient, logged: LoggedModel, name: str) -> int:
    """Register a logged model as a new version, and return its number. No alias is moved."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    # The location, not 'models:/<id>': a local store would look that up in MLflow's global tracking URI.
    version = client.create_model_version(
        name, logged.artifact_location, run_id=logged.source_run_id, model_id=logged.model_id
    )
    return int(version.version)


def predict_frame(predictor: Predictor, frame: pd.DataFrame) -> pd.DataFrame:
    """Answer a table, one row an input row, in its order and with its index.

    Parameters
    ----------
    predictor : Predictor
        What answers.
    frame : DataFrame, n rows
        Any of ``INPUT_COLUMNS``; others are ignored. None and NaN are missing. ``image_b64`` is one photo as base64.

    Returns
    -------
    DataFrame, n rows
        ``p_imported`` as float objects (None for a rejected row), ``decision``, ``status``, and ``notes`` as a JSON
        list of codes. A photo that is no base64 costs the row its photo and adds ``image_unsupported``.
    """
    import pandas as pd

    columns = {name: frame[name].tolist() for name in INPUT_COLUMNS if name in frame.columns}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    listings, unreadable = _listings(rows if columns else [{} for _ in range(len(frame))])
    answers = []
    for row, answer in enumerate(predictor.predict(listings, explain=False)):
        status, notes = answer.status, list(answer.notes)
        if row in unreadable:
            status, notes = "degraded" if status == "ok" else status, [*notes, UNREADABLE_PHOTO]
        answers.append((answer.p_imported, answer.decision, status, json.dumps(notes)))
    # Objects, since a missing float64 would leave MLflow's server as NaN, which is no JSON.
    return pd.DataFrame(answers, index=frame.index, columns=list(OUTPUT_COLUMNS), dtype=object)


def _listings(rows: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], set[int]]:
    """Turn rows of a frame into the fields of listings; also the rows whose photo is no base64."""
    listings: list[dict[str, Any]] = []
    unreadable: set[int] = set()
    for number, row in enumerate(rows):
        listing = {name: value for name, value in row.items() if not _is_missing(value)}
        encoded = listing.pop(IMAGE_COLUMN, "")
        try:
            photo = base64.b64decode("".join(str(encoded).split()), validate=True)
        except (binascii.Error, ValueError):  # ValueError: letters outside ASCII
            unreadable.add(number)
            photo = b""
        if photo:
            listing["photos"] = (photo,)
        listings.append(listing)
    return listings, unreadable


def _is_missing(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def load_uri(uri: str) -> Path:
    """Return the bundle of a registered model.

    Parameters
    ----------
    uri : str
        ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``, in the store that ``MLFLOW_TRACKING_URI`` names, or in
        ``mlflow.db`` of the working folder.

    Returns
    -------
    Path
        The bundle's folder: in the store itself when that is on this machine, where nothing is written; else in a
        temporary folder that goes when the process ends.

    Raises
    ------
    UsageError
        If the URI has another form.
    MissingExtraError
        If MLflow is not installed.
    BundleError
        If there is no such model, or it holds no bundle.
    TryAgainError
        If the server does not answer.
    """
    match = match_uri(uri)
    with store_of(uri) as store:
        return _bundle_in(_fetch(store, match), uri)


def match_uri(uri: str) -> re.Match[str]:
    """Return the parts ``name`` and ``version`` or ``alias`` of a URI; raise UsageError for another form."""
    match = _MODEL_URI.fullmatch(uri)
    if match is None:
        raise UsageError(
            f"model '{uri}': expected 'models:/NAME@ALIAS' or 'models:/NAME/VERSION', found another form. "
            "Write for example 'models:/umkm@champion' or 'models:/umkm/3'."
        )
    return match


@contextmanager
def store_of(uri: str) -> Iterator[str]:
    """Give the store that a registered model is looked for in; its faults become errors that name the model.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    BundleError
        If the store cannot be read, or holds no such model.
    TryAgainError
        If the server does not answer.
    """
    store = intended_store()
    shown = without_credentials(store)
    with quiet_mlflow():
        why = why_unreachable(store)
        if why is not None:
            raise TryAgainError(
                f"{uri}: the tracking server at {shown} should hand out the model, but it does not answer ({why}). Try "
                "again when it is back, or give the folder of a bundle."
            )
        try:
            yield store
        except Exception as error:
            if not is_store_fault(error):
                raise
            raise BundleError(
                f"{uri}: expected a registered model in {shown}, found none that can be read ({reason(error)}). "
                "'umkm train' registers versions ('models:/umkm/1') and sets no alias: give one in MLflow with "
                "set_registered_model_alias. MLFLOW_TRACKING_URI says in which store to look."
            ) from error


def _fetch(store: str, match: re.Match[str]) -> Path:
    """Bring the files of a model version here, unless they are here already."""
    from mlflow.artifacts import download_artifacts

    client = open_client(store, writing=False)
    name, version = match["name"], match["version"]
    if version is None:
        version = client.get_model_version_by_alias(name, match["alias"]).version
    location = client.get_model_version_download_uri(name, version)
    folder = None
    if urlsplit(location).scheme not in ("", "file"):
        folder = tempfile.mkdtemp(prefix="umkm-model-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The location, not the models:/ URI: for that MLflow writes a file beside the model, also in a read-only store.
    return Path(download_artifacts(artifact_uri=location, dst_path=folder, tracking_uri=store, registry_uri=store))


def _bundle_in(model_folder: Path, uri: str) -> Path:
    from mlflow.models import Model

    flavor = Model.load(str(model_folder)).flavors.get("python_function", {})
    path = flavor.get("artifacts", {}).get(ARTIFACT, {}).get("path")
    bundle: Path | None = (model_folder / path).resolve() if path else None
    if bundle is None or not bundle.is_relative_to(model_folder.resolve()) or not bundle.is_dir():
        raise BundleError(
            f"{uri}: expected a model that 'umkm train' registered, found one without a bundle. Name another model or "
            "version."
        )
    return bundle
