"""What a recurrence is given: sequences, constants, states and lengths, taken apart and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphnet.edge import given
from graphnet.nesting import Array, Nested, describe, leaves, map_nested
from graphnet.node import Node
from graphnet.recurrence.wiring import Wiring


@dataclass(frozen=True)
class Given:
    """The input of a recurrence; sequences are T x B x ..., ``states`` is None where they were left out."""

    sequences: list[Nested]
    constants: list[Nested]
    states: list[Nested] | None
    lengths: Array | None
    n_steps: int
    n_rows: int


def read_input(
    x: Nested, wiring: Wiring, nodes: list[Node], label: Callable[[], str], *, lengths: bool, batch_first: bool
) -> Given:
    """Take the input of a recurrence apart.

    Raises
    ------
    ValueError, TypeError
        If the number of values, a shape or a length cannot be right.
    """
    fronts = sorted([*wiring.sequences, *wiring.constants])
    n_states = len(wiring.states)
    least = len(fronts) + lengths
    items = x if isinstance(x, list) else [x]
    if len(items) not in (least, least + n_states):
        names = [nodes[i].label() for i in fronts] + [f"[{nodes[i].label()}]" for i in wiring.states]
        listed = ", ".join([*names, "lengths"] if lengths else names)
        raise ValueError(
            f"{label()} takes {listed}, of which the states in brackets may all be left out; it was given {given(x)}. "
            "What is a list itself must stand in a list, also if it is the only one"
        )
    values = dict(zip(fronts, items, strict=False))
    sequences = [values[i] for i in wiring.sequences]
    states = items[len(fronts) : len(fronts) + n_states] if len(items) > least else None
    n_steps, n_rows = _extent(sequences, [nodes[i] for i in wiring.sequences], label, batch_first)
    constants = [values[i] for i in wiring.constants]
    for place, value in [
        *zip(wiring.constants, constants, strict=True),
        *zip(wiring.states, states or [], strict=bool(states)),
    ]:
        for array in leaves(value):
            if array.shape[:1] != (n_rows,) and (array.ndim or place in wiring.states):
                raise ValueError(
                    f"{label()}: {nodes[place]} has shape {describe(array)}, but the sequences have {n_rows} rows"
                )
    checked = check_lengths(items[-1], n_steps, n_rows, label) if lengths else None
    return Given(swapped(sequences) if batch_first else sequences, constants, states, checked, n_steps, n_rows)


def _extent(sequences: list[Nested], nodes: list[Node], label: Callable[[], str], batch_first: bool) -> tuple[int, int]:
    """Return T and B, the same in all sequences."""
    layout = "BxTx..." if batch_first else "TxBx..."
    found: tuple[int, int] | None = None
    for sequence, node in zip(sequences, nodes, strict=True):
        for array in leaves(sequence):
            if array.ndim < 2:
                raise ValueError(
                    f"{label()}: a sequence is {layout}, with steps and rows; {node} was given {describe(array)}. A "
                    "single sequence needs a batch of one: x[:, None]"
                )
            extent = array.shape[:2][::-1] if batch_first else array.shape[:2]
            if found is not None and extent != found:
                raise ValueError(
                    f"{label()}: all sequences must have the same T and B ({layout}); {node} was given "
                    f"{describe(array)} where others have T = {found[0]} and B = {found[1]}"
                )
            found = extent
    if found is None or not found[0]:
        raise ValueError(f"{label()} was given sequences of no steps; T must be at least 1")
    return found


def check_lengths(lengths: Nested, n_steps: int, n_rows: int, label: Callable[[], str]) -> Array:
    """Return the lengths of the rows as integers, or refuse them."""
    if isinstance(lengths, list) and not any(isinstance(item, list) or item.ndim for item in lengths):
        lengths = np.array([item.item() for item in lengths])  # a list of numbers will do
    if not isinstance(lengths, np.ndarray) or lengths.shape != (n_rows,):
        raise ValueError(
            f"{label()}: lengths are an array of {n_rows} integers, one for each row; it was given {given(lengths)}"
        )
    wrong = (lengths != np.floor(lengths)) | (lengths < 0) | (lengths > n_steps) | np.isnan(lengths)
    if lengths.dtype.kind == "b" or wrong.any():
        row = int(np.argmax(wrong)) if n_rows else 0
        came = f"{lengths[row]} of row {row}" if wrong.any() else f"of {lengths.dtype}"
        raise ValueError(f"{label()}: a length is an integer from 0 to {n_steps}, the number of steps; not {came}")
    return lengths.astype(np.intp)


def swapped(sequences: list[Nested]) -> list[Nested]:
    """Exchange the first two dimensions, steps and rows."""
    return [map_nested(lambda a: np.ascontiguousarray(a.swapaxes(0, 1)) if a.ndim > 1 else a, s) for s in sequences]


def turned(sequences: list[Nested], lengths: Array | None) -> list[Nested]:
    """Return sequences from each row's end to its beginning; padding stays where it is. Twice, all is as it was."""
    if lengths is None:
        return [map_nested(lambda a: a[::-1], s) for s in sequences]

    def turn(a: Array) -> Array:
        t = np.arange(len(a))[:, None]
        return np.asarray(a[np.where(t < lengths, lengths - 1 - t, t), np.arange(a.shape[1])])

    return [map_nested(turn, s) for s in sequences]
