"""Fault 62: a training that is killed goes on from its last complete epoch and ends where it would have ended."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.signals.joint.conftest import Learned
from tests.signals.joint.made import ENCODERS, QUICK, made
from umkm_classifier.signals.joint import fit_joint
from umkm_classifier.signals.joint.checkpoints import ARRAYS
from umkm_classifier.signals.joint.rows import FrozenRows

pytestmark = pytest.mark.usefixtures("in_torch")

ROOT = Path(__file__).parents[3]
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.signals.joint.made import QUICK, ENCODERS, made
from umkm_classifier.signals.joint import fit_joint
from umkm_classifier.signals.joint.{module} import {owner}

def killed_at(number, function):
    calls = []
    def count(*given):
        calls.append(given)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given)
    return count

{owner}.{method} = killed_at({number}, {owner}.{method})
fit_joint(*made(240, 1), QUICK, ENCODERS, Path(sys.argv[1]))
"""


def train_until_killed(folder: Path, module: str, method: str, number: int) -> None:
    """Train in a process that kills itself at the ``number``-th call of a method."""
    owner, name = method.split(".")
    code = KILLED.format(module=module, owner=owner, method=name, number=number)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


def checkpoints_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("training-*/*") if path.name != ".lock")


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what grows by one with every batch that is learned from or scored."""
    sizes: list[int] = []
    batch = FrozenRows.batch

    def count(self: FrozenRows, at: Any) -> Any:
        sizes.append(len(at))
        return batch(self, at)

    monkeypatch.setattr(FrozenRows, "batch", count)
    return sizes


def check_ends_alike(learned: Learned, folder: Path) -> None:
    listings, y, group, uninterrupted = learned
    (resumed,) = fit_joint(listings, y, group, QUICK, ENCODERS, folder)
    assert resumed.training["best_epoch"] == uninterrupted.training["best_epoch"]
    assert resumed.training["loss"] == pytest.approx(uninterrupted.training["loss"], abs=1e-3)
    unseen, *_ = made(60, 9)
    np.testing.assert_allclose(resumed.log_odds(unseen), uninterrupted.log_odds(unseen), rtol=0, atol=1e-3)


def test_fault_62_killed_in_the_middle_of_an_epoch(learned: Learned, tmp_path: Path, batches: list[int]) -> None:
    fit_joint(*made(240, 1), QUICK, ENCODERS)
    an_epoch = len(batches) // QUICK.epochs
    train_until_killed(tmp_path, "rows", "FrozenRows.batch", 3 * an_epoch + an_epoch // 2)
    assert checkpoints_in(tmp_path) == ["epoch-0002", "epoch-0003"]
    batches.clear()
    check_ends_alike(learned, tmp_path)
    assert len(batches) == (QUICK.epochs - 3) * an_epoch  # the first three were not learned again


def test_fault_62_killed_while_a_checkpoint_is_written(learned: Learned, tmp_path: Path) -> None:
    train_until_killed(tmp_path, "checkpoints", "Path.rename", 3)
    assert checkpoints_in(tmp_path) == [".unfinished-0003", "epoch-0001", "epoch-0002"]
    check_ends_alike(learned, tmp_path)
    assert checkpoints_in(tmp_path) == ["epoch-0005", "epoch-0006"]


def test_fault_62_an_empty_and_a_half_folder_are_passed_over(learned: Learned, tmp_path: Path) -> None:
    listings, y, group, _ = learned
    fit_joint(listings, y, group, QUICK, ENCODERS, tmp_path)
    (folder,) = tmp_path.glob("training-*")
    (folder / "epoch-0020").mkdir()
    (folder / "epoch-0006" / ARRAYS).write_bytes((folder / "epoch-0006" / ARRAYS).read_bytes()[:1000])
    check_ends_alike(learned, tmp_path)


def test_a_training_that_had_ended_is_not_done_again(learned: Learned, tmp_path: Path, batches: list[int]) -> None:
    listings, y, group, _ = learned
    fit_joint(listings, y, group, QUICK, ENCODERS, tmp_path)
    assert batches
    batches.clear()
    check_ends_alike(learned, tmp_path)
    assert batches == []


def test_other_rows_and_other_settings_do_not_go_on_from_it(learned: Learned, tmp_path: Path) -> None:
    listings, y, group, _ = learned
    short = dataclasses.replace(QUICK, epochs=1)
    fit_joint(listings, y, group, short, ENCODERS, tmp_path)
    fit_joint(listings, y, group, dataclasses.replace(short, seed=1), ENCODERS, tmp_path)
    fit_joint(listings[:-1], y[:-1], group[:-1], short, ENCODERS, tmp_path)
    fit_joint(listings, 1 - y, group, short, ENCODERS, tmp_path)
    assert len(list(tmp_path.glob("training-*/epoch-0001"))) == 4
