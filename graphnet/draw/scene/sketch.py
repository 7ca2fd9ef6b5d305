"""Sketch: a tape of a run that there was not, with shapes in place of values, for pictures before anything runs."""

from __future__ import annotations

from typing import Any

from graphnet.inference import infer, inputs_of
from graphnet.inspect.summary import taken_inside
from graphnet.module import Module
from graphnet.nesting import gather
from graphnet.plan import Plan
from graphnet.recurrence import Recurrence
from graphnet.shapes import Shape, as_shape
from graphnet.tape import Tape


class Sketch(Tape):
    """The shapes of the registers of a plan.

    Attributes
    ----------
    inside : dict of int to Sketch
        Those of the steps of recurrences, by the register of what the recurrence gives; at every step the same.
    """

    __slots__ = ("inside",)

    def __init__(self, plan: Plan, inputs: list[Shape]) -> None:
        super().__init__(plan, None, infer(plan, inputs), {})
        self.inside: dict[Any, Sketch] = {}


def sketch(net: Module, shapes: Any) -> Sketch:
    """Return the shapes inside a net for that of its input, also at a step of its recurrences.

    Parameters
    ----------
    net : Module
    shapes : tuple or list
        As :func:`graphnet.infer_shapes` takes it.

    Raises
    ------
    ShapeError
        If they do not fit.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> found = sketch(Recurrence(nn.rnn(3, 8)), ("T", "B", 3))
    >>> step = found.inside[found.plan.calls[0].target]
    >>> [step.values[register] for register in step.plan.inputs]
    [(B, 3), (B, 8)]
    """
    plan = net.plan()
    whole = Sketch(plan, inputs_of(plan, as_shape(shapes)))
    pending = [whole]
    while pending:
        one = pending.pop()
        for call in one.plan.executed:
            if isinstance(call.module, Recurrence):
                taken = taken_inside(call.module, gather(call.source, one.values))["step"]
                inside = one.inside[call.target] = Sketch(call.module.step.plan(), taken)
                pending.append(inside)
    return whole


def plan_all(net: object) -> None:
    """Let a net and the steps of its recurrences have their plans, by which nodes are known by where they stand."""
    if isinstance(net, Module):
        net.plan()
        for module in net.list_modules():
            if isinstance(module, Recurrence):
                module.step.plan()
