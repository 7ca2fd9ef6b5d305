"""Graphviz: the program ``dot`` if it is installed, else the library inside pygraphviz."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator

NOT_FOUND = 'no Graphviz found to draw with; install it with: pip install "graphnet-nn[diagrams]"'
PNG_DPI = 150

# On fonts, and on every graph of more than 1,000 nodes.
_REMARK = re.compile(r"Fontconfig |Warning: graph has \d+ nodes\.\.\.layout may take a long time")

# Graphviz as a library is not thread-safe.
_library = threading.Lock()


def render(source: str, format: str) -> bytes:  # noqa: A002  # Graphviz's word
    """Return what Graphviz makes of DOT text.

    Raises
    ------
    RuntimeError
        If there is no Graphviz, or if it fails; the message is its own.
    """
    if format == "png":  # in SVG and PDF, lengths are points anyway
        source = source.replace("{", f"{{\n\tgraph [dpi={PNG_DPI}]", 1)
    image = _by_program(source, format) if shutil.which("dot") else _by_library(source, format)
    if format == "svg":
        # Comments hold the version of Graphviz.
        return re.sub(rb"<!-- .*? -->\n?", b"", image, flags=re.DOTALL)
    return image


def _by_program(source: str, format: str) -> bytes:  # noqa: A002
    import graphviz

    try:
        image: bytes = graphviz.pipe("dot", format, source.encode(), quiet=True)
    except subprocess.CalledProcessError as error:
        message = (error.stderr or b"").decode(errors="replace").strip()
        raise RuntimeError(f"Graphviz could not draw: {message or error}") from error
    return image


def _by_library(source: str, format: str) -> bytes:  # noqa: A002
    try:
        import pygraphviz
    except ImportError as error:
        raise RuntimeError(NOT_FOUND) from error
    said: list[str] = []
    with _library, _captured_stderr(said):
        try:
            graph = pygraphviz.AGraph(string=source)
            image: bytes = graph.draw(format=format, prog="dot")
            failure = None if image else "it gave nothing"
        except (ValueError, OSError, pygraphviz.DotError) as error:
            failure = str(error)
    if failure:
        raise RuntimeError(f"Graphviz could not draw: {failure} {' '.join(said)}".strip())
    if said:
        os.write(2, ("\n".join(said) + "\n").encode())
    return image


@contextlib.contextmanager
def _captured_stderr(lines: list[str]) -> Iterator[None]:
    """Collect what a C library writes to the process's standard error.

    Its remarks would else stand in every notebook; its errors belong into the exception. What is neither is passed on.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a process without a standard error
        yield
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):  # what pygraphviz itself says
                yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            lines += [*said.getvalue().splitlines(), *file.read().decode(errors="replace").splitlines()]
            lines[:] = [line for line in lines if not _REMARK.match(line)]
