"""Inference: what every call of a plan would give, before anything runs, for inputs of which only some is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.mends import explained
from graphnet.nesting import gather
from graphnet.shapes import Shape, as_shape, output_of, says_nothing, written

if TYPE_CHECKING:
    from graphnet.plan import Plan


class ShapeError(ValueError):
    """Shapes that cannot fit, whatever the sizes that are not known; nothing was run.

    The message names the call and its line, the shape it was given, the call that this comes from, and what would fit.

    Examples
    --------
    >>> from graphnet import gModule, modules as nn
    >>> x = nn.Identity()()
    >>> try:
    ...     gModule([x], [nn.Linear(9, 2)(nn.Linear(3, 8)(x))])
    ... except ShapeError as error:
    ...     print(str(error).splitlines()[-1].strip())
    It would fit with Linear(8, 2) here, or Linear(3, 9) in place of Linear(3, 8)
    """


def infer(plan: Plan, inputs: list[Shape], *, probe: bool = True) -> list[Shape]:
    """Return the shapes of all registers of a plan for those of its inputs; None where nothing is known.

    Parameters
    ----------
    plan : Plan
    inputs : list of shapes
        For each input of the plan one.
    probe : bool
        Whether modules that say nothing of their shapes are tried on zeros.

    Raises
    ------
    ShapeError
        If a call cannot take what it gets.
    """
    shapes: list[Shape] = [*map(as_shape, inputs), *[None] * (plan.splice.size - len(inputs))]
    for call in plan.executed:
        source = gather(call.source, shapes)
        if not probe and says_nothing(call.hooks):
            continue
        try:
            shapes[call.target] = output_of(call.hooks, source)
        except (ValueError, TypeError, IndexError) as error:
            raise ShapeError(explained(plan, call, shapes, error)) from error
    return shapes


def infer_outputs(plan: Plan, inputs: list[Shape]) -> list[Shape]:
    """Return the shapes of a plan's outputs for those of its inputs; None where nothing is known."""
    shapes = infer(plan, inputs)
    return [gather(operand, shapes) for operand in plan.outputs]


def inputs_of(plan: Plan, shape: Shape) -> list[Shape]:
    """Return the shapes of a plan's inputs, given that of what it takes: a list, if it has several."""
    n = len(plan.inputs)
    if n == 1:
        return [shape]
    if shape is None:
        return [None] * n
    if not isinstance(shape, list) or len(shape) != n:
        names = ", ".join(node.label() for node in plan.splice.input_nodes)
        raise ValueError(f"{plan.module.label()} takes a list of {n} inputs ({names}), not {written(shape)}")
    return shape
