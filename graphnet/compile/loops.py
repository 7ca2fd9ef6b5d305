"""Loops: recurrences as units of a compiled plan, as programs or step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.layout import even_layout, ragged_layout
from graphnet.compile.lowering import Traced, input_rows, kind_of, noises_of, own_node, trace_calls
from graphnet.compile.noise import drawn
from graphnet.compile.operators import Untraceable
from graphnet.compile.options import Options
from graphnet.compile.rooms import Frame
from graphnet.compile.rows import Rows
from graphnet.compile.specialisation import Specialisation
from graphnet.nesting import Nested, fill_gaps, gather, zeros_like
from graphnet.recurrence.loop import Gradients
from graphnet.recurrence.sequences import Given, turned

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.pull import Pull
    from graphnet.recurrence import Recurrence
    from graphnet.splicing import Call
    from graphnet.tape import Tape


class Loop:
    """A recurrence whose step became programs."""

    def __init__(self, call: Call, options: Options, *, of_step: bool) -> None:
        self.calls = [call]
        self.call = call
        self.options = options
        self.of_step = of_step
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
            *[kind_of(x, 2) for x in given.sequences],
            *[kind_of(x, 1) for x in given.constants],
            *[kind_of(x, 1) for x in first_states],
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
            inputs.append(input_rows(x.shape[1:], x.dtype, dtype, steady=False))
            registers[plan.inputs[place]] = inputs[-1]
        for place, x in zip(wiring.constants, given.constants, strict=True):
            inputs.append(input_rows(x.shape, x.dtype, dtype, steady=True))
            registers[plan.inputs[place]] = inputs[-1]
        states = []
        for place, s in zip(wiring.states, first_states, strict=True):
            like = input_rows(s.shape, s.dtype, dtype, steady=True)
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
        noises = noises_of(registers, plan.executed)
        return Specialisation(traced, self.options, dtype, of_step=self.of_step), noises


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
