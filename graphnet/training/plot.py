"""Pictures of histories, and the figures of all pictures; needs matplotlib, and is imported only when one is drawn."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

# Figure itself and not pyplot, whose global state and windows are the user's.
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from graphnet.files import write_atomically
from graphnet.training.history import History

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


def plot(history: History) -> Figure:
    """Return the losses, and below them the metrics if there are any, over the epochs."""
    if not history.train and not history.validation:
        raise ValueError("there is nothing to plot yet: the history is empty")
    names = list(dict.fromkeys(name for point in history.validation for name in point.metrics))
    drawn = panels(2 if names else 1, height=7 if names else 5, sharex=True, squeeze=False)[:, 0]
    losses = drawn[0]
    line = "o-" if len(history.train) == 1 else "-"  # a line through one point cannot be seen
    for label, points, style in (("train", history.train, line), ("validation", history.validation, "o-")):
        if points:
            losses.plot([p.epoch for p in points], [p.loss for p in points], style, label=label)
    losses.set_ylabel("loss")
    for name in names:
        points = [point for point in history.validation if name in point.metrics]
        drawn[1].plot([p.epoch for p in points], [p.metrics[name] for p in points], "o-", label=name)
    drawn[-1].set_xlabel("epochs")
    for axes in drawn:
        axes.legend()
    figure: Figure = losses.figure
    return figure


def save_figure(figure: Figure, file: str | os.PathLike[str]) -> None:
    """Write a figure, whole or not at all."""
    kind = Path(file).suffix.lower()
    if kind not in KINDS:
        raise ValueError(f"a plot is written as {', '.join(KINDS)}, not as {kind or 'a file without suffix'}")
    write_atomically(file, _contents(figure, kind[1:]))


def _contents(figure: Figure, kind: str) -> bytes:
    contents = io.BytesIO()
    figure.savefig(contents, format=kind, dpi=120)
    return contents.getvalue()
