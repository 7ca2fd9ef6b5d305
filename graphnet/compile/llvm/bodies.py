"""The bodies of a kernel's loops: what is done for one vector of places of a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import llvmlite.ir as ir

from graphnet.compile.llvm import functions
from graphnet.compile.llvm.lanes import CONTRACT, Lanes
from graphnet.compile.program import Store
from graphnet.compile.scalars import Scalar, evaluate

if TYPE_CHECKING:
    from graphnet.compile.llvm.kernels import KernelCode

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


class Body:
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
        """Return a scalar as a vector, computing what it needs."""
        return evaluate(scalar, self.known, self._is_there, self._made)

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
