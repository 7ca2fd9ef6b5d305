"""Rows of a batch: the steps of a loop run on those that have not ended."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from graphnet.nesting import Array, Nested

# The rows that a step runs on, as indices; None for all.
Rows: TypeAlias = Array | None


def part_of(value: Nested, rows: Rows) -> Nested:
    """Return the rows of a value that has one for each row of the batch."""
    if value.__class__ is list:
        return [part_of(item, rows) for item in value]
    return value if rows is None or not value.ndim else value[rows]


def at_step(sequence: Nested, t: int, rows: Rows) -> Nested:
    """Return what a sequence has at step ``t``."""
    if sequence.__class__ is list:
        return [at_step(item, t, rows) for item in sequence]
    return sequence[t] if rows is None else sequence[t, rows]


def put_rows(whole: Nested, rows: Rows, part: Nested) -> Nested:
    """Return ``whole`` with other rows at the places ``rows``; it is not changed itself."""
    if rows is None:
        return part
    if part.__class__ is list:
        return [put_rows(a, rows, b) for a, b in zip(whole, part, strict=True)]
    copied = whole.astype(np.result_type(whole, part))  # gradients of integers may be none
    copied[rows] = part
    return copied


def store_step(into: Nested, t: int, rows: Rows, value: Nested) -> None:
    """Write what step ``t`` gave into the whole sequence."""
    if into.__class__ is list:
        for a, b in zip(into, value, strict=True):
            store_step(a, t, rows, b)
    else:
        into[t if rows is None else (t, rows)] = value


def zeros_typed(like: Array, typed: Array) -> Array:
    """Return zeros in the shape of one array and the type of another."""
    return np.zeros(like.shape, typed.dtype)


def add_rows(into: Nested, rows: Rows, value: Nested) -> None:
    """Add to the rows of a sum, in place."""
    if into.__class__ is list:
        for a, b in zip(into, value, strict=True):
            add_rows(a, rows, b)
    elif rows is None or not into.ndim:
        into += value
    else:
        into[rows] += value
