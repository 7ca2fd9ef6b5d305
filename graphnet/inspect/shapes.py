"""The shapes of all nodes of a net, before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphnet.inference import infer, inputs_of
from graphnet.inspect.table import table
from graphnet.lookup import find_call
from graphnet.module import Module
from graphnet.nesting import gather
from graphnet.node import Node
from graphnet.plan import Plan
from graphnet.shapes import Either, Shape, as_shape, written
from graphnet.sizes import UNKNOWN
from graphnet.splicing import Call


class InferredShapes:
    """What every node of a net gives, told before it runs; printed, a table.

    ``shapes[key]`` is the shape of a node's output, asked for as on a tape: by the node, its name or path, or its
    module. Sizes are integers, symbols such as B and what follows from them (``2·B``, ``T-2``), or None where they are
    not known.

    Attributes
    ----------
    output : tuple, list or None
        What the net gives.
    """

    def __init__(self, plan: Plan, registers: list[Shape]) -> None:
        self._plan = plan
        self._registers = registers

    @property
    def output(self) -> Shape:
        found = [_shown(gather(operand, self._registers)) for operand in self._plan.outputs]
        return found[0] if len(found) == 1 else found

    def __getitem__(self, key: str | Node | Module) -> Shape:
        return _shown(self.given_by(find_call(self._plan.calls, key)))

    def given_by(self, call: Call) -> Shape:
        """Return the shape of what a call of the plan gives."""
        return gather(call.target, self._registers)

    def taken_by(self, call: Call) -> Shape:
        """Return the shape of what a call of the plan takes."""
        return gather(call.source, self._registers)

    def calls(self) -> list[Call]:
        """Return the calls that stand for nodes, in order of execution."""
        return [call for call in self._plan.calls if not call.helper]

    def _rows(self) -> Iterator[list[str]]:
        for call in self.calls():
            taken = "" if call.node.inputs is None else written(self.taken_by(call))
            yield [call.path(), call.action(), taken, written(self.given_by(call))]

    def __str__(self) -> str:
        return table(["node", "module", "takes", "gives"], list(self._rows()))


def infer_shapes(net: Module, shape: Any = None) -> InferredShapes:
    """Tell the shapes of all nodes of a net before it runs.

    Parameters
    ----------
    net : Module
    shape : tuple or list, optional
        The shape of the input as ``net.forward`` takes it: a tuple of sizes for an array, a list of them for a net with
        several inputs. A size is an integer, a name such as ``"B"`` or ``"T"``, or None if it is not known. Where a
        size of 1 would change the number of dimensions, as in Squeeze and View, a name stands for more than 1. Left
        out, what follows from the drawing alone is told.

    Returns
    -------
    InferredShapes

    Raises
    ------
    ShapeError
        If a node cannot take what it gets, whatever the names stand for. The message names the node and its line, the
        shape, the node that gives it and its line, and what would fit.

    Notes
    -----
    A module that does not state the shape of its output (``output_shape``) is tried on zeros, twice, with other numbers
    for the names.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> x = nn.Identity()(); h = nn.Linear(3, 8)(x); y = nn.JoinTable(0)([h, h])
    >>> from graphnet import annotate_nodes, gModule
    >>> annotate_nodes()
    >>> shapes = infer_shapes(gModule([x], [y]), ("B", 3))
    >>> shapes["h"], shapes.output
    ((B, 8), (2·B, 8))
    >>> print(shapes)
    node  module        takes       gives
    x     Identity()                Bx3
    h     Linear(3, 8)  Bx3         Bx8
    y     JoinTable(0)  [Bx8, Bx8]  2·Bx8
    """
    plan = net.plan()
    return InferredShapes(plan, infer(plan, inputs_of(plan, as_shape(shape))))


def _shown(shape: Shape) -> Shape:
    """Return a shape with None for sizes that are not known."""
    if isinstance(shape, list):
        return [_shown(part) for part in shape]
    if isinstance(shape, Either):
        return Either([_shown(option) for option in shape.options])
    return None if shape is None else tuple(None if size is UNKNOWN else size for size in shape)
