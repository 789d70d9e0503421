"""The wheel by itself: built, installed by pip in an empty environment with what it asks for, and asked.

pip needs the package index; nothing else here does. ``make test-wheel`` runs it, ``make test`` does not.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "models" / "starter"
INSIDE = "umkm_classifier/starter/"
LISTING = {"title": "Kain batik tulis", "price": "Rp450.000", "shop_city": "Surakarta"}
PROGRAM = f"""
import json, sys
import umkm_classifier as umkm
model = umkm.load()
p = model.predict([umkm.Listing(**{LISTING!r})])[0]
heavy = sorted({{"sklearn", "scipy", "pandas", "torch", "mlflow"}} & set(sys.modules))
print(json.dumps([p.decision, p.p_imported, len(p.reasons), umkm.__file__, heavy]))
"""

pytestmark = [pytest.mark.wheel, pytest.mark.slow]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command as a stranger would: nothing of this checkout on its path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UMKM_"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the commands of an environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    run(sys.executable, "-m", "venv", folder, cwd=wheel.parent)
    pins = ROOT / "constraints.txt"
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", "-c", pins, wheel, cwd=wheel.parent)
    return folder / "bin"


def test_the_wheel_carries_the_starter_as_it_lies_in_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {
            name.removeprefix(INSIDE): archive.read(name) for name in archive.namelist() if name.startswith(INSIDE)
        }
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    there = {file.relative_to(FOLDER).as_posix(): file.read_bytes() for file in files}
    assert "manifest.json" in there
    assert {name: hashlib.sha256(content).hexdigest() for name, content in inside.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in there.items()
    }


def test_five_lines_of_python_answer_in_an_empty_environment(environment: Path, tmp_path: Path) -> None:
    here = json.loads(
        run(sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}", cwd=tmp_path)
    )
    there = json.loads(run(environment / "python", "-I", "-c", PROGRAM, cwd=tmp_path))
    assert there[3].startswith(str(environment.parent))
    assert there[0] == here[0] == "review"
    assert there[1] == pytest.approx(here[1], abs=1e-6)
    assert there[2] == here[2] > 0
    assert there[4] == []


def test_the_command_answers_without_a_model_being_named(environment: Path, tmp_path: Path) -> None:
    said = json.loads(run(environment / "umkm", "predict", "--title", LISTING["title"], "--lang", "en", cwd=tmp_path))
    assert said["decision"] == "review"
    assert 0 < said["p_imported"] < 1
    assert list(tmp_path.iterdir()) == []  # nothing is left behind
