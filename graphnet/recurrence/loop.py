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

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from graphnet.nesting import Array, Nested, add_gradients, describe, leaves, map_nested, zeros_like
from graphnet.plan import Plan
from graphnet.random import drawing_from, generator
from graphnet.recurrence.rows import Rows, add_rows, at_step, part_of, put_rows, store_step, zeros_typed
from graphnet.recurrence.wiring import Wiring
from graphnet.tape import Tape


@dataclass
class Run:
    """One run over a batch of sequences: what went in, and what its way back needs."""

    plan: Plan
    wiring: Wiring
    sequences: list[Nested]
    constants: list[Nested]
    first_states: list[Nested]
    n_steps: int
    n_rows: int
    lengths: Array | None
    segment: int | None  # how many steps are computed again at a time; None keeps all tapes
    states_left_out: bool = False
    tapes: dict[int, Tape] = field(default_factory=dict)
    steady: dict[int, Any] = field(default_factory=dict)
    # For each segment: the states it begins with and that of the generator.
    starts: list[tuple[list[Nested], dict[str, Any]]] = field(default_factory=list)

    def rows(self, t: int) -> Rows:
        """Return the rows that have a step ``t``."""
        if self.lengths is None or t < self._shortest:
            return None
        return np.flatnonzero(self.lengths > t)

    def __post_init__(self) -> None:
        self._shortest = self.n_steps if self.lengths is None else int(self.lengths.min(initial=self.n_steps))
        self.n_run = self.n_steps if self.lengths is None else int(self.lengths.max(initial=0))
        self.modes = modes_of(self.plan) if self.segment else []

    # ---- looking at it

    def __len__(self) -> int:
        return self.n_run

    def __getitem__(self, t: int) -> Tape:
        """Return the tape of step ``t``; of rows that have ended by then it holds nothing."""
        if self.segment is not None:
            raise LookupError("with recompute=True no tapes are kept; run without it to look at the steps")
        if not -self.n_run <= t < self.n_run:
            raise IndexError(f"there is no step {t} in a run of {self.n_run}")
        return self.tapes[t % self.n_run]

    def outputs(self, key: Any) -> Nested:
        """Return what a node gave at every step, T x B x ...: zeros where a row had ended."""
        return self._over_time([self[t][key].output for t in range(self.n_run)])

    def grad_outputs(self, key: Any) -> Nested:
        """Return the gradient of what a node gave at every step, after a backward; None before."""
        found = [self[t][key].grad_output for t in range(self.n_run)]
        return None if not found or found[0] is None else self._over_time(found)

    def _over_time(self, values: list[Nested]) -> Nested:
        if not values:
            raise LookupError("all rows of this run are empty, so it has no steps")
        whole = map_nested(self._sequence_like, values[0])
        for t, value in enumerate(values):
            store_step(whole, t, self.rows(t), value)
        return whole

    # ---- forwards

    def forward(self) -> tuple[list[Nested], list[Nested]]:
        """Run all steps; return the sequences that are put out, and the final states."""
        if self.segment is None:
            return self._forward()
        # What a segment draws must be drawn again, whatever others draw meanwhile.
        self.own = np.random.default_rng(generator().integers(2**63))
        with drawing_from(self.own):
            return self._forward()

    def _forward(self) -> tuple[list[Nested], list[Nested]]:
        states = self.first_states
        ys: list[Nested] | None = None
        for t in range(self.n_run):
            if self.segment and t % self.segment == 0:
                self.starts.append((states, dict(self.own.bit_generator.state)))
            tape, states = self.step(t, states)
            if self.segment is None:
                self.tapes[t] = tape
            put_out = self._put_out(tape, self.rows(t))
            if ys is None:
                ys = [map_nested(self._sequence_like, value) for value in put_out]
            for y, value in zip(ys, put_out, strict=True):
                store_step(y, t, self.rows(t), value)
        return self._outputs_of_nothing() if ys is None else ys, states

    def step(self, t: int, states: list[Nested]) -> tuple[Tape, list[Nested]]:
        """Run step ``t``; return its tape, and the states of all rows after it."""
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
            tape = self.plan.execute(arguments if len(arguments) > 1 else arguments[0], steady)
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

    def _sequence_like(self, value: Array) -> Array:
        """Return room for a value of all steps."""
        if self.lengths is None:
            return np.empty((self.n_steps, *value.shape), value.dtype)
        return np.zeros((self.n_steps, self.n_rows, *value.shape[1:]), value.dtype)

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
        empty: list[Nested] = map_nested(self._sequence_like, self._put_out(tape, none))
        return empty

    # ---- backwards

    def backward(
        self, dys: list[Nested], dstates: list[Nested] | None, scale: Any, accumulate: bool, truncate: int | None
    ) -> tuple[list[Nested], list[Nested], list[Nested]]:
        """Return the gradients of the sequences, the constants and the first states.

        Parameters
        ----------
        dys : list
            The gradients of the sequences that are put out.
        dstates : list or None
            Those of the final states; None for zeros.
        scale, accumulate
            As in :meth:`graphnet.plan.Plan.pull`.
        truncate : int or None
            The states' gradients are dropped at the multiples of this many steps.
        """
        gathered: dict[int, Nested] = {}  # by place, the gradients of sequences and constants
        of_states = [zeros_like(s) for s in self.first_states] if dstates is None else list(dstates)
        self._check_modes()
        for t, tape in self._backwards():
            rows = self.rows(t)
            of_outputs: list[Any] = [None] * self.wiring.n_outputs
            for place, dy in zip(self.wiring.put_out, dys, strict=True):
                of_outputs[place] = at_step(dy, t, rows)
            for place, ds in zip(self.wiring.fed_by, of_states, strict=True):
                of_outputs[place] = add_gradients(of_outputs[place], part_of(ds, rows))
            try:
                of_inputs = self.plan.pull_back(tape, of_outputs, scale, accumulate)
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

    def _backwards(self) -> Iterator[tuple[int, Tape]]:
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


def modes_of(plan: Plan) -> list[bool]:
    """Return the modes of all modules of a plan."""
    return [call.module.train for call in plan.executed if call.module is not None]


def _kind(value: Nested) -> str:
    types = ", ".join(dict.fromkeys(str(array.dtype) for array in leaves(value)))
    return f"{describe(value)} of {types}"
