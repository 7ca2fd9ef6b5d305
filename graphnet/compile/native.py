"""Machine code: the backend that compiles programs, and runs them on one thread or on several."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from graphnet.compile.buffers import Buffer, Extent
from graphnet.compile.layout import Layout
from graphnet.compile.llvm import products, target
from graphnet.compile.llvm.places import FIRST_BUFFER, SCRATCH
from graphnet.compile.description import described
from graphnet.compile.program import Clear, Program, touched, work
from graphnet.compile.rooms import Room
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.threads import Team, get_num_threads

TEAM = Team()
# Less than this many operations are done before a second thread has woken up; fewer rows fill no tile of a product.
WORTH_A_THREAD = 2e7
ROWS_OF_A_THREAD = 8
SOURCES = ("kernels", "programs", "functions", "lanes", "loops", "products")


class Native:
    """The backend that runs machine code, for one type of numbers.

    Parameters
    ----------
    dtype : numpy.dtype

    Raises
    ------
    ImportError
        If nothing can be compiled here; the message says why.
    """

    name = "machine code"

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.library = products.library(dtype)
        self.lanes = products.lanes_of(dtype)
        self.codes: dict[Program, Code] = {}

    def packed_shape(self, k: int, n: int) -> tuple[int, int]:
        """Return the rows and columns of the room for packed weights of k rows and n columns."""
        return products.packed_size(n, k, self.lanes) // self.lanes, self.lanes

    def compile(self, program: Program) -> None:
        """Make the code of a program, or read it from disk."""
        self.codes[program] = Code(program, self)

    def run(self, program: Program, rooms: list[Room], layout: Layout, truncate: int = 0) -> None:
        """Run a program in a room of its own and those of others that it reads, the last of which is its own."""
        code = self.codes[program]
        room = rooms[-1]
        for buffer in code.cleared:
            room.arrays[buffer][...] = 0
        table = code.table(rooms, layout)
        sizes = layout.sizes if not truncate else (ctypes.c_int64 * 5)(*layout.sizes[:4], truncate)
        parts = 1
        if code.work * layout.n_all > WORTH_A_THREAD and layout.n_rows >= 2 * ROWS_OF_A_THREAD:
            parts = min(get_num_threads(), layout.n_rows // ROWS_OF_A_THREAD)
        if parts == 1:
            code.whole(table, sizes, 0, layout.n_rows)
        else:
            self._run_in_parts(code, room, table, sizes, layout.n_rows, parts)

    def _run_in_parts(self, code: Code, room: Room, table: Any, sizes: Any, n_rows: int, parts: int) -> None:
        """Split the rows over threads; each sums the gradients of parameters for itself."""
        code.prepare(table)
        totals = [buffer for buffer in code.buffers if buffer.role == "total"]
        copies = [room.extra(k, totals) for k in range(1, parts)]
        tables = [table, *(code.with_totals(table, totals, copy) for copy in copies)]
        bounds = [n_rows * k // parts for k in range(parts + 1)]
        TEAM.run(lambda k: code.run(tables[k], sizes, bounds[k], bounds[k + 1]), parts)
        for copy in copies:
            for buffer, part in zip(totals, copy.totals, strict=True):
                room.arrays[buffer] += part


class Code:
    """The machine code of a program, and the table of pointers that it is given."""

    def __init__(self, program: Program, backend: Native) -> None:
        self.dtype = backend.dtype
        self.buffers = _all_buffers(program)
        self.work = work(program)
        self.cleared = [
            operation.buffer
            for operation in program.operations()
            if isinstance(operation, Clear) and operation.buffer.extent is not Extent.CARRY
        ] + [buffer for buffer in self.buffers if buffer.role == "total"]
        self.sources = list(dict.fromkeys(s for b in _touched(program) if (s := _source(b)) is not None))
        self._kept: dict[Any, Array] = {}  # by source the array that its pointer is of
        numbers = {buffer: k for k, buffer in enumerate(self.buffers)}
        sources = {id(source): len(self.buffers) + k for k, source in enumerate(self.sources)}
        sources_digest = target.digest_of_sources(products.__file__, SOURCES)
        key = f"{sources_digest} {self.dtype} {backend.lanes} {described(program, numbers, sources)}"

        def text() -> str:
            from graphnet.compile.llvm.lanes import Lanes
            from graphnet.compile.llvm.programs import ProgramCode

            return ProgramCode(program, numbers, sources, Lanes(self.dtype, backend.lanes)).text()

        names = ["prepare", "run", "whole"]
        library = target.load_or_build(key, text, names, backend.library.addresses())
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        self.prepare = library.function("prepare", [pointer])
        self.run = library.function("run", [pointer, pointer, number, number])
        self.whole = library.function("whole", [pointer, pointer, number, number])

    def table(self, rooms: list[Room], layout: Layout) -> Any:
        """Return the table of pointers, made anew only where something lies elsewhere."""
        room = rooms[-1]
        kept = room.tables.get(self)
        if kept is None or kept[0] is not layout or kept[1] is not rooms[0]:
            pointers = [*layout.pointers, _scratch(room, self.dtype), *(_pointer(b, rooms) for b in self.buffers)]
            table = (ctypes.c_uint64 * (len(pointers) + len(self.sources)))(*pointers)
            for k, source in enumerate(self.sources):
                array = self._array(source)
                self._point(table, k, array)
            room.tables[self] = kept = (layout, rooms[0], table)
            return table
        table = kept[2]
        for k, source in enumerate(self.sources):
            if source.__class__ is Parameter and source._value is not self._kept[source]:
                self._point(table, k, self._array(source))
        return table

    def _array(self, source: Any) -> Array:
        """Return the numbers of a parameter or a constant, one after the other; and keep them for as long as needed."""
        given = source._value if isinstance(source, Parameter) else source.array
        array = np.ascontiguousarray(given, self.dtype)
        self._kept[source] = array
        return array

    def _point(self, table: Any, k: int, array: Array) -> None:
        table[len(table) - len(self.sources) + k] = array.ctypes.data

    def with_totals(self, table: Any, totals: list[Buffer], copy: Any) -> Any:
        """Return another table for a thread, with sums of its own."""
        other = type(table)(*table)
        other[SCRATCH] = copy.scratch.ctypes.data
        for buffer, part in zip(totals, copy.totals, strict=True):
            other[FIRST_BUFFER + self.buffers.index(buffer)] = part.ctypes.data
        return other


def _all_buffers(program: Program) -> list[Buffer]:
    """Return the buffers that a program touches, without those that are parameters themselves."""
    return [buffer for buffer in _touched(program) if buffer.role not in ("weights", "table")]


def _touched(program: Program) -> list[Buffer]:
    """Return all that a program touches, each root once."""
    found: dict[Buffer, None] = {}
    for operation in program.operations():
        for side in touched(operation):
            for access in side:
                found[access.buffer.root()] = None
                if access.index is not None:
                    found[access.index] = None
    return list(found)


def _source(buffer: Buffer) -> Any:
    """Return the parameter or the constant that a buffer is, or is made of."""
    if buffer.role == "packed":
        return buffer.source[0]
    return buffer.source if buffer.role in ("weights", "table", "turned") else None


def _pointer(buffer: Buffer, rooms: list[Room]) -> int:
    return next(room.pointers[buffer] for room in rooms if buffer in room.pointers)


def _scratch(room: Room, dtype: np.dtype[Any]) -> int:
    if room.scratch is None:
        room.scratch = np.empty(products.SCRATCH, dtype)
    return int(room.scratch.ctypes.data)
