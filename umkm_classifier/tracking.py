"""A training run written down in MLflow: parameters, metrics, report and the bundle, registered as a new version.

A store that is away, full or read-only never ends a training: the run goes to the local store or nowhere, and the
answer says so. No alias is moved here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from umkm_classifier.errors import InputError, TryAgainError, UsageError, show_ten
from umkm_classifier.serving.mlflow_model import save_bundle
from umkm_classifier.serving.mlflow_run import (
    INTENDED_TAG,
    RunRecord,
    experiment_name,
    flat_numbers,
    flat_params,
    read_run,
    tags_of_this_process,
    write_run,
)
from umkm_classifier.serving.mlflow_store import (
    default_store,
    intended_store,
    is_server,
    is_store_fault,
    quiet_mlflow,
    reason,
    why_unreachable,
    without_credentials,
)


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """Where a run was written.

    Parameters
    ----------
    run_id : str or None
        None when it could be written nowhere.
    experiment : str
        Name of the experiment.
    store : str
        URI of the store, without credentials.
    version : int or None
        Version of the registered model; None when it was not registered.
    warning : str or None
        What the person who trained has to know: the run lies elsewhere, or nowhere, and what to do.
    model_uri : str or None
        ``models:/NAME/VERSION``, as ``load`` takes it; None when the model was not registered.
    """

    run_id: str | None
    experiment: str
    store: str
    version: int | None
    warning: str | None
    model_uri: str | None = None


def track_run(
    bundle: Path,
    params: Mapping[str, object],
    metrics: Mapping[str, object],
    artifacts: Sequence[Path] = (),
    *,
    run_name: str | None = None,
    registered_name: str = "umkm",
) -> TrackedRun:
    """Write a finished training to MLflow and register its bundle as a new version.

    The store is the one in ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the working folder with its artifacts beside
    it. When a server does not answer, or fails, the run goes to that local store and is tagged ``umkm.intended_uri``.

    Parameters
    ----------
    bundle : Path
        Folder of the bundle.
    params, metrics : mapping
        Nested mappings are flattened, to ``a.b`` and ``a/b``. Of the metrics only finite numbers are written; the
        rest stands in the report.
    artifacts : sequence of Path
        Files and folders of the report.
    run_name : str or None
        None: MLflow invents one.
    registered_name : str
        Name of the registered model.

    Returns
    -------
    TrackedRun
        With a warning instead of an exception for whatever is the store's fault.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    UsageError
        If the name cannot be registered.
    InputError
        If the bundle or an artifact does not exist.
    """
    _check(bundle, artifacts, registered_name)
    store = intended_store()
    with quiet_mlflow(), ExitStack() as stack:
        try:
            model = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="umkm-track-"))) / "model"
            save_bundle(bundle, model)
        except OSError as error:  # mostly a full disk; other errors in there are mistakes of the bundle or of this code
            return _unwritten(store, reason(error))
        record = RunRecord(
            params=flat_params(params),
            metrics=flat_numbers(metrics),
            artifacts=tuple(Path(path) for path in artifacts),
            model=model,
            registered_name=registered_name,
            run_name=run_name,
            tags={**tags_of_this_process(), "mlflow.source.name": "umkm train"},
        )
        return _write_somewhere(record, store)


def bring_over(run_id: str, store: str | None = None) -> TrackedRun:
    """Copy a run, with its model as a new version, to the store in ``MLFLOW_TRACKING_URI``; the original stays.

    Parameters
    ----------
    run_id : str
        A run that ``track_run`` wrote to a local store because the server was away.
    store : str or None
        URI of the store that holds it; None: ``mlflow.db`` in the working folder.

    Raises
    ------
    UsageError
        If ``MLFLOW_TRACKING_URI`` names no other store.
    InputError
        If the run or its model cannot be read.
    TryAgainError
        If the store in ``MLFLOW_TRACKING_URI`` does not take it.
    """
    source = default_store() if store is None else store
    target = intended_store()
    if source == target:
        raise UsageError(
            f"run {run_id}: expected MLFLOW_TRACKING_URI to name the store to bring it to, found the one it lies in. "
            "Set it to your tracking server."
        )
    with quiet_mlflow(), tempfile.TemporaryDirectory(prefix="umkm-track-") as staging:
        try:
            record = read_run(run_id, source, Path(staging))
        except Exception as error:
            if not is_store_fault(error):
                raise
            raise InputError(
                f"run {run_id}: expected a run with a model in {without_credentials(source)}, found none that can be "
                f"read ({reason(error)}). Give the store that the warning of the training named."
            ) from error
        tracked, why = _try_to_write(record, target)
        if tracked is None:
            raise TryAgainError(
                f"run {run_id}: {without_credentials(target)} should take it, but it does not ({why}). It stays "
                "where it is; try again later."
            )
        return tracked


def _check(bundle: Path, artifacts: Sequence[Path], registered_name: str) -> None:
    if not registered_name or set(registered_name) & set("/:@"):
        raise UsageError(
            f"registered name '{registered_name}': expected a name without '/', ':' and '@', found another. Name it "
            "for example 'umkm'."
        )
    problems = [] if Path(bundle).is_dir() else [f"bundle {bundle}: expected a folder, found none"]
    missing = [path for path in artifacts if not Path(path).exists()]
    problems += [f"artifact {path}: expected a file or folder, found none" for path in missing]
    if problems:
        raise InputError(f"{show_ten(problems)}. Write them before the run is tracked.")


def _write_somewhere(record: RunRecord, store: str) -> TrackedRun:
    """Write to the intended store; for a server that fails, the local one stands in."""
    tracked, why = _try_to_write(record, store)
    if tracked is not None:
        return tracked
    if not is_server(store):
        return _unwritten(store, why)
    shown, local = without_credentials(store), default_store()
    tracked, why_not_local = _try_to_write(replace(record, tags={**record.tags, INTENDED_TAG: shown}), local)
    if tracked is None:
        return _unwritten(store, f"{why}; nor in {local}: {why_not_local}")
    command = f"from umkm_classifier.tracking import bring_over; bring_over('{tracked.run_id}', '{local}')"
    warning = (
        f"{shown} should have taken the run, but it did not ({why}). Run {tracked.run_id} lies in {local} instead. "
        f'When the server is back, bring it over with: python -c "{command}"'
    )
    return replace(tracked, warning=f"{warning} {tracked.warning}" if tracked.warning else warning)


def _try_to_write(record: RunRecord, store: str) -> tuple[TrackedRun | None, str]:
    """Write a run; None, and what stood in the way, when that is the store's fault."""
    why = why_unreachable(store)
    if why is not None:
        return None, why
    shown = without_credentials(store)
    try:
        run = write_run(record, store)
    except Exception as error:
        if not is_store_fault(error):
            raise
        return None, reason(error)
    warning = None
    if run.unregistered is not None:
        warning = (
            f"{shown}: run {run.run_id} is written, but its model could not be registered as "
            f"'{record.registered_name}' ({reason(run.unregistered)}). When that is mended, register it with: "
            f"mlflow.register_model('models:/{run.model_id}', '{record.registered_name}')"
        )
    uri = f"models:/{record.registered_name}/{run.version}" if run.version is not None else None
    return TrackedRun(run.run_id, run.experiment, shown, run.version, warning, uri), ""


def _unwritten(store: str, why: str) -> TrackedRun:
    shown = without_credentials(store)
    warning = (
        f"{shown}: the run could not be written ({why}). The model itself is saved and whole. Make room there or make "
        "it writable, set MLFLOW_TRACKING_URI to another store, or train with --no-track."
    )
    return TrackedRun(None, experiment_name(), shown, None, warning)
