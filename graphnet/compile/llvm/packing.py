"""Matrices laid out as the products read them: panels of as many columns as a vector has lanes, row after row.

For C = A B with n columns and k rows of B, the packed B has ``[ceil(n / lanes)][k][lanes]`` numbers; zeros fill the
last panel. B[j, i] is ``w[i * stride_n + j * stride_k]``, so that one function packs a matrix and its transpose.
"""

from __future__ import annotations

import llvmlite.ir as ir

from graphnet.compile.llvm.lanes import Lanes
from graphnet.compile.llvm.loops import I32, counted, i64, smaller


def build_pack(function: ir.Function, lanes: Lanes) -> None:
    """Write the body of ``gn_pack``."""
    n, k, w, stride_n, stride_k, packed = function.args
    build = ir.IRBuilder(function.append_basic_block("entry"))
    width = i64(lanes.count)
    panels = build.sdiv(build.add(n, i64(lanes.count - 1)), width)
    side_by_side = build.icmp_signed("==", stride_n, i64(1))
    in_blocks = build.and_(build.icmp_signed("==", stride_k, i64(1)), build.icmp_signed(">=", k, width))
    with counted(build, i64(0), panels) as panel:
        first = build.mul(panel, width)
        live = build.sub(n, first)
        full = build.icmp_signed(">=", live, width)
        source = lanes.at(build, w, build.mul(first, stride_n))
        target = lanes.at(build, packed, build.mul(first, k))
        with build.if_else(build.and_(side_by_side, full)) as (then, otherwise):
            with then, counted(build, i64(0), k) as j:
                vector = lanes.load(build, lanes.at(build, source, build.mul(j, stride_k)))
                lanes.store(build, vector, lanes.at(build, target, build.mul(j, width)))
            with otherwise, build.if_else(in_blocks) as (blocks, numbers):
                with blocks:
                    _transpose(build, lanes, k, live, source, stride_n, target)
                with numbers:
                    _one_by_one(build, lanes, k, live, source, stride_n, stride_k, target)
    build.ret_void()


def _transpose(
    build: ir.IRBuilder,
    lanes: Lanes,
    k: ir.Value,
    live: ir.Value,
    source: ir.Value,
    stride_n: ir.Value,
    target: ir.Value,
) -> None:
    """Fill a panel from columns that lie in memory one after the other, a square of numbers at a time."""
    width = i64(lanes.count)
    last = build.sub(live, i64(1))
    zeros = lanes.constant(0)
    # A column that is not there is read as the last that is, and set to zero.
    columns = [
        (
            lanes.at(build, source, build.mul(smaller(build, i64(lane), last), stride_n)),
            build.icmp_signed("<", i64(lane), live),
        )
        for lane in range(lanes.count)
    ]
    with counted(build, i64(0), k, width) as step:
        # The last square overlaps the one before rather than reach over the end.
        j = smaller(build, step, build.sub(k, width))
        square = [
            build.select(there, lanes.load(build, lanes.at(build, column, j)), zeros) for column, there in columns
        ]
        to = lanes.at(build, target, build.mul(j, width))
        for row, vector in enumerate(_transposed(build, lanes, square)):
            lanes.store(build, vector, lanes.at(build, to, i64(row * lanes.count)))


def _transposed(build: ir.IRBuilder, lanes: Lanes, rows: list[ir.Value]) -> list[ir.Value]:
    """Return the columns of a square: rows are interleaved with those half the square on, until all are."""
    count = lanes.count
    half = count // 2
    low, high = (
        ir.Constant(
            ir.VectorType(I32, count), [lane // 2 + first + (count if lane % 2 else 0) for lane in range(count)]
        )
        for first in (0, half)
    )
    for _ in range(count.bit_length() - 1):
        rows = [build.shuffle_vector(rows[row], rows[row + half], part) for row in range(half) for part in (low, high)]
    return rows


def _one_by_one(
    build: ir.IRBuilder,
    lanes: Lanes,
    k: ir.Value,
    live: ir.Value,
    source: ir.Value,
    stride_n: ir.Value,
    stride_k: ir.Value,
    target: ir.Value,
) -> None:
    """Fill a panel from numbers that lie anywhere."""
    width = i64(lanes.count)
    columns = smaller(build, live, width)
    with counted(build, i64(0), k) as j:
        column = lanes.at(build, source, build.mul(j, stride_k))
        to = lanes.at(build, target, build.mul(j, width))
        with counted(build, i64(0), columns) as i:
            number = build.load(lanes.at(build, column, build.mul(i, stride_n)))
            build.store(number, lanes.at(build, to, i))
        with counted(build, columns, width) as i:
            build.store(lanes.number(0), lanes.at(build, to, i))
