"""Figures for the examples' pictures; needs matplotlib, and is imported only when one is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Figure itself and not pyplot, whose global state and windows are the user's.
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from graphnet.training.plot import save_figure


def panels(n_rows: int = 1, n_columns: int = 1, width: float = 8, height: float = 5, **options: Any) -> Any:
    """Return the axes of a new figure, an array of them if there are several; ``options`` are those of ``subplots``.

    >>> panels(1, 2, width=9).shape
    (2,)
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(n_rows, n_columns, **options)
    for one in figure.axes:
        one.grid(alpha=0.3)
    return axes


def write(axes: Any, file: Path) -> Path:
    """Write the figure that some axes stand in as a PNG, whole or not at all; return the file."""
    save_figure(axes.figure, file)
    return file
