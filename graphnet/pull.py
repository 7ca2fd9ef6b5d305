"""Pull: the way back over a tape, from the gradients of the outputs to those of the inputs, call by call."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.debug import failed, runs
from graphnet.edge import check_gradient
from graphnet.nesting import Nested, Operand, add_gradients, describe, fill_gaps, gather, map_nested
from graphnet.splicing import Part

if TYPE_CHECKING:
    from graphnet.splicing import Call
    from graphnet.tape import Tape

# Gradients of one parameter may be added to by several threads; a container called inside a module adds within.
accumulation = threading.RLock()


class Pull:
    """Gradients on their way back over a tape.

    Parameters
    ----------
    tape : Tape
    of_outputs : list of (ndarray, nested list or None)
        The gradients of the outputs; None stands for one that has none.
    scale : float
        A factor on what is added to the parameters' gradients.
    accumulate : bool
        Whether anything is added to the parameters' gradients.

    Attributes
    ----------
    gradients : list
        By register, the gradient as far as it is known.
    contributions : dict
        By register, what the call that writes it passed back to what it took.
    """

    def __init__(self, tape: Tape, of_outputs: list[Nested], scale: float, accumulate: bool) -> None:
        self.tape = tape
        self.scale = scale
        self.accumulate = accumulate
        self.gradients: list[Any] = [None] * len(tape.values)
        self.contributions: dict[int, Any] = {}
        self._in_parts: set[int] = set()  # the registers whose list of gradients was made here, to be filled in
        for operand, gradient in zip(tape.plan.outputs, of_outputs, strict=True):
            if gradient is not None:
                _scatter(operand, gradient, self.gradients, tape.values)
        self._seeds = list(self.gradients)

    @runs
    def over(self, calls: Iterable[Call]) -> None:
        """Go back over executed calls, the last one first."""
        values, saved, gradients, contributions = self.tape.values, self.tape.saved, self.gradients, self.contributions
        scale, accumulate = self.scale, self.accumulate
        try:
            with np.errstate(all="ignore"):
                for call in calls:
                    target, hooks = call.target, call.hooks
                    dy = gradients[target]
                    if dy is None:
                        continue
                    argument, y = gather(call.source, values), values[target]
                    if dy.__class__ is list:
                        dy = gradients[target] = fill_gaps(dy, y)
                    extra = (saved[target],) if hooks.saves else ()
                    if hooks.joint:
                        dx = contributions[target] = hooks.pull_back(argument, y, dy, scale, accumulate, *extra)
                        _scatter(call.source, dx, gradients, values)
                        continue
                    dx = contributions[target] = hooks.update_grad_input(argument, y, dy, *extra)
                    if dx.__class__ is Part:
                        _add_part(call.source, dx, gradients, values, self._in_parts)
                        continue
                    if accumulate and hooks.accumulates():
                        with accumulation:
                            hooks.acc_grad_parameters(argument, y, dy, scale, *extra)
                    _scatter(call.source, dx, gradients, values)
        except Exception as error:
            call.note(error, "backward", f"{describe(argument)}; the gradient of its output: {describe(dy)}")
            failed(error, self.tape.plan.module, self.tape)
            raise

    def take(self, call: Call, dx: Nested) -> None:
        """Take what a call that went back by itself passes back to what it took."""
        self.contributions[call.target] = dx
        _scatter(call.source, dx, self.gradients, self.tape.values)

    def give(self, register: int, dx: Nested) -> None:
        """Add a gradient to that of a register."""
        _scatter(register, dx, self.gradients, self.tape.values)

    def finish(self) -> list[Nested]:
        """Leave all gradients on the tape; return those of the inputs."""
        tape, values = self.tape, self.tape.values
        tape.gradients, tape.contributions, tape.seeds = self.gradients, self.contributions, self._seeds
        return [map_nested(lambda r: fill_gaps(self.gradients[r], values[r]), operand) for operand in tape.plan.inputs]


def _scatter(source: Operand, dx: Nested, gradients: list[Any], values: list[Any]) -> None:
    """Add the gradient of a call's input to the registers it was made of."""
    if source.__class__ is int:
        if dx.__class__ is np.ndarray and dx.shape == getattr(values[source], "shape", None):
            total = gradients[source]
            gradients[source] = dx if total is None else np.asarray(total + dx)
        else:
            gradients[source] = add_gradients(gradients[source], check_gradient(dx, values[source]))
    else:
        if not isinstance(dx, list) or len(dx) != len(source):
            raise ValueError(f"update_grad_input returned {describe(dx)} for an input that is a list of {len(source)}")
        for part, gradient in zip(source, dx, strict=True):
            _scatter(part, gradient, gradients, values)


def _add_part(source: int, part: Part, gradients: list[Any], values: list[Any], in_parts: set[int]) -> None:
    """Add the gradient of one element to that of its list."""
    if source not in in_parts:  # a list that came from elsewhere may be another's, too
        kept = gradients[source]
        gradients[source] = [None] * len(values[source]) if kept is None else list(kept)
        in_parts.add(source)
    total = gradients[source]
    total[part.place] = add_gradients(total[part.place], part.gradient)
