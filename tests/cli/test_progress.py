from __future__ import annotations

import re
import time

import pytest

from umkm_classifier.cli.progress import working


def test_a_long_job_says_so_every_few_seconds_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with working("training on table.csv", every_s=0.05):
        time.sleep(0.3)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) >= 2
    assert all(re.fullmatch(r"training on table\.csv: \d+ s …", line) for line in lines)


def test_a_short_job_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with working("training on table.csv", every_s=60.0):
        pass
    assert capsys.readouterr() == ("", "")


def test_an_error_comes_through_and_ends_the_telling(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="mine"), working("training", every_s=0.05):
        raise ValueError("mine")
    time.sleep(0.2)
    assert capsys.readouterr().err == ""
