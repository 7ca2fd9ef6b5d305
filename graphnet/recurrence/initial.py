"""The states before the first step: given, zeros, or learned."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.gmodule import gModule
from graphnet.module import Module
from graphnet.nesting import Array, Nested, map_nested
from graphnet.parameter import Parameter
from graphnet.pull import accumulation
from graphnet.recurrence.sequences import Given
from graphnet.recurrence.shapes import shapes_of_states
from graphnet.recurrence.wiring import Wiring
from graphnet.shapes import Shape, is_known, written


class InitialStates(Module):
    """What a recurrence starts with where no states are given.

    Learned states are parameters, ``initial_0``, ``initial_1``, ..., of one row, which all rows start with.
    """

    step: gModule
    _places: tuple[Any, ...]  # the fields of the wiring
    _initial: list[Nested] | None = None  # for each state the number of its parameter, or a nested list of them

    @property
    def wiring(self) -> Wiring:
        """What each input and each output of the step is."""
        return Wiring(*self._places)

    def _learn_initial(self, shapes: list[Shape]) -> None:
        """Make a parameter for each state."""
        parameters: list[Parameter] = []

        def learn(shape: Shape) -> int:
            if shape is None or not is_known(shape[1:]):
                raise ValueError(
                    f"{self.label()} cannot learn its initial states, since the drawing alone does not tell the shapes "
                    f"of all of them: {written(shapes)}. Give the states, and learn them outside"
                )
            parameters.append(Parameter(np.zeros(shape[1:], self.step.type())))
            return len(parameters) - 1

        self._initial = map_nested(learn, shapes)
        for k, parameter in enumerate(parameters):
            setattr(self, f"initial_{k}", parameter)

    def _first_states(self, given: Given) -> list[Nested]:
        """Return the states that were left out: the learned ones, or zeros."""
        n = given.n_rows
        if self._initial is not None:
            states: list[Nested] = map_nested(
                lambda k: np.repeat(getattr(self, f"initial_{k}").value[None], n, 0), self._initial
            )
            return states
        plan = self.step.plan()
        shapes = shapes_of_states(plan, self.wiring, given.sequences, given.constants)
        zeros: list[Nested] = map_nested(lambda shape: np.zeros((n, *shape[1:]), plan.dtype), shapes)
        return zeros

    def _accumulate(self, dstates: list[Nested], scale: Any) -> None:
        """Add the gradients of the first states, summed over the rows, to those of the parameters."""

        def add(k: int, gradient: Array) -> None:
            parameter: Parameter = getattr(self, f"initial_{k}")
            parameter.grad += scale * gradient.sum(0)

        with accumulation:
            map_nested(add, self._initial, dstates)
