"""Where a bundle may be written, and that nobody ever sees half of one."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.small_models import about, files_below, plain_bundle, small_config
from umkm_classifier import bundle, bundle_files
from umkm_classifier.bundle import check_free, load_bundle, save_bundle
from umkm_classifier.bundle_files import held
from umkm_classifier.errors import OutputConflictError, TryAgainError

ROOT = Path(__file__).resolve().parents[1]


def save(place: Path, *, overwrite: bool = False) -> None:
    save_bundle(load_bundle(plain_bundle()).model, place, about(small_config()), overwrite=overwrite)


def test_a_bundle_makes_the_folders_above_it(tmp_path: Path) -> None:
    save(tmp_path / "not/there/yet/mine")
    assert files_below(tmp_path / "not/there/yet/mine") == files_below(plain_bundle())
    assert os.listdir(tmp_path / "not/there/yet") == ["mine"]


def test_every_file_has_the_rights_that_the_user_gives_new_files(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        save(tmp_path / "mine")
    finally:
        os.umask(before)
    # a service runs as another user than the one who trained
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "mine").iterdir()} == {0o644}
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o755


def test_a_folder_that_exists_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(OutputConflictError) as caught:
        save(tmp_path / "mine")
    assert str(caught.value) == (
        f"{tmp_path}/mine: a new folder expected, found one that exists. Choose another name or pass --overwrite."
    )
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_bundle_or_an_empty_folder_is_overwritten_when_asked_for(tmp_path: Path) -> None:
    save(tmp_path / "mine")
    (tmp_path / "mine/rows.json").write_text("spoilt", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for name in ("mine", "empty"):
        save(tmp_path / name, overwrite=True)
        assert files_below(tmp_path / name) == files_below(plain_bundle())
    assert sorted(os.listdir(tmp_path)) == ["empty", "mine"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_but_a_bundle_is_ever_overwritten(tmp_path: Path, kind: str) -> None:
    precious = tmp_path / "mine" if kind == "file" else tmp_path / "mine/thesis.txt"
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("ten years of work", encoding="utf-8")
    with pytest.raises(OutputConflictError) as caught:
        save(tmp_path / "mine", overwrite=True)
    assert str(caught.value) == (
        f"{tmp_path}/mine: a bundle to overwrite expected, found something without manifest.json. Choose another name."
    )
    assert precious.read_text(encoding="utf-8") == "ten years of work"


def test_of_a_link_what_it_leads_to_is_overwritten(tmp_path: Path) -> None:
    save(tmp_path / "version-1")
    (tmp_path / "version-1/rows.json").write_text("spoilt", encoding="utf-8")
    (tmp_path / "current").symlink_to("version-1")
    save(tmp_path / "current", overwrite=True)
    assert (tmp_path / "current").is_symlink()
    assert files_below(tmp_path / "version-1") == files_below(plain_bundle())
    assert sorted(os.listdir(tmp_path)) == ["current", "version-1"]


def test_a_place_below_a_file_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputConflictError) as caught:
        check_free(tmp_path / "file/models/mine", overwrite=False)
    assert str(caught.value) == (
        f"{tmp_path}/file/models/mine: a folder to write to expected, found a file at {tmp_path}/file. Choose another "
        "folder."
    )


def test_a_place_without_the_right_to_write_is_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root, who may write everywhere
    with pytest.raises(OutputConflictError) as caught:
        check_free(tmp_path / "models/mine", overwrite=False)
    assert str(caught.value) == (
        f"{tmp_path}/models/mine: the right to write in {tmp_path} expected, found none. Choose another folder or ask "
        "for the right."
    )


def test_a_bundle_that_another_process_put_there_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_else_is_faster(making: Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine/manifest.json").write_text("theirs", encoding="utf-8")

    monkeypatch.setattr(bundle_files, "sync", somebody_else_is_faster)
    with pytest.raises(OutputConflictError, match="a new folder expected, found one that exists"):
        save(tmp_path / "mine")
    assert files_below(tmp_path) == {"mine/manifest.json": b"theirs"}


def test_a_swap_that_loses_a_race_says_so_and_touches_nothing(tmp_path: Path) -> None:
    making, place = tmp_path / ".mine.tmp", tmp_path / "mine"
    making.mkdir()
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self == making:
            place.mkdir()
            (place / "manifest.json").write_text("theirs", encoding="utf-8")
        return real(self, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        with pytest.raises(OutputConflictError) as caught:
            bundle_files.swap(making, place)
    assert str(caught.value) == (
        f"{place}: a free name expected, found that another process has just written there. Look at what it wrote, or "
        "choose another name."
    )
    assert files_below(tmp_path) == {"mine/manifest.json": b"theirs"}


def test_what_was_there_comes_back_when_the_new_bundle_cannot_be_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "mine")
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.endswith(".tmp"):
            raise OSError(errno.EIO, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="Input/output error"):
        save(tmp_path / "mine", overwrite=True)
    assert files_below(tmp_path / "mine") == files_below(plain_bundle())
    assert os.listdir(tmp_path) == ["mine"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_fault_70_a_full_disk_leaves_nothing_behind_and_says_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(bundle, "write_json", full)
    with pytest.raises(TryAgainError) as caught:
        save(tmp_path / "mine")
    assert str(caught.value) == (
        f"{tmp_path}/mine: room to write expected, found the disk full. Free some space and try again."
    )
    assert caught.value.exit_code == 75
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_place_that_takes_no_files_is_named_as_the_user_named_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(bundle, "write_json", refuse)
    with pytest.raises(OutputConflictError) as caught:
        save(tmp_path / "mine")
    assert str(caught.value) == (
        f"{tmp_path}/mine: a folder to write to expected, found: {os.strerror(number)}. Check the path and its rights, "
        "or choose another folder."
    )
    assert caught.value.exit_code == 5
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_refused_as_the_user_gave_it(tmp_path: Path) -> None:
    name = "m" * 300
    with pytest.raises(OutputConflictError) as caught:
        check_free(tmp_path / name, overwrite=False)
    assert str(caught.value) == (
        f"{tmp_path}/{name}: a folder to write to expected, found: File name too long. Check the path and its rights, "
        "or choose another folder."
    )


@pytest.mark.parametrize("below", ["mine", "below/mine", "encoder"])
def test_a_place_in_a_bundle_is_refused(tmp_path: Path, below: str) -> None:
    save(tmp_path / "model")
    with pytest.raises(OutputConflictError) as caught:
        check_free(tmp_path / "model" / below, overwrite=True)
    assert str(caught.value) == (
        f"{tmp_path}/model/{below}: a folder outside of any model expected, found that it lies in the bundle "
        f"{tmp_path}/model, which would be spoilt. Choose another folder."
    )
    load_bundle(tmp_path / "model")


def test_a_place_that_is_held_is_nobody_elses_until_it_is_let_go(tmp_path: Path) -> None:
    place = tmp_path / "models/mine"
    with held(place):
        with pytest.raises(TryAgainError) as caught, held(place):
            pytest.fail("two at one place")
        with held(tmp_path / "models/other"):
            pass
    assert str(caught.value) == (
        f"{place}: a place that nobody else trains into expected, found another training at work. Wait until it has "
        "ended, or choose another folder."
    )
    assert caught.value.exit_code == 75
    assert list(tmp_path.iterdir()) == []  # neither a lock nor a folder that was made for it
    with held(place):
        pass


HOLDING = """
import sys, time
from pathlib import Path
from umkm_classifier.bundle_files import held

with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_place_whose_holder_was_killed_is_free_again(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDING, tmp_path / "mine"], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TryAgainError), held(tmp_path / "mine"):
            pytest.fail("two at one place")
        holder.kill()
        holder.wait(timeout=30)
    with held(tmp_path / "mine"):
        pass
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from umkm_classifier import bundle, bundle_files

die_at, source, place = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(bundle if hasattr(bundle, die_at) else bundle_files, die_at, die)
model = bundle.load_bundle(source).model
bundle.save_bundle(model, place, bundle.About("", "# new", ""), overwrite=True)
"""


@pytest.mark.parametrize("die_at", ["write_json", "signed", "sync", "swap"])
@pytest.mark.parametrize("there_before", [False, True])
def test_a_kill_in_the_middle_of_writing_leaves_what_was_visible_as_it_was(
    tmp_path: Path, die_at: str, *, there_before: bool
) -> None:
    if there_before:
        save(tmp_path / "mine")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, die_at, plain_bundle(), tmp_path / "mine"], cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == ["mine"] * there_before
    if there_before:
        load_bundle(tmp_path / "mine")
    save(tmp_path / "mine", overwrite=True)
    assert files_below(tmp_path / "mine") == files_below(plain_bundle())


def test_what_a_kill_left_behind_goes_an_hour_later(tmp_path: Path) -> None:
    stale, fresh, other = (tmp_path / name for name in (".mi[n]e.0a.tmp", ".mi[n]e.0b.tmp", ".mine.0c.tmp"))
    for left in (stale, fresh, other):
        left.mkdir()
        (left / "arrays.safetensors").write_bytes(b"half")
    hours_ago = time.time() - 7200
    for left in (stale, other):
        os.utime(left, (hours_ago, hours_ago))
    save(tmp_path / "mi[n]e")
    assert sorted(os.listdir(tmp_path)) == [".mi[n]e.0b.tmp", ".mine.0c.tmp", "mi[n]e"]
