"""Graph: the drawing between inputs and outputs, its order, and what cannot be right about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import networkx as nx

from graphnet.debug import Held, failed
from graphnet.nesting import map_nested
from graphnet.node import Node, check_nodes

if TYPE_CHECKING:
    from graphnet.module import Module

Digraph: TypeAlias = "nx.MultiDiGraph[Node]"

# What a node is beside its module and its inputs.
_FIELDS = ("index", "siblings", "name", "description", "graph_attributes", "place")


class Graph:
    """The nodes that lead from ``inputs`` to ``outputs``, in topological order.

    The order is the one of nngraph: depth first from the outputs, so each node follows what it takes, in the order in
    which its consumer lists it. It decides the order of the parameters.

    Attributes
    ----------
    inputs, outputs : list of Node
    order : list of Node
        Every node once, sources first.
    modules : dict of Node to Module
        What each call runs. It is kept beside the nodes, since several graphs may stand over the same nodes and one of
        them may be cloned or have modules replaced.
    """

    def __init__(self, inputs: list[Node], outputs: list[Node], modules: dict[Node, Module] | None = None) -> None:
        self.inputs = inputs
        self.outputs = outputs
        links = _trace(outputs)
        self.order: list[Node] = list(nx.dfs_postorder_nodes(links))
        self.modules: dict[Node, Module] = modules or {n: n.module for n in self.order if n.module is not None}

    def with_modules(self, modules: dict[Node, Module]) -> Graph:
        """Return the same drawing with other modules at its nodes."""
        other: Graph = object.__new__(Graph)
        other.inputs, other.outputs, other.order, other.modules = self.inputs, self.outputs, self.order, modules
        return other

    def __getstate__(self) -> list[dict[str, Any]]:
        """Return the drawing as a flat table, a row for each node, so that no chain of nodes is too long to copy."""
        nodes = list(dict.fromkeys([*self.inputs, *self.order]))
        number = {node: i for i, node in enumerate(nodes)}
        rows: list[dict[str, Any]] = []
        for node in nodes:
            sources = None if node.inputs is None else map_nested(number.__getitem__, node.inputs)
            row = {field: getattr(node, field) for field in _FIELDS}
            rows.append({**row, "inputs": sources, "module": self.modules.get(node)})
        places = {"inputs": [number[n] for n in self.inputs], "outputs": [number[n] for n in self.outputs]}
        return [places, *rows]

    def __setstate__(self, table: list[dict[str, Any]]) -> None:
        places, *rows = table
        nodes: list[Node] = []
        for row in rows:
            sources = None if row["inputs"] is None else map_nested(nodes.__getitem__, row["inputs"])
            node = Node(row["module"], sources)
            for field in _FIELDS:
                setattr(node, field, row[field])
            nodes.append(node)
        # Sorted as at first, since the table begins with the inputs.
        vars(self).update(vars(Graph([nodes[i] for i in places["inputs"]], [nodes[i] for i in places["outputs"]])))

    def as_networkx(self, *, backward: bool = False) -> Digraph:
        """Return a MultiDiGraph over the nodes, in order of execution.

        Its edges follow the data, or, with ``backward``, the gradients; the key ``index`` is the place in the
        consumer's list. Nodes carry the key ``module``; the graph carries ``inputs``, ``outputs`` and ``direction``.
        """
        direction = "backward" if backward else "forward"
        graph: Digraph = nx.MultiDiGraph(direction=direction, inputs=self.inputs, outputs=self.outputs)
        for node in reversed(self.order) if backward else self.order:
            graph.add_node(node, module=self.modules.get(node))
        for node in self.order:
            for i, source in enumerate(node.sources()):
                graph.add_edge(*((node, source) if backward else (source, node)), key=i, index=i)
        return graph


def _trace(outputs: list[Node]) -> nx.DiGraph[Node]:
    """Collect what the outputs depend on: edges from each consumer to what it takes."""
    links: nx.DiGraph[Node] = nx.DiGraph()
    links.add_nodes_from(outputs)  # first, so that the search for an order begins with them
    pending = list(outputs)
    seen = set(pending)
    while pending:
        node = pending.pop()
        for source in node.sources():
            links.add_edge(node, source)
            if source not in seen:
                seen.add(source)
                pending.append(source)
    return links


def checked_graph(inputs: Any, outputs: Any, *, allow_unused: bool = False) -> Graph:
    """Make the graph of a drawing, or refuse it with the node, its variable, its line and the likely slip.

    Parameters
    ----------
    inputs, outputs : list of Node
    allow_unused : bool
        Accept nodes whose value nobody in this graph uses, since the graph is a part of a larger drawing.
    """
    sources = _check_list(inputs, "inputs")
    sinks = _check_list(outputs, "outputs")
    if not sinks:
        raise ValueError("gModule's outputs are an empty list: a graph without outputs computes nothing")
    first: dict[Node, int] = {}
    for i, node in enumerate(sources):
        if first.setdefault(node, i) != i:
            raise ValueError(f"gModule's inputs[{first[node]}] and inputs[{i}] are the same node: {node}")
        if node.inputs is not None:
            raise ValueError(
                f"gModule's inputs[{i}], {node}, has inputs itself. An input is drawn with empty brackets: "
                "x = nn.Identity()()"
            )
    graph = Graph(sources, sinks)
    _refuse_unknown_sources(graph)
    if not allow_unused:
        _refuse_unused(graph)
    return graph


def _check_list(nodes: Any, what: str) -> list[Node]:
    if isinstance(nodes, Node):
        raise TypeError(f"gModule's {what} are one node, {nodes}; put it in a list: gModule([x], [y])")
    if not isinstance(nodes, (list, tuple)):
        raise TypeError(f"gModule's {what} should be a list of nodes, not {type(nodes).__name__}")
    for i, node in enumerate(nodes):
        if isinstance(node, (list, tuple)):
            raise TypeError(f"gModule's {what}[{i}] is a list; gn.nest([a, b]) makes one node of several")
        check_nodes(node, f"gModule's {what}[{i}]")
    return list(nodes)


def _refuse_unknown_sources(graph: Graph) -> None:
    known = set(graph.inputs)
    for node in graph.order:
        if node.inputs is None and node not in known and (node.module is None or node.module.needs_input):
            listed = ", ".join(f"`{i.known_as() or i.label()}`" for i in graph.inputs) or "none"
            raise _refusal(
                graph,
                node,
                f"{node} has no inputs and is not among the inputs of the gModule (which are: {listed}). "
                "List it there, or call its module with a node.",
            )


def _refuse_unused(graph: Graph) -> None:
    used = set(graph.order)
    for i, node in enumerate(graph.inputs):
        if node not in used:
            raise _refusal(
                graph,
                node,
                f"gModule's inputs[{i}], {node}, is unused: no output depends on it. Use it, take it out of the "
                "inputs, or pass allow_unused=True",
            )
    for node in graph.order:
        for consumer in node.consumers:
            if consumer in used:
                continue
            if consumer.siblings:
                group = (consumer.siblings, consumer.place)
                unused = sum((c.siblings, c.place) == group and c not in used for c in node.consumers)
                raise _refusal(
                    graph,
                    consumer,
                    f"{unused} of the split({consumer.siblings}) outputs of {node} are unused; the first is {consumer}"
                    ". Take single elements with node[i], or pass allow_unused=True",
                )
            raise _refusal(
                graph,
                consumer,
                f"{consumer} takes {node} but does not lead to an output of the gModule. Add it to the outputs, remove "
                "it (in a notebook: draw again from the inputs), or pass allow_unused=True if this is a part of a "
                "larger drawing",
            )


def _refusal(graph: Graph, node: Node, message: str) -> ValueError:
    """Return the error that refuses a drawing because of a node, and tell of it."""
    error = ValueError(message)
    error.graphnet_nodes = Held((node,))  # type: ignore[attr-defined]  # for the picture
    with_node = Graph(graph.inputs, [*graph.outputs, node])
    with_node.outputs = graph.outputs
    failed(error, with_node)
    return error
