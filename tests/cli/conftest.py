"""The command as a user calls it, in this process; what only a process of its own can show is asked of one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--set", 'signals=["words"]', "--set", "folds=2", "--set", "words_most=3000")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What a program reads: stdout holds JSON and nothing else."""
        return json.loads(self.out)


Umkm = Callable[..., Done]


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder of its own, with no tracking server around."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path / "work"


@pytest.fixture
def umkm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Umkm:
    """Run the command with arguments and, if it reads some, stdin."""
    from umkm_classifier.cli.main import main

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["umkm", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="ascii"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return Done(int(end.value.code or 0), out, err)

    return run


@pytest.fixture
def process(working_folder: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run the command in a process of its own; ``set`` adds to its environment."""

    def run(
        *arguments: object, stdin: bytes = b"", set: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "umkm_classifier", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **(set or {})},
            cwd=working_folder, input=stdin, capture_output=True, timeout=120, check=False,
        )  # fmt: skip

    return run
