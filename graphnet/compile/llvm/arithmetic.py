"""Arithmetic of LLVM IR on values of one type, which may be a number or a vector, and on the bits of its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import llvmlite.ir as ir
import numpy as np

from graphnet.compile.llvm.lanes import CONTRACT


class Arithmetic:
    """Writes operations on values of one type, with constants of that type.

    Parameters
    ----------
    build : llvmlite.ir.IRBuilder
        Where they are written.
    like : llvmlite.ir.Value
        A value of the type: float, double, or a vector of these.

    Attributes
    ----------
    dtype : numpy.dtype
        Of one number.
    fraction, bias : int
        How a number is made of bits: so many of its fraction (IEEE 754: 23 or 52), above them the exponent plus the
        bias (127 or 1023), which is the largest exponent, and the sign.
    rounder : float
        A number so large that it has no bits after the point, and whose last bits are the bias. What is added to it
        is rounded to a whole number k, and its last bits become the exponent of 2ᵏ.

    Raises
    ------
    TypeError
        If the value is of another type.
    """

    def __init__(self, build: ir.IRBuilder, like: ir.Value):
        self.build = build
        self._type = like.type
        is_vector = isinstance(self._type, ir.VectorType)
        element = self._type.element if is_vector else self._type
        if element not in (ir.FloatType(), ir.DoubleType()):
            raise TypeError(f"functions of numbers take float, double or vectors of these, not {self._type}")
        self._lanes: int | None = self._type.count if is_vector else None
        self.dtype: np.dtype[Any] = np.dtype(np.float32 if element == ir.FloatType() else np.float64)
        self.fraction, self.bias = (23, 127) if self.dtype == np.float32 else (52, 1023)
        self.rounder = 1.5 * 2.0**self.fraction + self.bias
        integer = ir.IntType(8 * self.dtype.itemsize)
        self._integer = ir.VectorType(integer, self._lanes) if is_vector else integer

    def number(self, value: float) -> ir.Constant:
        """Return the nearest number of the type, in every lane."""
        return self._constant(self._type, float(self.dtype.type(value)))

    def whole(self, value: int) -> ir.Constant:
        """Return an integer that is as wide as a number, in every lane."""
        return self._constant(self._integer, value)

    def add(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Write a + b."""
        return self.build.fadd(a, b, flags=CONTRACT)

    def subtract(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Write a - b."""
        return self.build.fsub(a, b, flags=CONTRACT)

    def multiply(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Write a b."""
        return self.build.fmul(a, b, flags=CONTRACT)

    def polynomial(self, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
        """Write c[0] + c[1] x + c[2] x² + ..., by Horner's rule."""
        value: ir.Value = self.number(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            value = self.add(self.multiply(value, x), self.number(coefficient))
        return value

    def at_most(self, x: ir.Value, limit: float) -> ir.Value:
        """Write the smaller of x and a constant; NaN stays."""
        bound = self.number(limit)
        return self.build.select(self.build.fcmp_ordered("<", bound, x), bound, x)

    def clamp(self, x: ir.Value, low: float, high: float) -> ir.Value:
        """Write x within bounds; NaN stays."""
        bound = self.number(low)
        return self.at_most(self.build.select(self.build.fcmp_ordered(">", bound, x), bound, x), high)

    def power_of_two(self, biased: ir.Value) -> ir.Value:
        """Write 2ᵏ, of whose exponent, k plus the bias, ``biased`` holds the bits, and above them others.

        It is 0 for the least exponent, -bias, and infinite for bias + 1.
        """
        return self.build.bitcast(self.build.shl(biased, self.whole(self.fraction)), self._type)

    def bits(self, x: ir.Value) -> ir.Value:
        """Write the bits of a number as an integer."""
        return self.build.bitcast(x, self._integer)

    def split(self, x: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Write k + ``rounder`` and m of x = 2ᵏ m with √½ <= m < √2, for x that is positive and not subnormal."""
        one, root = (int(self.dtype.type(number).view(f"i{self.dtype.itemsize}")) for number in (1, math.sqrt(0.5)))
        shifted = self.build.add(self.bits(x), self.whole(one - root))  # what is above √2 has the next exponent
        biased = self.build.lshr(shifted, self.whole(self.fraction))
        exponent = self.build.or_(biased, self.bits(self.number(self.rounder - self.bias)))
        m = self.build.add(self.build.and_(shifted, self.whole((1 << self.fraction) - 1)), self.whole(root))
        return self.build.bitcast(exponent, self._type), self.build.bitcast(m, self._type)

    def intrinsic(self, name: str, *arguments: ir.Value) -> ir.Value:
        """Write a call of LLVM's own function of that name, such as ``sqrt``, which is an instruction or two."""
        size = f"f{8 * self.dtype.itemsize}"
        full = f"llvm.{name}.{size}" if self._lanes is None else f"llvm.{name}.v{self._lanes}{size}"
        kind = ir.FunctionType(self._type, [self._type] * len(arguments))
        known = self.build.module.globals.get(full)
        return self.build.call(known or ir.Function(self.build.module, kind, full), arguments)

    def _constant(self, kind: ir.Type, value: float) -> ir.Constant:
        return ir.Constant(kind, value if self._lanes is None else [value] * self._lanes)
