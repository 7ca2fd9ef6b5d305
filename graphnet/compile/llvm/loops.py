"""Loops of LLVM IR."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import llvmlite.ir as ir

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


def i64(number: int) -> ir.Constant:
    """Return a whole number as a constant."""
    return ir.Constant(I64, number)


@contextmanager
def counted(build: ir.IRBuilder, start: ir.Value, stop: ir.Value, step: ir.Value | None = None) -> Iterator[ir.Value]:
    """Write the body of ``for i in range(start, stop, step)``, which may run not at all; yield i."""
    before = build.block
    head, body, after = (build.append_basic_block(name) for name in ("head", "body", "after"))
    build.branch(head)
    build.position_at_end(head)
    i = build.phi(I64, "i")
    i.add_incoming(start, before)
    build.cbranch(build.icmp_signed("<", i, stop), body, after)
    build.position_at_end(body)
    yield i
    i.add_incoming(build.add(i, step or i64(1), flags=("nsw",)), build.block)
    build.branch(head)
    build.position_at_end(after)


def smaller(build: ir.IRBuilder, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return the smaller of two whole numbers."""
    return build.select(build.icmp_signed("<", a, b), a, b)
