"""Every notebook runs, and gives again what is committed in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebooks.execute import clean, executed, notebooks


def texts(notebook: Any) -> list[str]:
    """Return what the cells print and show as text; pictures depend on Graphviz's version."""
    return [
        output.text if output.output_type == "stream" else str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the Jupyter client
@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_gives_what_is_committed(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    fresh = executed(path)
    assert texts(fresh) == texts(committed)
    shown = [set(o.get("data", {})) for c in fresh.cells for o in c.get("outputs", [])]
    assert shown == [set(o.get("data", {})) for c in committed.cells for o in c.get("outputs", [])]


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_is_committed_clean_and_executed(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any("image/svg+xml" in o.get("data", {}) for c in code for o in c.outputs)
    assert nbformat.writes(clean(nbformat.read(path, as_version=4))) == nbformat.writes(notebook)


def test_an_error_in_a_cell_is_an_error(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(notebook, tmp_path / "bad.ipynb")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        executed(tmp_path / "bad.ipynb")
