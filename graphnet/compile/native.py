"""Machine code: the backend that compiles programs, and runs them on several threads."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from graphnet.compile.buffers import Buffer
from graphnet.compile.layout import Layout
from graphnet.compile.llvm import products, target
from graphnet.compile.program import Program
from graphnet.nesting import Array
from graphnet.parameter import Parameter


class Native:
    """The backend that runs machine code.

    Parameters
    ----------
    dtype : dtype
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.library = products.library(self.dtype)
        self.lanes = products.lanes_of(self.dtype)
        self.pack = products.function("gn_pack", self.dtype)
        self.compiled: dict[Program, tuple[Any, list[Buffer]]] = {}

    def room(self, program: Program, layout: Layout) -> dict[Buffer, Array]:
        arrays: dict[Buffer, Array] = {}
        for buffer in program.buffers:
            if buffer.alias is None:
                arrays[buffer] = self._array(buffer, layout)
        arrays.update({buffer: arrays[buffer.root()] for buffer in program.buffers if buffer.alias is not None})
        return arrays

    def _array(self, buffer: Buffer, layout: Layout) -> Array:
        if buffer.role == "packed":
            return self._packed(buffer)
        if buffer.role in ("weights", "table", "turned"):
            value = buffer.source.value if isinstance(buffer.source, Parameter) else buffer.source
            if buffer.role == "weights":
                return np.ascontiguousarray(value, self.dtype)[None]
            return value if buffer.role == "table" else np.ascontiguousarray(value.T)
        if buffer.role == "total":
            return np.empty((buffer.source[2], buffer.width), self.dtype)
        if buffer.role == "index":
            return np.empty((layout.n_all, 1), np.int64)
        return np.empty((buffer.rows(layout.n_all, layout.n_rows), buffer.width), self.dtype)

    def _packed(self, buffer: Buffer) -> Array:
        weight, direction, k, n = buffer.source
        packed = np.empty(products.packed_size(n, k, self.lanes), self.dtype)
        across = weight.shape[1]
        strides = (across, 1) if direction == "forward" else (1, across)
        self.pack(n, k, weight.value.ctypes.data, *strides, packed.ctypes.data)
        return packed

    def run(self, program: Program, arrays: dict[Buffer, Array], layout: Layout, truncate: int = 0) -> None:
        function, buffers = self._function(program)
        for part in program.parts:
            for operation in part.operations:
                if type(operation).__name__ == "Clear" and operation.buffer.extent.value != "2B":
                    arrays[operation.buffer][...] = 0
        scratch = np.empty(products.SCRATCH, self.dtype)
        pointers = [layout.starts, layout.counts, scratch, *(arrays[buffer] for buffer in buffers)]
        table = np.array([array.ctypes.data for array in pointers], np.uint64)
        sizes = np.array([layout.n_run, layout.n_rows, layout.n_all, layout.even, truncate], np.int64)
        function(table.ctypes.data, sizes.ctypes.data, 0, layout.n_rows)

    def _function(self, program: Program) -> tuple[Any, list[Buffer]]:
        if program not in self.compiled:
            from graphnet.compile.llvm.lanes import Lanes
            from graphnet.compile.llvm.programs import ProgramCode

            buffers = _all_buffers(program)
            lanes = Lanes(self.dtype, self.lanes)
            code = ProgramCode(program, {buffer: k for k, buffer in enumerate(buffers)}, lanes)
            library = target.load(code.text(), ["program"], self.library.addresses())
            types = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
            self.compiled[program] = (library.function("program", types), buffers)
        return self.compiled[program]


def _all_buffers(program: Program) -> list[Buffer]:
    """Return the buffers that a program touches, each root once."""
    from graphnet.compile.program import touched

    found: dict[Buffer, None] = {}
    for operation in program.operations():
        for side in touched(operation):
            for access in side:
                found[access.buffer.root()] = None
                if access.index is not None:
                    found[access.index] = None
    return list(found)
