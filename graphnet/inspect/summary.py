"""The summary of a net: its nodes, what they give, and its parameters with their arithmetic."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphnet.inspect.counting import Counting, total
from graphnet.inspect.shapes import InferredShapes, infer_shapes
from graphnet.inspect.table import table
from graphnet.module import Module
from graphnet.shapes import Shape, options_of, written
from graphnet.splicing import Call

_HEAD = ("node", "module", "gives", "parameters", "")


@dataclass(frozen=True)
class SummaryRow:
    """One node of a net.

    Attributes
    ----------
    path : str
        The node's name behind those of the nets it stands in.
    depth : int
        In how many of these it stands.
    name, module, gives : str
        The node's name, what it calls, and the shape of its output.
    arithmetic : str
        How its own parameters are counted, ``3·8+8``; empty if it has none.
    n_parameters : int
        How many numbers these are, without those that an earlier row has, too.
    tied_to : str or None
        The path of the earlier row that has some of them, too.
    """

    path: str
    depth: int
    name: str
    module: str
    gives: str
    arithmetic: str = ""
    n_parameters: int = 0
    tied_to: str | None = None

    def cells(self) -> list[str]:
        """Return the row as it is printed."""
        indent = "  " * self.depth
        count = f"{self.n_parameters:,}" if self.arithmetic else ""
        how = f"tied to {self.tied_to}" if self.tied_to else self.arithmetic
        return [f"{indent}{self.name}", self.module, self.gives, count, how]


@dataclass(frozen=True)
class Summary:
    """What :meth:`~graphnet.Module.summary` gives; printed, a table.

    Attributes
    ----------
    rows : list of SummaryRow
    n_parameters : int
        How many numbers are learnt, those of tied parameters once.
    arithmetic : str
        The sum that this comes from; equal modules are taken together: ``4·(1·16+16) + (16·1+1)``.
    n_bytes : int
        What these numbers take, in the net's type, without gradients.
    """

    rows: list[SummaryRow]
    n_parameters: int
    arithmetic: str
    n_bytes: int
    dtype: str = field(default="float64")

    def _total(self) -> str:
        return f"{total(self.n_parameters, self.arithmetic)} ({self.dtype}, {self.n_bytes:,} bytes)"

    def __str__(self) -> str:
        return f"{table(_HEAD, [row.cells() for row in self.rows], right=[3])}\n\n{self._total()}"

    def _repr_html_(self) -> str:
        """Return the table for notebooks."""

        def line(cells: list[str] | tuple[str, ...], tag: str, depth: int = 0) -> str:
            styles = [
                f"text-align:left;padding-left:{0.6 + 1.4 * depth}em",
                *["text-align:left"] * 2,
                "",
                "text-align:left",
            ]
            inside = "".join(
                f'<{tag} style="{style}">{html.escape(cell.strip())}</{tag}>'
                for style, cell in zip(styles, cells, strict=True)
            )
            return f"<tr>{inside}</tr>"

        body = "".join(line(row.cells(), "td", row.depth) for row in self.rows)
        return f"<table>{line(_HEAD, 'th')}{body}</table><p>{html.escape(self._total())}</p>"


def summarise(net: Module, shape: Any = None) -> Summary:
    """Sum up a net: its nodes in order of execution, the shapes that they give, and its parameters.

    Parameters
    ----------
    net : Module
    shape : tuple or list, optional
        Of the input, as :func:`~graphnet.infer_shapes` takes it.

    Returns
    -------
    Summary
        Inner nets are indented under the node that calls them. Parameters that stand at several nodes count once.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> shared = nn.Linear(8, 8)
    >>> x = nn.Identity()(); a = shared(nn.Linear(3, 8)(x)); b = shared(nn.Tanh()(a)); gn.annotate_nodes()
    >>> print(summarise(gn.gModule([x], [b]), ("B", 3)))
    node  module        gives  parameters
    x     Identity()    Bx3
          Linear(3, 8)  Bx8            32  3·8+8
    a     Linear(8, 8)  Bx8            72  8·8+8
          Tanh()        Bx8
    b     Linear(8, 8)  Bx8             0  tied to a
    <BLANKLINE>
    104 parameters = (3·8+8) + (8·8+8) (float64, 832 bytes)
    """
    counting = Counting()
    rows = list(_rows_of(infer_shapes(net, shape), "", 0, counting))
    parameters = net.parameters()
    counting.add_rest(parameters)  # those of modules that no node calls
    return Summary(
        rows,
        sum(parameter.size for parameter in parameters),
        counting.sum(),
        sum(parameter.value.nbytes for parameter in parameters),
        str(net.type()),
    )


def _rows_of(shapes: InferredShapes, above: str, depth: int, counting: Counting) -> Iterator[SummaryRow]:
    """Yield the rows of a net and, under each module that runs others itself, those of the others."""
    for call in shapes.calls():
        if call.parent is not None and call.node.action() == "input":
            continue  # what a container takes, which its own row takes, too
        module, inside = call.module, depth + _depth(call)
        path = f"{above}{call.path()}"
        name = call.node.name or ("" if call.position is None else f"[{call.position}]")
        gives = written(shapes.given_by(call))
        if module is None or call.hooks is None:
            yield SummaryRow(path, inside, name, call.node.action(), gives)
            continue
        count = counting.add(module, path)
        yield SummaryRow(path, inside, name, module.label(), gives, *count)
        taken = taken_inside(module, shapes.taken_by(call))
        for child_name, child in module.named_children():
            if child_name not in taken:  # it has it, but does not run it
                continue
            yield SummaryRow(f"{path}/{child_name}", inside + 1, child_name, child.label(), "")
            of_child = _shapes_inside(child, taken[child_name])
            yield from _rows_of(of_child, f"{path}/{child_name}/", inside + 2, counting)


def taken_inside(module: Module, taken: Shape) -> dict[str, Any]:
    """Return, by name, what the modules take that one runs itself, None where that is not known."""
    found = []
    for option in options_of(taken):
        try:
            found.append(module.inner_shapes(option))
        except ValueError:  # it may not have this one
            continue
    return found[0] if len(found) == 1 else module.inner_shapes(None)


def _shapes_inside(child: Module, taken: Shape) -> InferredShapes:
    """Return the shapes inside a module that another one runs; unknown ones if it does not run by itself."""
    try:
        return infer_shapes(child, taken)
    except Exception:  # noqa: BLE001  # as that of a WeightNorm, which has no weights but those it is given
        plan = child.plan()
        return InferredShapes(plan, [None] * plan.splice.size)


def _depth(call: Call) -> int:
    depth = 0
    while call.parent is not None:
        call = call.parent
        depth += 1
    return depth
