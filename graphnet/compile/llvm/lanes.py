"""Vectors of one type of number: what LLVM IR says in several instructions, said in one word."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.ir as ir
import numpy as np

from graphnet.compile.llvm.loops import I1, I32, I64

CONTRACT = ("contract",)  # a product and a sum may become one fused instruction; nothing else is loosened
LINE = 64  # bytes
_TYPES = {"f32": ir.FloatType(), "f64": ir.DoubleType()}


class Lanes:
    """A number type and so many of its numbers side by side.

    Parameters
    ----------
    dtype : dtype-like
        float32 or float64.
    count : int
        How many numbers a vector has; a power of two.

    Attributes
    ----------
    dtype : numpy.dtype
    count : int
    suffix : str
        ``"f32"`` or ``"f64"``, for names of functions.
    bytes : int
        The size of one number.
    element, vector, pointer
        LLVM's types of a number, of a vector, and of a pointer to numbers.
    """

    def __init__(self, dtype: Any, count: int):
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"vectors hold float32 or float64, not {self.dtype}")
        if count < 1 or count & (count - 1):
            raise ValueError(f"a vector has 1, 2, 4, 8, ... lanes, not {count}")
        self.count = count
        self.bytes = self.dtype.itemsize
        self.suffix = f"f{8 * self.bytes}"
        self.element = _TYPES[self.suffix]
        self.vector = ir.VectorType(self.element, count)
        self.pointer = ir.PointerType(self.element)
        self._to_vector = ir.PointerType(self.vector)
        self.mask = ir.VectorType(I1, count)

    @classmethod
    def of_bytes(cls, dtype: Any, size: int) -> Lanes:
        """Return the vectors that fill so many bytes."""
        return cls(dtype, size // np.dtype(dtype).itemsize)

    def number(self, value: float) -> ir.Constant:
        """Return a number as a constant."""
        return ir.Constant(self.element, float(self.dtype.type(value)))

    def constant(self, value: float) -> ir.Constant:
        """Return a vector with the same number in every lane."""
        if value == 0 and math.copysign(1, value) == 1:
            return ir.Constant(self.vector, None)  # the same in a shorter text
        return ir.Constant(self.vector, [self.number(value)] * self.count)

    def splat(self, build: ir.IRBuilder, scalar: ir.Value) -> ir.Value:
        """Return a vector with a scalar, which may be of any type, in every lane."""
        undefined = ir.Constant(ir.VectorType(scalar.type, self.count), ir.Undefined)
        first = build.insert_element(undefined, scalar, ir.Constant(I32, 0))
        return build.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, self.count), None))  # all 0

    def at(self, build: ir.IRBuilder, pointer: ir.Value, index: ir.Value) -> ir.Value:
        """Return the pointer to the number ``index`` numbers on."""
        return build.gep(pointer, [index], inbounds=True)

    def aligned(self, build: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
        """Return the first place from a pointer on where a cache line begins; at most so many bytes further."""
        place = build.add(build.ptrtoint(pointer, I64), ir.Constant(I64, LINE - 1))
        return build.inttoptr(build.and_(place, ir.Constant(I64, -LINE)), self.pointer)

    def load(self, build: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
        """Return the vector at a pointer to numbers, which need no more alignment than a number."""
        return build.load(build.bitcast(pointer, self._to_vector), align=self.bytes)

    def store(self, build: ir.IRBuilder, value: ir.Value, pointer: ir.Value) -> None:
        """Write a vector to a pointer to numbers."""
        build.store(value, build.bitcast(pointer, self._to_vector), align=self.bytes)

    def prefetch_to_write(self, build: ir.IRBuilder, pointer: ir.Value) -> None:
        """Let the processor fetch the line at a pointer meanwhile, to write to it; the pointer may lead anywhere."""
        self._prefetch(build, pointer, 1)

    def prefetch(self, build: ir.IRBuilder, pointer: ir.Value) -> None:
        """Let the processor fetch the line at a pointer meanwhile, to read it; the pointer may lead anywhere."""
        self._prefetch(build, pointer, 0)

    def _prefetch(self, build: ir.IRBuilder, pointer: ir.Value, to_write: int) -> None:
        name = "llvm.prefetch.p0"
        function = build.module.globals.get(name) or ir.Function(
            build.module, ir.FunctionType(ir.VoidType(), [self.pointer, I32, I32, I32]), name
        )
        build.call(function, [pointer, *(ir.Constant(I32, number) for number in (to_write, 3, 1))])  # keep, data

    def first(self, build: ir.IRBuilder, live: ir.Value | int) -> ir.Value:
        """Return the mask of the first so many lanes: a constant, or a 64-bit number of any size."""
        if isinstance(live, int):
            return ir.Constant(self.mask, [int(lane < live) for lane in range(self.count)])
        order = ir.Constant(ir.VectorType(I64, self.count), list(range(self.count)))
        return build.icmp_signed("<", order, self.splat(build, live))

    def load_first(self, build: ir.IRBuilder, pointer: ir.Value, live: ir.Value | int) -> ir.Value:
        """Return a vector of which only the first lanes are read; the others are 0."""
        types = [self.vector, self._to_vector, I32, self.mask, self.vector]
        function = self._intrinsic(build, "llvm.masked.load", types)
        align = ir.Constant(I32, self.bytes)
        to = build.bitcast(pointer, self._to_vector)
        return build.call(function, [to, align, self.first(build, live), self.constant(0)])

    def store_first(self, build: ir.IRBuilder, value: ir.Value, pointer: ir.Value, live: ir.Value | int) -> None:
        """Write only the first lanes of a vector."""
        types = [ir.VoidType(), self.vector, self._to_vector, I32, self.mask]
        function = self._intrinsic(build, "llvm.masked.store", types)
        align = ir.Constant(I32, self.bytes)
        build.call(function, [value, build.bitcast(pointer, self._to_vector), align, self.first(build, live)])

    def store_part(self, build: ir.IRBuilder, value: ir.Value, first: int, count: int, pointer: ir.Value) -> None:
        """Write some lanes that are side by side."""
        to = build.bitcast(pointer, ir.PointerType(ir.VectorType(self.element, count)))
        build.store(self.part(build, value, first, count), to, align=self.bytes)

    def part(self, build: ir.IRBuilder, value: ir.Value, first: int, count: int) -> ir.Value:
        """Return some lanes that are side by side, as a vector of so many."""
        chosen = ir.Constant(ir.VectorType(I32, count), list(range(first, first + count)))
        return build.shuffle_vector(value, ir.Constant(self.vector, ir.Undefined), chosen)

    def sum(self, build: ir.IRBuilder, value: ir.Value) -> ir.Value:
        """Return the sum over the lanes, halves added to halves, so that the order is always the same."""
        return self._halved(build, value, build.fadd)

    def maximum(self, build: ir.IRBuilder, value: ir.Value) -> ir.Value:
        """Return the largest over the lanes, NaN if one is."""

        def larger(a: ir.Value, b: ir.Value) -> ir.Value:
            no_nan_in_a = build.select(build.fcmp_ordered(">", a, b), a, b)  # b if either is NaN
            return build.select(build.fcmp_unordered("uno", a, a), a, no_nan_in_a)

        return self._halved(build, value, larger)

    def _halved(
        self, build: ir.IRBuilder, value: ir.Value, combine: Callable[[ir.Value, ir.Value], ir.Value]
    ) -> ir.Value:
        count = self.count
        while count > 1:
            count //= 2
            undefined = ir.Constant(value.type, ir.Undefined)
            low, high = (
                ir.Constant(ir.VectorType(I32, count), list(range(first, first + count))) for first in (0, count)
            )
            value = combine(build.shuffle_vector(value, undefined, low), build.shuffle_vector(value, undefined, high))
        return build.extract_element(value, ir.Constant(I32, 0))

    def _intrinsic(self, build: ir.IRBuilder, name: str, types: Sequence[ir.Type]) -> ir.Function:
        """Return one of LLVM's masked functions, declared in the module that is built."""
        full = f"{name}.v{self.count}{self.suffix}.p0"
        known = build.module.globals.get(full)
        return known or ir.Function(build.module, ir.FunctionType(types[0], types[1:]), full)
