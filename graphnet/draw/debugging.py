"""Debugging: a picture for every failure inside a net, as it happens."""

from __future__ import annotations

import os
import pathlib
import re
import sys
from itertools import count
from typing import TYPE_CHECKING

from graphnet import debug
from graphnet.draw.api import draw
from graphnet.draw.picture import Picture
from graphnet.files import write_atomically
from graphnet.graph import Graph
from graphnet.module import Module

if TYPE_CHECKING:
    from graphnet.tape import Tape

# More lines of DOT, of a net of about 1,000 nodes, are left for the user to lay out: it takes longer than someone waits
# for an error.
MOST_LINES_LAID_OUT = 2500


def set_debug(on: bool = True, *, folder: str | os.PathLike[str] = ".") -> None:
    """Draw a picture of whatever fails inside a net from now on: in a run, a backward, or when a gModule is closed.

    The failing node is red, and where shapes do not fit, the wire; arrows carry the shapes as far as the run came. The
    picture is written to ``<name>.svg``, by the net's name, or what it is: ``gModule_3in_2out.svg``. No file is
    overwritten: a number is added to the name. A note in the error tells where it is; a notebook shows it, too. Without
    Graphviz, and for nets of more than about 1,000 nodes, DOT text is written. What is raised is the error itself,
    whatever happens to the picture.

    It holds for all threads, until ``set_debug(False)``.

    Parameters
    ----------
    on : bool
    folder : str or path
        Where the pictures are written; by default the current folder.

    Raises
    ------
    TypeError
        If ``on`` is neither True nor False.
    FileNotFoundError
        If there is no such folder.

    Notes
    -----
    nngraph's ``nngraph.setDebug``.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from graphnet import modules as nn
    >>> folder = tempfile.mkdtemp()
    >>> set_debug(folder=folder)
    >>> try:
    ...     nn.Sequential(nn.Tanh(), nn.Linear(3, 2)).forward(np.zeros(4))
    ... except ValueError as error:
    ...     print(os.listdir(folder), error.__notes__[-1].startswith("its picture: "))
    ['Sequential.svg'] True
    >>> set_debug(False)
    """
    if not isinstance(on, bool):
        raise TypeError(f"set_debug takes True or False, not {on!r}")
    if not pathlib.Path(folder).is_dir():
        raise FileNotFoundError(f"there is no folder {os.fspath(folder)!r} for set_debug to write pictures to")
    debug.listen(_Listener(pathlib.Path(folder)) if on else None)


class _Listener:
    """What draws the failures that it is told of."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def __call__(self, error: Exception, net: Module | Graph, tape: Tape | None) -> None:
        try:
            picture = draw(net if isinstance(net, Module) else net.as_networkx(), failed=error, tape=tape)
            path = self._write(picture, file_name(net))
            error.add_note(f"its picture: {path}")
            _display(picture)
        except Exception as problem:  # noqa: BLE001  # whatever it is, the error itself is what the user must see
            error.add_note(f"its picture could not be made: {type(problem).__name__}: {problem}")

    def _write(self, picture: Picture, name: str) -> pathlib.Path:
        large = picture.source.count("\n") > MOST_LINES_LAID_OUT
        format = "dot" if large else "svg"  # noqa: A001  # Graphviz's word
        try:
            contents = picture.render(format)
        except RuntimeError:
            format = "dot"  # noqa: A001
            contents = picture.render(format)
        path = _new_file(self._folder, name, format)
        try:
            write_atomically(path, contents)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path


def file_name(net: Module | Graph) -> str:
    """Return a net's name as one that every file can have, whatever characters it holds.

    >>> from graphnet import modules as nn
    >>> file_name(nn.lstm(3, 2)), file_name(nn.Sequential(nn.Tanh()))
    ('gModule_3in_2out', 'Sequential')
    """
    if isinstance(net, Graph):
        return f"gModule_{len(net.inputs)}in_{len(net.outputs)}out"
    name = getattr(net, "name", None) or re.sub(r"(\d) (in|out)\b", r"\1\2", net.label())
    return re.sub(r"[^\w-]+", "_", str(name)).strip("_")[:80] or "net"


def _new_file(folder: pathlib.Path, name: str, suffix: str) -> pathlib.Path:
    """Make an empty file with a name that no file had, also where others do the same at this time."""
    for n in count(1):
        path = folder / f"{name}{'' if n == 1 else f'_{n}'}.{suffix}"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise AssertionError


def _display(picture: Picture) -> None:
    """Show a picture below a notebook's cell, if one is running."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if hasattr(shell, "kernel"):
        from IPython.display import display

        display(picture)  # type: ignore[no-untyped-call]
