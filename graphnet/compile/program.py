"""Programs: what runs for a drawing, there and back, as few kinds of operations over buffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from graphnet.compile.buffers import Access, Buffer
from graphnet.compile.scalars import EXPENSIVE, Scalar, Scalars, needed_by

if TYPE_CHECKING:
    from graphnet.splicing import Call

Calls: TypeAlias = "tuple[Call, ...]"


@dataclass(eq=False)
class Store:
    """Write what a kernel computed: for each row, or, ``over_rows``, its sum over all rows."""

    access: Access
    scalar: Scalar
    length: int
    accumulate: bool = False
    over_rows: bool = False


@dataclass(eq=False)
class Kernel:
    """One pass over the rows, in which everything between matrix products is computed.

    ``calls`` are those of the drawing that it computes, or goes back over; here and below they are for those who look.
    """

    stores: list[Store]
    graph: Scalars
    calls: Calls = ()

    def scalars(self) -> list[Scalar]:
        """Return all that is computed, in order."""
        return needed_by(store.scalar for store in self.stores)

    def loads(self) -> list[Access]:
        """Return what is read."""
        return [scalar.detail for scalar in self.scalars() if scalar.op == "load"]


@dataclass(eq=False)
class Product:
    """``out (+)= x · packed``: a matrix product of rows, k numbers each, with packed weights, n numbers out."""

    x: Access
    k: int
    weights: Buffer
    out: Access
    n: int
    accumulate: bool = False
    calls: Calls = ()


@dataclass(eq=False)
class Outer:
    """``total += dyᵀ x``: the gradient of a matrix, m x n, over all rows."""

    dy: Access
    m: int
    x: Access
    n: int
    total: Buffer
    calls: Calls = ()


@dataclass(eq=False)
class ColumnSums:
    """``total += Σ dy`` over all rows: the gradient of a bias, or of several that stand in one sum."""

    dy: Access
    n: int
    totals: list[Buffer]


@dataclass(eq=False)
class Scatter:
    """``total[index] += dy`` for all rows: the gradient of a table."""

    dy: Access
    n: int
    index: Buffer
    total: Buffer


@dataclass(eq=False)
class Clear:
    """Set a buffer to zero; of a carry, what this step writes."""

    buffer: Buffer


Operation: TypeAlias = Kernel | Product | Outer | ColumnSums | Scatter | Clear


@dataclass(eq=False)
class Part:
    """Operations that run once for all steps, or, in a loop, for each step."""

    loop: bool
    operations: list[Operation]


@dataclass(eq=False)
class Program:
    """One way over a drawing, there or back: its parts in order, and its buffers."""

    parts: list[Part]
    buffers: list[Buffer]
    backwards: bool = False

    def operations(self) -> Iterator[Operation]:
        """Yield all operations in order."""
        for part in self.parts:
            yield from part.operations


def touched(operation: Operation) -> tuple[list[Access], list[Access]]:
    """Return what an operation reads and what it writes."""
    if isinstance(operation, Kernel):
        return operation.loads(), [store.access for store in operation.stores]
    if isinstance(operation, Product):
        return [operation.x, Access(operation.weights)], [operation.out]
    if isinstance(operation, Outer):
        return [operation.dy, operation.x], [Access(operation.total)]
    if isinstance(operation, ColumnSums):
        return [operation.dy], [Access(total) for total in operation.totals]
    if isinstance(operation, Scatter):
        return [operation.dy, Access(operation.index)], [Access(operation.total)]
    return [], [Access(operation.buffer)]


def work(program: Program) -> float:
    """Return about how many operations a program does for each row of each step."""
    total = 0.0
    for operation in program.operations():
        if isinstance(operation, Kernel):
            total += sum(
                max(scalar.length, 1) * (20 if scalar.op in EXPENSIVE else 1) for scalar in operation.scalars()
            )
        elif isinstance(operation, Product):
            total += 2 * operation.k * operation.n
        elif isinstance(operation, Outer):
            total += 2 * operation.m * operation.n
        elif isinstance(operation, (ColumnSums, Scatter)):
            total += operation.n
    return total
