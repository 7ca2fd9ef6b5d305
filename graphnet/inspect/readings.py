"""Readings: one number for each node of a run: how large, how saturated, how dead, whether finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from graphnet.elementwise import Elementwise
from graphnet.nesting import Array, gather, leaves
from graphnet.plan import Plan
from graphnet.recurrence.record import Record
from graphnet.splicing import Call, Site
from graphnet.stepping import flat
from graphnet.tape import Tape

# Within this share of a bounded function's range from either end, a value counts as saturated.
SATURATED = 0.1


class Moment(NamedTuple):
    """A call in one of the tapes in which it ran."""

    tape: Tape
    call: Call

    @property
    def value(self) -> Array:
        """All numbers that it gave."""
        return flat(gather(self.call.target, self.tape.values))

    @property
    def gradient(self) -> Array:
        """All numbers of the gradient of what it gave; none where no gradient came."""
        gradients = self.tape.gradients
        return np.empty(0) if gradients is None else flat(gather(self.call.target, gradients))


@dataclass(frozen=True)
class Reading:
    """One number for each node of a run.

    Attributes
    ----------
    what : str
        The word that it was asked for with.
    title, unit : str
    scale : {"log", "share", "count", "linear"}
        How the numbers are best shown; shares lie from 0 to 1.
    meaning : str
        One sentence.
    numbers : dict of Site to float
        In the order of execution; nodes of which it cannot be told are not there. Of what is not finite, NaN or inf.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> net = nn.Sequential(nn.MulConstant(3.0), nn.MulConstant(0.0))
    >>> list(read("activation", net.run(np.ones(4))).numbers.values())
    [6.0, 0.0]
    """

    what: str
    title: str
    unit: str
    scale: str
    meaning: str
    numbers: dict[Site, float]


class _Kind(NamedTuple):
    title: str
    unit: str
    scale: str
    meaning: str
    of: Callable[[list[Moment], Any], float | None]


def read(what: str, tape: Tape, step: int | None = None) -> Reading:
    """Return a number for each node of a run, also inside of recurrences.

    ==============  =========================================================================================
    "activation"    the norm ``√Σy²`` of what a node gave
    "gradient"      the norm of the gradient of what it gave, after a backward
    "saturation"    the share of a sigmoid's, a tanh's, ... values within 10 % of its range from either end;
                    also for a node that only moves such values, as a gate cut out by Narrow
    "dead"          the share of units, along the last dimension, whose slope is 0 for all rows and steps; not told
                    where steps differ in how many units they have
    "not finite"    how many of the numbers that a node gave, and of their gradient, are NaN or infinite
    ==============  =========================================================================================

    Parameters
    ----------
    what : str
        One of these words.
    tape : Tape
    step : int, optional
        The step meant inside of recurrences, in the order of running; by default all: norms are root mean squares over
        the steps.

    Raises
    ------
    ValueError
        If the word is none of these, or gradients are asked for and there was no backward.
    LookupError
        If the run has no such step.

    Notes
    -----
    Saturation is that of Karpathy, Johnson and Fei-Fei, "Visualizing and understanding recurrent networks", 2015.
    """
    kind = _kind(what, tape)
    numbers: dict[Site, float] = {}
    for site, moments, known in _looks([tape], (), step):
        number = kind.of(moments, known)
        if number is not None:
            numbers[site] = number
    return Reading(what, kind.title, kind.unit, kind.scale, kind.meaning, numbers)


def read_over_time(what: str, tape: Tape) -> dict[Site, Array]:
    """Return the reading of each node inside of the recurrences of a run, at each step: T numbers.

    Parameters
    ----------
    what : str
        As for :func:`read`.
    tape : Tape

    Examples
    --------
    >>> from graphnet import Recurrence, modules as nn
    >>> net = Recurrence(nn.rnn(3, 2))
    >>> found = read_over_time("activation", net.run(np.ones((5, 1, 3))))
    >>> [numbers.shape for numbers in found.values()][:2]
    [(5,), (5,)]
    """
    kind = _kind(what, tape)
    found: dict[Site, Array] = {}
    for call in tape.plan.executed:
        record = tape.saved.get(call.target)
        if not isinstance(record, Record):
            continue
        for t, inner in record.tapes.items():
            for site, moments, known in _looks([inner], (call,), None):
                number = kind.of(moments, known)
                if number is not None:
                    found.setdefault(site, np.full(len(record), np.nan))[t] = number
    return found


def _kind(what: str, tape: Tape) -> _Kind:
    if what not in KINDS:
        raise ValueError(f"{what!r} is nothing that a run can be read for; there are: {', '.join(map(repr, KINDS))}")
    if what == "gradient" and tape.gradients is None:
        raise ValueError("there are no gradients to read before a backward: call tape.backward(dy) first")
    return KINDS[what]


def _looks(tapes: list[Tape], above: Site, step: int | None) -> Iterator[tuple[Site, list[Moment], Any]]:
    """Yield every call of the tapes of one plan, those inside of recurrences before them, with its bounds."""
    if not tapes:
        return
    plan = tapes[0].plan
    bounds = bounds_of(plan)
    for call in plan.executed:
        if call.helper:
            continue
        site = (*above, call)
        records = [record for tape in tapes if isinstance(record := tape.saved.get(call.target), Record)]
        inside = [tape for record in records for tape in _tapes_at(record, step)]
        yield from _looks(inside, site, None)
        yield site, [Moment(tape, call) for tape in tapes], bounds.get(call.target)


def _tapes_at(record: Record, step: int | None) -> list[Tape]:
    if step is None:
        return list(record.tapes.values())
    return [record[step]] if record.tapes else []


def bounds_of(plan: Plan) -> dict[int, tuple[float, float]]:
    """Return, by register, the range of a bounded function of which all its numbers are values."""
    found: dict[int, tuple[float, float]] = {}
    for call in plan.executed:
        own = getattr(call.module, "bounds", None)
        if own is not None:
            found[call.target] = own
        elif call.hooks.moves:
            taken = {found.get(register) for register in leaves(call.source)}
            known = taken.pop() if len(taken) == 1 else None
            if known is not None:
                found[call.target] = known
    return found


# ---- the numbers


def _norm(arrays: Iterator[Array]) -> float | None:
    """Return the root mean square of the norms of vectors; None if there are no numbers."""
    with np.errstate(all="ignore"):
        norms = [float(np.linalg.norm(array.astype(np.float64))) for array in arrays if array.dtype.kind == "f"]
        return float(np.sqrt(np.mean(np.square(norms)))) if norms else None


def _activation(moments: list[Moment], bounds: Any) -> float | None:
    return _norm(moment.value for moment in moments)


def _gradient(moments: list[Moment], bounds: Any) -> float | None:
    return _norm(moment.gradient for moment in moments)


def _saturation(moments: list[Moment], bounds: tuple[float, float] | None) -> float | None:
    if bounds is None:
        return None
    values = np.concatenate([moment.value for moment in moments])
    if not values.size:
        return None
    if np.isnan(values).any():
        return math.nan
    low, high = bounds
    margin = SATURATED * (high - low)
    return float(np.mean((values < low + margin) | (values > high - margin)))


def _dead(moments: list[Moment], bounds: Any) -> float | None:
    module = moments[0].call.module
    with np.errstate(all="ignore"):  # a function is asked for its slope also where it has none
        if not isinstance(module, Elementwise) or module.saves or not _can_die(module):
            return None
        alive: Any = None
        for tape, call in moments:
            x, y = tape.values[call.source], tape.values[call.target]
            if y.ndim == 0 or y.size == 0:
                continue
            if np.isnan(y).any():
                return math.nan
            slope = np.broadcast_to(module.slope(x, y), y.shape)
            some = (slope != 0).reshape(-1, y.shape[-1]).any(axis=0)
            if alive is not None and alive.size != some.size:  # as where the units are rows, of which some have ended
                return None
            alive = some if alive is None else alive | some
        return None if alive is None else float(np.mean(~alive))


def _can_die(module: Elementwise) -> bool:
    """Tell whether a function is flat somewhere, as ReLU is below 0, and not only nearly so, as a sigmoid is."""
    points = [-15.0, -3.0, 3.0, 15.0]
    if module.bounds is not None:  # which may be far out
        low, high = module.bounds
        points += [low - 1, high + 1]
    numbers = map(np.float64, points)  # one by one: constants of a module may be arrays
    return any(np.any(np.equal(module.slope(x, module.value(x)), 0)) for x in numbers)


def _not_finite(moments: list[Moment], bounds: Any) -> float | None:
    arrays = [moment.value for moment in moments]
    arrays += [moment.gradient for moment in moments if moment.tape.gradients is not None]
    floating = [array for array in arrays if array.dtype.kind == "f"]
    return float(sum(array.size - np.isfinite(array).sum() for array in floating)) if floating else None


KINDS = {
    "activation": _Kind("activation", "norm", "log", "The norm of what a node gives.", _activation),
    "gradient": _Kind("gradient", "norm", "log", "The norm of the gradient of what a node gives.", _gradient),
    "saturation": _Kind(
        "saturation", "share", "share", "The share of values within 10 % of a bounded function's range from its ends.",
        _saturation,
    ),
    "dead": _Kind("dead units", "share", "share", "The share of units whose slope is 0 for all rows.", _dead),
    "not finite": _Kind("not finite", "numbers", "count", "How many numbers are NaN or infinite.", _not_finite),
}  # fmt: skip
