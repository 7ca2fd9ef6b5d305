"""Sums over rows: C += Aᵀ B, the gradient of weights, and column sums, the gradient of biases.

The rows come in blocks with gaps between them: those of one thread, say, in each step of a sequence. They are walked as
one flat list in pieces of a fixed number of rows; each piece is summed up in registers and added to what is there, so
that long sums lose little of float32's accuracy. For each piece, A and the columns of B that a tile takes are copied
side by side into the caller's scratch. A few rows are not worth the copies: they are read where they lie.
"""

from __future__ import annotations

import llvmlite.ir as ir

from graphnet.compile.llvm.lanes import Lanes
from graphnet.compile.llvm.loops import I1, I64, counted, i64, smaller
from graphnet.compile.llvm.tiles import Tiles, call_tile, row_limit, shared_out
from graphnet.compile.llvm.unpacked import build_outer_few

PIECE = 256  # rows
COLUMNS = 512  # of A: a piece of them stays in the second cache
PANELS = 3  # of B at a time: a piece of them stays in the first cache
FEW_ROWS = 64
ROWS_FOLLOWED = 32  # at a time when a piece is packed: as many lines as the processor fetches ahead of
SUM_PANELS = 4


class Rows:
    """Rows in blocks: where one of the flat list is, and where the next.

    ``stride`` leads from a row to the next in its block, ``over`` from a block's last row to the next block.
    """

    def __init__(self, lanes: Lanes, k: ir.Value, stride: ir.Value, over: ir.Value):
        self.lanes, self.k, self.stride, self.over = lanes, k, stride, over

    @classmethod
    def of_blocks(cls, build: ir.IRBuilder, lanes: Lanes, k: ir.Value, stride: ir.Value, block: ir.Value) -> Rows:
        """Return the rows of blocks that begin ``block`` numbers apart."""
        return cls(lanes, k, stride, build.sub(block, build.mul(build.sub(k, i64(1)), stride)))

    def start(self, build: ir.IRBuilder, base: ir.Value, row: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Return the pointer to a row of the flat list, and how many rows are left in its block with it."""
        block = build.sdiv(row, self.k)
        steps_over = build.mul(block, build.sub(self.over, self.stride))
        offset = build.add(build.mul(row, self.stride), steps_over)
        return self.lanes.at(build, base, offset), build.sub(self.k, build.srem(row, self.k))

    def following(self, build: ir.IRBuilder, at: ir.Value, left: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Return the same of the next row. Without a branch: blocks may be short."""
        last = build.icmp_signed("==", left, i64(1))
        onwards = self.lanes.at(build, at, build.select(last, self.over, self.stride))
        return onwards, build.select(last, self.k, build.sub(left, i64(1)))


def build_outer(function: ir.Function, lanes: Lanes, tiles: Tiles, edges: Tiles, registers: int) -> None:
    """Write the body of ``gn_outer``."""
    build = ir.IRBuilder(function.append_basic_block("entry"))
    m, n, blocks, k = function.args[:4]
    few, straight = (
        ir.Function(function.module, function.function_type, f"outer_{name}{lanes.suffix}") for name in ("few_", "")
    )
    few.linkage = straight.linkage = "internal"
    build_outer_few(few, lanes, tiles, edges, registers)
    _build_straight(straight, lanes, tiles, registers)
    few_rows = build.and_(build.icmp_signed("==", blocks, i64(1)), build.icmp_signed("<=", k, i64(FEW_ROWS)))
    with build.if_then(few_rows):
        build.call(few, function.args)
        build.ret_void()
    turned = build.and_(build.icmp_signed("<=", n, i64(few_columns(lanes))), build.icmp_signed(">", m, n))
    with build.if_else(turned) as (then, otherwise):
        with then:
            _transposed(build, lanes, straight, list(function.args))
        with otherwise:
            build.call(straight, function.args)
    build.ret_void()


def few_columns(lanes: Lanes) -> int:
    """Return how many columns of C would leave half of a vector empty, or more."""
    return lanes.count // 2


def _transposed(build: ir.IRBuilder, lanes: Lanes, straight: ir.Function, arguments: list[ir.Value]) -> None:
    """Sum up Bᵀ A instead, whose rows fill vectors, and add its transpose to C."""
    m, n, blocks, k, a, lda, block_a, b, ldb, block_b, c, ldc, scratch = arguments
    turned = lanes.at(build, lanes.aligned(build, scratch), i64(PIECE * (COLUMNS + PANELS * lanes.count)))
    with counted(build, i64(0), m, i64(COLUMNS)) as i0:
        m_here = smaller(build, build.sub(m, i0), i64(COLUMNS))
        with counted(build, i64(0), build.mul(n, i64(COLUMNS))) as i:
            build.store(lanes.number(0), lanes.at(build, turned, i))
        a_here = lanes.at(build, a, i0)
        build.call(
            straight, [n, m_here, blocks, k, b, ldb, block_b, a_here, lda, block_a, turned, i64(COLUMNS), scratch]
        )
        with counted(build, i64(0), m_here) as i, counted(build, i64(0), n) as j:
            to = lanes.at(build, c, build.add(build.mul(build.add(i0, i), ldc), j))
            more = build.load(lanes.at(build, turned, build.add(build.mul(j, i64(COLUMNS)), i)))
            build.store(build.fadd(build.load(to), more), to)


def _build_straight(function: ir.Function, lanes: Lanes, tiles: Tiles, registers: int) -> None:
    """Write the body of a function as ``gn_outer``, for any number of columns."""
    m, n, blocks, k, a, lda, block_a, b, ldb, block_b, c, ldc, scratch = function.args
    build = ir.IRBuilder(function.append_basic_block("entry"))
    height, width = row_limit(registers), i64(lanes.count)
    of_a = Rows.of_blocks(build, lanes, k, lda, block_a)
    of_b = Rows.of_blocks(build, lanes, k, ldb, block_b)
    panels = build.sdiv(build.add(n, i64(lanes.count - 1)), width)
    total = build.mul(blocks, k)
    packed_a = lanes.aligned(build, scratch)
    packed_b = lanes.at(build, packed_a, i64(PIECE * COLUMNS))
    with (
        counted(build, i64(0), m, i64(COLUMNS)) as i0,
        counted(build, i64(0), total, i64(PIECE)) as row,
    ):
        m_here = smaller(build, build.sub(m, i0), i64(COLUMNS))
        depth = smaller(build, build.sub(total, row), i64(PIECE))
        _pack_piece(build, of_a, lanes.at(build, a, i0), row, depth, m_here, height, packed_a)
        with shared_out(build, panels, i64(PANELS)) as (p, panels_here):
            column = build.mul(p, width)
            columns = smaller(build, build.sub(n, column), build.mul(panels_here, width))
            live = build.sub(n, build.mul(build.add(p, build.sub(panels_here, i64(1))), width))
            _pack_piece(build, of_b, lanes.at(build, b, column), row, depth, columns, lanes.count, packed_b)
            with counted(build, i64(0), m_here, i64(height)) as i:
                rows = smaller(build, build.sub(m_here, i), i64(height))
                a_here = lanes.at(build, packed_a, build.mul(i, i64(PIECE)))
                to = lanes.at(build, c, build.add(build.mul(build.add(i0, i), ldc), column))
                yes = ir.Constant(I1, 1)
                matrices = [a_here, i64(1), i64(height), packed_b, i64(PIECE * lanes.count), width]
                call_tile(build, tiles, rows, panels_here, [*matrices, depth, to, ldc, live, yes])
    build.ret_void()


def _pack_piece(
    build: ir.IRBuilder,
    rows: Rows,
    base: ir.Value,
    first: ir.Value,
    depth: ir.Value,
    columns: ir.Value,
    size: int,
    target: ir.Value,
) -> None:
    """Copy columns of a piece of rows into strips of ``size`` columns, each [PIECE][size]; zeros where there are none.

    Some rows at a time, each line of memory once: as many as the processor follows when it fetches ahead.
    """
    lanes = rows.lanes
    width = i64(lanes.count)
    whole = build.mul(build.sdiv(columns, width), width)

    def place(column: ir.Value, row: ir.Value) -> ir.Value:
        inside = build.srem(column, i64(size))  # not 0 only where strips are wider than vectors
        strip = build.mul(build.sub(column, inside), i64(PIECE))
        return lanes.at(build, target, build.add(build.add(strip, inside), build.mul(row, i64(size))))

    with counted(build, i64(0), depth, i64(ROWS_FOLLOWED)) as r0:
        here = smaller(build, build.sub(depth, r0), i64(ROWS_FOLLOWED))
        start, left = rows.start(build, base, build.add(first, r0))
        with counted(build, i64(0), whole, width) as j:
            to = place(j, r0)
            _pack_strip(build, rows, lanes.at(build, start, j), left, here, None, size, to)
        with build.if_then(build.icmp_signed("<", whole, columns)):
            to = place(whole, r0)
            live = build.sub(columns, whole)
            _pack_strip(build, rows, lanes.at(build, start, whole), left, here, live, size, to)


def _pack_strip(
    build: ir.IRBuilder,
    rows: Rows,
    start: ir.Value,
    rows_left: ir.Value,
    count: ir.Value,
    live: ir.Value | None,
    size: int,
    target: ir.Value,
) -> None:
    """Copy one vector, or its ``live`` first numbers, of each of ``count`` rows, split over strips."""
    lanes = rows.lanes
    before = build.block
    loop, after = build.append_basic_block("copy"), build.append_basic_block("copied")
    build.branch(loop)
    build.position_at_end(loop)
    step, at, left = build.phi(I64), build.phi(lanes.pointer), build.phi(I64)
    vector = lanes.load(build, at) if live is None else lanes.load_first(build, at, live)
    to = lanes.at(build, target, build.mul(step, i64(size)))
    together = min(size, lanes.count)
    for part in range(0, lanes.count, together):
        lanes.store_part(build, vector, part, together, lanes.at(build, to, i64(part * PIECE)))
    next_at, next_left = rows.following(build, at, left)
    next_step = build.add(step, i64(1))
    build.cbranch(build.icmp_signed("<", next_step, count), loop, after)
    for phi, first, onwards in ((step, i64(0), next_step), (at, start, next_at), (left, rows_left, next_left)):
        phi.add_incoming(first, before)
        phi.add_incoming(onwards, build.block)
    build.position_at_end(after)


def build_column_sums(function: ir.Function, lanes: Lanes) -> None:
    """Write the body of ``gn_column_sums``."""
    n, blocks, k, a, lda, block_a, out = function.args
    build = ir.IRBuilder(function.append_basic_block("entry"))
    walk = Rows.of_blocks(build, lanes, k, lda, block_a)
    width = i64(lanes.count)
    total = build.mul(blocks, k)
    wide = i64(SUM_PANELS * lanes.count)
    whole = build.mul(build.sdiv(n, wide), wide)
    with counted(build, i64(0), total, i64(PIECE)) as row:
        depth = smaller(build, build.sub(total, row), i64(PIECE))
        start, left = walk.start(build, a, row)
        with counted(build, i64(0), whole, wide) as j:
            _sum_columns(build, walk, lanes.at(build, start, j), left, depth, SUM_PANELS, wide, lanes.at(build, out, j))
        with counted(build, whole, n, width) as j:
            live = build.sub(n, j)
            _sum_columns(build, walk, lanes.at(build, start, j), left, depth, 1, live, lanes.at(build, out, j))
    build.ret_void()


def _sum_columns(
    build: ir.IRBuilder,
    walk: Rows,
    start: ir.Value,
    rows_left: ir.Value,
    depth: ir.Value,
    panels: int,
    live: ir.Value,
    out: ir.Value,
) -> None:
    """Add the columns of some panels, over ``depth`` rows, to ``out``; a single panel has ``live`` columns."""
    lanes = walk.lanes
    before = build.block
    loop, after = build.append_basic_block("sum"), build.append_basic_block("summed")
    build.branch(loop)
    build.position_at_end(loop)
    step, at, left = build.phi(I64), build.phi(lanes.pointer), build.phi(I64)
    sums = [build.phi(lanes.vector) for _ in range(panels)]

    def vectors(pointer: ir.Value) -> list[ir.Value]:
        if panels == 1:
            return [lanes.load_first(build, pointer, live)]
        return [lanes.load(build, lanes.at(build, pointer, i64(panel * lanes.count))) for panel in range(panels)]

    added = [build.fadd(total, vector) for total, vector in zip(sums, vectors(at), strict=True)]
    next_at, next_left = walk.following(build, at, left)
    next_step = build.add(step, i64(1))
    build.cbranch(build.icmp_signed("<", next_step, depth), loop, after)
    firsts = [i64(0), start, rows_left, *(lanes.constant(0) for _ in sums)]
    nexts = [next_step, next_at, next_left, *added]
    for phi, first, onwards in zip([step, at, left, *sums], firsts, nexts, strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(onwards, build.block)
    build.position_at_end(after)
    for panel, (total, old) in enumerate(zip(added, vectors(out), strict=True)):
        to = lanes.at(build, out, i64(panel * lanes.count))
        if panels == 1:
            lanes.store_first(build, build.fadd(old, total), to, live)
        else:
            lanes.store(build, build.fadd(old, total), to)
