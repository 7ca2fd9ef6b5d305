"""A program run by NumPy alone: slower than machine code, but without a compiler; what every operation means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from graphnet.compile.buffers import Access, Buffer, Extent, When
from graphnet.compile.layout import Layout
from graphnet.compile.program import (
    Clear,
    ColumnSums,
    Kernel,
    Operation,
    Outer,
    Part,
    Product,
    Program,
    Scatter,
    touched,
)
from graphnet.compile.rooms import Room
from graphnet.compile.scalars import Scalar, compute
from graphnet.nesting import Array
from graphnet.parameter import Parameter


def run(
    program: Program,
    arrays: Mapping[Buffer, Array],
    layout: Layout,
    truncate: int,
    execute: Callable[[Operation, Mapping[Buffer, Array], Block], None],
) -> None:
    """Run a program over arrays, one for each buffer.

    Parameters
    ----------
    program : Program
    arrays : dict
        By buffer its rows.
    layout : Layout
    truncate : int
        At the multiples of how many steps gradients of states are dropped on the way back; 0 for never.
    execute : callable
        What executes one operation over rows that run together.
    """
    with np.errstate(all="ignore"):
        for part in program.parts:
            for rows in _blocks(part, layout, program.backwards):
                for operation in part.operations:
                    execute(operation, arrays, rows)
                if truncate and program.backwards and part.loop and rows.t and rows.t % truncate == 0:
                    for buffer in _carries(part):
                        arrays[buffer][rows.carry_written] = 0


class Block:
    """Rows that run together: those of one step, or all."""

    def __init__(self, layout: Layout, t: int | None) -> None:
        self.t = t
        b = layout.n_rows
        if t is None:
            count, start, previous = layout.n_all, 0, 0
        else:
            count, start = int(layout.counts[t]), int(layout.starts[t])
            previous = b + int(layout.starts[t - 1]) if t else 0
        step = t or 0
        self.count = count
        self.rows = {
            (Extent.SEQUENCE, When.NOW): slice(start, start + count),
            (Extent.STATE, When.NOW): slice(b + start, b + start + count),
            (Extent.STATE, When.PREVIOUS): slice(previous, previous + count),
            (Extent.STEP, When.NOW): slice(0, count),
            (Extent.CARRY, When.NOW): slice((step % 2) * b, (step % 2) * b + count),
            (Extent.CARRY, When.PREVIOUS): slice(((step + 1) % 2) * b, ((step + 1) % 2) * b + count),
        }
        self.carry_written = self.rows[Extent.CARRY, When.NOW]

    def of(self, access: Access, arrays: Mapping[Buffer, Array], length: int | None = None) -> Array:
        """Return the numbers that an access means, in place."""
        array = arrays[access.buffer]
        columns = slice(access.column, None if length is None else access.column + length)
        if access.when is When.LOOKED_UP:
            assert access.index is not None
            return array[arrays[access.index][self.rows[Extent.SEQUENCE, When.NOW], 0], columns]
        if access.buffer.extent is Extent.ONE:
            return array[:, columns]
        return array[self.rows[access.buffer.extent, access.when], columns]


def _blocks(part: Part, layout: Layout, backwards: bool) -> Iterator[Block]:
    steps = range(layout.n_run)
    if part.loop or not is_flat(part, layout):
        for t in reversed(steps) if backwards else steps:
            yield Block(layout, t)
    elif layout.n_run:
        yield Block(layout, None)


def is_flat(part: Part, layout: Layout) -> bool:
    """Tell whether a part may run over the rows of all steps at once."""
    accesses = [a for operation in part.operations for side in touched(operation) for a in side]
    if any(a.buffer.extent is Extent.STEP for a in accesses) and not _only_clears(part):
        return False
    return layout.even or not any(a.when is When.PREVIOUS for a in accesses)


def _only_clears(part: Part) -> bool:
    return all(isinstance(operation, Clear) for operation in part.operations)


def _carries(part: Part) -> list[Buffer]:
    written = [a.buffer for operation in part.operations for a in touched(operation)[1]]
    return list(dict.fromkeys(buffer for buffer in written if buffer.extent is Extent.CARRY))


def execute_operation(operation: Operation, arrays: Mapping[Buffer, Array], rows: Block) -> None:
    """Execute one operation over rows that run together."""
    match operation:
        case Kernel():
            _run_kernel(operation, arrays, rows)
        case Product():
            out = rows.of(operation.out, arrays, operation.n)
            product = rows.of(operation.x, arrays, operation.k) @ arrays[operation.weights]
            if operation.accumulate:
                out += product
            else:
                out[...] = product
        case Outer():
            dy, x = rows.of(operation.dy, arrays, operation.m), rows.of(operation.x, arrays, operation.n)
            arrays[operation.total][...] += dy.T @ x
        case ColumnSums():
            sums = rows.of(operation.dy, arrays, operation.n).sum(0)
            for total in operation.totals:
                arrays[total][...] += sums
        case Scatter():
            index = rows.of(Access(operation.index), arrays)[:, 0]
            np.add.at(arrays[operation.total], index, rows.of(operation.dy, arrays, operation.n))
        case Clear():
            if operation.buffer.extent is Extent.CARRY:
                arrays[operation.buffer][rows.carry_written] = 0
            else:
                arrays[operation.buffer][...] = 0


def _run_kernel(kernel: Kernel, arrays: Mapping[Buffer, Array], rows: Block) -> None:
    values: dict[int, Any] = {}
    for scalar in kernel.scalars():
        values[scalar.number] = _value(scalar, values, arrays, rows)
    for store in kernel.stores:
        value = values[store.scalar.number]
        if store.over_rows:
            whole = np.broadcast_to(value, (rows.count, max(store.length, 1)))
            arrays[store.access.buffer][0, store.access.column : store.access.column + max(store.length, 1)] += (
                whole.sum(0)
            )
            continue
        place = rows.of(store.access, arrays, max(store.length, 1))
        if store.accumulate:
            place += value
        else:
            place[...] = value


def _value(scalar: Scalar, values: dict[int, Any], arrays: Mapping[Buffer, Array], rows: Block) -> Any:
    if scalar.op == "constant":
        return scalar.detail
    if scalar.op == "load":
        # A copy, since what is stored may lie in the same place.
        return rows.of(scalar.detail, arrays, max(scalar.length, 1)).copy()
    operands = [values[x.number] for x in scalar.operands]
    if scalar.op == "let":
        return operands[0]
    if scalar.op == "sum":
        return sum(_wide(x, o, rows).sum(1, keepdims=True) for x, o in zip(scalar.operands, operands, strict=True))
    if scalar.op == "max":
        largest = [o.max(1, keepdims=True, initial=-np.inf) for o in operands]
        return np.maximum.reduce(largest) if len(largest) > 1 else largest[0]
    return compute(scalar.op, *operands)


def _wide(scalar: Scalar, value: Any, rows: Block) -> Any:
    """Return a value for every place, also where it is the same at all of them."""
    return value if not scalar.length else np.broadcast_to(value, (rows.count, scalar.length))


NONE: Mapping[Buffer, Parameter] = MappingProxyType({})


class OnNumPy:
    """The backend that needs no compiler."""

    name = "NumPy"

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def packed_shape(self, k: int, n: int) -> tuple[int, int]:
        """Return the rows and columns of the room for packed weights of k rows and n columns."""
        return k, n

    def n_parts(self, program: Program, layout: Layout) -> int:
        """Return 1: NumPy's products have threads of their own."""
        return 1

    def compile(self, program: Program) -> None:
        """Do nothing: programs are run as they are."""

    def run(
        self,
        program: Program,
        rooms: list[Room],
        layout: Layout,
        truncate: int = 0,
        direct: Mapping[Buffer, Parameter] = NONE,
    ) -> None:
        arrays = {buffer: array for room in rooms for buffer, array in room.arrays.items()}
        for operation in program.operations():
            for access in (a for side in touched(operation) for a in side):
                if access.buffer not in arrays and access.buffer.root() in arrays:  # of another room
                    arrays[access.buffer] = access.buffer.view(arrays[access.buffer.root()])
                self._prepare(access.buffer, arrays)
        for total, parameter in direct.items():
            arrays[total] = parameter.grad.reshape(arrays[total].shape)
        run(program, arrays, layout, truncate, self.execute)

    def execute(self, operation: Operation, arrays: Mapping[Buffer, Array], rows: Block) -> None:
        """Execute one operation over rows that run together."""
        execute_operation(operation, arrays, rows)

    def _prepare(self, buffer: Buffer, arrays: dict[Buffer, Array]) -> None:
        """Fill what is made of parameters, and clear what they are summed in."""
        if buffer.role == "packed":
            weight, direction, _, _ = buffer.source
            arrays[buffer] = weight.value.T if direction == "forward" else weight.value
        elif buffer.role in ("table", "turned"):
            arrays[buffer] = buffer.source.value if buffer.role == "table" else buffer.source.value.T
        elif buffer.role == "weights":
            source = buffer.source
            arrays[buffer] = np.asarray(source.value if isinstance(source, Parameter) else source.array, self.dtype)[
                None
            ]
        elif buffer.role == "total":
            arrays[buffer][...] = 0
