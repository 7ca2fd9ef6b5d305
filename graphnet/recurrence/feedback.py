"""Feedback: which outputs of a step become which inputs of the next one, and what cannot be right about that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphnet.graph import Graph
from graphnet.node import Node
from graphnet.recurrence.wiring import Wiring

NEXT, PREVIOUS = "next_", "prev_"


def feedback_places(graph: Graph, feedback: Mapping[Any, Any] | None) -> tuple[tuple[int, int], ...]:
    """Return the places of each output that is fed back and of the input it feeds, in the order of the inputs.

    Parameters
    ----------
    graph : Graph
        The drawing of a step.
    feedback : dict of (Node or str) to (Node or str), or None
        Outputs and the inputs they feed, as nodes or by their names; None pairs ``next_*`` with ``prev_*``.

    Raises
    ------
    TypeError, ValueError
        If one is no output or no input of the graph, or an input is fed twice; the message names both nodes.
    """
    if feedback is None:
        feedback = _pairs_by_name(graph)
    if not isinstance(feedback, Mapping):
        raise TypeError(f"feedback is a dict of output nodes to input nodes, not {type(feedback).__name__}")
    if not feedback:
        raise ValueError("feedback is empty: without it nothing goes from one step to the next; use Bottle instead")
    pairs: list[tuple[int, int]] = []
    for output, fed in feedback.items():
        pair = (
            place_of(output, graph.outputs, "output", f"feedback to {fed}"),
            place_of(fed, graph.inputs, "input", f"feedback from {output}"),
        )
        for other, taken in pairs:
            if taken == pair[1]:
                raise ValueError(
                    f"the input {graph.inputs[taken]} is fed twice: by {graph.outputs[other]} and by "
                    f"{graph.outputs[pair[0]]}"
                )
        pairs.append(pair)
    return tuple(sorted(pairs, key=lambda pair: pair[1]))


def _pairs_by_name(graph: Graph) -> dict[Node, Node]:
    inputs: dict[str, Node] = {}
    for node in graph.inputs:
        if node.name and inputs.setdefault(node.name, node) is not node and node.name.startswith(PREVIOUS):
            raise ValueError(f"two inputs have the name {node.name!r}: {inputs[node.name]} and {node}; pass feedback")
    pairs = {}
    for node in graph.outputs:
        if node.name and node.name.startswith(NEXT):
            fed = inputs.get(PREVIOUS + node.name.removeprefix(NEXT))
            if fed is not None:
                pairs[node] = fed
    if not pairs:
        raise ValueError(
            f"no feedback is given, and no output named {NEXT}... has an input named {PREVIOUS}...: the outputs are "
            f"{_listed(graph.outputs)}, the inputs {_listed(graph.inputs)}. Call annotate_nodes() before gModule, so "
            "that nodes take their variables' names, or pass feedback={output: input}"
        )
    return pairs


def wiring_of(
    graph: Graph, feedback: tuple[tuple[int, int], ...], outputs: Iterable[Any] | None, constants: Iterable[Any]
) -> Wiring:
    """Sort the inputs and outputs of a step by what they are.

    Raises
    ------
    TypeError, ValueError
        If a constant is fed, a node is named twice or is not there, or no input is left for a sequence.
    """
    fed_by, states = zip(*feedback, strict=True)
    free = [i for i in range(len(graph.outputs)) if i not in fed_by] or [len(graph.outputs) - 1]
    put_out = tuple(free) if outputs is None else places_of(outputs, graph.outputs, "output", "outputs")
    steady = tuple(sorted(places_of(constants, graph.inputs, "input", "constants")))
    for output, place in feedback:
        if place in steady:
            raise ValueError(f"constants names {graph.inputs[place]}, but {graph.outputs[output]} is fed back to it")
    sequences = tuple(i for i in range(len(graph.inputs)) if i not in states and i not in steady)
    if not sequences:
        raise ValueError("the step has no input that is a sequence, so there is no T: all are states or constants")
    return Wiring(sequences, steady, states, fed_by, put_out, len(graph.inputs), len(graph.outputs))


def places_of(which: Iterable[Any], nodes: list[Node], what: str, wanted: str) -> tuple[int, ...]:
    """Return the places of several nodes; refuse one that is named twice."""
    if isinstance(which, (str, Node)):
        which = [which]
    if not isinstance(which, Iterable):
        raise TypeError(f"{wanted} is a list of nodes or of their names, not {which!r}")
    places = tuple(place_of(node, nodes, what, wanted) for node in which)
    for i, place in enumerate(places):
        if place in places[:i]:
            raise ValueError(f"{wanted} names {nodes[place]} twice")
    return places


def place_of(which: Any, nodes: list[Node], what: str, wanted: str) -> int:
    """Return the place of a node, given itself or by its name, among the inputs or outputs of a step."""
    if isinstance(which, Node):
        if which in nodes:
            return nodes.index(which)
        raise ValueError(f"{wanted}: {which} is not an {what} of the step; its {what}s are {_listed(nodes)}")
    if not isinstance(which, str):
        raise TypeError(f"{wanted}: an {what} of the step is meant, as a node or by its name, not {which!r}")
    found = [i for i, node in enumerate(nodes) if node.name == which]
    if len(found) != 1:
        reason = "no" if not found else "more than one"
        raise ValueError(f"{wanted}: the step has {reason} {what} named {which!r}; its {what}s are {_listed(nodes)}")
    return found[0]


def _listed(nodes: list[Node]) -> str:
    return "; ".join(map(str, nodes)) or "none"
