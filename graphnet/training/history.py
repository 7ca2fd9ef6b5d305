"""History: the losses of a training, its metrics and its learning rates; a table, a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 20  # of the table
COLUMNS = ("epoch", "train", "validation", "learning rate")  # which no metric may be called


@dataclass(frozen=True)
class TrainPoint:
    """The mean over the steps since the point before: about 20 points in an epoch.

    Attributes
    ----------
    epoch : float
        How many epochs were done, with the share of the one it is in.
    step, seen : int
        How many steps were done, and how many items were in their batches.
    loss, norm : float
        The training loss, and the norm of the gradient before clipping.
    learning_rate : float
        Of the last step.

    Examples
    --------
    >>> TrainPoint(epoch=1.5, step=30, seen=960, loss=0.25, norm=1.1, learning_rate=0.01).epoch
    1.5
    """

    epoch: float
    step: int
    seen: int
    loss: float
    norm: float
    learning_rate: float


@dataclass(frozen=True)
class ValidationPoint:
    """The loss and the metrics on the validation data after an epoch.

    Attributes
    ----------
    epoch, step, seen : int
        As in :class:`TrainPoint`.
    loss : float
    metrics : dict of str to float

    Examples
    --------
    >>> ValidationPoint(epoch=2, step=40, seen=1280, loss=0.3, metrics={"accuracy": 0.9}).metrics
    {'accuracy': 0.9}
    """

    epoch: int
    step: int
    seen: int
    loss: float
    metrics: dict[str, float] = field(default_factory=dict)


class History:
    """What a training has seen of itself. Printed, it is a table of its epochs.

    Attributes
    ----------
    train : list of TrainPoint
    validation : list of ValidationPoint

    Examples
    --------
    >>> history = History()
    >>> history.train.append(TrainPoint(1.0, 20, 640, loss=0.5, norm=1.0, learning_rate=0.01))
    >>> history.validation.append(ValidationPoint(1, 20, 640, loss=0.75))
    >>> print(history)
    epoch   train  validation  learning rate
        1     0.5        0.75           0.01
    best: validation 0.75 after epoch 1
    """

    def __init__(self) -> None:
        self.train: list[TrainPoint] = []
        self.validation: list[ValidationPoint] = []

    @property
    def best(self) -> ValidationPoint | None:
        """The point of the least validation loss; None before any."""
        return min((p for p in self.validation if p.loss == p.loss), key=lambda point: point.loss, default=None)

    def plot(self, file: str | os.PathLike[str] | None = None) -> Figure:
        """Return a picture of the losses and the metrics over the epochs; it shows itself in a notebook.

        Parameters
        ----------
        file : path, optional
            Where to write it, too: ``.png``, ``.svg`` or ``.pdf``. It is written whole or not at all.

        Raises
        ------
        ValueError
            If the file has another suffix, or there is nothing to show yet.
        ImportError
            If the extra ``train`` is not installed.
        """
        from graphnet.figures import save_figure
        from graphnet.training.plot import plot

        figure = plot(self)
        if file is not None:
            save_figure(figure, file)
        return figure

    def to_data(self) -> dict[str, Any]:
        """Return all points as data that JSON can hold."""
        return {"train": [asdict(p) for p in self.train], "validation": [asdict(p) for p in self.validation]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the history of what :meth:`to_data` gave."""
        history = cls()
        history.train = [TrainPoint(**point) for point in data["train"]]
        history.validation = [ValidationPoint(**point) for point in data["validation"]]
        return history

    def epochs(self) -> list[dict[str, float]]:
        """Return for each finished epoch its mean training loss, its validation, and its last learning rate.

        Examples
        --------
        >>> history = History()
        >>> history.train += [TrainPoint(0.5, 1, 8, 3.0, 1.0, 0.1), TrainPoint(1.0, 2, 16, 2.0, 1.0, 0.1)]
        >>> history.epochs()
        [{'epoch': 1, 'train': 2.5, 'learning rate': 0.1}]
        """
        validation = {point.epoch: point for point in self.validation}
        rows: list[dict[str, float]] = []
        total, step, first = 0.0, 0, 0
        for point in self.train:
            total += point.loss * (point.step - step)
            step = point.step
            if point.epoch == int(point.epoch):
                row: dict[str, float] = {"epoch": int(point.epoch), "train": total / (step - first)}
                if int(point.epoch) in validation:
                    held_out = validation[int(point.epoch)]
                    row |= {"validation": held_out.loss, **held_out.metrics}
                rows.append(row | {"learning rate": point.learning_rate})
                total, first = 0.0, step
        return rows

    def __str__(self) -> str:
        rows = self.epochs()
        if not rows:
            return "no epoch is finished"
        between = -(-len(rows) // ROWS)
        rows = [row for i, row in enumerate(rows, 1) if i % between == 0 or i == len(rows)]
        names = list(dict.fromkeys(name for row in rows for name in row if name != "learning rate"))
        table = [[*names, "learning rate"]]
        table += [[f"{row[name]:.4g}" if name in row else "" for name in table[0]] for row in rows]
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        widths[1] = max(widths[1], 6)
        lines = ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in table]
        if self.best is not None:
            lines.append(f"best: validation {self.best.loss:.4g} after epoch {self.best.epoch}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"History({len(self.train)} points of training, {len(self.validation)} of validation)"
