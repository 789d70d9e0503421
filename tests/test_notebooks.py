"""The notebooks run from start to end, and lie in git without what they print."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
CELL_TIMEOUT_S = 180  # a busy machine; a whole notebook takes less than two minutes on an idle one


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def test_there_is_a_notebook_to_begin_with_and_one_for_who_trains_again() -> None:
    names = [path.name for path in NOTEBOOKS]
    assert names[:2] == ["01_first_model.ipynb", "02_errors_and_thresholds.ipynb"]


@each_notebook
def test_a_notebook_in_git_has_no_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert cells
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count is not None] == []


@each_notebook
def test_a_notebook_is_as_its_format_asks(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)  # raises where it is not
    assert notebook.nbformat == 4


@pytest.mark.slow
@each_notebook
def test_a_notebook_runs_without_an_error_and_writes_nothing_where_it_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):  # a home folder may be read-only
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")  # this interpreter's kernel, not one that the user installed
    place = tmp_path / "here"
    place.mkdir()
    notebook = read(path)
    client = NotebookClient(
        notebook, timeout=CELL_TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    )
    client.execute()  # a cell that fails raises CellExecutionError with its traceback
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    on_stderr = [out.text for cell in cells for out in cell.outputs if out.get("name") == "stderr"]
    assert on_stderr == []  # a warning would be the first thing that a reader sees
    assert list(place.iterdir()) == []
