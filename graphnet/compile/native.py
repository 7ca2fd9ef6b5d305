"""Machine code: the backend that compiles programs, and runs them on one thread or on several."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.buffers import Buffer, Extent
from graphnet.compile.description import described
from graphnet.compile.layout import Layout
from graphnet.compile.llvm import products, target
from graphnet.compile.llvm.places import FIRST_BUFFER, SCRATCH
from graphnet.compile.program import Clear, Program, touched, work
from graphnet.compile.rooms import ROOMS_OF_STEPS, OwnOfThread, Room
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.threads import Team, get_num_threads

if TYPE_CHECKING:
    from graphnet.compile.llvm.lanes import Lanes

TEAM = Team()
TABLES_KEPT = ROOMS_OF_STEPS + 8  # the way back of each step has one
NONE: Mapping[Buffer, Parameter] = MappingProxyType({})
# Less than this many operations are done before a second thread has woken up.
WORTH_A_THREAD = 2e7
# Fewer rows fill no tile of a product; and where there is but one step, each thread reads all weights for its rows.
ROWS_OF_A_THREAD = 8
ROWS_WITHOUT_TIME = 32
# What writes the code: a digest of these is part of its key on disk.
SOURCES = (
    *("programs", "kernels", "bodies", "blocks", "addresses", "sums", "places"),
    *("functions", "arithmetic", "lanes", "loops", "products"),
)


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
        self.works: dict[Program, float] = {}

    def packed_shape(self, k: int, n: int) -> tuple[int, int]:
        """Return the rows and columns of the room for packed weights of k rows and n columns."""
        return products.packed_size(n, k, self.lanes) // self.lanes, self.lanes

    def compile(self, program: Program) -> None:
        """Make the code of a program, or read it from disk."""
        self.works[program] = work(program)
        self.codes[program] = Code(program, self)

    def is_long(self, program: Program, layout: Layout) -> bool:
        """Tell whether a run takes longer than to wake up a thread."""
        return self.works[program] * layout.n_all > WORTH_A_THREAD

    def n_parts(self, program: Program, layout: Layout) -> int:
        """Return on how many threads a program runs: each must have enough to do, and enough rows."""
        most = layout.n_rows // (ROWS_OF_A_THREAD if layout.n_run > 1 else ROWS_WITHOUT_TIME)
        return min(get_num_threads(), most) if most > 1 and self.is_long(program, layout) else 1

    def run(
        self,
        program: Program,
        rooms: list[Room],
        layout: Layout,
        truncate: int = 0,
        direct: Mapping[Buffer, Parameter] = NONE,
    ) -> None:
        code = self.codes[program]
        room = rooms[-1]
        for buffer in code.cleared:
            if buffer not in direct:
                room.arrays[buffer][...] = 0
        table = code.table(rooms, layout)
        table.follow(direct)
        sizes = layout.sizes if not truncate else (ctypes.c_int64 * 5)(*layout.sizes[:4], truncate)
        parts = 1 if room.capacity[-1] else self.n_parts(program, layout)
        if parts == 1:
            code.whole(table.entries, sizes, 0, layout.n_rows)
        else:
            self._run_in_parts(code, room, table, sizes, layout.n_rows, parts, direct)

    def _run_in_parts(
        self,
        code: Code,
        room: Room,
        table: Table,
        sizes: Any,
        n_rows: int,
        parts: int,
        direct: Mapping[Buffer, Parameter],
    ) -> None:
        """Split the rows over threads; each sums the gradients of parameters for itself."""
        code.prepare(table.entries, sizes)
        totals = code.totals
        copies = [room.own_of_thread(k, totals) for k in range(1, parts)]
        entries = [table.entries, *(table.with_totals(totals, copy) for copy in copies)]
        bounds = [n_rows * k // parts for k in range(parts + 1)]
        TEAM.run(lambda k: code.run(entries[k], sizes, bounds[k], bounds[k + 1]), parts)
        for copy in copies:
            for buffer, part in zip(totals, copy.totals, strict=True):
                into = direct[buffer].grad.reshape(part.shape) if buffer in direct else room.arrays[buffer]
                into += part


class Code:
    """The machine code of a program, and the table of pointers that it is given."""

    written_by: tuple[str, ...] = SOURCES
    functions: tuple[str, ...] = ("prepare", "run", "whole")

    def __init__(self, program: Program, backend: Native) -> None:
        self.dtype = backend.dtype
        self.buffers = _all_buffers(program)
        self.totals = [buffer for buffer in self.buffers if buffer.role == "total"]
        self.cleared = [
            operation.buffer
            for operation in program.operations()
            if isinstance(operation, Clear) and operation.buffer.extent is not Extent.CARRY
        ] + self.totals
        self.sources = list(dict.fromkeys(s for b in _touched(program) if (s := _source(b)) is not None))
        self.place = numbers = {buffer: k for k, buffer in enumerate(self.buffers)}
        sources = {id(source): len(self.buffers) + k for k, source in enumerate(self.sources)}
        sources_digest = target.digest_of_sources(products.__file__, self.written_by)
        key = f"{sources_digest} {self.dtype} {backend.lanes} {described(program, numbers, sources)}"

        def text() -> str:
            from graphnet.compile.llvm.lanes import Lanes

            return self._written(program, numbers, sources, Lanes(self.dtype, backend.lanes))

        self.library = library = target.load_or_build(key, text, self.functions, backend.library.addresses())
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        self.prepare = library.function("prepare", [pointer, pointer])
        self.run = library.function("run", [pointer, pointer, number, number])
        self.whole = library.function("whole", [pointer, pointer, number, number])

    def _written(self, program: Program, numbers: dict[Buffer, int], sources: dict[int, int], lanes: Lanes) -> str:
        from graphnet.compile.llvm.programs import ProgramCode

        return ProgramCode(program, numbers, sources, lanes).text()

    def table(self, rooms: list[Room], layout: Layout) -> Table:
        """Return the table of pointers for a run, the one of an earlier run in the same rooms if there was one."""
        tables = rooms[-1].tables
        key = (self, id(rooms[0]))
        table: Table | None = tables.get(key)
        if table is None or table.layout is not layout or table.first() is not rooms[0]:
            if len(tables) >= TABLES_KEPT:
                tables.clear()
            table = tables[key] = Table(self, rooms, layout)
        return table


class Table:
    """Pointers to all that a program reads and writes, in certain rooms.

    Attributes
    ----------
    entries : ctypes array
    """

    def __init__(self, code: Code, rooms: list[Room], layout: Layout) -> None:
        self.code = code
        self.first = weakref.ref(rooms[0])  # a table keeps no room
        self.layout = layout
        self.pointed: list[Array | None] = [None] * len(code.sources)  # the arrays that the last entries point to
        pointers = [*layout.pointers, _scratch(rooms[-1], code.dtype), *(_pointer(b, rooms) for b in code.buffers)]
        self.entries = (ctypes.c_uint64 * (len(pointers) + len(code.sources)))(*pointers)
        self.address = ctypes.addressof(self.entries)
        self.n_own = len(pointers)
        self._copies: dict[int, Array] = {}
        self.moves = -1
        self.followed: Mapping[Buffer, Parameter] = NONE
        self.direct: list[Array | None] = [None] * len(code.totals)
        self._own = [_pointer(total, rooms) for total in code.totals]

    def follow(self, direct: Mapping[Buffer, Parameter] = NONE) -> None:
        """Point to where parameters are now, and, for sums that go there directly, to where their gradients are."""
        if self.moves == Parameter.moves and direct is self.followed:
            return
        self.moves = Parameter.moves
        self.followed = direct
        for k, source in enumerate(self.code.sources):
            array = source._value if source.__class__ is Parameter else source.array
            if array is not self.pointed[k]:
                self._point(k, array)
        for k, total in enumerate(self.code.totals):
            gradient = direct[total]._grad if total in direct else None
            if gradient is not self.direct[k]:
                self.direct[k] = gradient
                where = self._own[k] if gradient is None else gradient.ctypes.data
                self.entries[FIRST_BUFFER + self.code.place[total]] = where

    def _point(self, k: int, array: Array) -> None:
        usable = np.ascontiguousarray(array, self.code.dtype)
        self._copies[k] = usable
        self.pointed[k] = array
        if usable is not array and self.code.sources[k].__class__ is Parameter:
            self.pointed[k], self.moves = None, -1  # a copy must be made again at every run
        self.entries[self.n_own + k] = usable.ctypes.data

    def with_totals(self, totals: list[Buffer], copy: OwnOfThread) -> Any:
        """Return other entries for a thread, with sums of its own."""
        entries = type(self.entries)(*self.entries)
        entries[SCRATCH] = copy.scratch.ctypes.data
        for buffer, part in zip(totals, copy.totals, strict=True):
            entries[FIRST_BUFFER + self.code.place[buffer]] = part.ctypes.data
        return entries


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
