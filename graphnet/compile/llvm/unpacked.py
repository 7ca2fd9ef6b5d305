"""Products of few rows, with matrices as they lie in memory: packing them would cost more than it saves.

``C = A Wᵀ`` has dot products of rows: vectors lie along k, a tile is some rows of A by some rows of W, and the lanes of
each of its sums are added up at the end, those of many sums together. Each number of C is added up in the same order,
whatever tile it is in: it does not depend on how rows are split between calls. ``C = A W`` goes through the tiles of
packed products (see ``tiles``), with the rows of W in place of a panel's.
"""

from __future__ import annotations

from collections.abc import Callable

import llvmlite.ir as ir

from graphnet.compile.llvm.lanes import CONTRACT, Lanes
from graphnet.compile.llvm.loops import I1, I32, I64, counted, i64, smaller
from graphnet.compile.llvm.tiles import Tiles, call_tile, panel_limit, panels_for, row_limit, select_by_rows, shared_out

DOT_DEPTH = 4096  # bytes of a row at a time: those of a few rows of A stay in the second cache
BACK_DEPTH = 32  # rows of W at a time: as many lines as the processor fetches ahead of


def dot_limits(registers: int) -> dict[int, int]:
    """Return by rows of A the most rows of W of a tile: its sums, a vector of each row of W and one of A's fit."""
    if registers >= 32:
        return {1: 8, 2: 8, 3: 7, 4: 6, 5: 5, 6: 4, 7: 3, 8: 3}
    return {1: 8, 2: 5, 3: 3, 4: 3}


def build_dots(function: ir.Function, lanes: Lanes, registers: int) -> None:
    """Write the body of ``gn_product_few``."""
    m, n, k, a, lda, w, ldw, c, ldc, accumulate = function.args
    limits = dot_limits(registers)
    most = max(limits)
    # Few sizes, since each takes a while to compile: what is left over at the end goes through tiles of one row of W.
    sizes = {(rows, 1) for rows in limits} | set(limits.items())
    sizes |= {(rows, limits[most]) for rows in range((most + 1) // 2, most)}  # when more than ``most`` are shared out
    tiles = {size: _dot_tile(function.module, lanes, *size) for size in sorted(sizes)}
    build = ir.IRBuilder(function.append_basic_block("entry"))
    at_once = select_by_rows(build, m, limits)
    whole = build.mul(build.sdiv(n, at_once), at_once)
    depth = i64(DOT_DEPTH // lanes.bytes)
    with counted(build, i64(0), k, depth) as k0:
        here = smaller(build, build.sub(k, k0), depth)
        add = build.or_(build.icmp_signed("!=", accumulate, i64(0)), build.icmp_signed("!=", k0, i64(0)))
        for start, stop, columns in ((i64(0), whole, at_once), (whole, n, i64(1))):
            with counted(build, start, stop, columns) as j:
                w_here = lanes.at(build, w, build.add(build.mul(j, ldw), k0))
                with shared_out(build, m, i64(most)) as (i, rows):
                    a_here = lanes.at(build, a, build.add(build.mul(i, lda), k0))
                    to = lanes.at(build, c, build.add(build.mul(i, ldc), j))
                    call_tile(build, tiles, rows, columns, [a_here, lda, w_here, ldw, here, to, ldc, add])
    build.ret_void()


def _dot_tile(module: ir.Module, lanes: Lanes, rows: int, columns: int) -> ir.Function:
    """Write the function of one size of tile: the dot products of rows of A with rows of W, ``columns`` of C."""
    p = lanes.pointer
    function = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [p, I64, p, I64, I64, p, I64, I1]), f"dots_{rows}x{columns}"
    )
    function.linkage = "internal"
    function.calling_convention = "fastcc"
    function.attributes.add("noinline")  # so that its loop has all registers
    a, lda, w, ldw, k, c, ldc, accumulate = function.args
    entry, loop, rest, masked, end = (
        function.append_basic_block(name) for name in ("entry", "loop", "rest", "masked", "end")
    )
    build = ir.IRBuilder(entry)
    of_a = [lanes.at(build, a, build.mul(lda, i64(row))) for row in range(rows)]
    of_w = [lanes.at(build, w, build.mul(ldw, i64(column))) for column in range(columns)]
    onwards = build.mul(ldw, i64(columns))
    whole = build.and_(k, i64(-lanes.count))
    zeros = [lanes.constant(0)] * (rows * columns)
    build.cbranch(build.icmp_signed(">", whole, i64(0)), loop, rest)

    def added(sums: list[ir.Value], at: ir.Value, live: ir.Value | None) -> list[ir.Value]:
        def load(row: ir.Value) -> ir.Value:
            place = lanes.at(build, row, at)
            return lanes.load(build, place) if live is None else lanes.load_first(build, place, live)

        vectors = [load(row) for row in of_w]
        pairs = ((x, vector) for x in map(load, of_a) for vector in vectors)
        return [
            build.fadd(total, build.fmul(x, vector, flags=CONTRACT), flags=CONTRACT)
            for total, (x, vector) in zip(sums, pairs, strict=True)
        ]

    build.position_at_end(loop)
    step = build.phi(I64)
    sums = [build.phi(lanes.vector) for _ in zeros]
    ahead = build.add(step, onwards)
    for row in of_w:
        lanes.prefetch(build, lanes.at(build, row, ahead))  # what the next tile reads
    after = added(sums, step, None)
    next_step = build.add(step, i64(lanes.count))
    build.cbranch(build.icmp_signed("<", next_step, whole), loop, rest)
    step.add_incoming(i64(0), entry)
    step.add_incoming(next_step, loop)
    _incoming(sums, zeros, entry)
    _incoming(sums, after, loop)

    build.position_at_end(rest)
    so_far = [build.phi(lanes.vector) for _ in zeros]
    _incoming(so_far, zeros, entry)
    _incoming(so_far, after, loop)
    left = build.sub(k, whole)
    build.cbranch(build.icmp_signed(">", left, i64(0)), masked, end)
    build.position_at_end(masked)
    with_rest = added(so_far, whole, left)
    build.branch(end)

    build.position_at_end(end)
    total = [build.phi(lanes.vector) for _ in zeros]
    _incoming(total, so_far, rest)
    _incoming(total, with_rest, masked)
    _store_sums(build, lanes, total, rows, columns, c, ldc, accumulate)
    build.ret_void()
    return function


def _incoming(phis: list[ir.Value], values: list[ir.Value], block: ir.Block) -> None:
    for phi, value in zip(phis, values, strict=True):
        phi.add_incoming(value, block)


def _store_sums(
    build: ir.IRBuilder,
    lanes: Lanes,
    sums: list[ir.Value],
    rows: int,
    columns: int,
    c: ir.Value,
    ldc: ir.Value,
    accumulate: ir.Value,
) -> None:
    """Write the sums over the lanes of each vector to C, or add them: each row's side by side."""
    pieces = []  # of C: a vector that holds it, its first lane, its size, its place
    together = min(columns, lanes.count)
    rows_at_once = lanes.count // together
    for first_column in range(0, columns, together):
        size = min(together, columns - first_column)
        for first_row in range(0, rows, rows_at_once):
            some = range(first_row, min(first_row + rows_at_once, rows))
            chosen = [sums[row * columns + first_column + k] for row in some for k in range(size)]
            vector = _sums_of_lanes(build, lanes, chosen)
            for place, row in enumerate(some):
                to = lanes.at(build, c, build.add(build.mul(ldc, i64(row)), i64(first_column)))
                pieces.append((lanes.part(build, vector, place * size, size), to))
    with build.if_else(accumulate) as (then, otherwise):
        with then:
            for piece, to in pieces:
                pointer = build.bitcast(to, ir.PointerType(piece.type))
                build.store(build.fadd(build.load(pointer, align=lanes.bytes), piece), pointer, align=lanes.bytes)
        with otherwise:
            for piece, to in pieces:
                build.store(piece, build.bitcast(to, ir.PointerType(piece.type)), align=lanes.bytes)


def _sums_of_lanes(build: ir.IRBuilder, lanes: Lanes, vectors: list[ir.Value]) -> ir.Value:
    """Return the sums over the lanes of at most as many vectors as there are lanes, in their order, as one vector.

    Each turn adds halves to halves and puts two vectors into one, as in ``Lanes.sum``.
    """
    nothing = ir.Constant(lanes.vector, ir.Undefined)
    vectors = vectors + [nothing] * (lanes.count - len(vectors))
    size = lanes.count
    while size > 1:
        half, middle = size // 2, len(vectors) // 2
        low = [
            source * lanes.count + segment + lane
            for segment in range(0, lanes.count, size)
            for source in (0, 1)
            for lane in range(half)
        ]
        kind = ir.VectorType(I32, lanes.count)
        masks = ir.Constant(kind, low), ir.Constant(kind, [lane + half for lane in low])
        vectors = [
            nothing if x is nothing else build.fadd(*(build.shuffle_vector(x, y, mask) for mask in masks))
            for x, y in zip(vectors[:middle], vectors[middle:], strict=True)
        ]
        size = half
    return vectors[0]


def build_back(function: ir.Function, lanes: Lanes, tiles: Tiles, edges: Tiles, registers: int) -> None:
    """Write the body of ``gn_product_back``."""
    m, n, k, a, lda, w, ldw, c, ldc, accumulate = function.args
    build = ir.IRBuilder(function.append_basic_block("entry"))
    at_once = panels_for(build, m, registers)
    depth = i64(BACK_DEPTH)
    with counted(build, i64(0), k, depth) as k0:
        here = smaller(build, build.sub(k, k0), depth)
        add = build.or_(build.icmp_signed("!=", accumulate, i64(0)), build.icmp_signed("!=", k0, i64(0)))
        w_here = lanes.at(build, w, build.mul(k0, ldw))
        a_here = lanes.at(build, a, k0)

        def column_by_column(some: Tiles, column: ir.Value, panels: ir.Value, live: ir.Value) -> None:
            b = lanes.at(build, w_here, column)
            with shared_out(build, m, i64(row_limit(registers))) as (i, rows):
                a_rows = lanes.at(build, a_here, build.mul(i, lda))
                to = lanes.at(build, c, build.add(build.mul(i, ldc), column))
                matrices = [a_rows, lda, i64(1), b, i64(lanes.count), ldw]
                call_tile(build, some, rows, panels, [*matrices, here, to, ldc, live, add])

        _across(build, lanes, tiles, edges, n, at_once, column_by_column)
    build.ret_void()


def build_outer_few(function: ir.Function, lanes: Lanes, tiles: Tiles, edges: Tiles, registers: int) -> None:
    """Write the body of a function as ``gn_outer``, for so few rows in one block that each of C is written once."""
    m, n, _, k, a, lda, _, b, ldb, _, c, ldc, _ = function.args
    build = ir.IRBuilder(function.append_basic_block("entry"))
    most = row_limit(registers)
    at_once = i64(panel_limit(most, registers))
    with shared_out(build, m, i64(most)) as (i, rows):
        a_here, c_here = lanes.at(build, a, i), lanes.at(build, c, build.mul(i, ldc))

        def row_by_row(some: Tiles, column: ir.Value, panels: ir.Value, live: ir.Value) -> None:
            matrices = [a_here, i64(1), lda, lanes.at(build, b, column), i64(lanes.count), ldb]
            to = lanes.at(build, c_here, column)
            call_tile(build, some, rows, panels, [*matrices, k, to, ldc, live, ir.Constant(I1, 1)])

        _across(build, lanes, tiles, edges, n, at_once, row_by_row)
    build.ret_void()


def _across(
    build: ir.IRBuilder,
    lanes: Lanes,
    tiles: Tiles,
    edges: Tiles,
    n: ir.Value,
    at_once: ir.Value,
    body: Callable[[Tiles, ir.Value, ir.Value, ir.Value], None],
) -> None:
    """Write a loop over n columns by some whole panels, and then the last that is not whole, with tiles of its own.

    ``body`` is given the tiles, the first column, how many panels, and how many columns the last of them has.
    """
    width = i64(lanes.count)
    panels = build.sdiv(n, width)
    with shared_out(build, panels, at_once) as (first, here):
        body(tiles, build.mul(first, width), here, width)
    whole = build.mul(panels, width)
    with build.if_then(build.icmp_signed("<", whole, n)):
        body(edges, whole, i64(1), build.sub(n, whole))
