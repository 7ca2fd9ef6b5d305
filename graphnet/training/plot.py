"""Pictures of histories; needs matplotlib, and is imported only when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.figures import panels
from graphnet.training.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
