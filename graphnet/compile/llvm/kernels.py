"""Kernels as LLVM IR: row by row, and within a row vector by vector, everything in one loop that can be.

What needs the sum or the largest of a row comes in a later pass over it; places of the same number of columns share a
loop, in which every number is read and written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import llvmlite.ir as ir

from graphnet.compile.buffers import Access
from graphnet.compile.llvm import functions
from graphnet.compile.llvm.lanes import CONTRACT, Lanes
from graphnet.compile.llvm.loops import counted, i64
from graphnet.compile.program import Kernel, Store
from graphnet.compile.scalars import EXPENSIVE, Scalar

_FUNCTIONS: dict[str, Callable[..., ir.Value]] = {
    name: getattr(functions, name)
    for name in (
        "exp",
        "expm1",
        "log",
        "log1p",
        "tanh",
        "sigmoid",
        "sqrt",
        "absolute",
        "maximum",
        "minimum",
        "copysign",
    )
} | {"sign": functions.sign}
_COMPARISONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "=="}


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
        body = _Body(self, k, lanes, column, live)
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


class _Body:
    """The code for one vector of places."""

    def __init__(self, code: KernelCode, k: int, lanes: Lanes, column: ir.Value, live: int) -> None:
        self.code = code
        self.build = code.build
        self.k = k
        self.lanes = lanes
        self.column = column
        self.live = live
        self.known: dict[int, ir.Value] = {}

    def value(self, store: Store) -> ir.Value:
        """Return what is stored."""
        return self._wide(store.scalar)

    def put(self, store: Store) -> None:
        """Store it."""
        pointer = self._place(self.code.row_of(store.access))
        value = self.value(store)
        if store.accumulate or store.over_rows:
            value = self.build.fadd(self._load(pointer), value)
        if self.live == self.lanes.count:
            self.lanes.store(self.build, value, pointer)
        else:
            self.lanes.store_first(self.build, value, pointer, self.live)

    def gather(self, total: Scalar, operand: Scalar) -> None:
        """Add a part to the sum of the row, or keep the larger numbers."""
        value, place = self._wide(operand), self.code.sums[total.number]
        if self.live != self.lanes.count:
            neutral = self.lanes.constant(0.0 if total.op == "sum" else float("-inf"))
            value = self.build.select(self.lanes.first(self.build, self.live), value, neutral)
        value = self._widened(value, total.op)
        before = self.build.load(place)
        after = self.build.fadd(before, value) if total.op == "sum" else functions.maximum(self.build, before, value)
        self.build.store(after, place)

    def _widened(self, value: ir.Value, op: str) -> ir.Value:
        """Return a vector of the full size."""
        full = self.code.lanes
        if self.lanes.count == full.count:
            return value
        n = self.lanes.count
        neutral = self.lanes.constant(0.0 if op == "sum" else float("-inf"))
        order = [*range(n), *([n] * (full.count - n))]
        return self.build.shuffle_vector(value, neutral, ir.Constant(ir.VectorType(ir.IntType(32), full.count), order))

    def spill(self, scalar: Scalar) -> None:
        self.lanes.store(self.build, self._wide(scalar), self._place(self.code.room_for(scalar)))

    def _place(self, row: ir.Value) -> ir.Value:
        return self.lanes.at(self.build, row, self.column)

    def _load(self, pointer: ir.Value) -> ir.Value:
        if self.live == self.lanes.count:
            return self.lanes.load(self.build, pointer)
        return self.lanes.load_first(self.build, pointer, self.live)

    def _wide(self, scalar: Scalar) -> ir.Value:
        """Return a scalar as a vector, computing what it needs, without recursion."""
        waiting = [scalar]
        while waiting:
            top = waiting[-1]
            if top.number in self.known:
                waiting.pop()
                continue
            missing = [] if self._is_there(top) else [x for x in top.operands if x.number not in self.known]
            if missing:
                waiting.extend(missing)
            else:
                self.known[top.number] = self._made(top)
                waiting.pop()
        return self.known[scalar.number]

    def _is_there(self, scalar: Scalar) -> bool:
        return scalar.length == 0 or scalar.op == "load" or self._is_spilt(scalar)

    def _is_spilt(self, scalar: Scalar) -> bool:
        return scalar in self.code._spill and self.code.passes[scalar.number] < self.k

    def _made(self, scalar: Scalar) -> ir.Value:
        if scalar.op == "constant":
            return self.lanes.constant(scalar.detail)
        if scalar.length == 0:
            return self.lanes.splat(self.build, self.code.numbers[scalar.number])
        if scalar.op == "load":
            return self._load(self._place(self.code.row_of(scalar.detail)))
        if self._is_spilt(scalar):
            return self.lanes.load(self.build, self._place(self.code.room_for(scalar)))
        return operation(self.build, self.lanes, scalar.op, [self.known[x.number] for x in scalar.operands])


def operation(build: ir.IRBuilder, lanes: Lanes, op: str, operands: list[ir.Value]) -> ir.Value:
    """Write one operation on numbers or vectors."""
    match op:
        case "add":
            return build.fadd(*operands, flags=CONTRACT)
        case "subtract":
            return build.fsub(*operands, flags=CONTRACT)
        case "multiply":
            return build.fmul(*operands, flags=CONTRACT)
        case "divide":
            return build.fdiv(*operands)
        case "negative":
            return build.fneg(*operands)
        case "let":
            return operands[0]
        case "select":
            return build.select(*operands)
        case "not_equal":
            return build.fcmp_unordered("!=", *operands)
        case "and":
            return build.and_(*operands)
        case "or":
            return build.or_(*operands)
        case "not":
            return build.not_(*operands)
    if op in _COMPARISONS:
        return build.fcmp_ordered(_COMPARISONS[op], *operands)
    return _FUNCTIONS[op](build, *operands)


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
