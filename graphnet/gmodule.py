"""gModule: a drawing closed between its inputs and outputs, as a module."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Self

from graphnet.container import Container
from graphnet.graph import Digraph, Graph, checked_graph
from graphnet.inference import infer
from graphnet.module import Module
from graphnet.node import Node


class gModule(Container):  # noqa: N801  # the name that users of Torch know
    """Close a drawing: a module that takes the values of ``inputs`` and gives those of ``outputs``.

    It runs the nodes in topological order forwards, and in the reverse order backwards. With one input it takes that
    input's value itself, with several a list; its output likewise.

    Parameters
    ----------
    inputs : list of Node
        Nodes drawn with empty brackets. They may carry any module and may be outputs too.
    outputs : list of Node
    allow_unused : bool
        Accept inputs, split outputs and calls whose values nobody uses, when a part of a larger drawing is meant.

    Attributes
    ----------
    fg, bg : networkx.MultiDiGraph
        The forward and the backward graph, over the nodes.

    Raises
    ------
    TypeError, ValueError
        If something is not a node, or the drawing cannot be right: the message names the node, its variable and its
        line, and the likely slip.
    ShapeError
        If the shapes of two calls cannot fit, whatever comes in.

    Notes
    -----
    nngraph's ``nn.gModule``. The order of nodes, and so of ``parameters()``, is nngraph's.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> from graphnet import modules as nn
    >>> a, b = nn.Identity()(), nn.Identity()()
    >>> net = gn.gModule([a, b], [nn.CMulTable()([a, nn.Tanh()(b)])])
    >>> net.forward([np.ones(2), np.zeros(2)])
    array([0., 0.])
    """

    name: str | None = None

    def __init__(self, inputs: list[Node], outputs: list[Node], *, allow_unused: bool = False) -> None:
        self._set_graph(checked_graph(inputs, outputs, allow_unused=allow_unused))
        self._arguments = ((), {})  # the drawing describes it, and is copied without recursion
        plan = self.plan()
        infer(plan, [None] * len(plan.inputs), probe=False)

    def _set_graph(self, graph: Graph) -> None:
        self._graph = graph
        # A tuple, since it follows from the drawing: changing it would change nothing.
        self.modules = tuple({id(m): m for m in graph.modules.values()}.values())  # type: ignore[assignment]

    def drawn_from(self) -> Sequence[Any]:
        return (self._graph,)

    @property
    def needs_input(self) -> bool:  # type: ignore[override]  # it depends on the drawing
        return bool(self._graph.inputs)

    def graph(self) -> Graph:
        return self._graph

    @property
    def fg(self) -> Digraph:
        """The forward graph: edges follow the data."""
        return self._graph.as_networkx()

    @property
    def bg(self) -> Digraph:
        """The backward graph: edges follow the gradients."""
        return self._graph.as_networkx(backward=True)

    def named_children(self) -> list[tuple[str, Module]]:
        names: dict[str, Module] = {}
        named: set[int] = set()
        for node, module in self._graph.modules.items():
            if id(module) not in named:
                name = node.name or f"{type(module).__name__}_{len(names)}"
                while name in names:
                    name = f"{name}_{len(names)}"
                names[name] = module
                named.add(id(module))
        return list(names.items())

    def add(self, module: Module) -> Any:
        raise TypeError("a gModule is drawn: call the module with its nodes and close a new gModule over them")

    def _put(self, new: dict[int, Module]) -> None:
        self._set_graph(self._graph.with_modules({n: new[id(m)] for n, m in self._graph.modules.items()}))

    def _copy_into(self, other: Self, memo: dict[int, Any]) -> None:
        """Copy the modules; the drawing itself is shared, for it holds no values and is never written to."""
        for name, value in self.__getstate__().items():
            if name not in ("_graph", "modules"):
                setattr(other, name, copy.deepcopy(value, memo))
        modules = {node: copy.deepcopy(module, memo) for node, module in self._graph.modules.items()}
        other._set_graph(self._graph.with_modules(modules))

    def label(self) -> str:
        return self.name or f"gModule({len(self._graph.inputs)} in, {len(self._graph.outputs)} out)"
