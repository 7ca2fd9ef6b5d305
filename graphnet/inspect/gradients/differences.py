"""Differences: how much a loss changes when numbers are moved, against the gradient that was computed for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from graphnet.debug import runs
from graphnet.nesting import Array

# The terms of a loss, in arrays.
Loss: TypeAlias = Callable[[], list[Array]]

# The numbers of larger arrays are moved together at first.
MOST_MOVED_EACH = 16
# Of a large array whose gradient is wrong, or that lies at kinks, no more numbers are looked at one by one.
MOST_WRONG, MOST_LOOKED_AT = 16, 256


@dataclass(frozen=True)
class GradientCheck:
    """The gradient of one array, an input or a parameter, against differences.

    Attributes
    ----------
    name : str
        ``"input"``, ``"input 1"``, or a parameter's name.
    error : float
        The largest ``|computed - numeric| / max(1, |computed|, |numeric|)`` that was found.
    place : tuple of int or None
        Where that is; None where the numbers of a large array were moved together, and it held.
    computed, numeric : float
        The slope there, or in the direction in which the numbers were moved together.
    ok : bool
    kinks : int
        At how many numbers there is no slope, but one to each side, with the gradient at one of them or between them;
        so it counts as right.
    """

    name: str
    error: float
    place: tuple[int, ...] | None
    computed: float
    numeric: float
    ok: bool
    kinks: int = 0


class Slope(NamedTuple):
    """A slope as computed and from differences, for one number or for several that are moved together."""

    error: float
    computed: float
    numeric: float


@dataclass
class Differences:
    """Compares gradients of a loss with its central differences.

    Parameters
    ----------
    loss : callable
        Gives the terms of the loss for the arrays as they are.
    step : float
        How far numbers are moved.
    tolerance : float
        The error up to which a gradient is right.
    """

    loss: Loss
    step: float
    tolerance: float
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def check(self, name: str, array: Array, gradient: Array) -> GradientCheck:
        """Check the gradient of an array, whose numbers are moved and put back.

        Those of a large array are moved together, each by its own length, so that no errors cancel. Where that does not
        hold, those of each half are, and so on down to single numbers, those first that are furthest from holding.
        """
        search = _Search(self, array, gradient)
        places = np.flatnonzero(np.isfinite(array))  # there is no slope at infinity
        if places.size <= MOST_MOVED_EACH:
            for i in places.tolist():
                search.look_at(i)
        else:
            search.compare(places)
            if not search.pending:
                search.compare(places)
            search.divide()
        place = None if search.place is None else tuple(map(int, np.unravel_index(search.place, array.shape)))
        error, computed, numeric = search.worst
        return GradientCheck(name, error, place, computed, numeric, ok=error <= self.tolerance, kinks=search.kinks)


class _Search:
    """The search for the numbers of one array whose gradient is wrong."""

    def __init__(self, differences: Differences, array: Array, gradient: Array) -> None:
        self.of = differences
        self.flat: Any = array.flat  # as it may be laid out in memory in any order
        self.slopes = np.ravel(gradient)
        self.worst = Slope(0.0, 0.0, 0.0)
        self.place: int | None = None
        self.kinks = 0
        # Groups of numbers that do not hold, those first that are furthest from it.
        self.pending: list[tuple[float, int, Array]] = []
        self._n_wrong = self._n_looked_at = 0

    def compare(self, places: Array) -> None:
        """Move the numbers at these places together; if that does not hold, they are to be divided."""
        random = self.of.random
        direction = random.uniform(0.5, 1.5, places.size) * random.choice([-1.0, 1.0], places.size)
        found = self._slope(places, direction)
        if found.error <= self.of.tolerance:
            if self.place is None and found.error >= self.worst.error:
                self.worst = found
        else:
            urgency = -found.error if math.isfinite(found.error) else -math.inf
            heappush(self.pending, (urgency, int(places[0]), places))

    def divide(self) -> None:
        """Divide groups of numbers until those are found that are wrong."""
        while self.pending and self._n_wrong < MOST_WRONG and self._n_looked_at < MOST_LOOKED_AT:
            _, _, places = heappop(self.pending)
            for half in np.array_split(places, 2):
                if half.size > 1:
                    self.compare(half)
                else:
                    self.look_at(int(half[0]))

    def look_at(self, i: int) -> None:
        """Move one number by itself."""
        self._n_looked_at += 1
        found = self._slope(i, 1.0)
        if not found.error <= self.of.tolerance:
            if self._at_kink(i):
                self.kinks += 1
                return
            self._n_wrong += 1
        if self.place is None or not (found.error <= self.worst.error or math.isnan(self.worst.error)):
            self.worst, self.place = found, i

    def _slope(self, places: Any, direction: Any) -> Slope:
        """Return the slope along a direction, with the first step for which computed and numeric agree.

        Numbers near a kink want a smaller step; large ones, or large values of the loss, a larger one; small ones near
        the edge of what a function takes, one of their own size.
        """
        tried = []
        step, kept, slopes = self.of.step, self.flat[places], self.slopes[places]
        sizes = np.abs(kept)
        for move in (step, step * np.maximum(1, sizes), step / 16, step * 256, step * sizes):
            up, down = kept + move * direction, kept - move * direction
            moved = up - down
            length = float(np.abs(moved).mean())
            if not length:  # too short for numbers as large as these, or there are only zeros
                continue
            numeric = _difference(self._loss_at(places, up), self._loss_at(places, down)) / length
            self.flat[places] = kept
            shares = slopes * moved / length
            computed = float(shares.sum())
            largest = float(np.abs(shares).max())
            error = abs(computed - numeric) / max(1.0, largest, abs(numeric) / math.sqrt(np.size(kept)))
            tried.append(Slope(error, computed, numeric))
            if error <= self.of.tolerance:
                return tried[-1]
        return tried[0]

    def _at_kink(self, i: int) -> bool:
        """Tell whether there is no slope at a number, and its gradient is one to one side, or between those.

        That is at a kink, a jump, or the edge of what a function takes.
        """
        kept, computed = self.flat[i], float(self.slopes[i])
        here = self.of.loss()

        def one_sided(move: float) -> list[float]:
            step = move * max(1.0, abs(kept))
            up, down = kept + step, kept - step
            right = _difference(self._loss_at(i, up), here) / (up - kept)
            left = _difference(here, self._loss_at(i, down)) / (kept - down)
            self.flat[i] = kept
            return [left, right]

        near, far = one_sided(self.of.step / 16), one_sided(self.of.step)
        gap = abs(near[1] - near[0])
        slack = 10 * self.of.tolerance * max(1.0, abs(computed))
        if any(abs(slope - computed) <= (slack if math.isnan(gap) else min(slack, 0.05 * gap)) for slope in near):
            return True
        # What bends without a kink looks straighter from nearer, and rounding looks different.
        lasting = all(abs(a - b) <= 0.01 * gap for a, b in zip(near, far, strict=True))
        return lasting and min(near) < computed < max(near)

    @runs
    def _loss_at(self, places: Any, values: Any) -> list[Array] | None:
        """Return the loss for other numbers at these places; None if it refuses them."""
        self.flat[places] = values
        try:
            return self.of.loss()
        except Exception:  # noqa: BLE001  # it took the numbers themselves, so it is these that it does not take
            return None


def _difference(above: list[Array] | None, below: list[Array] | None) -> float:
    if above is None or below is None:
        return math.nan
    # Each number of the output is subtracted on its own: the rounding of a large sum would hide what has changed.
    return sum(float((a - b).sum()) for a, b in zip(above, below, strict=True))
