"""The shapes of a recurrence: of states that are left out, and of what it puts out."""

from __future__ import annotations

from collections.abc import Callable

from graphnet.inference import infer_outputs
from graphnet.nesting import Nested, leaves, map_nested
from graphnet.plan import Plan
from graphnet.recurrence.sequences import extent_of, rows_of_lengths, taken_apart
from graphnet.recurrence.wiring import Wiring
from graphnet.shapes import Either, Shape, is_known, more_known, written
from graphnet.sizes import UNKNOWN, Size


def state_shapes(plan: Plan, wiring: Wiring, inputs: list[Shape] | None = None) -> list[Shape]:
    """Return the shapes of the states that follow from those of a step's other inputs; None for one that does not.

    Raises
    ------
    ValueError
        If what is fed back cannot be taken by the input that it feeds; the message names both nodes.
    """
    known = inputs or [None] * wiring.n_inputs
    outputs = infer_outputs(plan, known)
    shapes = [map_nested(_of_rows, outputs[source]) for source in wiring.fed_by]
    for place, source in zip(wiring.states, wiring.fed_by, strict=True):
        with_state = list(known)
        with_state[place] = outputs[source]  # of any shape that it may have: rows may be single numbers, too
        try:
            infer_outputs(plan, with_state)
        except ValueError as error:
            fed, feeding = plan.splice.input_nodes[place], plan.splice.output_nodes[source]
            raise ValueError(f"the feedback from {feeding} to {fed} does not fit: {error}") from error
    return shapes


def shapes_of_states(plan: Plan, wiring: Wiring, sequences: list[Nested], constants: list[Nested]) -> list[Shape]:
    """Return the shapes of states that were left out: from the drawing alone, or else from what was given.

    Raises
    ------
    ValueError
        If one does not follow.
    """
    shapes = _remembered(plan, wiring, [None] * wiring.n_inputs)
    if all(shape is not None and is_known(shape[1:]) for shape in leaves(shapes)):
        return shapes
    inputs: list[Shape] = [None] * wiring.n_inputs
    for place, value in zip(wiring.sequences, sequences, strict=True):
        inputs[place] = map_nested(lambda a: (UNKNOWN, *a.shape[2:]), value)
    for place, value in zip(wiring.constants, constants, strict=True):
        inputs[place] = map_nested(lambda a: (UNKNOWN, *a.shape[1:]) if a.ndim else (), value)
    shapes = _remembered(plan, wiring, inputs)
    for place, shape in zip(wiring.states, shapes, strict=True):
        if not all(part and is_known(part[1:]) for part in leaves(shape)):
            raise ValueError(
                f"the shape of the state {plan.splice.input_nodes[place]} does not follow from the drawing, so it "
                "cannot be filled with zeros; give the states: [x, *states]"
            )
    return shapes


def _of_rows(shape: Shape) -> Shape:
    """Return the shape of rows, of those that a value may have: a step always takes and gives rows."""
    options = shape.options if isinstance(shape, Either) else [shape]
    rows = [option for option in options if option is not None and option[:1] and not isinstance(option[0], int)]
    return rows[0] if len(options) > 1 and len(rows) == 1 else None if len(options) > 1 else options[0]


def _remembered(plan: Plan, wiring: Wiring, inputs: list[Shape]) -> list[Shape]:
    key = (wiring, repr(inputs))
    if key not in plan.memory:
        plan.memory[key] = state_shapes(plan, wiring, inputs)
    shapes: list[Shape] = plan.memory[key]
    return shapes


def step_inputs(
    plan: Plan, wiring: Wiring, shape: Shape, label: Callable[[], str], *, lengths: bool, batch_first: bool
) -> tuple[list[Shape], Size | int]:
    """Return the shapes of what a step takes, and the number of steps, for the shape of the recurrence's input.

    Raises
    ------
    ValueError
        If the number of parts or one of their shapes cannot be right.
    """
    inputs: list[Shape] = [None] * wiring.n_inputs
    n_steps: Size | int = UNKNOWN
    if shape is not None:
        nodes = plan.splice.input_nodes
        parts = taken_apart(shape, wiring, nodes, label, lengths, written)
        n_steps, n_rows = extent_of(parts, wiring, nodes, label, batch_first)
        n_rows = rows_of_lengths(parts.lengths, n_rows, label)
        for place, one in zip(wiring.sequences, parts.sequences, strict=True):
            inputs[place] = map_nested(lambda s: s and (more_known(s[0 if batch_first else 1], n_rows), *s[2:]), one)
        for place, one in zip(wiring.constants, parts.constants, strict=True):
            inputs[place] = one
        for place, one in zip(wiring.states, parts.states or [], strict=False):
            inputs[place] = one
    found = infer_outputs(plan, inputs)
    for place, source in zip(wiring.states, wiring.fed_by, strict=True):
        inputs[place] = inputs[place] or map_nested(_of_rows, found[source])
    return inputs, n_steps


def shapes_over_time(
    plan: Plan, wiring: Wiring, inputs: list[Shape], n_steps: Size | int, batch_first: bool
) -> list[Shape]:
    """Return the shapes of the sequences that a recurrence puts out and of its final states, for those of a step."""
    found = infer_outputs(plan, inputs)

    def along(s: Shape) -> Shape:
        s = _of_rows(s)
        if s is None:
            return None
        return (s[0], n_steps, *s[1:]) if batch_first and s else (n_steps, *s)

    return [
        *(map_nested(along, found[place]) for place in wiring.put_out),
        *(map_nested(_of_rows, found[source]) for source in wiring.fed_by),
    ]
