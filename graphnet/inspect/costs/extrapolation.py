"""Extrapolation: what is measured at small sizes, told for large ones.

What arrays take is a polynomial in the sizes: B rows, T steps. So it is measured for a few small numbers of each, from
which it follows for large ones. Steps that are computed again (``recompute=True``) take what about √T of them do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from graphnet.nesting import Array
from graphnet.recurrence.layer import segment_length

# What was measured, by what it is of; the keys of what is not exact begin with "peak".
Measured: TypeAlias = dict[tuple[Any, ...], float]
# A number for each axis.
Point: TypeAlias = tuple[int, ...]

# For sizes of at least so many: the step between the small numbers, which strides divide where it can be, and where
# they stand behind the first. They lie apart where they can, for small temporary arrays are not quite like large ones:
# NumPy writes over those of 256 kB and more.
_STEPS = (
    (1000, 12, (0, 6, 3, 2)),
    (200, 4, (0, 6, 3, 2)),
    (64, 2, (0, 6, 3, 2)),
    (16, 1, (0, 6, 3, 2)),
    (10, 1, (0, 3, 1, 2)),
)
_SQUARES = (4, 36, 16, 25)
_EXACT = 1e-6
# What is not exact is measured once more, at sizes for which no more than this is foretold.
_MOST_BYTES = 2**23
_LEAST_PART = 3


@dataclass(frozen=True)
class Axis:
    """The small numbers that stand for a large one.

    Parameters
    ----------
    full : int
        The large one.
    numbers : tuple of int
        Four small ones.
    functions : tuple of callable
        Functions of the number, such as 1 and n; what is measured is a sum of multiples of them.
    step : int
        The small numbers and the large one are multiples of it apart.
    """

    full: int
    numbers: Point
    functions: tuple[Callable[[int], float], ...]
    step: int = 1

    @classmethod
    def of(cls, full: int, least: int = 2, *, rooted: bool = False) -> Axis | None:
        """Return small numbers, of at least ``least``; None where the large one would not be twice as large."""
        if rooted:
            start = segment_length(least)
            squares = tuple((start - 2 + segment_length(n)) ** 2 for n in _SQUARES)
            return cls(full, squares, (_one, segment_length, float)) if full >= 2 * squares[1] else None
        for from_full, step, places in _STEPS:
            first = max(2, full % step + step)  # a size of 1 may mean something else
            first += -(-max(0, least - first) // step) * step
            numbers = tuple(first + place * step for place in places)
            if full >= max(from_full, 2 * numbers[1]):
                return cls(full, numbers, (_one, float), step)
        return None

    def bent(self) -> Axis:
        """Return the axis for what grows with the square of the number, too."""
        return self if len(self.functions) > 2 else replace(self, functions=(_one, float, _square))

    def between(self, part: float) -> int:
        """Return a number that is a part of the way from the small ones to the large one."""
        if segment_length in self.functions:  # it is many steps that take little: their arrays are no larger
            return self.numbers[1]
        n = self.numbers[1] + part * (self.full - self.numbers[1])
        return self.full - round((self.full - n) / self.step) * self.step

    @property
    def tried_at(self) -> int:
        """A number that the others tell of."""
        return self.numbers[len(self.functions)]

    def weights(self, n: int) -> Array:
        """Return the factors on what was measured at each number, whose sum is what would be measured at ``n``."""
        numbers = self.numbers[: len(self.functions)]
        known = np.array([[function(number) for number in numbers] for function in self.functions])
        return np.linalg.solve(known, np.array([function(n) for function in self.functions]))


def _one(_: int) -> float:
    return 1.0


def _square(n: int) -> float:
    return float(n) ** 2


class Extrapolation:
    """What would be measured at large numbers, for what is measured at small ones.

    Parameters
    ----------
    measure : callable
        Measures at a point.
    axes : list of Axis
    """

    def __init__(self, measure: Callable[[Point], Measured], axes: list[Axis]) -> None:
        self._measure = measure
        self._known: dict[Point, Measured] = {}
        self.axes = axes

    def result(self) -> Measured:
        """Return what would be measured at the large numbers.

        One measurement more tries whether sums of products of the axes' functions tell it; if not, squares are added.
        Another, at larger numbers, tells by what factor the peaks are off.
        """
        axes, off = self.axes, self._off(self.axes)
        if off > _EXACT:
            bent = [axis.bent() for axis in axes]
            if self._off(bent) < off:
                axes = bent
        told = self._told(axes, tuple(axis.full for axis in axes))
        larger = self._larger(axes)
        if larger is not None:
            found, foretold = self._at(larger), self._told(axes, larger)
            for what in told:
                if what[0] == "peak" and foretold[what] > 0:
                    told[what] *= found.get(what, foretold[what]) / foretold[what]
        return told

    def _larger(self, axes: list[Axis]) -> Point | None:
        """Return a point between the small numbers and the large ones that does not take too much."""

        def at(part: int) -> Point:
            return tuple(axis.between(part / 32) for axis in axes)

        most = min(_MOST_BYTES, self._peak(axes, at(32)) / _LEAST_PART)
        parts = range(1, 17)
        part = bisect_right(parts, most, key=lambda part: self._peak(axes, at(part)))
        return at(part) if part else None

    def _peak(self, axes: list[Axis], point: Point) -> float:
        return max((size for what, size in self._told(axes, point).items() if what[0] == "peak"), default=0.0)

    def _off(self, axes: list[Axis]) -> float:
        """Return how far off what axes tell of arrays is, as a part of it."""
        trial = tuple(axis.tried_at for axis in axes)
        told, found = (
            np.array([number for what, number in measured.items() if what[0] != "peak"])
            for measured in (self._told(axes, trial), self._at(trial))
        )
        return float(np.abs(told - found).sum() / max(1.0, found.sum()))

    def _told(self, axes: list[Axis], point: Point) -> Measured:
        weights = [axis.weights(n) for axis, n in zip(axes, point, strict=True)]
        total: Measured = {}
        for places in product(*(range(len(axis.functions)) for axis in axes)):
            factor = 1.0
            for weight, i in zip(weights, places, strict=True):
                factor *= float(weight[i])
            for what, number in self._at(tuple(a.numbers[i] for a, i in zip(axes, places, strict=True))).items():
                total[what] = total.get(what, 0.0) + factor * number
        return total

    def _at(self, point: Point) -> Measured:
        if point not in self._known:
            self._known[point] = self._measure(point)
        return self._known[point]
