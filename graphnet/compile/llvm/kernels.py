"""Kernels as LLVM IR: row by row, and within a row vector by vector, everything in one loop that can be.

What needs the sum or the largest of a row comes in a later pass over it; places of the same number of columns share a
loop, in which every number is read and written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import llvmlite.ir as ir

from graphnet.compile.buffers import Access
from graphnet.compile.llvm.bodies import Body, operation
from graphnet.compile.llvm.lanes import Lanes
from graphnet.compile.llvm.loops import counted, i64
from graphnet.compile.program import Kernel, Store
from graphnet.compile.scalars import EXPENSIVE, Scalar


class KernelCode:
    """Writes one kernel.

    Parameters
    ----------
    kernel : Kernel
    lanes : Lanes
        Of a whole vector register.
    build : ir.IRBuilder
        At the place where a row's code goes.
    row_of : callable
        Returns the pointer to the columns of the present row that an access means.
    """

    def __init__(self, kernel: Kernel, lanes: Lanes, build: ir.IRBuilder, row_of: Callable[[Access], ir.Value]) -> None:
        self.kernel = kernel
        self.lanes = lanes
        self.build = build
        self.row_of = row_of
        self.scalars = kernel.scalars()
        self.passes = _passes(self.scalars)
        self.numbers: dict[int, ir.Value] = {}  # those of the whole row
        self.sums: dict[int, ir.Value] = {}  # by sum or largest, where a vector of it is kept
        self.spilt: dict[int, ir.Value] = {}  # by scalar, where its places are kept for later passes
        self._spill = _crossing(self.scalars, self.passes, kernel.stores)

    def write(self) -> None:
        """Write the code of one row."""
        for k in range(max(self.passes.values(), default=0) + 1):
            self._numbers(k)
            self._loops(k)

    def _numbers(self, k: int) -> None:
        """Write what is one number for the row, as far as it is known before pass k."""
        for scalar in self.scalars:
            if scalar.length == 0 and self.passes[scalar.number] == k:
                self.numbers[scalar.number] = self._number(scalar)
        for store in self.kernel.stores:
            if store.length == 0 and self.passes[store.scalar.number] == k:
                self._put(self.numbers[store.scalar.number], self.row_of(store.access), store)

    def _number(self, scalar: Scalar) -> ir.Value:
        if scalar.op == "constant":
            return self.lanes.number(scalar.detail)
        if scalar.op == "load":
            return self.build.load(self.row_of(scalar.detail))
        if scalar.op in ("sum", "max"):
            return self._reduced(scalar)
        operands = [self.numbers[x.number] for x in scalar.operands]
        return operation(self.build, self.lanes, scalar.op, operands)

    def _put(self, value: ir.Value, pointer: ir.Value, store: Store) -> None:
        if store.accumulate or store.over_rows:
            value = self.build.fadd(self.build.load(pointer), value)
        self.build.store(value, pointer)

    # ---- loops over the columns

    def _loops(self, k: int) -> None:
        """Write the loops of pass k, one for each number of columns."""
        ends: dict[int, list[Store | tuple[Scalar, Scalar] | Scalar]] = {}
        for store in self.kernel.stores:
            if store.length and self.passes[store.scalar.number] == k:
                ends.setdefault(store.length, []).append(store)
        for scalar in self._spill:
            if self.passes[scalar.number] == k:
                ends.setdefault(scalar.length, []).append(scalar)
        for scalar in self.scalars:
            if scalar.op in ("sum", "max") and self.passes[scalar.number] == k + 1:
                for operand in scalar.operands:
                    ends.setdefault(operand.length, []).append((scalar, operand))
        for length, items in ends.items():
            self._loop(k, length, items)

    def _loop(self, k: int, length: int, items: Iterable[Any]) -> None:
        lanes = Lanes(self.lanes.dtype, min(self.lanes.count, _power_of_two(length)))
        whole = length - length % lanes.count
        listed = list(items)
        for item in listed:
            if isinstance(item, tuple) and item[0].number not in self.sums:
                self._open(item[0])
        if whole == lanes.count:
            self._body(k, lanes, i64(0), lanes.count, listed)
        elif whole:
            with counted(self.build, i64(0), i64(whole), i64(lanes.count)) as column:
                self._body(k, lanes, column, lanes.count, listed)
        if length > whole:
            self._body(k, lanes, i64(whole), length - whole, listed)

    def _body(self, k: int, lanes: Lanes, column: ir.Value, live: int, items: list[Any]) -> None:
        body = Body(self, k, lanes, column, live)
        for item in items:  # all is read before anything is written, since that may lie in the same place
            if isinstance(item, Store):
                body.value(item)
        for item in items:
            if isinstance(item, Store):
                body.put(item)
            elif isinstance(item, tuple):
                body.gather(*item)
            else:
                body.spill(item)

    # ---- sums and the largest of rows

    def _open(self, scalar: Scalar) -> None:
        """Make room for what is gathered over the loops of a pass."""
        place = self._room(self.lanes.vector)
        neutral = 0.0 if scalar.op == "sum" else float("-inf")
        self.build.store(self.lanes.constant(neutral), place)
        self.sums[scalar.number] = place

    def _reduced(self, scalar: Scalar) -> ir.Value:
        vector = self.build.load(self.sums.pop(scalar.number))
        return self.lanes.sum(self.build, vector) if scalar.op == "sum" else self.lanes.maximum(self.build, vector)

    def _room(self, kind: ir.Type) -> ir.Value:
        """Return room on the stack, which the optimiser turns into registers."""
        with self.build.goto_entry_block():
            return self.build.alloca(kind)

    def room_for(self, scalar: Scalar) -> ir.Value:
        """Return room for all places of a scalar, to be read in a later pass."""
        if scalar.number not in self.spilt:
            size = scalar.length + self.lanes.count
            with self.build.goto_entry_block():
                place = self.build.alloca(ir.ArrayType(self.lanes.element, size))
                self.spilt[scalar.number] = self.build.bitcast(place, self.lanes.pointer)
        return self.spilt[scalar.number]


def _passes(scalars: list[Scalar]) -> dict[int, int]:
    """Return in which pass over a row each scalar is known."""
    passes: dict[int, int] = {}
    for scalar in scalars:
        last = max((passes[x.number] for x in scalar.operands), default=0)
        passes[scalar.number] = last + (scalar.op in ("sum", "max"))
    return passes


def _crossing(scalars: list[Scalar], passes: dict[int, int], stores: list[Store]) -> dict[Scalar, None]:
    """Return what costs too much to be computed again in the later passes that need it."""
    needed: dict[int, set[int]] = {}

    def need(scalar: Scalar, k: int) -> None:
        waiting = [scalar]
        while waiting:
            top = waiting.pop()
            if top.length and k not in needed.setdefault(top.number, set()):
                needed[top.number].add(k)
                if not (top.op in EXPENSIVE and passes[top.number] < k):
                    waiting.extend(top.operands)

    for store in stores:
        need(store.scalar, passes[store.scalar.number])
    for scalar in scalars:
        if scalar.op in ("sum", "max"):
            for operand in scalar.operands:
                need(operand, passes[scalar.number] - 1)
    return {
        scalar: None
        for scalar in scalars
        if scalar.op in EXPENSIVE
        and scalar.length
        and any(k > passes[scalar.number] for k in needed.get(scalar.number, ()))
    }


def _power_of_two(n: int) -> int:
    return 1 << (n - 1).bit_length()
