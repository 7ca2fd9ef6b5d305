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
