"""How much memory a run over a sequence takes, told before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet.nesting import Array, leaves, zeros_like
from graphnet.random import drawing_from
from graphnet.recurrence.loop import Run


@dataclass(frozen=True)
class MemoryEstimate:
    """The memory of a forward and a backward over a sequence; printed, one line.

    Attributes
    ----------
    n_steps, n_rows : int
    per_step : int
        Bytes that a step's tape holds, gradients included.
    kept_steps : int
        How many steps are held at once.
    total : int
        Bytes in all, with the sequences that come in and go out and their gradients.
    """

    n_steps: int
    n_rows: int
    per_step: int
    kept_steps: int
    total: int

    def __str__(self) -> str:
        kept = "" if self.kept_steps == self.n_steps else f", {self.kept_steps:,} of which are kept at a time"
        return (
            f"about {readable(self.total)} of memory for {self.n_steps:,} steps of {self.n_rows:,} rows "
            f"({readable(self.per_step)} a step{kept})"
        )


def estimate(run: Run) -> MemoryEstimate:
    """Estimate the memory of a run, forwards and backwards, from its first step, which is run there and back.

    Arrays are counted, not Python's objects, which weigh more in nets of a few numbers.
    """
    with drawing_from(np.random.default_rng(0)):
        tape, states = run.step(0, run.first_states)
    outputs = run.outputs_of(tape)
    run.plan.pull_back(tape, list(map(zeros_like, outputs)), 1.0, False)
    values = [*tape.values, *tape.saved.values()]
    of_values = bytes_of(values, without=[*run.sequences, *run.constants])
    of_gradients = bytes_of([*(tape.gradients or []), *tape.contributions.values()], without=values)
    n_steps = run.n_steps
    rows = run.rows(0)
    lengths = np.full(run.n_rows, n_steps) if run.lengths is None else run.lengths
    # How many steps of the first one's size the ragged rows come to.
    steps = lengths.sum() / max(1, run.n_rows if rows is None else len(rows))
    if run.segment is None:
        kept = n_steps
        held = steps * (of_values + of_gradients)
    else:  # the gradients of one step at a time, and the states that each segment begins with
        kept = min(run.segment, n_steps)
        held = min(kept, steps) * of_values + of_gradients + -(-n_steps // run.segment) * bytes_of(states)
    # The input, its gradient and a copy of that; the output likewise.
    put_out = n_steps * bytes_of([outputs[place] for place in run.wiring.put_out])
    total = int(held) + 3 * bytes_of(run.sequences) + 3 * put_out
    return MemoryEstimate(n_steps, run.n_rows, of_values + of_gradients, kept, total)


def bytes_of(values: Iterable[Any], without: Iterable[Any] = ()) -> int:
    """Return the bytes of all arrays in nested values; views of one array count once, as that array.

    Arrays in ``without``, and views of them, do not count.
    """
    owners = {id(owner): owner.nbytes for owner in _owners(values)}
    for owner in _owners(without):
        owners.pop(id(owner), None)
    return sum(owners.values())


def _owners(values: Iterable[Any]) -> Iterator[Array]:
    for value in values:
        for array in leaves(value):
            if isinstance(array, np.ndarray):
                while isinstance(array.base, np.ndarray):
                    array = array.base
                yield array
            elif isinstance(array, Run):  # of a recurrence inside a step
                for tape in array.tapes.values():
                    gradients = [*(tape.gradients or []), *tape.contributions.values()]
                    yield from _owners([*tape.values, *tape.saved.values(), *gradients])


def readable(n_bytes: float) -> str:
    """Return a number of bytes with its unit.

    Examples
    --------
    >>> readable(1_234_567)
    '1.2 MB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000 or unit == "GB":
            break
        n_bytes /= 1000
    return f"{n_bytes:.0f} {unit}" if unit == "bytes" or n_bytes >= 10 else f"{n_bytes:.1f} {unit}"
