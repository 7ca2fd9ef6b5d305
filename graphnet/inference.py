"""Inference: what every call of a plan would give, before anything runs, for inputs of which only some is known."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from graphnet.debug import failed, runs
from graphnet.mends import Conflict, conflict_at
from graphnet.nesting import gather
from graphnet.shapes import Shape, as_shape, output_of, says_nothing, written

if TYPE_CHECKING:
    from graphnet.draw import Picture
    from graphnet.plan import Plan
    from graphnet.splicing import Call, Site


class ShapeError(ValueError):
    """Shapes that cannot fit, whatever the sizes that are not known; nothing was run.

    The message names the call and its line, the shape it was given, the call that this comes from, and what would fit.
    :meth:`draw` shows it on the wire, also where the gModule could not be closed.

    Attributes
    ----------
    conflict : Conflict or None
        The calls and the shapes, of the net that was asked; None in a copy from another process.

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

    def __init__(self, message: str, conflict: Conflict | None = None) -> None:
        super().__init__(message)
        self.conflict = conflict

    def __reduce__(self) -> Any:
        # A net goes to no other process by way of its errors.
        return type(self), self.args, {**vars(self), "conflict": None}

    @property
    def innermost(self) -> tuple[tuple[Call, ...], Conflict | None]:
        """The calls of the modules around the shapes that do not fit, outermost first, and what does not fit there."""
        around: list[Call] = [*getattr(self, "graphnet_calls", ())][::-1]  # of a run in which it came up
        error = self
        while isinstance(error.__cause__, ShapeError) and error.conflict is not None:
            around.append(error.conflict.call)
            error = error.__cause__
        return tuple(around), error.conflict

    @property
    def site(self) -> Site:
        """Where the call that refuses stands."""
        around, conflict = self.innermost
        return around if conflict is None else (*around, conflict.call)

    def draw(self, file: str | os.PathLike[str] | None = None, **options: Any) -> Picture:
        """Return the picture of the net, with the conflict red on its wire; see :func:`graphnet.draw.draw`.

        Raises
        ------
        LookupError
            If this is a copy from another process, which holds no net.
        """
        if self.conflict is None:
            raise LookupError("this error came from another process, without its net; draw it there")
        return self.conflict.plan.module.draw(file, failed=self, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows of the error itself, as when it was caught: the picture and the message."""
        if self.conflict is None:
            return {"text/plain": str(self)}
        return self.conflict.plan.module._shown(str(self), failed=self)


@runs
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
            conflict = conflict_at(plan, call, shapes, error)
            refused = ShapeError(conflict.message, conflict)
            refused.__cause__ = error  # which its picture needs
            failed(refused, plan.module)
            raise refused from error
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
