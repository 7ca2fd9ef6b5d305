"""Schedules: the learning rate over a training, as factors on the optimizer's.

A schedule is a function of a :class:`Moment`. Those made here can be multiplied with each other and with functions:

>>> schedule = warm_up(100) * linear_decay()
>>> [round(schedule(Moment(step, steps_per_epoch=500, n_epochs=2)), 3) for step in (0, 49, 99, 500, 999)]
[0.01, 0.475, 0.901, 0.5, 0.001]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from graphnet.edge import whole_number
from graphnet.optim.optimizer import in_range


@dataclass(frozen=True)
class Moment:
    """Where a training stands, before a step.

    Attributes
    ----------
    step : int
        How many steps were done: 0 before the first.
    steps_per_epoch, n_epochs : int

    Examples
    --------
    >>> moment = Moment(step=150, steps_per_epoch=100, n_epochs=10)
    >>> moment.epoch, moment.total_steps, moment.fraction
    (1, 1000, 0.15)
    """

    step: int
    steps_per_epoch: int
    n_epochs: int

    @property
    def epoch(self) -> int:
        """The epoch it is in, the first being 0."""
        return self.step // self.steps_per_epoch

    @property
    def total_steps(self) -> int:
        """The steps of all epochs."""
        return self.steps_per_epoch * self.n_epochs

    @property
    def fraction(self) -> float:
        """The share of all steps that is done: from 0 to under 1."""
        return self.step / self.total_steps


class Schedule:
    """A factor on the learning rate at every moment; ``a * b`` is the product of two.

    Parameters
    ----------
    factor : callable
        Takes a :class:`Moment`, gives a number of at least 0.

    Examples
    --------
    >>> halved = Schedule(lambda moment: 0.5) * constant(0.5)
    >>> halved(Moment(0, 10, 1))
    0.25
    """

    def __init__(self, factor: Callable[[Moment], float]) -> None:
        if not callable(factor):
            raise TypeError(f"a schedule is a function of a Moment, not {factor!r}; constant({factor!r}) makes one")
        self._factor = factor

    def __call__(self, moment: Moment) -> float:
        return self._factor(moment)

    def __mul__(self, other: Callable[[Moment], float]) -> Schedule:
        second = Schedule(other)
        return Schedule(lambda moment: self(moment) * second(moment))

    __rmul__ = __mul__


def constant(factor: float = 1.0) -> Schedule:
    """Return ``factor`` at every moment.

    Examples
    --------
    >>> constant(0.1)(Moment(7, 10, 1))
    0.1
    """
    number = in_range("factor", factor)
    return Schedule(lambda moment: number)


def warm_up(n: int) -> Schedule:
    """Rise in a straight line over the first n steps: ``min(1, (step + 1) / n)``.

    Parameters
    ----------
    n : int
        Steps, at least 1.

    Notes
    -----
    The first means of Adam and RMSProp are rough, so that their first steps are best small. Goyal et al., "Accurate,
    large minibatch SGD", 2017.

    Examples
    --------
    >>> [warm_up(4)(Moment(step, 10, 1)) for step in (0, 1, 3, 9)]
    [0.25, 0.5, 1.0, 1.0]
    """
    n = whole_number(n, "warm_up's n", 1)
    return Schedule(lambda moment: min(1.0, (moment.step + 1) / n))


def linear_decay(to: float = 0.0) -> Schedule:
    """Fall in a straight line from 1 to ``to`` at the end: ``1 + (to - 1) · fraction``.

    Examples
    --------
    >>> [linear_decay(0.2)(Moment(step, 10, 1)) for step in (0, 5)]
    [1.0, 0.6]
    """
    to = in_range("to", to)
    return Schedule(lambda moment: 1 + (to - 1) * moment.fraction)


def cosine(to: float = 0.0) -> Schedule:
    """Fall from 1 to ``to`` at the end, slowly at both ends: ``to + (1 - to) · (1 + cos(π · fraction)) / 2``.

    Notes
    -----
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017; without restarts.

    Examples
    --------
    >>> [round(cosine()(Moment(step, 10, 1)), 3) for step in (0, 1, 5, 9)]
    [1.0, 0.976, 0.5, 0.024]
    """
    to = in_range("to", to)
    return Schedule(lambda moment: to + (1 - to) * (1 + math.cos(math.pi * moment.fraction)) / 2)


def exponential_decay(factor: float, after_epoch: int = 1) -> Schedule:
    """Multiply by ``factor`` at the end of epoch ``after_epoch``, the first being 1, and of each epoch that follows.

    Parameters
    ----------
    factor : float
    after_epoch : int
        At least 1.

    Notes
    -----
    char-rnn: ``exponential_decay(0.97, after_epoch=10)``.

    Examples
    --------
    >>> schedule = exponential_decay(0.5, after_epoch=2)
    >>> [schedule(Moment(10 * epoch, 10, 5)) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.25, 0.125]
    """
    factor = in_range("factor", factor)
    after_epoch = whole_number(after_epoch, "after_epoch", 1)
    return Schedule(lambda moment: factor ** max(0, moment.epoch + 1 - after_epoch))


def step_decay(factor: float, every: int) -> Schedule:
    """Multiply by ``factor`` at the end of every ``every``-th epoch: ``factor ** (epoch // every)``.

    Parameters
    ----------
    factor : float
    every : int
        Epochs, at least 1.

    Examples
    --------
    >>> schedule = step_decay(0.1, every=2)
    >>> [round(schedule(Moment(10 * epoch, 10, 5)), 3) for epoch in range(5)]
    [1.0, 1.0, 0.1, 0.1, 0.01]
    """
    factor = in_range("factor", factor)
    every = whole_number(every, "every", 1)
    return Schedule(lambda moment: factor ** (moment.epoch // every))
