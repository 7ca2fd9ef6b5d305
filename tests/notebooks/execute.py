"""Run the notebooks: ``python -m tests.notebooks.execute [NAME ...]`` executes them and writes them back, clean.

A name may be a beginning, such as ``03``. The picture of the cell that is tagged ``thumbnail`` is written to
``notebooks/thumbnails``, too, for the README.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbstripout import strip_output

from tests.notebooks.thumbnail import thumbnail

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
THUMBNAILS = NOTEBOOKS / "thumbnails"
# A thumbnail is the README's; what a cell prints that is tagged `varies`, such as times, is not compared.
TAGS = {"thumbnail", "varies"}
SECONDS_PER_CELL = 300


def notebooks() -> list[Path]:
    """Return all notebooks, in order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """Return a notebook as it comes out of a fresh kernel, in a temporary folder; an error in a cell is an error.

    The code of the answers to its exercises runs after it, in the same kernel, and is not kept.
    """
    notebook = nbformat.read(path, as_version=4)
    n_cells = len(notebook.cells)
    notebook.cells += [nbformat.v4.new_code_cell(code) for code in answers(notebook)]
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            coalesce_streams=True,  # else what is printed comes in more or fewer pieces
        )
        client.execute(env={**os.environ, **threads})
    del notebook.cells[n_cells:]
    return clean(notebook)


def answers(notebook: Any) -> list[str]:
    """Return the code in the folded answers of a notebook, in order."""
    folded = "\n".join(re.findall(r"<details>.*?</details>", notebook.cells[-1].source, re.DOTALL))
    code: list[str] = re.findall(r"^```python\n(.*?)^```", folded, re.DOTALL | re.MULTILINE)
    return code


def clean(notebook: Any) -> Any:
    """Take out what differs from machine to machine and from run to run, bars of progress among it."""
    strip_output(notebook, keep_output=True, keep_count=True, keep_id=False, drop_output_types={"stream:stderr"})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        tags = sorted(TAGS & set(cell.metadata.get("tags", ())))
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    return notebook


def main(names: list[str]) -> None:
    """Execute the notebooks that are named, or all, and write them back with their thumbnails."""
    THUMBNAILS.mkdir(exist_ok=True)
    for path in notebooks():
        if names and not path.stem.startswith(tuple(names)):
            continue
        start = time.perf_counter()
        notebook = executed(path)
        nbformat.write(notebook, path)
        (THUMBNAILS / f"{path.stem}.svg").write_bytes(thumbnail(notebook))
        print(f"{path.name:<32} {time.perf_counter() - start:4.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
