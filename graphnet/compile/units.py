"""Units: what a compiled plan runs one after the other: a call as it is, calls that became one program, a loop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from graphnet.compile.layout import even_layout, ragged_layout
from graphnet.compile.lowering import Traced, own_node, trace_calls
from graphnet.compile.noise import drawn
from graphnet.compile.options import Options
from graphnet.compile.rows import Rows, Untraceable
from graphnet.compile.specialisation import Frame, Specialisation
from graphnet.compile.stages import nodes_below
from graphnet.nesting import Array, Nested, fill_gaps, gather, leaves, map_nested, zeros_like
from graphnet.recurrence.loop import Gradients
from graphnet.recurrence.sequences import Given, turned

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.pull import Pull
    from graphnet.recurrence import Recurrence
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

    def __init__(self, plan: Plan, calls: list[Call], given: list[int], options: Options) -> None:
        self.plan = plan
        self.calls = calls
        self.options = options
        inside = {call.target for call in calls}
        self.taken = list(dict.fromkeys(r for call in calls for r in leaves(call.source) if r not in inside))
        self.given = given  # the registers that others look at
        self.known: dict[Any, tuple[Specialisation, list[Rows]]] = {}

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        values = [tape.values[r] for r in self.taken]
        arrays = list(leaves(values))
        dtype = self.plan.dtype
        key = (dtype.char, *[_kind(x, 1) for x in arrays])
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
            inputs.append(_rows_of(x.shape, x.dtype, dtype, steady=False))
            return inputs[-1]

        registers: list[Any] = [None] * self.plan.splice.size
        for register, value in zip(self.taken, values, strict=True):
            registers[register] = map_nested(rows, value)
        trace_calls(self.calls, registers, fusion=self.options.fusion)
        taken: set[int] = {id(node) for node in inputs}
        structure = [self._put_out(r, registers[r], taken) for r in self.given]
        outputs = list(leaves(structure))
        traced = Traced(inputs, outputs, [], structure)
        return Specialisation(traced, self.options, dtype), _noises(registers, self.calls)

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


class Loop:
    """A recurrence whose step became programs."""

    def __init__(self, call: Call, options: Options) -> None:
        self.calls = [call]
        self.call = call
        self.options = options
        self.recurrence: Recurrence = call.hooks
        self.known: dict[Any, tuple[Specialisation, list[Rows]]] = {}

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        recurrence = self.recurrence
        if recurrence.recompute:
            raise Untraceable("steps that are computed again on the way back")
        x = gather(self.call.source, tape.values)
        given = recurrence._read(x)
        run = LoopRun(self, given)
        ys, states = run.forward()
        tape.saved[self.call.target] = run
        tape.values[self.call.target] = recurrence._put_out(run, ys, states)  # type: ignore[arg-type]

    def backward(self, back: Pull) -> None:
        tape, call, recurrence = back.tape, self.call, self.recurrence
        y = tape.values[call.target]
        dy = back.gradients[call.target]
        if dy is None:
            return
        run: LoopRun = tape.saved[call.target]
        x = gather(call.source, tape.values)
        found = run.backward(
            *recurrence._come_back(run, fill_gaps(dy, y)),  # type: ignore[arg-type]
            recurrence.truncate,
            back.scale,
            back.accumulate,
        )
        back.take(call, recurrence._passed_back(run, x, found, back.scale, back.accumulate))  # type: ignore[arg-type]

    def specialised(
        self, given: Given, first_states: list[Nested], dtype: np.dtype[Any]
    ) -> tuple[Specialisation, list[Rows]]:
        """Return the programs for what is given, and the noise that the step draws."""
        key = (
            dtype.char,
            *[_kind(x, 2) for x in given.sequences],
            *[_kind(x, 1) for x in given.constants],
            *[_kind(x, 1) for x in first_states],
        )
        if key not in self.known:
            self.known[key] = self._specialised(given, first_states, dtype)
        return self.known[key]

    def _specialised(
        self, given: Given, first_states: list[Nested], dtype: np.dtype[Any]
    ) -> tuple[Specialisation, list[Rows]]:
        plan, wiring = self.recurrence.step.plan(), self.recurrence.wiring
        registers: list[Any] = [None] * plan.splice.size
        inputs: list[Rows] = []
        for place, x in zip(wiring.sequences, given.sequences, strict=True):
            inputs.append(_rows_of(x.shape[1:], x.dtype, dtype, steady=False))
            registers[plan.inputs[place]] = inputs[-1]
        for place, x in zip(wiring.constants, given.constants, strict=True):
            inputs.append(_rows_of(x.shape, x.dtype, dtype, steady=True))
            registers[plan.inputs[place]] = inputs[-1]
        states = []
        for place, s in zip(wiring.states, first_states, strict=True):
            like = _rows_of(s.shape, s.dtype, dtype, steady=True)
            states.append(Rows("state", (), like.width, inner=like.inner))
            registers[plan.inputs[place]] = states[-1]
        trace_calls(plan.executed, registers, fusion=self.options.fusion)
        found = [gather(operand, registers) for operand in plan.outputs]
        if any(isinstance(node, list) for node in found):
            raise Untraceable("lists, put out or fed back")
        taken = {id(node) for node in (*inputs, *states)}
        following = [own_node(found[source], taken) for source in wiring.fed_by]
        if any(a.inner != b.inner for a, b in zip(states, following, strict=True)):
            raise Untraceable("a state whose shape changes")
        fed = dict(zip(wiring.fed_by, following, strict=True))
        outputs = [fed[place] if place in fed else own_node(found[place], taken) for place in wiring.put_out]
        traced = Traced(inputs, outputs, list(zip(states, following, strict=True)), [])
        noises = _noises(registers, plan.executed)
        return Specialisation(traced, self.options, dtype), noises


class Steps:
    """A recurrence that goes step by step, as the interpreter's, with a compiled plan of its step."""

    def __init__(self, call: Call, plan: Plan) -> None:
        self.calls = [call]
        self.call = call
        self.plan = plan

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        recurrence: Recurrence = self.call.hooks
        given = recurrence._read(gather(self.call.source, tape.values))
        run = replace(recurrence._begin(given), plan=self.plan)
        tape.saved[self.call.target] = run
        tape.values[self.call.target] = recurrence._put_out(run, *run.forward())

    def backward(self, back: Pull) -> None:
        back.over([self.call])


class LoopRun:
    """One run of a recurrence, as :class:`graphnet.recurrence.loop.Run` is one of the interpreter's."""

    def __init__(self, loop: Loop, given: Given) -> None:
        recurrence = loop.recurrence
        self.wiring = recurrence.wiring
        self.lengths = given.lengths
        self.n_rows = given.n_rows
        self.n_steps = given.n_steps
        dtype = recurrence.step.plan().dtype
        self.first_states: list[Any] = recurrence._first_states(given) if given.states is None else given.states
        if any(isinstance(x, list) for x in (*given.sequences, *given.constants, *self.first_states)):
            raise Untraceable("lists in a sequence")
        self.specialisation, self.noises = loop.specialised(given, self.first_states, dtype)
        self.dtype = dtype
        sequences = turned(given.sequences, given.lengths) if recurrence.reverse else given.sequences
        self.inputs: list[Any] = [*sequences, *given.constants]
        self.n_sequences = len(sequences)
        self.layout = (
            even_layout(given.n_steps, given.n_rows)
            if given.lengths is None or (given.lengths == given.n_steps).all()
            else ragged_layout(given.n_steps, given.lengths)
        )
        self.frame: Frame | None = None

    def forward(self) -> tuple[list[Nested], list[Nested]]:
        """Run all steps; return the sequences that are put out, and the final states."""
        specialisation = self.specialisation
        noise = drawn(self.noises, self.layout, self.dtype)
        self.frame = frame = specialisation.run(self.inputs, self.first_states, self.layout, noise)
        ys = [specialisation.output(frame, k) for k in range(len(specialisation.outputs))]
        return ys, [specialisation.final_state(frame, k) for k in range(len(specialisation.states))]

    def backward(
        self, dys: list[Any], dstates: list[Any] | None, truncate: int | None, scale: Any, accumulate: bool
    ) -> Gradients:
        """Return the gradients of the sequences, the constants and the first states."""
        assert self.frame is not None
        found, of_states = self.specialisation.pull(
            self.frame, dys, dstates, truncate=truncate or 0, scale=scale, accumulate=accumulate
        )
        gradients = [zeros_like(x) if g is None else g for x, g in zip(self.inputs, found, strict=True)]
        return gradients[: self.n_sequences], gradients[self.n_sequences :], list(of_states)


def _rows_of(shape: tuple[int, ...], kind: np.dtype[Any], dtype: np.dtype[Any], *, steady: bool) -> Rows:
    """Return rows for arrays B x ...; of B whole numbers, indices."""
    if len(shape) == 1 and kind.kind in "iu" and not steady:
        return Rows("index", (), 0)
    width = math.prod(shape[1:])
    if not shape or kind != dtype or not width:
        raise Untraceable(f"an array of {len(shape)} dimensions, of {kind}")
    return Rows("input", (), width, detail=(None, steady), inner=shape[1:])


def _kind(x: Any, n: int) -> tuple[tuple[int, ...], str]:
    """Return what programs depend on of an array, whose first n dimensions may change."""
    return x.shape[n:], x.dtype.char


def _noises(registers: Sequence[Any], calls: Iterable[Call]) -> list[Rows]:
    """Return the noise nodes in the order of the calls that draw them, also those that nobody looks at."""
    made = nodes_below(rows for call in calls for rows in leaves(registers[call.target]))
    return [node for node in made if node.kind == "noise"]
