"""The shapes of a recurrence: of states that are left out, and of what it puts out."""

from __future__ import annotations

from graphnet.nesting import Nested, leaves, map_nested
from graphnet.plan import Plan
from graphnet.recurrence.wiring import Wiring
from graphnet.shapes import Either, Shape, infer_outputs, is_known
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
    for place, source, shape in zip(wiring.states, wiring.fed_by, shapes, strict=True):
        with_state = list(known)
        with_state[place] = shape
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
    plan: Plan, wiring: Wiring, shape: Shape, lengths: bool, batch_first: bool
) -> tuple[list[Shape], Size | int]:
    """Return the shapes of what a step takes, and the number of steps, for the shape of the recurrence's input."""
    given = shape if isinstance(shape, list) else [shape]
    fronts = sorted([*wiring.sequences, *wiring.constants])
    inputs: list[Shape] = [None] * wiring.n_inputs
    n_steps: Size | int = UNKNOWN
    for place, one in zip(fronts, given, strict=False):
        if one is not None and place in wiring.sequences:
            n_steps = next(leaves(one))[1 if batch_first else 0]
            inputs[place] = map_nested(lambda s: (s[0 if batch_first else 1], *s[2:]), one)
        else:
            inputs[place] = one
    if len(given) - lengths > len(fronts):
        for place, one in zip(wiring.states, given[len(fronts) :], strict=False):
            inputs[place] = one
    found = infer_outputs(plan, inputs)
    for place, source in zip(wiring.states, wiring.fed_by, strict=True):
        inputs[place] = inputs[place] or map_nested(_of_rows, found[source])
    return inputs, n_steps


def shapes_over_time(plan: Plan, wiring: Wiring, shape: Shape, lengths: bool, batch_first: bool) -> list[Shape]:
    """Return the shapes of the sequences that a recurrence puts out and of its final states, for that of its input."""
    inputs, n_steps = step_inputs(plan, wiring, shape, lengths, batch_first)
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
