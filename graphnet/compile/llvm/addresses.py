"""Addresses: where the rows of an operation lie in the buffers of a program."""

from __future__ import annotations

import llvmlite.ir as ir

from graphnet.compile.buffers import Access, Buffer, Extent, When
from graphnet.compile.llvm.blocks import Block
from graphnet.compile.llvm.lanes import Lanes
from graphnet.compile.llvm.loops import i64


class Addresses:
    """What writes operations over buffers, as far as it finds them.

    Attributes
    ----------
    build : ir.IRBuilder
        At the place where code goes.
    lanes : Lanes
    base : dict
        By buffer the pointer to its first row.
    n_rows : ir.Value
        B, the number of rows of a step.
    """

    module: ir.Module
    build: ir.IRBuilder
    lanes: Lanes
    base: dict[Buffer, ir.Value]
    n_rows: ir.Value
    scratch: ir.Value

    def _row(self, access: Access, block: Block, row: ir.Value) -> ir.Value:
        """Return the pointer to the columns that an access means, in a row of a block."""
        build = self.build
        buffer = access.buffer.root()
        base, width = self.base[buffer], i64(buffer.width)
        column = i64(access.column + access.buffer.offset)
        if access.when is When.LOOKED_UP:
            assert access.index is not None
            place = build.load(build.gep(self.base[access.index], [build.add(block.start, row)]))
        else:
            shift = self._shift(access.buffer.extent, access.when, block)
            if shift is None:
                return self.lanes.at(build, base, column)
            place = build.add(shift, row)
        return self.lanes.at(build, base, build.add(build.mul(place, width), column))

    def _shift(self, extent: Extent, when: When, block: Block) -> ir.Value | None:
        """Return where the rows of a block begin in a buffer; None where there is one row for all."""
        build = self.build
        if extent is Extent.ONE:
            return None
        if extent is Extent.STEP:
            return i64(0)
        if extent is Extent.SEQUENCE:
            return block.start
        if extent is Extent.STATE:
            return block.previous if when is When.PREVIOUS else build.add(self.n_rows, block.start)
        parity = build.and_(build.add(block.t, i64(int(when is When.PREVIOUS))), i64(1))
        return build.mul(parity, self.n_rows)

    def _stride(self, access: Access) -> ir.Value:
        """Return how many numbers lie between the rows of two steps, where all steps have all rows."""
        if access.buffer.extent is Extent.STEP:
            return i64(0)
        return self.build.mul(self.n_rows, i64(access.buffer.stride))
