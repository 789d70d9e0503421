"""Where MLflow keeps runs and models: which store is meant, whether it answers, and how to open it without harm."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from filelock import FileLock

from umkm_classifier.errors import require

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from sqlalchemy.engine import URL

PROBE_S = 3.0  # MLflow itself tries for 200 s before it says that a server is away
LOCK_S = 120.0  # creating a store takes about ten seconds; others may stand in line
BUSY_S = 20  # another process may be writing; MLflow waits as long
GATEWAY_FAULTS = (502, 503, 504)  # a proxy answers, the server behind it does not
DEFAULT_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}

_ALWAYS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # stdout belongs to what a program reads
    "MLFLOW_UV_AUTO_DETECT": "false",  # a uv.lock in the working folder says nothing about our model
    "GIT_PYTHON_REFRESH": "quiet",  # a machine without git is no fault
}
# A server that dies half-way must not hold a finished training for the 15 minutes of MLflow's own defaults.
_UNLESS_SET = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_LOGGERS = ("mlflow", "alembic", "sqlalchemy.engine")
_REASON_CHARS = 200
_DRIVER_ERROR = re.compile(r"\([a-z][\w.]*\.[A-Z]\w*\) (.+)")


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Import MLflow and keep it from reporting home and from talking; environment, loggers and filters come back after.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    """
    settings = {**_ALWAYS, **{name: value for name, value in _UNLESS_SET.items() if name not in os.environ}}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        with warnings.catch_warnings(record=True):  # MLflow sets filters of its own, so ignoring is not enough
            warnings.simplefilter("ignore")
            require("mlflow", "train")  # sets up its loggers, so it comes before they are silenced
            with _silent_loggers():
                yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _silent_loggers() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def default_store() -> str:
    """Return the URI of the store in the working folder, ``mlflow.db``."""
    return f"sqlite:///{(Path.cwd() / 'mlflow.db').as_posix()}"


def intended_store() -> str:
    """Return the URI in ``MLFLOW_TRACKING_URI`` (``mlflow.set_tracking_uri`` sets it too), else the default one."""
    return os.environ.get("MLFLOW_TRACKING_URI", "") or default_store()


def is_server(store: str) -> bool:
    """Whether a store lies behind a network: then a run may go to the default store while it is away."""
    return _dialect(store) not in ("", "file", "sqlite")


def _dialect(store: str) -> str:
    """Return what a URI speaks, without the driver: ``sqlite+pysqlite:///x`` is ``sqlite``; '' for a plain path."""
    return store.partition(":")[0].partition("+")[0] if ":" in store else ""


def without_credentials(uri: str) -> str:
    """Return a URI that can be shown: user and password are left out."""
    return re.sub(r"(?<=://)[^/\s]*@", "", uri)


def is_store_fault(error: Exception) -> bool:
    """Whether a store, its disk, its network or its client library is to blame, and not a mistake in this program.

    Libraries raise exceptions of their own (MLflow, SQLAlchemy, boto3 …); a ``TypeError`` or ``KeyError`` is ours.
    """
    origin = type(error).__module__.partition(".")[0]
    return isinstance(error, (OSError, ImportError)) or origin not in ("builtins", "umkm_classifier")


def reason(error: BaseException) -> str:
    """Return the one line of an error that says what happened, 200 characters at most, without credentials."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # SQLAlchemy puts the driver's own words into a page of advice: '(sqlite3.OperationalError) disk is full'.
    drivers = [match[1] for line in lines if (match := _DRIVER_ERROR.match(line))]
    text = [*drivers, *lines, type(error).__name__][0]
    text = without_credentials(text).rstrip(".")
    return text if len(text) <= _REASON_CHARS else f"{text[: _REASON_CHARS - 1]}…"


def why_unreachable(store: str) -> str | None:
    """Ask the host of a store whether it is there.

    Parameters
    ----------
    store : str
        URI of a store. One that names no host (SQLite, ``databricks``) is taken to be there.

    Returns
    -------
    str or None
        What stands in the way; None when something answered. Comes within ``PROBE_S`` seconds and one more.
    """
    answers: list[str | None] = []

    def ask() -> None:
        try:
            answers.append(_probe(store))
        except (OSError, ValueError, HTTPException) as error:  # a URI may be malformed, an answer no HTTP
            answers.append(reason(error))

    # Looking up a name knows no timeout, so the wait has its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_S + 1)
    return answers[0] if answers else f"no answer within {PROBE_S:g} s"


def _probe(store: str) -> str | None:
    parts = urlsplit(without_credentials(store))
    scheme = _dialect(store)
    if scheme in ("http", "https"):
        return _probe_http(urlunsplit(parts).rstrip("/") + "/health")
    port = parts.port or DEFAULT_PORTS.get(scheme)
    if parts.hostname and port:
        socket.create_connection((parts.hostname, port), timeout=PROBE_S).close()
    return None


def _probe_http(url: str) -> str | None:
    """Any answer counts, also a refusal: what a server that asks for a password says is MLflow's affair."""
    try:
        with urllib.request.urlopen(url, timeout=PROBE_S):
            return None
    except urllib.error.HTTPError as error:
        with error:
            return f"HTTP {error.code}" if error.code in GATEWAY_FAULTS else None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            return f"no answer within {PROBE_S:g} s"
        # Certificates may be known to MLflow alone (MLFLOW_TRACKING_SERVER_CERT_PATH): something did answer.
        return None if "SSL" in type(error.reason).__name__ else str(error.reason)
    except TimeoutError:
        return f"no answer within {PROBE_S:g} s"


def open_client(store: str, *, writing: bool) -> MlflowClient:
    """Open a store; a fresh SQLite one is created, one process at a time, when ``writing``.

    MLflow's global tracking URI and its active run stay untouched.

    Raises
    ------
    FileNotFoundError
        If the file of a SQLite store does not exist and nothing is to be written.
    Exception
        Whatever MLflow, SQLAlchemy or the system have against the store; see ``is_store_fault``.
    """
    from mlflow import MlflowClient

    path = sqlite_path(store)
    if path is not None and not writing and not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if path is not None and writing:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes that open a fresh SQLite store at once make each other's migrations crash.
    with FileLock(f"{path}.lock", timeout=LOCK_S) if path is not None and writing else nullcontext():
        if _dialect(store) == "sqlite":
            _check_sqlite(store, writing=writing)
        # A registry of its own belongs to the intended store, not to the one that stands in for it.
        registry = os.environ.get("MLFLOW_REGISTRY_URI", "") if store == intended_store() else ""
        return MlflowClient(store, registry_uri=registry or store)


def sqlite_path(store: str) -> Path | None:
    """Return the file of a SQLite store; None for other stores, for one in memory and for ``file:`` URIs."""
    if _dialect(store) != "sqlite":
        return None
    database = _url(store).database
    if not database or database == ":memory:" or database.startswith("file:"):
        return None
    return Path(database).absolute()


def _check_sqlite(store: str, *, writing: bool) -> None:
    """Ask SQLite itself first: MLflow repeats an attempt to open a file ten times, which takes 100 s."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(_url(store), poolclass=NullPool, connect_args={"timeout": BUSY_S})
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "SELECT 1 FROM sqlite_master")


def _url(store: str) -> URL:
    from sqlalchemy.engine import make_url

    return make_url(store)
