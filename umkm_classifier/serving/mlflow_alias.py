"""The alias ``@champion`` of a registered model: which version it names, and how it is moved."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock

from umkm_classifier.errors import TryAgainError
from umkm_classifier.serving.mlflow_model import match_uri, store_of
from umkm_classifier.serving.mlflow_store import (
    LOCK_S,
    intended_store,
    is_store_fault,
    open_client,
    quiet_mlflow,
    reason,
    sqlite_path,
    without_credentials,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"


class Registered(NamedTuple):
    """A version of a registered model."""

    name: str
    version: str

    @property
    def uri(self) -> str:
        """What ``load`` takes; unlike an alias it means the same model for ever."""
        return f"models:/{self.name}/{self.version}"


def alias_uri(name: str) -> str:
    """Return the URI of a registered model's champion."""
    return f"models:/{name}@{CHAMPION}"


def registered(model: str | Path) -> Registered | None:
    """Return the version that a URI means now; None for what is no ``models:/`` URI.

    Raises
    ------
    UsageError, BundleError, TryAgainError, MissingExtraError
        See ``load_uri``.
    """
    if not (isinstance(model, str) and model.startswith("models:/")):
        return None
    match = match_uri(model)
    if match["version"] is not None:
        return Registered(match["name"], str(int(match["version"])))
    with store_of(model) as store:
        client = open_client(store, writing=False)
        return Registered(match["name"], str(client.get_model_version_by_alias(match["name"], match["alias"]).version))


def champion_of(name: str) -> str | None:
    """Return the version that ``@champion`` of a registered model names; None where there is no such alias.

    Raises
    ------
    BundleError, TryAgainError, MissingExtraError
        See ``load_uri``.
    """
    with store_of(alias_uri(name)) as store:
        return _champion(open_client(store, writing=False), name)


def move_champion(to: Registered, since: str | None) -> None:
    """Let ``@champion`` name a version.

    Parameters
    ----------
    to : Registered
    since : str or None
        The version that it named when the comparison began; None: there was no alias.

    Raises
    ------
    TryAgainError
        If it names another version by now, or the store does not take it; it then stays as it is.
    """
    store, uri = intended_store(), alias_uri(to.name)
    path = sqlite_path(store)
    with quiet_mlflow():
        try:
            client = open_client(store, writing=True)
            # MLflow moves an alias unasked. In a store of this machine nobody comes between looking and moving; on a
            # server somebody may, for as long as one request takes.
            with FileLock(f"{path}.lock", timeout=LOCK_S) if path is not None else nullcontext():
                now = _champion(client, to.name)
                if now != since:
                    raise TryAgainError(
                        f"{uri}: {_named(since)} expected, as when the comparison began, found {_named(now)}: somebody "
                        "moved it meanwhile. It was left as it is; compare with the new champion."
                    )
                client.set_registered_model_alias(to.name, CHAMPION, to.version)
        except Exception as error:
            if not is_store_fault(error):
                raise
            raise TryAgainError(
                f"{uri}: {without_credentials(store)} should let it name version {to.version}, but it does not "
                f"({reason(error)}). It was left as it is; compare again when that is mended."
            ) from error


def _champion(client: MlflowClient, name: str) -> str | None:
    version = client.get_registered_model(name).aliases.get(CHAMPION)
    return None if version is None else str(version)


def _named(version: str | None) -> str:
    return "no version" if version is None else f"version {version}"
