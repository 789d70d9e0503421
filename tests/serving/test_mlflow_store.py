"""Which store is meant, whether it answers, and whose fault an error is."""

from __future__ import annotations

import logging
import os
import socket
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.errors import BundleError
from umkm_classifier.serving import mlflow_store
from umkm_classifier.serving.mlflow_store import (
    default_store,
    intended_store,
    is_server,
    is_store_fault,
    open_client,
    quiet_mlflow,
    reason,
    sqlite_path,
    why_unreachable,
    without_credentials,
)


def test_the_default_store_lies_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert intended_store() == default_store() == f"sqlite:///{tmp_path}/mlflow.db"


@pytest.mark.parametrize(
    ("store", "far"),
    [
        ("http://127.0.0.1:5000", True),
        ("https://example.org/mlflow", True),
        ("databricks", False),
        ("databricks://profile", True),
        ("postgresql+psycopg2://someone@example.org/mlflow", True),
        ("sqlite:///mlflow.db", False),
        ("sqlite+pysqlite:////data/mlflow.db", False),
        ("file:///data/mlruns", False),
        ("./mlruns", False),
        ("http://[", True),
    ],
)
def test_stores_behind_a_network_are_told_from_local_ones(store: str, *, far: bool) -> None:
    assert is_server(store) is far


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://someone:secret@example.org:5000/a", "http://example.org:5000/a"),
        ("postgresql://u:p%40ss@db/mlflow", "postgresql://db/mlflow"),
        ("https://token@[::1]:80", "https://[::1]:80"),
        ("http://a:b@c:d@example.org", "http://example.org"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("sqlite:////data/a@b.db", "sqlite:////data/a@b.db"),
    ],
)
def test_credentials_are_never_shown(uri: str, shown: str) -> None:
    assert without_credentials(uri) == shown


@given(st.text("abcXYZ019:%!", min_size=1))
def test_no_password_survives_in_what_is_shown(password: str) -> None:
    assert without_credentials(f"https://someone:{password}@example.org/x") == "https://example.org/x"


def test_a_reason_is_one_short_line_in_the_words_of_the_driver() -> None:
    page = "wrapped;\n(sqlite3.OperationalError) database or disk is full\n[SQL: INSERT …]\n(Background on this error)"
    assert reason(RuntimeError(page)) == "database or disk is full"
    assert reason(RuntimeError("\n first \n second")) == "first"
    assert reason(RuntimeError("")) == "RuntimeError"
    assert reason(RuntimeError("http://me:secret@host said no.")) == "http://host said no"
    assert reason(RuntimeError("x" * 300)) == "x" * 199 + "…"


def test_faults_of_a_store_are_told_from_mistakes_in_this_program() -> None:
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    faults = [MlflowException("no"), SQLAlchemyError("no"), PermissionError("no"), TimeoutError(), ImportError("boto3")]
    mistakes = [TypeError("no"), KeyError("no"), AttributeError("no"), ZeroDivisionError(), BundleError("no")]
    assert [is_store_fault(error) for error in faults] == [True] * 5
    assert [is_store_fault(error) for error in mistakes] == [False] * 5


@pytest.mark.parametrize("scheme", ["http", "postgresql"])
def test_a_port_where_nobody_listens_is_unreachable(scheme: str) -> None:
    assert why_unreachable(f"{scheme}://127.0.0.1:9/mlflow") == "[Errno 111] Connection refused"


def test_a_database_server_that_accepts_is_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert why_unreachable(f"mysql+pymysql://u:p@127.0.0.1:{server.getsockname()[1]}/mlflow") is None


@pytest.mark.parametrize("store", ["sqlite:///mlflow.db", "databricks", "databricks://profile", "./mlruns"])
def test_a_store_that_names_no_host_and_port_is_not_asked(store: str) -> None:
    assert why_unreachable(store) is None


def test_looking_up_a_name_for_ever_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    release = socket.socketpair()

    def look_up(store: str) -> None:
        release[0].recv(1)

    monkeypatch.setattr(mlflow_store, "_probe", look_up)
    monkeypatch.setattr(mlflow_store, "PROBE_S", -0.9)
    try:
        assert why_unreachable("http://example.org") == "no answer within -0.9 s"
    finally:
        release[1].send(b"x")
        for end in release:
            end.close()


@pytest.mark.parametrize(
    ("store", "path"),
    [
        ("sqlite:////data/a b/mlflow.db", Path("/data/a b/mlflow.db")),
        ("sqlite+pysqlite:////data/mlflow.db", Path("/data/mlflow.db")),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("sqlite:///file:/data/mlflow.db?mode=ro&uri=true", None),
        ("http://127.0.0.1:5000", None),
    ],
)
def test_the_file_of_a_sqlite_store_is_found(store: str, path: Path | None) -> None:
    assert sqlite_path(store) == path


def test_a_relative_sqlite_store_counts_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sqlite_path("sqlite:///runs/mlflow.db") == tmp_path / "runs" / "mlflow.db"


def test_a_store_is_not_created_by_reading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        open_client(f"sqlite:///{tmp_path}/mlflow.db", writing=False)
    assert str(caught.value) == f"there is no file {tmp_path}/mlflow.db"
    assert list(tmp_path.iterdir()) == []


def test_what_the_user_set_for_mlflow_is_kept_and_what_we_set_goes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    before = dict(os.environ)
    with quiet_mlflow():
        assert "mlflow" in sys.modules
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "300"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert dict(os.environ) == before


def test_the_environment_and_the_loggers_come_back_after_an_error_too() -> None:
    def stumble() -> None:
        with quiet_mlflow():
            raise KeyError("anything")

    with quiet_mlflow():
        pass  # MLflow is imported now, and its loggers are as it sets them up
    before = dict(os.environ), logging.getLogger("mlflow").level, warnings.filters[:]
    with pytest.raises(KeyError, match="anything"):
        stumble()
    assert (dict(os.environ), logging.getLogger("mlflow").level, warnings.filters[:]) == before
