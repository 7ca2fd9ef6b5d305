"""Products with a packed matrix: C = A B, tile by tile, each tile's sums held in registers.

A tile is some rows by some panels of columns (see ``packing``). For every step of k it loads one vector of each panel,
spreads one number of each row over a vector, and multiplies all by all. Rows and panels are shared out evenly over the
tiles, since a tile of one row or panel alone would wait for its own sums. Each number of C is added up in the order of
k, whatever tile it is in: it does not depend on how rows are split between calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import llvmlite.ir as ir

from graphnet.compile.llvm.lanes import CONTRACT, Lanes
from graphnet.compile.llvm.loops import I1, I32, I64, counted, i64, smaller

DEPTH = 512  # steps of k at a time: three panels of them stay in the second cache, and C is seldom added to
ROWS_AT_ONCE = 64  # rows whose numbers stay in the second cache while the panels go by

Tiles = dict[tuple[int, int], ir.Function]


def row_limit(registers: int) -> int:
    """Return the most rows of a tile, so that with three panels its sums, the panels and a row fit in registers."""
    return 8 if registers >= 32 else 4


def panel_limit(rows: int, registers: int) -> int:
    """Return the most panels of a tile of so many rows: with few rows, more are needed to keep the processor busy."""
    if registers >= 32:
        return {1: 8, 2: 6, 3: 6}.get(rows, 3)
    return {1: 8, 2: 5}.get(rows, 3)


def panels_for(build: ir.IRBuilder, m: ir.Value, registers: int) -> ir.Value:
    """Return the most panels of the tiles of m rows."""
    return select_by_rows(build, m, {rows: panel_limit(rows, registers) for rows in range(1, row_limit(registers) + 1)})


def select_by_rows(build: ir.IRBuilder, m: ir.Value, limits: dict[int, int]) -> ir.Value:
    """Return the limit of m rows; that of the most rows, if there are more."""
    chosen: ir.Value = i64(limits[max(limits)])
    for rows, limit in limits.items():
        if limit != limits[max(limits)]:
            chosen = build.select(build.icmp_signed("==", m, i64(rows)), i64(limit), chosen)
    return chosen


def build_tiles(module: ir.Module, lanes: Lanes, registers: int) -> Tiles:
    """Write the functions of all sizes of tiles; return them by rows and panels."""
    return {
        (rows, panels): _tile(module, lanes, rows, panels)
        for rows in range(1, row_limit(registers) + 1)
        for panels in range(1, panel_limit(rows, registers) + 1)
    }


def build_edges(module: ir.Module, lanes: Lanes, registers: int) -> Tiles:
    """Write the functions of tiles of one panel of which B, too, has only some columns; return them likewise."""
    return {(rows, 1): _tile(module, lanes, rows, 1, edge=True) for rows in range(1, row_limit(registers) + 1)}


def build_product(function: ir.Function, lanes: Lanes, tiles: Tiles, registers: int) -> None:
    """Write the body of ``gn_product``."""
    m, n, k, a, lda, packed, c, ldc, accumulate = function.args
    build = ir.IRBuilder(function.append_basic_block("entry"))
    width = i64(lanes.count)
    panels = build.sdiv(build.add(n, i64(lanes.count - 1)), width)
    panel_size = build.mul(k, width)
    most = row_limit(registers)
    at_once = panels_for(build, m, registers)
    with (
        counted(build, i64(0), k, i64(DEPTH)) as k0,
        shared_out(build, m, i64(ROWS_AT_ONCE)) as (m0, rows_here),
    ):
        depth = smaller(build, build.sub(k, k0), i64(DEPTH))
        add = build.or_(build.icmp_signed("!=", accumulate, i64(0)), build.icmp_signed("!=", k0, i64(0)))
        a0 = lanes.at(build, a, build.add(build.mul(m0, lda), k0))
        c0 = lanes.at(build, c, build.mul(m0, ldc))
        with shared_out(build, panels, at_once) as (p, panels_here):
            from_column = build.mul(p, width)
            b = lanes.at(build, packed, build.add(build.mul(p, panel_size), build.mul(k0, width)))
            c1 = lanes.at(build, c0, from_column)
            before_last = build.mul(build.add(p, build.sub(panels_here, i64(1))), width)
            live = build.sub(n, before_last)
            with shared_out(build, rows_here, i64(most)) as (r, rows):
                a1 = lanes.at(build, a0, build.mul(r, lda))
                c2 = lanes.at(build, c1, build.mul(r, ldc))
                matrices = [a1, lda, i64(1), b, panel_size, width]
                call_tile(build, tiles, rows, panels_here, [*matrices, depth, c2, ldc, live, add])
    build.ret_void()


@contextmanager
def shared_out(build: ir.IRBuilder, total: ir.Value, most: ir.Value) -> Iterator[tuple[ir.Value, ir.Value]]:
    """Write a loop over ``total`` things, at most so many at a time, as evenly as can be; yield the first, how many."""
    turns = build.sdiv(build.sub(build.add(total, most), i64(1)), most)
    least = build.sdiv(total, build.select(build.icmp_signed(">", turns, i64(1)), turns, i64(1)))  # turns may be 0
    longer = build.sub(total, build.mul(least, turns))
    with counted(build, i64(0), turns) as turn:
        size = build.add(least, build.zext(build.icmp_signed("<", turn, longer), I64))
        first = build.add(build.mul(turn, least), smaller(build, turn, longer))
        yield first, size


def call_tile(
    build: ir.IRBuilder,
    tiles: Tiles,
    rows: ir.Value,
    panels: ir.Value,
    arguments: list[ir.Value],
) -> None:
    """Write the call of the tile of so many rows and panels, which are known when it runs."""
    after = build.append_basic_block("tiled")
    never = build.append_basic_block("never")
    code = build.trunc(build.add(build.mul(rows, i64(16)), panels), I32)
    choice = build.switch(code, never)
    for (row_count, panel_count), tile in tiles.items():
        block = build.append_basic_block(f"tile{row_count}x{panel_count}")
        choice.add_case(ir.Constant(I32, 16 * row_count + panel_count), block)
        build.position_at_end(block)
        build.call(tile, arguments, cconv="fastcc")
        build.branch(after)
    build.position_at_end(never)
    build.unreachable()
    build.position_at_end(after)


def _tile(module: ir.Module, lanes: Lanes, rows: int, panels: int, *, edge: bool = False) -> ir.Function:
    """Write the function of one size of tile: C = or += A times the panels, over ``depth`` steps of k.

    A's numbers are ``a[row * row_stride + step * a_stride]``, B's vectors begin at ``b[panel * panel_stride + step *
    b_stride]``; of the last panel, C has ``live`` columns, and so has B at an edge.
    """
    p = lanes.pointer
    types = [p, I64, I64, p, I64, I64, I64, p, I64, I64, I1]
    name = f"edge_{rows}" if edge else f"tile_{rows}x{panels}"
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), name)
    function.linkage = "internal"
    function.calling_convention = "fastcc"
    function.attributes.add("noinline")  # so that its loop has all registers
    a, row_stride, a_stride, b, panel_stride, b_stride, depth, c, ldc, live, accumulate = function.args
    entry, loop, end, add, store = (
        function.append_basic_block(name) for name in ("entry", "loop", "end", "add", "store")
    )
    build = ir.IRBuilder(entry)
    row_at = [lanes.at(build, a, build.mul(row_stride, i64(row))) for row in range(rows)]
    panel_at = [lanes.at(build, b, build.mul(panel_stride, i64(panel))) for panel in range(panels)]
    places = _places(build, lanes, c, ldc, rows, panels)
    for row in places:
        for at in row:
            lanes.prefetch_to_write(build, at)  # it is there when the sums are
    build.branch(loop)

    build.position_at_end(loop)
    left, in_row, in_panel = build.phi(I64), build.phi(I64), build.phi(I64)
    sums = [[build.phi(lanes.vector) for _ in range(panels)] for _ in range(rows)]
    vectors_at = [lanes.at(build, at, in_panel) for at in panel_at]
    vectors = [lanes.load_first(build, at, live) if edge else lanes.load(build, at) for at in vectors_at]
    after = []
    for at, held in zip(row_at, sums, strict=True):
        number = lanes.splat(build, build.load(lanes.at(build, at, in_row), align=lanes.bytes))
        products = [build.fmul(number, vector, flags=CONTRACT) for vector in vectors]
        after.append([build.fadd(x, y, flags=CONTRACT) for x, y in zip(held, products, strict=True)])
    still_left = build.sub(left, i64(1))
    onwards_in_row, onwards_in_panel = build.add(in_row, a_stride), build.add(in_panel, b_stride)
    build.cbranch(build.icmp_signed("!=", still_left, i64(0)), loop, end)
    for phi, first, onwards in (
        (left, depth, still_left),
        (in_row, i64(0), onwards_in_row),
        (in_panel, i64(0), onwards_in_panel),
        *(
            (phi, lanes.constant(0), value)
            for pair in zip(sums, after, strict=True)
            for phi, value in zip(*pair, strict=True)
        ),
    ):
        phi.add_incoming(first, entry)
        phi.add_incoming(onwards, loop)

    build.position_at_end(end)
    build.cbranch(accumulate, add, store)
    build.position_at_end(add)
    before = [_load_row(build, lanes, row, live) for row in places]
    total = [[build.fadd(x, y) for x, y in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
    from_add = build.block
    build.branch(store)
    build.position_at_end(store)
    values: list[list[ir.Value]] = []
    for pair in zip(after, total, strict=True):
        values.append([])
        for fresh, added in zip(*pair, strict=True):
            value = build.phi(lanes.vector)
            value.add_incoming(fresh, end)
            value.add_incoming(added, from_add)
            values[-1].append(value)
    _store(build, lanes, values, places, live)
    build.ret_void()
    return function


def _places(
    build: ir.IRBuilder, lanes: Lanes, c: ir.Value, ldc: ir.Value, rows: int, panels: int
) -> list[list[ir.Value]]:
    """Return the pointers to the vectors of a tile of C, by row and panel."""
    starts = [lanes.at(build, c, build.mul(ldc, i64(row))) for row in range(rows)]
    return [[lanes.at(build, start, i64(lanes.count * panel)) for panel in range(panels)] for start in starts]


def _load_row(build: ir.IRBuilder, lanes: Lanes, places: list[ir.Value], live: ir.Value) -> list[ir.Value]:
    return [*(lanes.load(build, at) for at in places[:-1]), lanes.load_first(build, places[-1], live)]


def _store(
    build: ir.IRBuilder, lanes: Lanes, values: list[list[ir.Value]], places: list[list[ir.Value]], live: ir.Value
) -> None:
    """Write a tile of C, of whose last panel only ``live`` columns are there."""
    for row, at in zip(values, places, strict=True):
        for value, place in zip(row[:-1], at[:-1], strict=True):
            lanes.store(build, value, place)
    with build.if_else(build.icmp_signed("<", live, i64(lanes.count))) as (partial, whole):
        with partial:
            for row, at in zip(values, places, strict=True):
                lanes.store_first(build, row[-1], at[-1], live)
        with whole:
            for row, at in zip(values, places, strict=True):
                lanes.store(build, row[-1], at[-1])
