"""Run the notebooks: ``python -m tests.notebooks.execute`` writes them back, executed, as they are committed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def notebooks() -> list[Path]:
    """Return all notebooks, in order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """Return a notebook as it comes out of a fresh kernel, in a temporary folder; an error in a cell is an error."""
    notebook = nbformat.read(path, as_version=4)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}})
        client.execute(env={**os.environ, **threads})
    return clean(notebook)


def clean(notebook: Any) -> Any:
    """Take out what differs from machine to machine and from run to run."""
    notebook.metadata = nbformat.from_dict({"kernelspec": {"display_name": "Python 3", "name": "python3"}})
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"
        cell.metadata = nbformat.from_dict({})
    return notebook


def main() -> None:
    """Execute every notebook and write it back."""
    for path in notebooks():
        print(path.name)
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    main()
