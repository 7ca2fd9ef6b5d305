"""Timing: backends that run programs and tell how long each operation takes."""

from __future__ import annotations

import ctypes
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from graphnet.compile.backends import Backend
from graphnet.compile.buffers import Buffer
from graphnet.compile.native import Code, Native
from graphnet.compile.on_numpy import Block, OnNumPy
from graphnet.compile.program import Operation, Program
from graphnet.nesting import Array

if TYPE_CHECKING:
    from graphnet.compile.llvm.lanes import Lanes


class Timed(Backend, Protocol):
    """A backend that takes times.

    Attributes
    ----------
    seconds : dict of Operation to float
        How long each operation took in all runs since these were cleared; on several threads, on average of them.
    whole : dict of Program to float
        The same of whole programs.
    n_threads : dict of Program to int
        On how many threads each ran.
    """

    seconds: dict[Operation, float]
    whole: dict[Program, float]
    n_threads: dict[Program, int]


def timed(backend: Backend) -> Timed:
    """Return a backend that does the same and takes times."""
    return TimedNative(backend) if isinstance(backend, Native) else TimedOnNumPy(backend.dtype)


class TimedOnNumPy(OnNumPy):
    """NumPy, with a look at the clock before and after each operation."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__(dtype)
        self.seconds: dict[Operation, float] = defaultdict(float)
        self.whole: dict[Program, float] = defaultdict(float)
        self.n_threads: dict[Program, int] = {}  # NumPy does not tell

    def run(self, program: Program, *rest: Any, **options: Any) -> None:
        start = time.perf_counter()
        super().run(program, *rest, **options)
        self.whole[program] += time.perf_counter() - start

    def execute(self, operation: Operation, arrays: Mapping[Buffer, Array], rows: Block) -> None:
        start = time.perf_counter()
        super().execute(operation, arrays, rows)
        self.seconds[operation] += time.perf_counter() - start


class TimedNative(Native):
    """Machine code that reads the processor's clock before and after each operation; it is made when it first runs."""

    def __init__(self, backend: Native) -> None:
        vars(self).update(vars(backend))
        self.codes = {}
        self.seconds: dict[Operation, float] = defaultdict(float)
        self.whole: dict[Program, float] = defaultdict(float)
        self.n_threads: dict[Program, int] = {}

    def run(self, program: Program, *rest: Any, **options: Any) -> None:
        code = self.codes.get(program)
        if code is None:
            code = self.codes[program] = TimedCode(program, self)
        assert isinstance(code, TimedCode)
        code.tables = []
        first, start = code.ticks(), time.perf_counter()
        super().run(program, *rest, **options)
        seconds, ticks = time.perf_counter() - start, code.ticks() - first
        self.whole[program] += seconds
        self.n_threads[program] = len(code.tables)
        per_tick = seconds / max(ticks, 1) / len(code.tables)
        for operation, n in zip(program.operations(), np.sum(code.tables, 0).tolist(), strict=True):
            self.seconds[operation] += n * per_tick


class TimedCode(Code):
    """The machine code of a program that counts ticks.

    Attributes
    ----------
    tables : list of ndarray
        For each thread of a run the ticks of each operation.
    """

    written_by = (*Code.written_by, "timed")
    functions = (*Code.functions, "ticks")

    def __init__(self, program: Program, backend: Native) -> None:
        self.n_operations = len(list(program.operations()))
        self.tables: list[Array] = []
        super().__init__(program, backend)
        self.ticks = self.library.function("ticks", [], ctypes.c_int64)
        self.run, self.whole = self._counting(self.run), self._counting(self.whole)

    def _written(self, program: Program, numbers: dict[Buffer, int], sources: dict[int, int], lanes: Lanes) -> str:
        from graphnet.compile.llvm.timed import TimedProgramCode

        return TimedProgramCode(program, numbers, sources, lanes).text()

    def _counting(self, function: Callable[..., None]) -> Callable[..., None]:
        """Return a function of the code that is given a table of ticks of its own, behind all other pointers."""

        def counting(entries: Any, *rest: Any) -> None:
            self.tables.append(ticks := np.zeros(self.n_operations, np.int64))
            function((ctypes.c_uint64 * (len(entries) + 1))(*entries, ticks.ctypes.data), *rest)

        return counting
