"""Checkpoints: whole or not at all, and the newest whole one is found."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from umkm_classifier.errors import TryAgainError
from umkm_classifier.signals.joint.checkpoints import ARRAYS, COMPLETE, Checkpoint, Checkpoints

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def saved(folder: Path, *epochs: int) -> Checkpoints:
    checkpoints = Checkpoints(folder, "f" * 64)
    with checkpoints.held():
        for epoch in epochs:
            checkpoints.save(Checkpoint(epoch, {"a": ARRAY * epoch, "step": np.asarray(1.5)}, {"loss": 0.5}))
    return checkpoints


def names(checkpoints: Checkpoints) -> list[str]:
    return sorted(path.name for path in checkpoints.folder.iterdir() if path.name != ".lock")


def epoch_of(checkpoints: Checkpoints) -> int | None:
    found = checkpoints.latest()
    return None if found is None else found.epoch


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    found = saved(tmp_path, 1, 2).latest()
    assert found is not None
    assert (found.epoch, found.facts) == (2, {"loss": 0.5})
    np.testing.assert_array_equal(found.arrays["a"], ARRAY * 2)
    assert found.arrays["a"].dtype == np.float32
    assert found.arrays["step"] == 1.5


def test_before_the_first_epoch_there_is_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, "f" * 64).latest() is None


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    assert names(saved(tmp_path, *range(1, 12))) == ["epoch-0010", "epoch-0011"]


def test_another_training_finds_nothing(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    assert Checkpoints(tmp_path, "e" * 64).latest() is None


def test_fault_62_an_empty_newer_folder_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = saved(tmp_path, 9, 10)
    empty = checkpoints.folder / "epoch-0020"
    empty.mkdir()
    with caplog.at_level(logging.WARNING):
        assert epoch_of(checkpoints) == 10
    assert caplog.messages == [f"{empty}: a complete checkpoint expected, found a part of one. It is passed over."]


@pytest.mark.parametrize("cut", [0, 1, 60])
def test_fault_62_a_checkpoint_with_half_its_arrays_is_passed_over(cut: int, tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 1, 2)
    arrays = checkpoints.folder / "epoch-0002" / ARRAYS
    arrays.write_bytes(arrays.read_bytes()[:cut])
    assert epoch_of(checkpoints) == 1


@pytest.mark.parametrize("said", ["", "{", "[]", '{"epoch": 2}', "null"])
def test_fault_62_a_checkpoint_that_does_not_say_that_it_is_complete_is_passed_over(said: str, tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 1, 2)
    (checkpoints.folder / "epoch-0002" / COMPLETE).write_text(said)
    assert epoch_of(checkpoints) == 1


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 1, 2)
    arrays = checkpoints.folder / "epoch-0002" / ARRAYS
    content = bytearray(arrays.read_bytes())
    content[-1] ^= 1
    arrays.write_bytes(content)
    assert epoch_of(checkpoints) == 1


def test_a_missing_checkpoint_folder_file_leaves_the_one_before(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 1, 2)
    (checkpoints.folder / "epoch-0002" / ARRAYS).unlink()
    assert epoch_of(checkpoints) == 1


def test_a_checkpoint_that_was_passed_over_is_written_again(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 1)
    (checkpoints.folder / "epoch-0002").mkdir()
    (checkpoints.folder / "epoch-0002" / ARRAYS).write_bytes(b"half")
    assert epoch_of(saved(tmp_path, 2)) == 2


def test_what_a_killed_process_left_unfinished_is_cleared(tmp_path: Path) -> None:
    left = saved(tmp_path, 1).folder / ".unfinished-0002"
    left.mkdir()
    (left / ARRAYS).write_bytes(b"half")
    assert names(saved(tmp_path, 2)) == ["epoch-0001", "epoch-0002"]


def test_a_save_that_fails_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = saved(tmp_path, 1)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", full)
        with pytest.raises(OSError, match="No space left on device"):
            saved(tmp_path, 2)
    assert epoch_of(checkpoints) == 1
    assert epoch_of(saved(tmp_path, 2)) == 2


def test_two_processes_do_not_share_a_training(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "f" * 64)
    with checkpoints.held():
        with pytest.raises(TryAgainError) as caught, Checkpoints(tmp_path, "f" * 64).held():
            pass
        with Checkpoints(tmp_path, "e" * 64).held():  # another training
            pass
    assert str(caught.value) == (
        f"{checkpoints.folder}: a training that nobody else continues expected, found another process at work. Wait "
        "until it has ended, or give another checkpoint folder."
    )
    with checkpoints.held():
        pass


def test_a_checkpoint_names_the_digest_of_its_arrays_and_holds_no_pickle(tmp_path: Path) -> None:
    folder = saved(tmp_path, 3).folder / "epoch-0003"
    said = json.loads((folder / COMPLETE).read_text())
    assert sorted(said) == ["epoch", "facts", "sha256"]
    assert sorted(path.name for path in folder.iterdir()) == [COMPLETE, ARRAYS]
    assert (folder / ARRAYS).read_bytes()[8:9] == b"{"  # safetensors: a length, then JSON
