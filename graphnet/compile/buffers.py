"""Buffers: where a program keeps its numbers, rows by rows; and which row of one is meant at a time step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphnet.nesting import Array


class Extent(Enum):
    """How many rows a buffer has: for T steps, B rows, and N rows of all steps together."""

    SEQUENCE = "N"  # a row for each row at each step
    STATE = "B + N"  # the first states, then those after each step
    STEP = "B"  # of one step, or the same at all steps
    CARRY = "2B"  # gradients of states, of the step before and of this one
    ONE = "1"  # the same for all rows: vectors, learnt or summed


class When(Enum):
    """Which row of a buffer is meant, for row r at step t."""

    NOW = "now"
    PREVIOUS = "previous"  # of a state: the one before this step
    LOOKED_UP = "looked up"  # the row that an index tells


@dataclass(eq=False)
class Buffer:
    """A place for rows of numbers.

    Attributes
    ----------
    name : str
    width : int
        How many numbers a row has.
    extent : Extent
    role : str
        "input", "index", "noise" (filled before a run), "weights", "table" (a parameter or a constant itself),
        "packed", "turned" (made of a parameter), "work", "kept" (for the way back), "output", "state", "seed" (the
        gradient of an output), "gradient", "input gradient", "carry" (a state's gradient), "total" (a parameter's).
    source : object
        What fills it from outside: a parameter, an array, an input.
    """

    name: str
    width: int
    extent: Extent
    role: str = "work"
    source: Any = None
    fixed: tuple[int, int] | None = None  # its rows and columns, where they do not follow from extent and width
    alias: Buffer | None = None  # the buffer in whose place it lies
    shift: int = 0  # and from which of its columns on

    def root(self) -> Buffer:
        """Return the buffer in whose place the numbers are."""
        buffer = self
        while buffer.alias is not None:
            buffer = buffer.alias
        return buffer

    @property
    def stride(self) -> int:
        """How many numbers lie between two rows."""
        return self.root().width

    @property
    def offset(self) -> int:
        """From which column of its root on it lies."""
        buffer, offset = self, 0
        while buffer.alias is not None:
            offset += buffer.shift
            buffer = buffer.alias
        return offset

    def view(self, array: Array) -> Array:
        """Return its columns of the array of its root."""
        if self.alias is None or array.shape[1] == self.width:
            return array
        return array[:, self.offset : self.offset + self.width]

    def rows(self, n: int, b: int) -> int:
        """Return how many rows it has for N and B."""
        return {"N": n, "B + N": b + n, "B": b, "2B": 2 * b, "1": 1}[self.extent.value]

    def __repr__(self) -> str:
        return f"Buffer({self.name}, {self.extent.value} x {self.width})"


@dataclass(frozen=True)
class Access:
    """Columns of a buffer from one on, in the rows that are meant."""

    buffer: Buffer
    column: int = 0
    when: When = When.NOW
    index: Buffer | None = None  # which row, for LOOKED_UP
