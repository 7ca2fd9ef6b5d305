"""Feedback: which outputs of a step become which inputs of the next one, and what cannot be right about that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphnet.graph import Graph
from graphnet.nesting import Nested, leaves, map_nested
from graphnet.node import Node
from graphnet.plan import Plan
from graphnet.recurrence.loop import Wiring
from graphnet.shapes import Shape, infer_outputs, is_known, shape_of

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
    inputs = {node.name: node for node in graph.inputs if node.name}
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


def places_of(which: Iterable[Any], nodes: list[Node], what: str, wanted: str) -> tuple[int, ...]:
    """Return the places of several nodes; refuse one that is named twice."""
    if isinstance(which, (str, Node)):
        which = [which]
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


def state_shapes(plan: Plan, wiring: Wiring, inputs: list[Shape] | None = None) -> list[Shape]:
    """Return the shapes of the states that follow from those of a step's other inputs; None for one that does not.

    Raises
    ------
    ValueError
        If what is fed back cannot be taken by the input that it feeds; the message names both nodes.
    """
    known_inputs = inputs or [None] * wiring.n_inputs
    try:
        outputs = infer_outputs(plan, known_inputs)
    except Exception:
        if inputs is not None:
            raise
        return [None] * len(wiring.states)  # a module that does not work on zeros; the data will tell
    shapes = [outputs[source] for source in wiring.fed_by]
    for place, source, shape in zip(wiring.states, wiring.fed_by, shapes, strict=True):
        known = list(known_inputs)
        known[place] = shape
        try:
            infer_outputs(plan, known)
        except (TypeError, ValueError, IndexError) as error:
            fed, feeding = plan.splice.input_nodes[place], plan.splice.output_nodes[source]
            raise ValueError(f"the feedback from {feeding} to {fed} does not fit: {error}") from error
    return shapes


def shapes_of_states(plan: Plan, wiring: Wiring, sequences: list[Nested], constants: list[Nested]) -> list[Shape]:
    """Return the shapes of states that were left out: from the drawing alone, or else from what else was given.

    Raises
    ------
    ValueError
        If one does not follow.
    """
    if wiring not in plan.memory:
        plan.memory[wiring] = state_shapes(plan, wiring)
    shapes: list[Shape] = plan.memory[wiring]
    if all(shape is not None and None not in shape[1:] for shape in leaves(shapes)):
        return shapes
    inputs: list[Shape] = [None] * wiring.n_inputs
    for place, value in zip(wiring.sequences, sequences, strict=True):
        inputs[place] = map_nested(lambda a: a.shape[1:], value)
    for place, value in zip(wiring.constants, constants, strict=True):
        inputs[place] = shape_of(value)
    shapes = state_shapes(plan, wiring, inputs)
    for place, shape in zip(wiring.states, shapes, strict=True):
        if not is_known(shape):
            raise ValueError(
                f"the shape of the state {plan.splice.input_nodes[place]} does not follow from the drawing, so it "
                "cannot be filled with zeros; give the states: [x, *states]"
            )
    return shapes


def _listed(nodes: list[Node]) -> str:
    return "; ".join(map(str, nodes)) or "none"
