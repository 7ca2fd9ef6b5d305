"""Sums over all rows, the gradients of parameters, as LLVM IR."""

from __future__ import annotations

import llvmlite.ir as ir

from graphnet.compile.llvm import products
from graphnet.compile.llvm.addresses import Addresses
from graphnet.compile.llvm.blocks import Block
from graphnet.compile.llvm.loops import counted, i64
from graphnet.compile.program import ColumnSums, Outer, Scatter


class Sums(Addresses):
    """What writes the operations that sum over rows."""

    def _sums(self, operation: Outer | ColumnSums, block: Block) -> None:
        build, lanes = self.build, self.lanes
        rows = build.sub(block.high, block.low)
        dy = [self._row(operation.dy, block, block.low), i64(operation.dy.buffer.stride), self._stride(operation.dy)]
        with build.if_then(build.icmp_signed(">", rows, i64(0))):
            if isinstance(operation, ColumnSums):
                self._column_sums(operation, [block.blocks, rows, *dy])
            else:
                total = self.base[operation.total.root()]
                x = operation.x
                xs = [self._row(x, block, block.low), i64(x.buffer.stride), self._stride(x)]
                function = products.declare(self.module, "gn_outer", lanes)
                sizes = [i64(operation.m), i64(operation.n), block.blocks, rows]
                build.call(function, [*sizes, *dy, *xs, total, i64(operation.total.width), self.scratch])

    def _column_sums(self, operation: ColumnSums, rows: list[ir.Value]) -> None:
        """Sum columns: for several totals once, in between."""
        build, lanes, n = self.build, self.lanes, operation.n
        function = products.declare(self.module, "gn_column_sums", lanes)
        totals = [self.base[total] for total in operation.totals]
        if len(totals) == 1 or n > products.SCRATCH:
            for total in totals:
                build.call(function, [i64(n), *rows, total])
            return
        with counted(build, i64(0), i64(n)) as j:
            build.store(lanes.number(0), lanes.at(build, self.scratch, j))
        build.call(function, [i64(n), *rows, self.scratch])
        with counted(build, i64(0), i64(n)) as j:
            found = build.load(lanes.at(build, self.scratch, j))
            for total in totals:
                place = lanes.at(build, total, j)
                build.store(build.fadd(build.load(place), found), place)

    def _scatter(self, operation: Scatter, block: Block) -> None:
        build, lanes = self.build, self.lanes
        function = products.declare(self.module, "gn_column_sums", lanes)
        index, total = self.base[operation.index], self.base[operation.total.root()]
        width = i64(operation.dy.buffer.stride)
        with counted(build, i64(0), block.blocks) as k:
            shift = build.add(block.start, build.mul(k, self.n_rows))
            with counted(build, block.low, block.high) as row:
                place = build.load(build.gep(index, [build.add(shift, row)]))
                place_of_dy = build.add(build.mul(build.add(shift, row), width), i64(operation.dy.buffer.offset))
                dy = lanes.at(build, self.base[operation.dy.buffer.root()], place_of_dy)
                into = lanes.at(build, total, build.mul(place, i64(operation.total.width)))
                build.call(function, [i64(operation.n), i64(1), i64(1), dy, width, i64(0), into])
