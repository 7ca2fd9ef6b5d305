"""Pictures of histories; needs matplotlib, and is imported only when one is asked for."""

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


class HistoryFigure(Figure):
    """A figure that shows itself in a notebook, as only those of pyplot do otherwise."""

    def _repr_png_(self) -> bytes:
        return _contents(self, "png")


def plot(history: History) -> Figure:
    """Return the losses, and below them the metrics if there are any, over the epochs."""
    if not history.train and not history.validation:
        raise ValueError("there is nothing to plot yet: the history is empty")
    names = list(dict.fromkeys(name for point in history.validation for name in point.metrics))
    figure = HistoryFigure(figsize=(8, 7 if names else 5), layout="constrained")
    FigureCanvasAgg(figure)
    panels: Any = figure.subplots(2 if names else 1, 1, sharex=True, squeeze=False)[:, 0]
    losses = panels[0]
    for label, points, style in (("train", history.train, "-"), ("validation", history.validation, "o-")):
        if points:
            losses.plot([p.epoch for p in points], [p.loss for p in points], style, label=label)
    losses.set_ylabel("loss")
    for name in names:
        points = [point for point in history.validation if name in point.metrics]
        panels[1].plot([p.epoch for p in points], [p.metrics[name] for p in points], "o-", label=name)
    panels[-1].set_xlabel("epochs")
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.legend()
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
