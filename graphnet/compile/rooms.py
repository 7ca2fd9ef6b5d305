"""Rooms: the memory of a program's run, in one piece; buffers that live at different times lie in the same place."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable
from typing import Any

import numpy as np

from graphnet.compile.buffers import Buffer
from graphnet.compile.layout import Layout
from graphnet.compile.program import Program, touched
from graphnet.nesting import Array

ALIGNMENT = 64  # bytes: a line of the cache, and a vector
FOREVER = 1 << 30
# Buffers that are filled before a program runs, and those that are read after it.
FILLED = frozenset(("input", "state", "noise", "index", "seed", "carry", "total", "packed", "turned"))
READ_AFTER = frozenset(("input", "noise", "index", "output", "state", "input gradient", "carry", "total"))

ROOMS_KEPT = 2
# Of a program that runs at each step of a recurrence, where each step has a room until the way back.
ROOMS_OF_STEPS = 256
BYTES_OF_STEPS = 1 << 27


class Room:
    """The arrays of one run of a program.

    Attributes
    ----------
    arrays : dict
        By buffer its rows.
    pointers : dict
        By buffer where it lies.
    bytes : int
        How much memory there is.
    capacity : (int, int, bool)
        For how many rows, of all steps together and of one, it is made; and whether buffers that live at different
        times share places, so that only one thread can be at work in it.
    """

    def __init__(
        self,
        program: Program,
        dtype: np.dtype[Any],
        layout: Layout,
        places: dict[Buffer, int],
        size: int,
        shared: bool,
    ) -> None:
        self.memory = np.empty(size + ALIGNMENT, np.uint8)
        self.tables: dict[Any, Any] = {}  # what a backend keeps with it
        self.scratch: Array | None = None
        self.of_threads: dict[int, OwnOfThread] = {}
        self.bytes = size
        start = -self.memory.ctypes.data % ALIGNMENT
        base = self.memory.ctypes.data + start
        self.capacity = (layout.n_all, layout.n_rows, shared)
        self.arrays: dict[Buffer, Array] = {}
        self.pointers: dict[Buffer, int] = {}
        for buffer, place in places.items():
            kind = np.dtype(np.int64) if buffer.role == "index" else dtype
            rows, columns = shape_of(buffer, layout)
            flat = self.memory[start + place : start + place + rows * columns * kind.itemsize].view(kind)
            self.arrays[buffer] = flat.reshape(rows, columns)
            self.pointers[buffer] = base + place
        for buffer in program.buffers:
            if buffer.root() in self.arrays:
                self.arrays[buffer] = buffer.view(self.arrays[buffer.root()])

    def own_of_thread(self, k: int, totals: list[Buffer]) -> OwnOfThread:
        """Return what thread k has for itself: room for the sums of parameters' gradients, zeros."""
        if k not in self.of_threads:
            self.of_threads[k] = OwnOfThread([np.empty_like(self.arrays[buffer]) for buffer in totals], self.scratch)
        for total in self.of_threads[k].totals:
            total[...] = 0
        return self.of_threads[k]


class OwnOfThread:
    """What one of several threads has for itself."""

    def __init__(self, totals: list[Array], scratch: Array | None) -> None:
        self.totals = totals
        self.scratch = np.empty_like(scratch)


class Frame:
    """One run: where its rows are, and its room, which others may have when the frame is gone."""

    def __init__(self, layout: Layout, room: Room, free: list[Room], kept: int = ROOMS_KEPT) -> None:
        self.layout = layout
        self.room = room
        self._free = free
        self._kept = kept
        self.spent = False  # whether a way back has overwritten what it read

    def __del__(self) -> None:
        keep(self._free, self.room, self._kept)


def keep(free: list[Room], room: Room, kept: int) -> None:
    """Add a room to those that are free, of which only so many are kept, the latest."""
    free.append(room)
    del free[:-kept]


def rooms_of_steps(room: Room) -> int:
    """Return how many rooms like this are kept where each step has one."""
    return max(ROOMS_KEPT, min(ROOMS_OF_STEPS, BYTES_OF_STEPS // max(room.bytes, 1)))


def shape_of(buffer: Buffer, layout: Layout) -> tuple[int, int]:
    """Return how many rows and columns a buffer has for a layout."""
    if buffer.role == "index":
        return layout.n_all, 1
    if buffer.fixed is not None:
        return buffer.fixed
    return buffer.rows(layout.n_all, layout.n_rows), buffer.width


def placed(
    program: Program, others: Iterable[Program], dtype: np.dtype[Any], layout: Layout, *, shared: bool = True
) -> tuple[dict[Buffer, int], int]:
    """Return where each buffer of a program lies, and how much memory that takes.

    Parameters
    ----------
    program : Program
    others : iterable of Program
        Programs that read its buffers afterwards.
    dtype : numpy.dtype
    layout : Layout
    shared : bool
        Whether buffers that live at different times may lie in the same place.
    """
    lives = _lives(program, others)
    sizes = {
        buffer: _aligned(math.prod(shape_of(buffer, layout)) * (8 if buffer.role == "index" else dtype.itemsize))
        for buffer in lives
    }
    places: dict[Buffer, int] = {}
    taken: list[tuple[int, int, int, int]] = []  # from where to where, and from when to when, in order
    end = 0
    # The largest first, each at the lowest place that is free for as long as it lives.
    for buffer in sorted(lives, key=lambda b: -sizes[b]) if shared else lives:
        first, last = lives[buffer]
        place = 0
        for low, high, since, until in taken:
            if not shared or (since <= last and first <= until):
                if low - place >= sizes[buffer]:
                    break
                place = max(place, high)
        insort(taken, (place, place + sizes[buffer], first, last))
        places[buffer] = place
        end = max(end, place + sizes[buffer])
    return places, end


def _lives(program: Program, others: Iterable[Program]) -> dict[Buffer, tuple[int, int]]:
    """Return the first and the last part in which each buffer is used."""
    mine = {buffer for buffer in program.buffers if buffer.alias is None and buffer.role not in ("weights", "table")}
    lives: dict[Buffer, tuple[int, int]] = {}

    def use(buffer: Buffer, k: int) -> None:
        buffer = buffer.root()
        if buffer in mine:
            first, last = lives.get(buffer, (k, k))
            lives[buffer] = (min(first, k), max(last, k))

    for buffer in program.buffers:
        if buffer.role in FILLED:
            use(buffer, -1)
        if buffer.role in READ_AFTER:
            use(buffer, FOREVER)
    for k, part in enumerate(program.parts):
        for operation in part.operations:
            for side in touched(operation):
                for access in side:
                    use(access.buffer, k)
                    if access.index is not None:
                        use(access.index, k)
    for other in others:
        for operation in other.operations():
            for side in touched(operation):
                for access in side:
                    use(access.buffer, FOREVER)
                    if access.index is not None:
                        use(access.index, FOREVER)
    return lives


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
