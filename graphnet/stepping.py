"""Stepping: a run that stops after every node, there and back, also inside of recurrences.

Generators do the work: each goes on to its next node when it is asked for the next stop, and returns what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from graphnet.debug import runs
from graphnet.edge import check_output
from graphnet.nesting import Array, Nested, copy_nested, describe, fill_gaps, gather, leaves
from graphnet.pull import Pull
from graphnet.random import drawing_from
from graphnet.splicing import Part, path_of, place_of
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.node import Node, Place
    from graphnet.parameter import Parameter
    from graphnet.plan import Plan
    from graphnet.splicing import Call, Site

T = TypeVar("T")
Stops: TypeAlias = Generator["Stop", None, T]


@dataclass(eq=False, slots=True)
class Stop:
    """A node that has just run, forwards or backwards. Arrays are copies, so that the run stays what it is.

    Attributes
    ----------
    direction : {"forward", "backward"}
    site : tuple of Call
        Where the node stands: the calls of the recurrences around it, and its own.
    times : tuple of int
        The time step of each recurrence around it, the outermost first, in the order of running.
    """

    direction: str
    site: Site
    times: tuple[int, ...]
    _input: Nested
    _output: Nested
    _grad_output: Nested = None
    _grad_input: Nested = None
    _accumulated: dict[str, Array] | None = None

    @property
    def node(self) -> Node:
        """The node."""
        return self.site[-1].node

    @property
    def module(self) -> Module | None:
        """What the node calls."""
        return self.site[-1].module

    @property
    def name(self) -> str | None:
        """The node's name, if it has one."""
        return self.node.name

    @property
    def path(self) -> str:
        """The node's name behind those of the nets it stands in: ``layer/forget_gate``."""
        return path_of(self.site)

    @property
    def place(self) -> Place | None:
        """The file and line of the innermost node that the user wrote."""
        return place_of(self.site)

    @property
    def t(self) -> int | None:
        """The time step of the innermost recurrence around it; None outside."""
        return self.times[-1] if self.times else None

    @property
    def input(self) -> Nested:
        """What the node took."""
        return copy_nested(self._input)

    @property
    def output(self) -> Nested:
        """What the node gave."""
        return copy_nested(self._output)

    @property
    def grad_output(self) -> Nested:
        """The gradient of what it gave, summed over its consumers; None forwards."""
        return None if self.direction == "forward" else copy_nested(self._grad_output)

    @property
    def grad_input(self) -> Nested:
        """What it passed back to what it took; None forwards."""
        return None if self.direction == "forward" else copy_nested(self._grad_input)

    @property
    def value(self) -> Array:
        """All numbers of the output, one after the other; backwards, of ``grad_output`` (:attr:`grad`)."""
        return flat(self._output) if self.direction == "forward" else self.grad

    @property
    def grad(self) -> Array:
        """All numbers of ``grad_output``, one after the other; none forwards."""
        return flat(self._grad_output)

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of the module's parameters, as they are now."""
        return {name: value.copy() for name, value in self.parameter_arrays().items()}

    @property
    def parameter_gradients(self) -> dict[str, Array] | None:
        """The gradients of the module's parameters as accumulated up to this stop; None forwards.

        Raises
        ------
        LookupError
            If they are no longer kept, since many stops with large parameters followed.
        """
        if self.direction == "forward":
            return None
        if self._accumulated is None:
            raise LookupError(
                f"the gradients as they were at {self} are no longer kept, since those of later stops took much memory"
            )
        return {name: gradient.copy() for name, gradient in self._accumulated.items()}

    def made(self) -> Iterator[Array]:
        """Yield the arrays that the node made: its output, or backwards what it passed back and accumulated."""
        made = [self._output] if self.direction == "forward" else [self._grad_input, list(self.accumulated().values())]
        return (array for array in leaves(made) if array is not None)

    def held(self, what: str) -> Nested:
        """Return ``input``, ``output``, ``grad_output`` or ``grad_input`` itself, which must not be written to."""
        value: Nested = getattr(self, f"_{what}")
        return value

    def parameter_arrays(self) -> dict[str, Array]:
        """Return the values of the module's parameters themselves, which must not be written to."""
        return {name: parameter.value for name, parameter in _parameters(self.site[-1]).items()}

    def accumulated(self) -> dict[str, Array]:
        """Return what is kept of the parameters' gradients, which must not be written to."""
        return self._accumulated or {}

    def drop_accumulated(self) -> None:
        """Keep the parameters' gradients no longer."""
        self._accumulated = None

    def __str__(self) -> str:
        when = f" at step {', '.join(map(str, self.times))}" if self.times else ""
        return f"{self.path} {self.direction}{when}"

    def __repr__(self) -> str:
        return f"Stop({self})"


def flat(value: Nested) -> Array:
    """Return all numbers of a nested value as one vector."""
    arrays = [np.ravel(array) for array in leaves(value) if array is not None]
    return np.concatenate(arrays) if arrays else np.empty(0)


@runs
def forwards(plan: Plan, x: Nested, steady: Mapping[int, Any] | None = None) -> Stops[Tape]:
    """Run a plan as :meth:`Plan.execute` does, with a stop after every node; return the tape."""
    tape = plan.begin(x)
    values = tape.values
    for i, call in enumerate(plan.executed):
        if call.hooks.stepwise:
            argument = gather(call.source, values)
            try:
                y, tape.saved[call.target] = yield from _within(call, call.hooks.forwards(argument))
            except Exception as error:
                call.note(error, "forward", describe(argument))
                raise
            values[call.target] = check_output(y)
        else:
            plan.advance(tape, plan.program[i : i + 1], steady)
        if not call.helper:
            yield Stop("forward", (call,), (), gather(call.source, values), values[call.target])
    return tape


@runs
def backwards(tape: Tape, of_outputs: list[Nested], scale: float, accumulate: bool) -> Stops[list[Nested]]:
    """Go back over a tape as :meth:`Plan.pull_back` does, with a stop after every node; return what that returns."""
    pull = Pull(tape, of_outputs, scale, accumulate)
    for call in reversed(tape.plan.executed):
        argument, y = gather(call.source, tape.values), tape.values[call.target]
        if call.hooks.stepwise and pull.gradients[call.target] is not None:
            dy = fill_gaps(pull.gradients[call.target], y)
            saved = tape.saved[call.target]
            try:
                dx = yield from _within(call, call.hooks.backwards(argument, y, dy, scale, accumulate, saved))
            except Exception as error:
                call.note(error, "backward", f"{describe(argument)}; the gradient of its output: {describe(dy)}")
                raise
            pull.take(call, dx)
        else:
            pull.over([call])
        if not call.helper:
            dy = fill_gaps(pull.gradients[call.target], y)
            dx = pull.contributions.get(call.target)
            dx = fill_gaps(dx.among(len(argument)) if dx.__class__ is Part else dx, argument)
            accumulated = {name: parameter.grad.copy() for name, parameter in _parameters(call).items()}
            yield Stop("backward", (call,), (), argument, y, dy, dx, accumulated)
    return pull.finish()


def at_time(t: int, stops: Stops[T]) -> Stops[T]:
    """Tell the stops of one step of a recurrence which step it is."""
    return _each(stops, lambda stop: replace(stop, times=(t, *stop.times)))


def drawing(own: np.random.Generator, stops: Stops[T]) -> Stops[T]:
    """Let what runs between the stops, and only that, draw from a generator of its own."""
    while True:
        with drawing_from(own):
            try:
                stop = next(stops)
            except StopIteration as end:
                result: T = end.value
                return result
        yield stop


def _within(call: Call, stops: Stops[T]) -> Stops[T]:
    """Tell the stops inside a call where they stand."""
    return _each(stops, lambda stop: replace(stop, site=(call, *stop.site)))


def _each(stops: Stops[T], change: Callable[[Stop], Stop]) -> Stops[T]:
    while True:
        try:
            stop = next(stops)
        except StopIteration as end:
            result: T = end.value
            return result
        yield change(stop)


def _parameters(call: Call) -> dict[str, Parameter]:
    """Return the parameters of what is called; of what is stepped through, those outside of its nodes."""
    module = call.module
    if module is None:
        return {}
    return module.own_parameters() if module.stepwise else module.named_parameters()
