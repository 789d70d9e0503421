"""One run in one MLflow store: what is written of a training, and how it is read back."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from umkm_classifier.serving.mlflow_model import log_bundle, register
from umkm_classifier.serving.mlflow_store import intended_store, is_store_fault, open_client, sqlite_path

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

EXPERIMENT = "umkm"  # MLFLOW_EXPERIMENT_NAME and MLFLOW_EXPERIMENT_ID win
INTENDED_TAG = "umkm.intended_uri"
REPORT_FOLDER = "report"
PARAM_CHARS = 6000  # MLflow's own limit
PARAMS_A_REQUEST = 100  # limits of a server
METRICS_A_REQUEST = 1000


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is written of a run, ready for any store.

    Parameters
    ----------
    params : dict of str to str
        From ``flat_params``.
    metrics : dict of str to float
        From ``flat_numbers``.
    artifacts : tuple of Path
        Files and folders of the report.
    model : Path
        An MLflow model, written by ``save_bundle``; every store that it goes to writes its ids into it.
    registered_name : str
        Name of the registered model.
    run_name : str or None
        None: MLflow invents one.
    tags : dict of str to str
        Tags of the run.
    """

    params: dict[str, str]
    metrics: dict[str, float]
    artifacts: tuple[Path, ...]
    model: Path
    registered_name: str
    run_name: str | None
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class WrittenRun:
    """A run that a store holds; ``version`` is None when registering failed, and ``unregistered`` is why."""

    run_id: str
    experiment: str
    model_id: str
    version: int | None
    unregistered: Exception | None


def write_run(record: RunRecord, store: str) -> WrittenRun:
    """Write a run into a store and register its model.

    A run that cannot be finished is marked as failed, as killed when the person stopped it.

    Raises
    ------
    Exception
        Whatever stands in the way before the run is whole; see ``mlflow_store.is_store_fault``.
    """
    client = open_client(store, writing=True)
    experiment = _experiment(client, store)
    run_id: str = client.create_run(experiment.experiment_id, tags=record.tags, run_name=record.run_name).info.run_id
    try:
        _log_numbers(client, run_id, record)
        for path in record.artifacts:
            if path.is_dir():
                client.log_artifacts(run_id, str(path), f"{REPORT_FOLDER}/{path.name}")
            else:
                client.log_artifact(run_id, str(path), REPORT_FOLDER)
        logged = log_bundle(client, run_id, record.model, record.registered_name)
    except BaseException as error:
        with suppress(Exception):  # the store is in trouble already; the first error is the one to tell
            client.set_terminated(run_id, "FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    version, unregistered = None, None
    try:
        version = register(client, logged, record.registered_name)
    except Exception as error:
        if not is_store_fault(error):
            raise
        unregistered = error  # the run itself is whole
    client.set_terminated(run_id, "FINISHED")
    return WrittenRun(run_id, experiment.name, logged.model_id, version, unregistered)


def read_run(run_id: str, store: str, folder: Path) -> RunRecord:
    """Read a run back as ``write_run`` wrote it, its files into a folder.

    Raises
    ------
    Exception
        If the store, the run or its model cannot be read; see ``mlflow_store.is_store_fault``.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    client = open_client(store, writing=False)
    run = client.get_run(run_id)
    models = run.outputs.model_outputs if run.outputs else []
    if not models:
        raise MlflowException("the run has no model")
    location = client.get_logged_model(models[0].model_id).artifact_location
    model = download_artifacts(artifact_uri=location, dst_path=str(folder / "model"), tracking_uri=store)
    report: tuple[Path, ...] = ()
    if any(entry.path == REPORT_FOLDER for entry in client.list_artifacts(run_id)):
        report = tuple(sorted(Path(client.download_artifacts(run_id, REPORT_FOLDER, str(folder))).iterdir()))
    versions = client.search_model_versions(f"run_id = '{run_id}'")
    return RunRecord(
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        artifacts=report,
        model=Path(model),
        registered_name=versions[0].name if versions else EXPERIMENT,
        run_name=run.info.run_name,
        tags={name: value for name, value in run.data.tags.items() if name not in (INTENDED_TAG, "mlflow.runName")},
    )


def tags_of_this_process() -> dict[str, str]:
    """Return who ran what from which commit, as MLflow's own runs have it, and our version."""
    from mlflow.tracking.context.registry import resolve_tags

    from umkm_classifier import __version__

    return {**resolve_tags(), "umkm.version": __version__}


def experiment_name() -> str:
    """Return the name of the experiment that runs go to."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME", "") or EXPERIMENT


def flat_params(params: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Flatten nested mappings to ``a.b``; lists become JSON, and a value longer than MLflow's limit is cut."""
    flat: dict[str, str] = {}
    for key, value in params.items():
        name = _clean(f"{prefix}{key}")
        if isinstance(value, Mapping):
            flat |= flat_params(value, f"{name}.")
        else:
            is_list = isinstance(value, (list, tuple))
            text = json.dumps(value, default=str, ensure_ascii=False) if is_list else str(value)
            flat[name] = text if len(text) <= PARAM_CHARS else f"{text[: PARAM_CHARS - 1]}…"
    return flat


def flat_numbers(metrics: Mapping[str, object], prefix: str = "") -> dict[str, float]:
    """Flatten nested mappings to ``a/b`` and keep the finite numbers; truth values are none."""
    flat: dict[str, float] = {}
    for key, value in metrics.items():
        name = _clean(f"{prefix}{key}")
        if isinstance(value, Mapping):
            flat |= flat_numbers(value, f"{name}/")
        elif not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value):
            flat[name] = float(value)
    return flat


def _clean(name: str) -> str:
    """Replace what MLflow does not take in a name."""
    return re.sub(r"[^\w\-. :/]", "_", name, flags=re.ASCII)


def _log_numbers(client: MlflowClient, run_id: str, record: RunRecord) -> None:
    from mlflow.entities import Metric, Param

    params = [Param(name, value) for name, value in record.params.items()]
    for start in range(0, len(params), PARAMS_A_REQUEST):
        client.log_batch(run_id, params=params[start : start + PARAMS_A_REQUEST])
    now_ms = int(time.time() * 1000)
    metrics = [Metric(name, value, now_ms, 0) for name, value in record.metrics.items()]
    for start in range(0, len(metrics), METRICS_A_REQUEST):
        client.log_batch(run_id, metrics=metrics[start : start + METRICS_A_REQUEST])


def _experiment(client: MlflowClient, store: str) -> Experiment:
    """Find the experiment or create it; another process may be quicker."""
    from mlflow.exceptions import MlflowException

    named_id = os.environ.get("MLFLOW_EXPERIMENT_ID", "")
    if named_id and store == intended_store():  # an id means nothing in a store that stands in
        return client.get_experiment(named_id)
    name = experiment_name()
    found = client.get_experiment_by_name(name)
    if found is not None:
        return found
    path = sqlite_path(store)
    # Beside the store: MLflow's own default is the folder that the process happens to run in.
    location = None if path is None else (path.parent / "mlruns" / quote(name, safe="")).as_uri()
    try:
        return client.get_experiment(client.create_experiment(name, artifact_location=location))
    except MlflowException as error:
        created_meanwhile = client.get_experiment_by_name(name)
        if error.error_code != "RESOURCE_ALREADY_EXISTS" or created_meanwhile is None:
            raise
        return created_meanwhile
