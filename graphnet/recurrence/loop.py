r"""The loop over time: one step's plan run again and again, and back again over the tapes of the steps.

            x[0]        x[1]        x[2]
             |           |           |
    s[0] -> step -s[1]-> step -s[2]-> step -> s[3]
             |           |           |
            y[0]        y[1]        y[2]

Rows of a batch that have ended are left out of the steps that follow: their states stand, and their padding is never
looked at, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from graphnet.nesting import Nested, add_gradients, describe, leaves, map_nested, zeros_like
from graphnet.random import drawing_from, generator
from graphnet.recurrence.record import Record, modes_of
from graphnet.recurrence.rows import Rows, add_rows, at_step, part_of, put_rows, store_step, zeros_typed
from graphnet.recurrence.tasks import Back, Forth, at_once, node_by_node
from graphnet.stepping import Stops, at_time, backwards, drawing, forwards
from graphnet.tape import Tape

# Of the sequences, the constants and the first states.
Gradients: TypeAlias = tuple[list[Nested], list[Nested], list[Nested]]


class Run(Record):
    """One run over a batch of sequences, there and back."""

    # ---- forwards

    def forward(self) -> tuple[list[Nested], list[Nested]]:
        """Run all steps; return the sequences that are put out, and the final states."""
        own = self._own_generator()
        with nullcontext() if own is None else drawing_from(own):
            return at_once(self._forwards(own), self._run_step)

    def forward_stepwise(self) -> Stops[tuple[list[Nested], list[Nested]]]:
        """Run as :meth:`forward` does, with a stop after every node of every step."""
        own = self._own_generator()

        def stops(task: Forth) -> Stops[Tape]:
            found = at_time(task.t, forwards(self.plan, task.x, task.steady))
            return found if own is None else drawing(own, found)

        return (yield from node_by_node(self._forwards(own), stops))

    def _own_generator(self) -> np.random.Generator | None:
        # What a segment draws must be drawn again, whatever others draw meanwhile.
        return None if self.segment is None else np.random.default_rng(generator().integers(2**63))

    def _run_step(self, task: Forth) -> Tape:
        return self.plan.execute(task.x, task.steady)

    def _forwards(self, own: np.random.Generator | None) -> Generator[Forth, Tape, tuple[list[Nested], list[Nested]]]:
        states = self.first_states
        ys: list[Nested] | None = None
        for t in range(self.n_run):
            if own is not None and self.segment and t % self.segment == 0:
                self.starts.append((states, dict(own.bit_generator.state)))
            tape, states = yield from self._step(t, states)
            if self.segment is None:
                self.tapes[t] = tape
            put_out = self._put_out(tape, self.rows(t))
            if ys is None:
                ys = [map_nested(self.room_for, value) for value in put_out]
            for y, value in zip(ys, put_out, strict=True):
                store_step(y, t, self.rows(t), value)
        return self._outputs_of_nothing() if ys is None else ys, states

    def step(self, t: int, states: list[Nested]) -> tuple[Tape, list[Nested]]:
        """Run step ``t``; return its tape, and the states of all rows after it."""
        return at_once(self._step(t, states), self._run_step)

    def _step(self, t: int, states: list[Nested]) -> Generator[Forth, Tape, tuple[Tape, list[Nested]]]:
        rows = self.rows(t)
        arguments: list[Any] = [None] * self.wiring.n_inputs
        for place, x in zip(self.wiring.sequences, self.sequences, strict=True):
            arguments[place] = at_step(x, t, rows)
        for places, values in ((self.wiring.constants, self.constants), (self.wiring.states, states)):
            for place, value in zip(places, values, strict=True):
                arguments[place] = part_of(value, rows)
        # The first step always draws, also when it is computed again, so that what follows draws the same.
        steady = {register: part_of(saved, rows) for register, saved in self.steady.items()} if t else {}
        try:
            tape = yield Forth(t, arguments if len(arguments) > 1 else arguments[0], steady)
        except Exception as error:
            took = describe([at_step(x, t, rows) for x in self.sequences])
            error.add_note(f"at step {t} of {self.n_steps}, for which the sequences have {took}")
            raise
        if t == 0:
            self._keep_steady(tape, rows)
        outputs = self.outputs_of(tape)
        following = []
        for place, source, old in zip(self.wiring.states, self.wiring.fed_by, states, strict=True):
            new = outputs[source]
            self._check_fit(place, source, arguments[place], new)
            following.append(put_rows(old, rows, new))
        return tape, following

    def _keep_steady(self, tape: Tape, rows: Rows) -> None:
        for call in self.plan.executed:
            if call.hooks.steady:
                saved = tape.saved[call.target]
                if rows is not None and saved.ndim:
                    saved = put_rows(np.zeros((self.n_rows, *saved.shape[1:]), saved.dtype), rows, saved)
                self.steady[call.target] = saved

    def _check_fit(self, place: int, source: int, old: Nested, new: Nested) -> None:
        if (old.__class__ is np.ndarray and new.__class__ is np.ndarray) and (
            old.shape == new.shape and old.dtype == new.dtype
        ):
            return
        if describe(old) != describe(new) or [a.dtype for a in leaves(old)] != [a.dtype for a in leaves(new)]:
            fed, feeding = self.plan.splice.input_nodes[place], self.plan.splice.output_nodes[source]
            filled = ", the zeros of a state that was left out" if self.states_left_out else ""
            raise ValueError(
                f"the feedback from {feeding} to {fed} does not fit: the one gives {_kind(new)}, the other took "
                f"{_kind(old)}{filled}"
            )

    def outputs_of(self, tape: Tape) -> list[Nested]:
        """Return what a step gave, a value for each output."""
        result = tape.result()
        return [result] if self.wiring.n_outputs == 1 else result

    def _put_out(self, tape: Tape, rows: Rows) -> list[Nested]:
        """Return what a step puts out; with lengths, it must be rows that may end."""
        outputs = self.outputs_of(tape)
        if self.lengths is not None:
            n = self.n_rows if rows is None else len(rows)
            for place in self.wiring.put_out:
                if any(array.shape[:1] != (n,) for array in leaves(outputs[place])):
                    raise ValueError(
                        f"with lengths, what a step puts out must have a row for each row of the batch; "
                        f"{self.plan.splice.output_nodes[place]} gave {describe(outputs[place])} for {n} rows"
                    )
        return [outputs[place] for place in self.wiring.put_out]

    def _outputs_of_nothing(self) -> list[Nested]:
        """Return the outputs of a batch whose rows are all empty; a step without rows tells their shapes."""
        none = np.arange(0)
        sequences = [at_step(x, 0, none) for x in self.sequences]
        trial = replace(
            self,
            sequences=[map_nested(lambda a: a[None], x) for x in sequences],
            constants=[part_of(value, none) for value in self.constants],
            first_states=[part_of(value, none) for value in self.first_states],
            lengths=None,
            n_rows=0,
            tapes={},
            steady={},
            starts=[],
        )
        with drawing_from(np.random.default_rng(0)):
            tape, _ = trial.step(0, trial.first_states)
        empty: list[Nested] = map_nested(self.room_for, self._put_out(tape, none))
        return empty

    # ---- backwards

    def backward(
        self, dys: list[Nested], dstates: list[Nested] | None, truncate: int | None, scale: Any, accumulate: bool
    ) -> Gradients:
        """Return the gradients of the sequences, the constants and the first states.

        Parameters
        ----------
        dys : list
            The gradients of the sequences that are put out.
        dstates : list or None
            Those of the final states; None for zeros.
        truncate : int or None
            The states' gradients are dropped at the multiples of this many steps.
        scale, accumulate
            As in :meth:`graphnet.plan.Plan.pull`.
        """
        return at_once(
            self._backwards(dys, dstates, truncate),
            lambda task: self.plan.pull_back(task.tape, task.of_outputs, scale, accumulate),
        )

    def backward_stepwise(
        self, dys: list[Nested], dstates: list[Nested] | None, truncate: int | None, scale: Any, accumulate: bool
    ) -> Stops[Gradients]:
        """Go back as :meth:`backward` does, with a stop after every node of every step."""

        def stops(task: Back) -> Stops[list[Nested]]:
            return at_time(task.t, backwards(task.tape, task.of_outputs, scale, accumulate))

        return (yield from node_by_node(self._backwards(dys, dstates, truncate), stops))

    def _backwards(
        self, dys: list[Nested], dstates: list[Nested] | None, truncate: int | None
    ) -> Generator[Back, list[Nested], Gradients]:
        gathered: dict[int, Nested] = {}  # by place, the gradients of sequences and constants
        of_states = [zeros_like(s) for s in self.first_states] if dstates is None else list(dstates)
        self._check_modes()
        for t, tape in self._tapes_backwards():
            rows = self.rows(t)
            of_outputs: list[Any] = [None] * self.wiring.n_outputs
            for place, dy in zip(self.wiring.put_out, dys, strict=True):
                of_outputs[place] = at_step(dy, t, rows)
            for place, ds in zip(self.wiring.fed_by, of_states, strict=True):
                of_outputs[place] = add_gradients(of_outputs[place], part_of(ds, rows))
            try:
                of_inputs = yield Back(t, tape, of_outputs)
            except Exception as error:
                error.add_note(f"at step {t} of {self.n_steps}")
                raise
            if not gathered:  # in the types that the step gives, for those of integers may be integers or not
                gathered = {place: map_nested(zeros_typed, x, of_inputs[place]) for place, x in self._by_place()}
            for place in self.wiring.sequences:
                store_step(gathered[place], t, rows, of_inputs[place])
            for place in self.wiring.constants:
                add_rows(gathered[place], rows, of_inputs[place])
            for i, place in enumerate(self.wiring.states):
                ds = of_inputs[place]
                if truncate and t and t % truncate == 0:
                    ds = zeros_like(ds)
                of_states[i] = put_rows(of_states[i], rows, ds)
        gathered = gathered or {place: zeros_like(x) for place, x in self._by_place()}
        return (
            [gathered[place] for place in self.wiring.sequences],
            [gathered[place] for place in self.wiring.constants],
            of_states,
        )

    def _by_place(self) -> list[tuple[int, Nested]]:
        wiring = self.wiring
        places = (*wiring.sequences, *wiring.constants)
        return list(zip(places, (*self.sequences, *self.constants), strict=True))

    def _tapes_backwards(self) -> Iterator[tuple[int, Tape]]:
        """Yield the tapes from the last step to the first, computed again where they were not kept."""
        if self.segment is None:
            yield from reversed(self.tapes.items())
            return
        for k in reversed(range(len(self.starts))):
            states, start = self.starts[k]
            own = np.random.default_rng()
            own.bit_generator.state = start
            tapes = {}
            with drawing_from(own):
                for t in range(k * self.segment, min((k + 1) * self.segment, self.n_run)):
                    tapes[t], states = self.step(t, states)
            while tapes:
                yield tapes.popitem()

    def _check_modes(self) -> None:
        """Refuse to compute steps again in another mode than at first."""
        if self.segment and self.modes != modes_of(self.plan):
            raise RuntimeError(
                f"{self.plan.module.label()} was switched between training and evaluation after a forward with "
                "recompute=True, whose backward computes it again; switch after the backward"
            )


def _kind(value: Nested) -> str:
    types = ", ".join(dict.fromkeys(str(array.dtype) for array in leaves(value)))
    return f"{describe(value)} of {types}"
