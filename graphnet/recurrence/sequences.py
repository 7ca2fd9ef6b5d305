"""What a recurrence is given: sequences, constants, states and lengths, or their shapes, taken apart and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet.edge import given
from graphnet.nesting import Array, Nested, leaves, map_nested
from graphnet.node import Node
from graphnet.recurrence.wiring import Wiring
from graphnet.shapes import Shape, merged, more_known, shape_of, written
from graphnet.sizes import UNKNOWN, Size, surely_differ


@dataclass(frozen=True)
class Given:
    """The input of a recurrence; sequences are T x B x ..., ``states`` is None where they were left out."""

    sequences: list[Nested]
    constants: list[Nested]
    states: list[Nested] | None
    lengths: Array | None
    n_steps: int
    n_rows: int


@dataclass(frozen=True)
class Parts:
    """The input of a recurrence taken apart: values, or their shapes; ``states`` is None where they were left out."""

    sequences: list[Any]
    constants: list[Any]
    states: list[Any] | None
    lengths: Any


def read_input(
    x: Nested, wiring: Wiring, nodes: list[Node], label: Callable[[], str], *, lengths: bool, batch_first: bool
) -> Given:
    """Take the input of a recurrence apart.

    Raises
    ------
    ValueError, TypeError
        If the number of values, a shape or a length cannot be right.
    """
    parts = taken_apart(x, wiring, nodes, label, lengths, given)
    states = None if parts.states is None else shape_of(parts.states)
    shapes = Parts(shape_of(parts.sequences), shape_of(parts.constants), states, None)
    n_steps, n_rows = extent_of(shapes, wiring, nodes, label, batch_first)
    assert isinstance(n_steps, int)  # both are sizes of arrays
    assert isinstance(n_rows, int)
    checked = check_lengths(parts.lengths, n_steps, n_rows, label) if lengths else None
    sequences = swapped(parts.sequences) if batch_first else parts.sequences
    return Given(sequences, parts.constants, parts.states, checked, n_steps, n_rows)


def taken_apart(
    x: Any, wiring: Wiring, nodes: list[Node], label: Callable[[], str], lengths: bool, told: Callable[[Any], str]
) -> Parts:
    """Take apart what a recurrence is given, or its shape; refuse another number of parts."""
    fronts = sorted([*wiring.sequences, *wiring.constants])
    n_states = len(wiring.states)
    least = len(fronts) + lengths
    items = x if isinstance(x, list) else [x]
    if len(items) not in (least, least + n_states):
        names = [nodes[i].label() for i in fronts] + [f"[{nodes[i].label()}]" for i in wiring.states]
        listed = ", ".join([*names, "lengths"] if lengths else names)
        raise ValueError(
            f"{label()} takes {listed}, of which the states in brackets may all be left out; it was given {told(x)}. "
            "What is a list itself must stand in a list, also if it is the only one"
        )
    values = dict(zip(fronts, items, strict=False))
    return Parts(
        [values[i] for i in wiring.sequences],
        [values[i] for i in wiring.constants],
        items[len(fronts) : len(fronts) + n_states] if len(items) > least else None,
        items[-1] if lengths else None,
    )


def extent_of(
    shapes: Parts, wiring: Wiring, nodes: list[Node], label: Callable[[], str], batch_first: bool
) -> tuple[Size | int, Size | int]:
    """Return T and B, the same in all sequences; all that has a shape must have B rows."""
    layout = "BxTx..." if batch_first else "TxBx..."
    steps, rows = (1, 0) if batch_first else (0, 1)
    n_steps: Size | int = UNKNOWN
    n_rows: Size | int = UNKNOWN
    for sequence, place in zip(shapes.sequences, wiring.sequences, strict=True):
        for shape in leaves(sequence):
            if shape is None:
                continue
            if len(shape) < 2:
                raise ValueError(
                    f"{label()}: a sequence is {layout}, with steps and rows; {nodes[place]} was given "
                    f"{written(shape)}. A single sequence needs a batch of one: x[:, None]"
                )
            if surely_differ(shape[steps], n_steps) or surely_differ(shape[rows], n_rows):
                raise ValueError(
                    f"{label()}: all sequences must have the same T and B ({layout}); {nodes[place]} was given "
                    f"{written(shape)} where others have T = {n_steps} and B = {n_rows}"
                )
            n_steps, n_rows = more_known(n_steps, shape[steps]), more_known(n_rows, shape[rows])
    if not any(True for _ in leaves(shapes.sequences)) or n_steps == 0:
        raise ValueError(f"{label()} was given sequences of no steps; T must be at least 1")
    for place, value in [
        *zip(wiring.constants, shapes.constants, strict=True),
        *zip(wiring.states, shapes.states or [], strict=bool(shapes.states)),
    ]:
        for shape in leaves(value):
            if shape is None or (not shape and place in wiring.constants):
                continue
            if not shape or surely_differ(shape[0], n_rows):
                raise ValueError(
                    f"{label()}: {nodes[place]} has shape {written(shape)}, but the sequences have {n_rows} rows"
                )
    return n_steps, n_rows


def rows_of_lengths(lengths: Shape, n_rows: Size | int, label: Callable[[], str]) -> Size | int:
    """Return what is known of the number of rows, also by the shape of their lengths; or refuse that."""
    if isinstance(lengths, list) and all(length in ((), None) for length in lengths):
        lengths = (len(lengths),)  # a list of numbers will do
    try:
        (rows,) = merged([(n_rows,), lengths])
    except ValueError:
        raise ValueError(
            f"{label()}: lengths are an array of {n_rows} integers, one for each row; it was given {written(lengths)}"
        ) from None
    known: Size | int = rows
    return known


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
