"""Moments of a training: what is recorded at a time, thinned out as the training gets longer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Moment:
    """What is recorded after one step.

    Attributes
    ----------
    step : int
    epoch : float
        How many epochs were done, with the share of the one it is in.
    rate, norm : float
        The learning rate, and the norm of the whole gradient before clipping.
    speed : float
        Items per second since the moment before; NaN for a step that failed.
    gradients, values : list of float
        For each parameter, the norm of its gradient as the optimizer took it, and of its value.
    nodes : list of list of (float or None)
        For each reading, that of each node; None where there is none.

    Examples
    --------
    >>> Moment(step=12, epoch=0.5, rate=0.1, norm=2.0, speed=800.0).step
    12
    """

    step: int
    epoch: float
    rate: float
    norm: float
    speed: float
    gradients: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    nodes: list[list[float | None]] = field(default_factory=list)


class Moments:
    """Moments at equal distances, never more than so many: when there are, every second one goes.

    Parameters
    ----------
    every : int
        The steps from one moment to the next, at first.
    most : int
        How many are kept, at least 2.

    Attributes
    ----------
    kept : list of Moment
        The first and the latest always, wherever they are.

    Examples
    --------
    >>> moments = Moments(every=10, most=4)
    >>> for step in range(1, 101):
    ...     if moments.wants(step):
    ...         moments.add(Moment(step, step / 100, 0.1, 1.0, 1.0))
    >>> [moment.step for moment in moments.kept], moments.every
    ([10, 40, 80], 40)
    """

    def __init__(self, every: int, most: int) -> None:
        self.every = every
        self.most = max(2, most)
        self.kept: list[Moment] = []

    def wants(self, step: int) -> bool:
        """Tell whether a step is due."""
        return step % self.every == 0

    def add(self, moment: Moment) -> None:
        """Keep a moment; the latest before it only if it was due, or the first."""
        again = bool(self.kept) and self.kept[-1].step == moment.step
        if again or (len(self.kept) > 1 and not self.wants(self.kept[-1].step)):
            self.kept.pop()
        self.kept.append(moment)
        if len(self.kept) > self.most:
            self.every *= 2
            first, *between, last = self.kept
            self.kept = [first, *(kept for kept in between if self.wants(kept.step)), last]


class Losses:
    """The losses of all steps, in groups of equal length: their mean, the least and the largest.

    Parameters
    ----------
    most : int
        How many groups there are at most; when there are more, two become one.

    Attributes
    ----------
    steps, means, lows, highs : list
        The last step of each group, and its losses.

    Examples
    --------
    >>> losses = Losses(most=4)
    >>> for step in range(1, 9):
    ...     losses.add(step, float(step))
    >>> losses.steps, losses.means, losses.lows
    ([2, 4, 6, 8], [1.5, 3.5, 5.5, 7.5], [1.0, 3.0, 5.0, 7.0])
    """

    def __init__(self, most: int = 500) -> None:
        self.most = most
        self.steps: list[int] = []
        self.means: list[float] = []
        self.lows: list[float] = []
        self.highs: list[float] = []
        self._length = 1
        self._group: list[float] = []

    def add(self, step: int, loss: float) -> None:
        """Add the loss of a step; those that are not finite count for nothing."""
        if math.isfinite(loss):
            self._group.append(loss)
        if len(self._group) < self._length:
            return
        self.steps.append(step)
        self.means.append(sum(self._group) / len(self._group))
        self.lows.append(min(self._group))
        self.highs.append(max(self._group))
        self._group = []
        if len(self.steps) > self.most and len(self.steps) % 2 == 0:
            self._length *= 2
            pairs = range(0, len(self.steps), 2)
            self.means = [(self.means[i] + self.means[i + 1]) / 2 for i in pairs]
            self.lows = [min(self.lows[i : i + 2]) for i in pairs]
            self.highs = [max(self.highs[i : i + 2]) for i in pairs]
            self.steps = self.steps[1::2]
