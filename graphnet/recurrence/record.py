"""Record: what one run over a batch of sequences was given, and its tapes, which can be looked at step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphnet.nesting import Array, Nested, map_nested
from graphnet.plan import Plan
from graphnet.recurrence.rows import Rows, store_step
from graphnet.recurrence.wiring import Wiring
from graphnet.tape import Tape


@dataclass
class Record:
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

    def __post_init__(self) -> None:
        self._shortest = self.n_steps if self.lengths is None else int(self.lengths.min(initial=self.n_steps))
        self.n_run = self.n_steps if self.lengths is None else int(self.lengths.max(initial=0))
        self.modes = modes_of(self.plan) if self.segment else []

    def rows(self, t: int) -> Rows:
        """Return the rows that have a step ``t``."""
        if self.lengths is None or t < self._shortest:
            return None
        return np.flatnonzero(self.lengths > t)

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
        whole = map_nested(self.room_for, values[0])
        for t, value in enumerate(values):
            store_step(whole, t, self.rows(t), value)
        return whole

    def room_for(self, value: Array) -> Array:
        """Return room for a value of all steps."""
        if self.lengths is None:
            return np.empty((self.n_steps, *value.shape), value.dtype)
        return np.zeros((self.n_steps, self.n_rows, *value.shape[1:]), value.dtype)


def modes_of(plan: Plan) -> list[bool]:
    """Return the modes of all modules of a plan."""
    return [call.module.train for call in plan.executed if call.module is not None]
