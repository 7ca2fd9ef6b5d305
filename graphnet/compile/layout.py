"""Layout: the rows of a batch at all time steps, one after the other; those of a step that have not ended lie first.

With lengths, rows are sorted, the longest first; so the rows that run at step t are the first ``counts[t]``, and no
padding is ever looked at.

    step 0        step 1        step 2
    a b c d       a b c         a            lengths 3, 2, 2, 1
    0 1 2 3       4 5 6         7            N = 8
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from graphnet.compile.buffers import Buffer, Extent
from graphnet.nesting import Array


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the rows of each step are.

    Attributes
    ----------
    n_steps, n_rows, n_all : int
        T, B, and N, the number of rows of all steps together.
    starts, counts : ndarray of int64
        For each step that any row has, where its rows start, and how many there are.
    order : ndarray of int, optional
        The rows of the batch in the order of the layout; None if that is the order they came in.
    """

    n_steps: int
    n_rows: int
    n_all: int
    starts: Array
    counts: Array
    order: Array | None = None
    places: tuple[Array, Array] | None = None  # the step and the row of the batch for each row of the layout

    @property
    def even(self) -> bool:
        """Whether all rows have all steps."""
        return self.order is None

    @cached_property
    def pointers(self) -> tuple[int, int]:
        """Where the starts and the counts lie."""
        return int(self.starts.ctypes.data), int(self.counts.ctypes.data)

    @cached_property
    def sizes(self) -> Any:
        """T, B, N, and whether all rows have all steps, for machine code; the fifth number is 0."""
        return (ctypes.c_int64 * 5)(self.n_run, self.n_rows, self.n_all, self.even, 0)

    @property
    def n_run(self) -> int:
        """How many steps are run."""
        return len(self.counts)

    # ---- from the user's arrays to rows, and back

    def rows_for(self, buffer: Buffer, x: Array) -> Array:
        """Return the rows of a buffer for an array T x B x ..., or, for what is the same at all steps, B x ...."""
        if buffer.extent is Extent.STEP:
            return self.sorted(x, buffer.width)
        if self.places is None:
            return x.reshape(self.n_all, buffer.width)
        return self.packed(x).reshape(self.n_all, buffer.width)

    def packed(self, x: Array) -> Array:
        """Return of an array T x B x ... what is at no padding, N x ...."""
        return x.reshape(self.n_all, *x.shape[2:]) if self.places is None else np.asarray(x[self.places])

    def spread(self, rows: Array, inner: tuple[int, ...]) -> Array:
        """Return rows as a new array T x B x ..., with zeros as padding."""
        shape = (self.n_steps, self.n_rows, *inner)
        if self.places is None:
            return rows.reshape(shape).copy()
        spread = np.zeros(shape, rows.dtype)
        spread[self.places] = rows.reshape(self.n_all, *inner)
        return spread

    def sorted(self, x: Array, width: int) -> Array:
        """Return an array B x ... as rows, the longest first."""
        rows = x.reshape(self.n_rows, width)
        return rows if self.order is None else np.asarray(rows[self.order])

    def unsorted(self, rows: Array, inner: tuple[int, ...]) -> Array:
        """Return rows, the longest first, as a new array B x ... in the order they came in."""
        whole = rows.copy()
        if self.order is not None:
            whole[self.order] = rows
        return whole.reshape(self.n_rows, *inner)

    def last(self, states: Array, inner: tuple[int, ...]) -> Array:
        """Return of the rows of a state, the first ones and then those after each step, each row's last, B x ...."""
        if self.order is None:
            return states[self.n_all :].reshape(self.n_rows, *inner).copy()
        lengths = (self.counts[:, None] > np.arange(self.n_rows)).sum(0)
        last = np.where(lengths > 0, self.n_rows + self.starts[lengths - 1], 0) if self.n_run else 0
        return self.unsorted(states[last + np.arange(self.n_rows)], inner)


@lru_cache(maxsize=64)
def even_layout(n_steps: int, n_rows: int) -> Layout:
    """Return the layout of rows that all have all steps."""
    counts = np.full(n_steps, n_rows, np.int64)
    return Layout(n_steps, n_rows, n_steps * n_rows, np.arange(n_steps, dtype=np.int64) * n_rows, counts)


def ragged_layout(n_steps: int, lengths: Array) -> Layout:
    """Return the layout of rows of these lengths."""
    order = np.argsort(-lengths, kind="stable")
    longest = int(lengths.max(initial=0))
    counts = (lengths[None, :] > np.arange(longest)[:, None]).sum(1).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64) if longest else np.zeros(0, np.int64)
    steps = np.repeat(np.arange(longest), counts)
    rows = order[np.arange(int(counts.sum())) - np.repeat(starts, counts)]
    return Layout(n_steps, len(lengths), int(counts.sum()), starts, counts, order, (steps, rows))
