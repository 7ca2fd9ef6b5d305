"""Passes over finished programs, each of which makes them smaller and leaves what they compute."""

from __future__ import annotations

from typing import Any

from graphnet.compile.buffers import Access, Buffer, Extent, When
from graphnet.compile.program import (
    Clear,
    ColumnSums,
    Kernel,
    Operation,
    Part,
    Program,
    Store,
    touched,
)

# The columns and scalars that a kernel stores in one buffer.
Stored = tuple[tuple[int, int, int], ...]


def merge_equal_gradients(program: Program) -> None:
    """Keep one buffer for gradients that are the same: those of the summands of a sum, say."""
    writers = _writers(program)
    for operation in program.operations():
        if not isinstance(operation, Kernel):
            continue
        first: dict[Any, Buffer] = {}
        for buffer, stores in _by_buffer(operation).items():
            alone = writers[buffer] == [operation] and not any(store.accumulate or store.over_rows for store in stores)
            if buffer.role != "gradient" or buffer.extent is not Extent.SEQUENCE or not alone:
                continue
            known = first.setdefault((buffer.width, _signature(stores)), buffer)
            if known is not buffer:
                buffer.alias = known
                operation.stores = [store for store in operation.stores if store.access.buffer is not buffer]


def sum_columns_later(program: Program, *, postponed: bool) -> None:
    """Sum over rows what is stored anyway by itself, after the loop: no kernel then adds to a sum at every row."""
    for place, part in list(enumerate(program.parts))[::-1]:
        after: list[Operation] = []
        for operation in list(part.operations):
            if not isinstance(operation, Kernel):
                continue
            sums = _later(operation)
            if postponed:
                after += sums
            else:
                at = part.operations.index(operation) + 1
                part.operations[at:at] = sums
        if after:
            program.parts.insert(place + 1, Part(False, after))


def _later(kernel: Kernel) -> list[Operation]:
    """Take sums over rows out of a kernel that also stores what is summed; return the operations that do them."""
    stored = {
        _signature(stores): buffer
        for buffer, stores in _by_buffer(kernel).items()
        if buffer.role == "gradient"
        and buffer.extent is Extent.SEQUENCE
        and not any(store.accumulate or store.over_rows for store in stores)
    }
    found: list[Operation] = []
    for buffer, stores in _by_buffer(kernel).items():
        whole = sum(store.length for store in stores) == buffer.width
        summed = stored.get(_signature(stores))
        if stores[0].over_rows and whole and summed is not None:
            found.append(ColumnSums(Access(summed), buffer.width, [buffer]))
            kernel.stores = [store for store in kernel.stores if store.access.buffer is not buffer]
    return found


def merge_equal_sums(program: Program) -> None:
    """Sum the columns of one buffer once, also for several biases."""
    for part in program.parts:
        first: dict[Any, ColumnSums] = {}
        for operation in list(part.operations):
            if isinstance(operation, ColumnSums):
                known = first.setdefault((operation.dy.buffer.root(), operation.dy.column, operation.n), operation)
                if known is not operation:
                    known.totals += operation.totals
                    part.operations.remove(operation)


def shrink_to_steps(program: Program, others: list[Program]) -> None:
    """Keep of what lives within one step of one loop no more than a step's rows."""
    users: dict[Buffer, set[Any]] = {}
    for one in (program, *others):
        for part in one.parts:
            for operation in part.operations:
                for access in (a for side in touched(operation) for a in side):
                    within = part.loop and access.when is When.NOW and not isinstance(operation, Clear)
                    users.setdefault(access.buffer.root(), set()).add(id(part) if within else "elsewhere")
                    if access.index is not None:
                        users.setdefault(access.index, set()).add("elsewhere")
    for buffer in program.buffers:
        if buffer.extent is Extent.SEQUENCE and buffer.role in ("work", "gradient") and buffer.alias is None:
            places = users.get(buffer, set())
            if len(places) == 1 and "elsewhere" not in places:
                buffer.extent = Extent.STEP
                for other in program.buffers:
                    if other.root() is buffer:
                        other.extent = Extent.STEP


def drop_unused(program: Program, others: list[Program]) -> None:
    """Forget buffers that nothing touches."""
    used = {
        access.buffer.root()
        for one in (program, *others)
        for operation in one.operations()
        for side in touched(operation)
        for access in side
    }
    indices = {
        access.index
        for one in (program, *others)
        for operation in one.operations()
        for access in touched(operation)[0]
        if access.index is not None
    }
    program.buffers[:] = [
        buffer
        for buffer in program.buffers
        if buffer.root() in used or buffer in indices or buffer.role not in ("work", "gradient", "weights", "packed")
    ]


def _by_buffer(kernel: Kernel) -> dict[Buffer, list[Store]]:
    found: dict[Buffer, list[Store]] = {}
    for store in kernel.stores:
        found.setdefault(store.access.buffer, []).append(store)
    return found


def _signature(stores: list[Store]) -> Stored:
    return tuple(sorted((store.access.column, store.length, store.scalar.number) for store in stores))


def _writers(program: Program) -> dict[Buffer, list[Operation]]:
    found: dict[Buffer, list[Operation]] = {}
    for operation in program.operations():
        for access in touched(operation)[1]:
            writers = found.setdefault(access.buffer, [])
            if not writers or writers[-1] is not operation:
                writers.append(operation)
    return found
