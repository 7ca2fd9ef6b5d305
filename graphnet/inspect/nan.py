"""Where a NaN or an infinity comes from: the first node, forwards or backwards, that makes one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graphnet.inspect.statistics import Statistics
from graphnet.inspect.steps import BackwardSteps, Steps
from graphnet.inspect.untouched import untouched
from graphnet.module import Module
from graphnet.nesting import Array, Nested, leaves, map_nested
from graphnet.splicing import Site
from graphnet.stepping import Stop

if TYPE_CHECKING:
    from graphnet.draw import Picture


@dataclass(frozen=True)
class NaNOrigin:
    """The first node of a run at which a NaN or an infinity is seen; printed, what it took and gave, in words.

    Attributes
    ----------
    net : Module
    stop : Stop
        Where it is: the node, its direction, the time step.
    made : str
        What holds it: ``output``, ``gradient of the input``, ``gradient of weight``.
    result : Statistics
        Of what was made.
    taken : dict of str to Statistics
        Of what the node computed it from.
    came_in : bool
        Whether something that it took has one already. Since no node before made it, it came in from outside: with the
        net's input, with ``dy`` or in a parameter.
    """

    net: Module
    stop: Stop
    made: str
    result: Statistics
    taken: dict[str, Statistics]

    @property
    def came_in(self) -> bool:
        return not all(statistics.finite for statistics in self.taken.values())

    @property
    def site(self) -> Site:
        """Where the node stands in the net's plan."""
        return self.stop.site

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        article, kind = ("a", "NaN") if self.result.n_nan else ("an", "infinity")
        call = self.stop.site[-1]
        node = f"`{self.stop.name}` = {call.action()}" if self.stop.name else self.stop.path
        place = f", drawn at {self.stop.place}" if self.stop.place else ""
        when = f" at time step {', '.join(map(str, self.stop.times))}" if self.stop.times else ""
        what = f"{node}{place}, {self.stop.direction}{when}"
        if not self.came_in:
            return f"the first {kind} is made by {what}: {self.made} is {self.result}"
        bad = next(name for name, statistics in self.taken.items() if not statistics.finite)
        seen = f"{article} {kind} comes in from outside and is first seen by {what}"
        return f"{seen}: its {bad} is {self.taken[bad]}"

    def draw(self, file: str | os.PathLike[str] | None = None) -> Picture:
        """Return the picture of the net with the node in red, and save it if a file is named."""
        return self.net.draw(file, failed=self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return what a notebook shows: the picture, and the message."""
        return {**self.draw()._repr_mimebundle_(), "text/plain": str(self)}

    def __str__(self) -> str:
        width = max((len(name) for name in self.taken), default=0)
        return "\n".join([self.message, *(f"  {name:<{width}}  {told}" for name, told in self.taken.items())])


def find_nan(net: Module, x: Nested, dy: Nested = None, *, infinities: bool = True) -> NaNOrigin | None:
    """Find the first node, forwards and then backwards, that makes a NaN or an infinity.

    The net is run node by node, through the time steps of recurrences too, and left as it was: gradients, running
    statistics and the state of the random generator are put back.

    Parameters
    ----------
    net : Module
    x : ndarray or nested list
        The input.
    dy : ndarray or nested list, optional
        The gradient of the output; by default ones.
    infinities : bool
        Whether infinities count, too; a net that masks with them has some on purpose.

    Returns
    -------
    NaNOrigin or None
        None if all numbers are finite.

    Notes
    -----
    What Torch7's ``nn.NaN`` finds for the one module that it decorates.

    Examples
    --------
    >>> from graphnet import annotate_nodes, gModule, modules as nn
    >>> x = nn.Identity()(); shifted = nn.AddConstant(-2)(x); root = nn.Sqrt()(shifted); annotate_nodes()
    >>> origin = find_nan(gModule([x], [root]), np.array([3.0, 1.0]))
    >>> origin.stop, origin.taken["input"].least
    (Stop(root forward), -1.0)
    >>> find_nan(gModule([x], [root]), np.array([3.0, 4.0])) is None
    True
    """
    wrong: Callable[[Array], bool] = _not_finite if infinities else _not_number

    def is_wrong(stop: Stop) -> bool:
        return any(wrong(array) for array in stop.made())

    with untouched(net):
        steps = Steps(net, x)
        stop = steps.until(is_wrong)
        if stop is None:
            tape = steps.finish()
            ones = map_nested(np.ones_like, tape.result())
            stop = BackwardSteps(tape, ones if dy is None else dy).until(is_wrong)
        return None if stop is None else _origin(net, stop, wrong)


def _origin(net: Module, stop: Stop, wrong: Callable[[Array], bool]) -> NaNOrigin:
    made = dict(_named("output", stop.output) if stop.direction == "forward" else _passed_back(stop))
    name, result = next((name, array) for name, array in made.items() if wrong(array))
    taken = dict(_named("input", stop.input))
    taken |= {f"parameter {name}": value for name, value in stop.parameters.items()}
    if stop.direction == "backward":
        taken |= dict(_named("gradient of the output", stop.grad_output))
    return NaNOrigin(net, stop, name, Statistics.of(result), {k: Statistics.of(a) for k, a in taken.items()})


def _passed_back(stop: Stop) -> Iterator[tuple[str, Array]]:
    yield from _named("gradient of the input", stop.grad_input)
    for name, gradient in (stop.parameter_gradients or {}).items():
        yield f"gradient of {name}", gradient


def _named(what: str, value: Nested) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of a value with their names: ``input``, or ``input 0``, ``input 1``."""
    arrays = list(leaves(value))
    for i, array in enumerate(arrays):
        yield (what if len(arrays) == 1 else f"{what} {i}"), array


def _not_finite(array: Array) -> bool:
    return not np.isfinite(array).all()


def _not_number(array: Array) -> bool:
    return bool(np.isnan(array).any())
