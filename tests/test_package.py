"""What ``import umkm_classifier`` offers, and that it costs next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import umkm_classifier as umkm
from umkm_classifier import errors

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = {"load", "predict", "read", "train", "crossval", "compare", "evaluate", "index", "stress", "simulate"}
CLASSES = {"Predictor", "Listing", "Listings", "Prediction", "Reason", "ListingClassifier", "TrainConfig"}
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


def run(program: str, *arguments: str) -> Any:
    """Run a program in a fresh interpreter and return the JSON in the last line that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout.splitlines()[-1])


def test_the_package_exports_what_it_promises_and_no_more() -> None:
    assert set(umkm.__all__) == {"__version__"} | FUNCTIONS | CLASSES | ERRORS
    assert "UmkmError" in ERRORS


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_functions(name: str) -> None:
    assert isinstance(getattr(umkm, name), FunctionType)
    assert getattr(umkm, name).__doc__


@pytest.mark.parametrize("name", sorted(CLASSES | ERRORS))
def test_classes_are_classes(name: str) -> None:
    assert getattr(umkm, name).__name__ == name


def test_every_export_is_listed_by_dir() -> None:
    assert set(umkm.__all__) <= set(dir(umkm))
    assert dir(umkm) == sorted(dir(umkm))


def test_what_is_not_exported_is_an_attribute_error_as_of_any_module() -> None:
    with pytest.raises(AttributeError) as caught:
        umkm.predikt  # noqa: B018
    assert str(caught.value) == "module 'umkm_classifier' has no attribute 'predikt'"
    assert not hasattr(umkm, "predikt")


def test_importing_the_package_loads_nothing_of_it_but_itself() -> None:
    program = "import umkm_classifier, sys, json\nprint(json.dumps([m for m in sys.modules if 'umkm_' in m]))"
    assert run(program) == ["umkm_classifier"]


def test_the_light_names_load_nothing_heavy() -> None:
    program = """
import json, sys
from umkm_classifier import Listing, Listings, Prediction, Reason, TrainConfig, Predictor, load, predict, simulate
print(json.dumps(sorted({"numpy", "sklearn", "scipy", "pandas", "torch", "mlflow", "pyarrow"} & set(sys.modules))))
"""
    assert run(program) == ["numpy"]


FIRST = """
import importlib, json, sys, types
first, name = sys.argv[1:]
exec(first)
import umkm_classifier as umkm
module = sys.modules["umkm_classifier." + name] if "umkm_classifier." + name in sys.modules else None
print(json.dumps([type(getattr(umkm, name)).__name__, module is None or isinstance(module, types.ModuleType)]))
"""


@pytest.mark.parametrize("name", ["train", "simulate"])
@pytest.mark.parametrize(
    "first",
    [
        "import umkm_classifier.{name}",
        "from umkm_classifier.{name} import *",
        "import umkm_classifier as u; u.{name}; import umkm_classifier.{name}",
        "import importlib; importlib.import_module('umkm_classifier.{name}')",
        "from umkm_classifier import {name}",
        "import umkm_classifier.cli.main",
    ],
)
def test_a_name_that_a_module_has_too_is_always_the_function(name: str, first: str) -> None:
    assert run(FIRST, first.format(name=name), name) == ["function", True]


def test_modules_stay_reachable_by_import() -> None:
    import umkm_classifier.train  # noqa: F401
    from umkm_classifier.simulate.market import Market

    assert isinstance(sys.modules["umkm_classifier.train"], ModuleType)
    assert isinstance(sys.modules["umkm_classifier.simulate"], ModuleType)
    assert isinstance(umkm.simulate(rows=2), Market)


def test_other_attributes_can_be_set_and_modules_are_bound_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    import umkm_classifier.errors

    assert umkm_classifier.errors is errors
    monkeypatch.setattr(umkm, "load", len)
    assert umkm.load("abc") == 3  # type: ignore[comparison-overlap, arg-type]


def test_the_estimator_without_scikit_learn_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "umkm_classifier.model.classifier", raising=False)
    with pytest.raises(errors.MissingExtraError) as caught:
        umkm.ListingClassifier  # noqa: B018
    assert str(caught.value) == (
        "this needs the package 'sklearn', which is not installed. Install it with: pip install "
        "'umkm-classifier[train]'"
    )


def test_a_package_whose_system_library_is_absent_is_told_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "without_libgl.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(errors.MissingExtraError) as caught:
        errors.require("without_libgl", "reuse")
    assert str(caught.value) == (
        "this needs the package 'without_libgl', which is installed and cannot be loaded: libGL.so.1: cannot open "
        "shared object file. Install what is named there, or the package again: "
        "pip install --force-reinstall 'umkm-classifier[reuse]'"
    )


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_python_m_is_the_command(arguments: list[str]) -> None:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "umkm_classifier", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    if arguments == ["--version"]:
        assert done.stdout == f"{umkm.__version__}\n"
    else:
        assert all(
            command in done.stdout
            for command in ("simulate", "check", "train", "crossval", "evaluate", "stress", "predict")
        )


def test_the_example_of_the_package_docstring_runs() -> None:
    from tests.small_models import plain_bundle

    model = umkm.load(plain_bundle())
    p_imported = model.predict([umkm.Listing(title="Kain batik tulis", price="Rp450.000")])[0].p_imported
    assert p_imported is not None
    assert 0 < p_imported < 1
