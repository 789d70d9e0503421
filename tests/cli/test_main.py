"""How the command ends, whatever happens, and what it writes where."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import umkm_classifier
from tests.cli.conftest import QUICK, ROOT, Umkm
from tests.small_models import market_file, plain_bundle
from umkm_classifier import errors

Process = Callable[..., subprocess.CompletedProcess[bytes]]
CODES = {
    "UmkmError": 1, "UsageError": 2, "MissingExtraError": 2, "InputError": 3, "LabelError": 3, "SplitError": 3,
    "BundleError": 4, "BundleCorruptError": 4, "BundleTooNewError": 4, "BundleDriftError": 4,
    "OutputConflictError": 5, "TooManyRejectsError": 6, "TryAgainError": 75,
}  # fmt: skip


def test_every_error_has_its_code_here() -> None:
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and "Error" in name}
    assert classes == set(CODES)


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_error_is_one_sentence_on_stderr_and_its_exit_code(
    umkm: Umkm, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise getattr(errors, name)("row 3: something expected, found something else. Do this.")

    monkeypatch.setattr("umkm_classifier.serving.predictor.load_bundle", fail)
    done = umkm("predict", "some/model", "--title", "kain")
    assert (done.code, done.out) == (CODES[name], "")
    assert done.err == "umkm: row 3: something expected, found something else. Do this.\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_fault_70_a_full_disk_anywhere_ends_with_75(umkm: Umkm, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "demo/listings.csv")

    monkeypatch.setattr(sys.modules["umkm_classifier.simulate.write"], "_write_synced", full)
    done = umkm("simulate", "--rows", 5, "--out", "demo")
    assert (done.code, done.out) == (75, "")
    assert done.err == "umkm: demo: room to write expected, found the disk full. Free some space and try again.\n"
    monkeypatch.setattr("umkm_classifier.listings.table.read", full)  # whatever writes where nobody named a place
    done = umkm("check", "x.csv")
    assert (done.code, done.out) == (75, "")
    assert done.err == (
        "umkm: demo/listings.csv: room to write expected, found the disk full. Free some space and try again.\n"
    )


def test_another_fault_of_the_file_system_is_a_sentence_too(umkm: Umkm, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "x.csv")

    monkeypatch.setattr("umkm_classifier.listings.table.read", refuse)
    done = umkm("check", "x.csv")
    assert (done.code, done.out) == (3, "")
    assert done.err == "umkm: x.csv: Permission denied. Check the path and its rights.\n"


@pytest.mark.parametrize("command", ["simulate", "train", "crossval", "evaluate"])
def test_a_place_that_cannot_be_written_to_ends_with_5_and_is_named_as_the_user_named_it(
    umkm: Umkm, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), f"{path}/.out.1a2b.tmp")

    given = {  # made before anything refuses: the test may be the first to ask for them
        "simulate": ("--rows", 5),
        "train": (market_file(), *QUICK, "--no-track"),
        "crossval": (market_file(), *QUICK),
        "evaluate": (plain_bundle(), market_file()),
    }[command]
    monkeypatch.setattr(sys.modules["umkm_classifier.simulate.write"], "_write_synced", refuse)
    monkeypatch.setattr("umkm_classifier.bundle.write_json", refuse)
    monkeypatch.setattr("umkm_classifier.evaluation.report.write_file", refuse)
    done = umkm(command, *given, "--out", "out")
    assert (done.code, done.out) == (5, "")
    assert done.err == (
        "umkm: out: a folder to write to expected, found: Read-only file system. Check the path and its rights, or "
        "choose another folder.\n"
    )


def test_a_mistake_of_the_package_itself_is_not_dressed_up(umkm: Umkm, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("umkm_classifier.serving.predictor.load_bundle", wrong)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        umkm("predict", "some/model", "--title", "kain")


@pytest.mark.parametrize(
    "arguments",
    [
        ["trian"],
        ["train"],
        ["train", "x.csv"],
        ["train", "x.csv", "--out", "m", "--max-rejects", "2"],
        ["evaluate", "--out", "r"],
        ["stress", "--out", "r"],
        ["check", "x.csv", "--max-rejects", "-0.1"],
        ["check", "x.csv", "--nonsense"],
        ["predict", "m", "--lang"],
        ["crossval", "x.csv"],
    ],
    ids=" ".join,
)
def test_a_call_that_cannot_be_read_ends_with_2(umkm: Umkm, arguments: list[str]) -> None:
    done = umkm(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Error" in done.err
    assert "Traceback" not in done.err


def test_the_command_is_called_umkm_however_it_was_started(process: Process) -> None:
    assert process("trian").stderr.startswith(b"Usage: umkm [OPTIONS] COMMAND")


def test_without_a_command_it_shows_what_there_is(umkm: Umkm) -> None:
    done = umkm()
    assert "Usage: umkm" in done.out + done.err
    assert all(
        name in done.out + done.err
        for name in ("simulate", "check", "train", "crossval", "evaluate", "stress", "predict")
    )


def test_version_is_the_version(umkm: Umkm) -> None:
    done = umkm("--version")
    assert (done.code, done.out, done.err) == (0, f"{umkm_classifier.__version__}\n", "")


@pytest.mark.parametrize("command", ["simulate", "check", "train", "crossval", "evaluate", "stress", "predict"])
def test_every_command_explains_its_options(umkm: Umkm, command: str) -> None:
    done = umkm(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"umkm {command}" in done.out


def test_an_interrupt_ends_with_130(umkm: Umkm, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["umkm_classifier.train"], "fit_model", interrupt)
    done = umkm("train", market_file(), "--out", "mine", "--no-track")
    assert (done.code, done.out) == (130, "")
    assert "Traceback" not in done.err
    assert list(Path().iterdir()) == []


def test_ctrl_c_ends_with_130_and_no_traceback(working_folder: Path) -> None:
    # A shell starts what it puts in the background with SIGINT ignored, and tests that run there would hand that on.
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nprint('up', flush=True)\n"
        "from umkm_classifier.cli.main import main\nmain()"
    )
    waiting = subprocess.Popen(
        [sys.executable, "-c", code, "predict", plain_bundle(), "--json", "-"],
        cwd=working_folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert waiting.stdout is not None
    assert waiting.stdin is not None
    assert waiting.stdout.readline() == b"up\n"
    wait_until_it_reads(waiting.pid)
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, out, err) == (130, b"", b"")


def wait_until_it_reads(pid: int) -> None:
    """Wait until a process sleeps in a read of its stdin."""
    told = Path(f"/proc/{pid}/wchan")
    deadline = time.monotonic() + 10
    while told.exists() and time.monotonic() < deadline:
        if {"pipe", "read"} <= set(told.read_text(encoding="ascii").split("_")):
            return
        time.sleep(0.05)
    pytest.skip("this system does not tell what a process waits for")


LANGUAGES = {
    "LANG=C": {"LANG": "C", "LC_ALL": "C"},
    "ASCII terminal": {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ASCII streams": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "Latin-1 streams": {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_text_goes_in_and_comes_out_on_any_terminal(process: Process, language: str) -> None:
    listing = {"title": "Kain batik 蜡染 “halus” – größe 𝔹 😀", "id": "蜡染-1"}
    asked = json.dumps(listing, ensure_ascii=False).encode()
    done = process("predict", plain_bundle(), "--json", "-", "--lang", "en", stdin=asked, set=LANGUAGES[language])
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.decode("utf-8"))
    assert answer["id"] == "蜡染-1"
    assert any("größe" in reason["evidence"] for reason in answer["reasons"]) or answer["status"] == "ok"
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["check", "蜡染.csv"], ["check"]], ids=" ".join)
def test_help_and_errors_are_readable_on_any_terminal(process: Process, language: str, arguments: list[str]) -> None:
    done = process(*arguments, set=LANGUAGES[language])
    assert done.returncode == (0 if "--help" in arguments else 3 if len(arguments) == 2 else 2)
    assert b"Traceback" not in done.stderr


def test_a_path_that_is_no_utf_8_is_no_crash(working_folder: Path, process: Process) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    done = process("check", name)
    assert done.returncode == 3
    assert done.stderr.startswith(b"umkm: caf\\udce9.csv: a table expected, found no such file.")


def test_a_bundle_may_have_a_name_that_is_no_utf_8(umkm: Umkm) -> None:
    name = os.fsdecode(b"mod\xe8le")
    quick = ("--set", 'signals=["words"]', "--set", "folds=2", "--no-track")
    done = umkm("train", market_file(), "--out", name, *quick)
    assert done.code == 0
    assert json.loads(done.out)["bundle"] == name
    assert umkm("predict", name, "--title", "kain").code == 0


def test_output_that_nobody_reads_is_no_traceback(working_folder: Path) -> None:
    listings = json.dumps([{"title": f"kain batik tulis {at}"} for at in range(300)])
    (working_folder / "many.json").write_text(listings, encoding="utf-8")
    command = f"'{sys.executable}' -m umkm_classifier predict '{plain_bundle()}' --json many.json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", command], cwd=working_folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert len(done.stdout) == 10
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr
