"""Overlays: what is kept for the way back lies where it was computed from, and gradients lie where it was kept.

The preactivations of a cell are read once, where its gates are written; going back, the gates are read once, where the
gradients of the preactivations are written. So all three lie in one place. A tape
that has gone back is computed forwards again, should it go back once more.
"""

from __future__ import annotations

from graphnet.compile.buffers import Buffer, Extent, When
from graphnet.compile.program import Kernel, Operation, Program, Store, touched
from graphnet.compile.scalars import needed_by


def overlay(forward: Program, backward: Program) -> bool:
    """Lay buffers over each other; tell whether the way back overwrites what it reads."""
    overwrites = False
    for kernel in _single_passes(forward):
        block = _keep_in_place(kernel, forward, backward)
        if block is not None:
            overwrites |= _gradients_in_place(block, backward)
    return overwrites


def _single_passes(program: Program) -> list[Kernel]:
    return [
        operation
        for operation in program.operations()
        if isinstance(operation, Kernel) and not any(scalar.op in ("sum", "max") for scalar in operation.scalars())
    ]


def _keep_in_place(kernel: Kernel, forward: Program, backward: Program) -> Buffer | None:
    """Let what a kernel keeps lie beside each other as what it is computed from does; return where."""
    placed: dict[Buffer, dict[int, Store]] = {}
    kept = [s for s in kernel.stores if s.access.buffer.role == "kept" and s.length and s.access.buffer.alias is None]
    for store in sorted(kept, key=lambda store: store.scalar.number):  # what comes of the fewest others first
        for scalar in needed_by([store.scalar]):
            if scalar.op == "load" and scalar.length == store.length and _is_computed_from(scalar.detail.buffer):
                columns = placed.setdefault(scalar.detail.buffer, {})
                if scalar.detail.column not in columns and store not in columns.values():
                    columns[scalar.detail.column] = store
    # Beside that of which the most columns are filled.
    best = max(placed, key=lambda b: (_filled(placed[b]), _may_stay(b, kernel, forward, backward)), default=None)
    if best is None or 4 * _filled(placed[best]) < 3 * best.width:
        return None
    if _may_stay(best, kernel, forward, backward):
        block = best
        block.role = "kept"
    else:
        block = Buffer("kept", best.width, Extent.SEQUENCE, "kept")
        forward.buffers.append(block)
    for column, store in placed[best].items():
        store.access.buffer.alias, store.access.buffer.shift = block, column
    return block


def _filled(columns: dict[int, Store]) -> int:
    return sum(store.length for store in columns.values())


def _is_computed_from(buffer: Buffer) -> bool:
    return buffer.role in ("work", "turned", "table") and buffer.width > 0


def _may_stay(buffer: Buffer, kernel: Kernel, forward: Program, backward: Program) -> bool:
    """Tell whether nobody but a kernel reads a buffer, which has room for all steps."""
    if buffer.role != "work" or buffer.extent is not Extent.SEQUENCE or buffer.alias is not None:
        return False
    readers = [o for o in forward.operations() if any(a.buffer.root() is buffer for a in touched(o)[0])]
    return readers == [kernel] and not _users(buffer, backward)


def _gradients_in_place(block: Buffer, backward: Program) -> bool:
    """Let the gradients that one kernel makes of what it reads of a block alone lie in its place."""
    users = _users(block, backward)
    if len(users) != 1 or users[0] not in _single_passes(backward):
        return False
    (kernel,) = users
    assert isinstance(kernel, Kernel)
    read = {
        (a.buffer.offset + a.column, scalar.length)
        for scalar in kernel.scalars()
        if scalar.op == "load" and (a := scalar.detail).buffer.root() is block
    }
    stores: dict[Buffer, list[Store]] = {}
    for store in kernel.stores:
        stores.setdefault(store.access.buffer, []).append(store)
    for buffer, mine in stores.items():
        fits = buffer.role == "gradient" and buffer.extent is Extent.SEQUENCE and buffer.width == block.width
        plain = all(store.access.when is When.NOW and not (store.accumulate or store.over_rows) for store in mine)
        whole = sum(store.length for store in mine) == block.width
        alone = [o for o in backward.operations() if any(a.buffer.root() is buffer for a in touched(o)[1])] == [kernel]
        # What is read where another gradient is written must have been read by then: each column is both.
        in_step = all((low, length) in {(s.access.column, s.length) for s in mine} for low, length in read)
        if fits and plain and whole and alone and in_step and buffer.alias is None:
            buffer.alias = block
            return True
    return False


def _users(buffer: Buffer, program: Program) -> list[Operation]:
    return [o for o in program.operations() if any(a.buffer.root() is buffer for side in touched(o) for a in side)]
