"""What every test shares: one thread, no network, caches of its own, and the way to the real data."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI") == "true"
MUST_RUN_IN_CI = ("real", "browser", "letters", "cluster")

# Sums in another order give other last bits, so everything runs on one thread. These are read when numpy, torch or
# tokenizers is first imported; this file is imported before any test.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"  # no test opens a window

# A busy machine makes an example slow, not wrong; in CI the same examples are drawn every time.
settings.register_profile(
    "umkm", deadline=None, derandomize=IN_CI, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("umkm")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what is cached out of the home folder, for this session only."""
    folder = tempfile.TemporaryDirectory(prefix="umkm-tests-")
    config.add_cleanup(folder.cleanup)
    os.environ["UMKM_CACHE"] = str(Path(folder.name) / "vectors")
    os.environ["HF_HOME"] = str(Path(folder.name) / "huggingface")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of the real tables; skip when UMKM_REAL_DATA names none."""
    named = os.environ.get("UMKM_REAL_DATA", "")
    if not named:
        pytest.skip("UMKM_REAL_DATA is not set to the folder of the real tables")
    folder = ROOT / named  # a relative path counts from here, an absolute one stays as it is
    if not folder.is_dir():
        pytest.skip(f"UMKM_REAL_DATA is not a folder: {named}")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever asks for the real data, so that no such test can be skipped unseen in CI."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip of a test that must run in CI into a failure."""
    report = yield
    marks = [name for name in MUST_RUN_IN_CI if item.get_closest_marker(name)]
    if IN_CI and marks and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid}: with CI=true a test marked '{marks[0]}' must run, but it was skipped ({reason}). "
            "Provide what it needs, or run without CI=true."
        )
    return report


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes rows as CSV and returns its path."""
    from umkm_classifier.simulate.market import RECORD_COLUMNS

    def write(rows: Sequence[dict[str, str]], name: str = "table.csv") -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, RECORD_COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / name

    return write
