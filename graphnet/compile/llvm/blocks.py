"""Blocks: the rows that an operation runs over, in machine code."""

from __future__ import annotations

import llvmlite.ir as ir

from graphnet.compile.llvm.loops import i64


class Block:
    """Rows that run together: where those of the step, and of the state before it, start, and which of them."""

    def __init__(
        self,
        t: ir.Value,
        start: ir.Value,
        previous: ir.Value,
        low: ir.Value,
        high: ir.Value,
        blocks: ir.Value | None = None,
    ) -> None:
        self.t = t
        self.start = start
        self.previous = previous
        self.low = low
        self.high = high
        self.blocks = i64(1) if blocks is None else blocks  # of so many steps, with gaps
