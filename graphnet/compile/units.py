"""Units: what a compiled plan runs one after the other: a call as it is, calls that became one program, a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from graphnet.compile.layout import even_layout
from graphnet.compile.lowering import Traced, input_rows, kind_of, noises_of, own_node, trace_calls
from graphnet.compile.noise import drawn
from graphnet.compile.operators import Untraceable
from graphnet.compile.options import Options
from graphnet.compile.rows import Rows
from graphnet.compile.specialisation import Specialisation
from graphnet.nesting import Array, Nested, fill_gaps, leaves, map_nested

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.pull import Pull
    from graphnet.splicing import Call
    from graphnet.tape import Tape


class Unit(Protocol):
    """A step of a compiled plan."""

    calls: list[Call]

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        """Compute, from and to the registers of a tape; ``steady`` is as in :meth:`graphnet.plan.Plan.execute`."""

    def backward(self, back: Pull) -> None:
        """Go back over what was computed."""


class Hooks:
    """Calls that are executed as they are, by the hooks of their modules."""

    def __init__(self, plan: Plan, calls: list[Call]) -> None:
        self.plan = plan
        self.calls = calls
        places = places_of(plan)
        self.program = [plan.program[places[id(call)]] for call in calls]

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        self.plan.advance(tape, self.program, steady)

    def backward(self, back: Pull) -> None:
        back.over(reversed(self.calls))


def places_of(plan: Plan) -> dict[int, int]:
    """Return by the identity of a call its place among those that are executed."""
    if "places" not in plan.memory:
        plan.memory["places"] = {id(call): i for i, call in enumerate(plan.executed)}
    places: dict[int, int] = plan.memory["places"]
    return places


class Fused:
    """Calls that became one program; every array they take is B x width."""

    def __init__(self, plan: Plan, calls: list[Call], given: list[int], options: Options, *, of_step: bool) -> None:
        self.plan = plan
        self.calls = calls
        self.options = options
        self.of_step = of_step
        inside = {call.target for call in calls}
        self.taken = list(dict.fromkeys(r for call in calls for r in leaves(call.source) if r not in inside))
        self.given = given  # the registers that others look at
        self.known: dict[Any, tuple[Specialisation, list[Rows]]] = {}

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        values = [tape.values[r] for r in self.taken]
        arrays = list(leaves(values))
        dtype = self.plan.dtype
        key = (dtype.char, *[kind_of(x, 1) for x in arrays])
        if key not in self.known:
            self.known[key] = self._specialised(values, dtype)
        specialisation, noises = self.known[key]
        n_rows = {len(x) for x in arrays}
        if len(n_rows) != 1:
            raise Untraceable("arrays of several numbers of rows")
        layout = even_layout(1, n_rows.pop())
        frame = specialisation.run([x[None] for x in arrays], [], layout, drawn(noises, layout, dtype))
        tape.saved[self.calls[0].target] = (specialisation, frame)
        outputs = iter(range(len(specialisation.outputs)))
        for register, structure in zip(self.given, specialisation.traced.structure, strict=True):
            tape.values[register] = map_nested(lambda _: specialisation.output(frame, next(outputs))[0], structure)

    def _specialised(self, values: list[Nested], dtype: np.dtype[Any]) -> tuple[Specialisation, list[Rows]]:
        inputs: list[Rows] = []

        def rows(x: Array) -> Rows:
            inputs.append(input_rows(x.shape, x.dtype, dtype, steady=False))
            return inputs[-1]

        registers: list[Any] = [None] * self.plan.splice.size
        for register, value in zip(self.taken, values, strict=True):
            registers[register] = map_nested(rows, value)
        trace_calls(self.calls, registers, fusion=self.options.fusion)
        taken: set[int] = {id(node) for node in inputs}
        structure = [self._put_out(r, registers[r], taken) for r in self.given]
        outputs = list(leaves(structure))
        traced = Traced(inputs, outputs, [], structure)
        return Specialisation(traced, self.options, dtype, of_step=self.of_step), noises_of(registers, self.calls)

    def draws(self, specialisation: Specialisation) -> bool:
        """Tell whether its runs draw random numbers."""
        return any(noises for made, noises in self.known.values() if made is specialisation)

    def _put_out(self, register: int, value: Nested, taken: set[int]) -> Nested:
        try:
            return map_nested(lambda node: own_node(node, taken), value)
        except Untraceable as refused:
            refused.call = next(call for call in self.calls if call.target == register)
            raise

    def backward(self, back: Pull) -> None:
        tape = back.tape
        if all(back.gradients[r] is None for r in self.given):
            return
        specialisation, frame = tape.saved[self.calls[0].target]
        seeds = [
            seed[None]
            for register in self.given
            for seed in leaves(fill_gaps(back.gradients[register], tape.values[register]))
        ]
        found, _ = specialisation.pull(frame, seeds, None, scale=back.scale, accumulate=back.accumulate)
        gradients = iter(found)

        def one(x: Array) -> Array | None:
            gradient = next(gradients)
            return np.zeros_like(x) if gradient is None else gradient[0]

        for register in self.taken:
            back.give(register, map_nested(one, tape.values[register]))
