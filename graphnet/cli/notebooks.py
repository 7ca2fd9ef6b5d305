"""``graphnet notebooks``: copy the tutorials to a folder of yours, and say how to open them.

They lead from a first graph to training and changing an LSTM, through attention, debugging and speed. A notebook that
is there already and differs, since you worked in it, is left as it is.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from graphnet.files import write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument(
        "folder", nargs="?", default="notebooks", metavar="DIR", help="the folder that they are copied to (%(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Copy all notebooks; print what became of each."""
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    notebooks = contents()
    width = max(map(len, notebooks))
    print(f"in {folder}:")
    for name, notebook in notebooks.items():
        print(f"  {name:<{width}}  {title(notebook)}{copied(notebook, folder / name)}")
    trust(notebooks.values())
    print(f"\nto open them:\n  {how_to_open(folder)}")
    return 0


def contents() -> dict[str, bytes]:
    """Return what is in each notebook, by the name of its file, in order.

    >>> next(iter(contents()))
    '01_first_graph.ipynb'
    """
    folder = resources.files("graphnet") / "notebooks"
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".ipynb")
    }


def title(notebook: bytes) -> str:
    """Return what a notebook is headed with, without its number.

    >>> title(b'{"cells": [{"source": ["# 1. First graph"]}]}')
    'First graph'
    """
    source: Any = json.loads(notebook)["cells"][0]["source"]
    heading = "".join(source).splitlines()[0]
    return heading.partition(". ")[2]


def copied(notebook: bytes, file: Path) -> str:
    """Write a notebook where nothing is yet; return what there is to say of a file that is there."""
    if not file.exists():
        write_atomically(file, notebook)
        return ""
    same = file.read_bytes() == notebook
    return "" if same else "  (kept as you have it; give another folder for a fresh copy)"


def trust(notebooks: Iterable[bytes]) -> None:
    """Tell this user's Jupyter that the contents are to be trusted; else it shows no picture before a cell is run.

    Whoever has installed graphnet trusts its code already. Where there is no Jupyter, there is no one to tell.
    """
    try:
        nbformat: Any = importlib.import_module("nbformat")
        sign: Any = importlib.import_module("nbformat.sign")
    except ImportError:
        return
    notary = sign.NotebookNotary()
    for notebook in notebooks:
        notary.sign(nbformat.reads(notebook.decode(), as_version=4))


def how_to_open(folder: Path) -> str:
    """Return the command that opens a folder of notebooks with this Python."""
    bin_folder = Path(sys.executable).parent
    jupyter = next(filter(Path.exists, (bin_folder / "jupyter", bin_folder / "jupyter.exe")), Path("jupyter"))
    command = f"{_shown(jupyter)} lab {_quoted(folder)}"
    if importlib.util.find_spec("jupyterlab") is None:
        return f'{_shown(Path(sys.executable))} -m pip install "graphnet-nn[notebooks]"\n  {command}'
    return command


def _shown(program: Path) -> str:
    """Return a program as one types it here."""
    here = Path.cwd()
    return _quoted(program.relative_to(here) if program.is_relative_to(here) else program)


def _quoted(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
