"""Figures: axes to plot on, shown in notebooks and written to files; imported only for that, as it needs matplotlib."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from graphnet.files import write_atomically

try:
    # Figure itself and not pyplot, whose global state and windows are the user's.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError as error:
    raise ImportError(
        f'plots need the package matplotlib ({error}); install it with: pip install "graphnet-nn[train]"'
    ) from error

KINDS = (".png", ".svg", ".pdf")


class ShownFigure(Figure):
    """A figure that shows itself in a notebook, as only those of pyplot do otherwise."""

    def _repr_png_(self) -> bytes:
        return _contents(self, "png")


def panels(n_rows: int = 1, n_columns: int = 1, width: float = 8, height: float = 5, **options: Any) -> Any:
    """Return the axes of a new figure, an array of them if there are several; ``options`` are those of ``subplots``.

    >>> panels(1, 2, width=9).shape
    (2,)
    """
    figure = ShownFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(n_rows, n_columns, **options)
    for one in figure.axes:
        one.grid(alpha=0.3)
    return axes


def check_kind(file: str | os.PathLike[str]) -> str:
    """Return the kind of picture that a file's name asks for.

    Raises
    ------
    ValueError
        If no figure is written as that.
    """
    kind = Path(file).suffix.lower()
    if kind not in KINDS:
        raise ValueError(f"a plot is written as {', '.join(KINDS)}, not as {kind or 'a file without suffix'}")
    return kind[1:]


def save_figure(figure: Figure, file: str | os.PathLike[str]) -> None:
    """Write a figure, whole or not at all."""
    write_atomically(file, _contents(figure, check_kind(file)))


def _contents(figure: Figure, kind: str) -> bytes:
    contents = io.BytesIO()
    figure.savefig(contents, format=kind, dpi=120)
    return contents.getvalue()
