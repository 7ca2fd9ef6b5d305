"""Functions of numbers as LLVM IR: exp, log, tanh and their kin, without a call, a branch or a table.

Each takes a builder and values of type float, double or a vector of these, and returns a value of the same type.
float32 is exact to 4 units in the last place, float64 to 1e-14 relative. NaN stays NaN, infinities give the limits, the
sign of zero is kept; a result below the smallest normal number may be off by a few of the smallest subnormal ones. What
comes out of a lane does not depend on how many lanes there are.

Examples
--------
>>> import ctypes
>>> from graphnet.compile.llvm.target import load
>>> number = ir.DoubleType()
>>> module = ir.Module("example")
>>> function = ir.Function(module, ir.FunctionType(number, [number]), "logistic")
>>> build = ir.IRBuilder(function.append_basic_block())
>>> _ = build.ret(sigmoid(build, function.args[0]))
>>> logistic = load(str(module), ["logistic"]).function("logistic", [ctypes.c_double], ctypes.c_double)
>>> logistic(0.0), round(logistic(2.0), 6), logistic(float("-inf"))
(0.5, 0.880797, 0.0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import llvmlite.ir as ir

from graphnet.compile.llvm.arithmetic import Arithmetic


@dataclass(frozen=True)
class _Approximation:
    """Constants for one type of number.

    Attributes
    ----------
    ln2 : tuple of float
        ln 2 as a sum, of which the first part times any exponent is exact.
    expm1 : tuple of float
        c of (exp(r) - 1)/r = 1 + c[0] r + c[1] r² + ... for |r| <= ln 2 / 2.
    log : tuple of float
        c of ln((1+s)/(1-s)) = 2 s + s (c[0] s² + c[1] s⁴ + ...) for |s| <= 3 - √8.
    """

    ln2: tuple[float, float]
    expm1: tuple[float, ...]
    log: tuple[float, ...]


# The coefficients were found by Remez' exchange in 50 digits, for the least relative error of exp(r) - 1 and the least
# error of the logarithm's series divided by s; those of float32 were rounded one by one, the rest being fitted anew
# each time. The comments say which error is left.
_APPROXIMATIONS = {
    "float32": _Approximation(
        ln2=(0.693145751953125, 1.4286068203094173e-06),
        expm1=(  # 1.4e-8
            0.4999999701976776,
            0.16666537523269653,
            0.041667740792036057,
            0.008367318660020828,
            0.0013837860897183418,
        ),
        log=(0.6666677594184875, 0.3997756838798523, 0.29871460795402527),  # 8.2e-10
    ),
    "float64": _Approximation(
        ln2=(0.6931471805601177, -1.7239444525614835e-13),
        expm1=(  # 2.8e-17
            0.5000000000000006,
            0.16666666666666588,
            0.04166666666657537,
            0.00833333333339078,
            0.0013888888932060037,
            0.00019841269716604223,
            2.480150463906853e-05,
            2.7557409289838033e-06,
            2.762630370066843e-07,
            2.5053386408738174e-08,
        ),
        log=(  # 1.4e-18
            0.666666666666671,
            0.39999999999540903,
            0.28571428719111513,
            0.2222220064116965,
            0.18183468710608458,
            0.15316267501066866,
            0.14775578085847707,
        ),
    ),
}


def exp(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write exp(x)."""
    a = Arithmetic(build, x)
    root = _exponential(a, _where_exp_is_finite(a, x), 0.5)
    return a.multiply(root, root)  # exp(x/2)²: the powers of two reach to both ends of exp(x/2), but not of exp(x)


def expm1(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write exp(x) - 1, exact also where exp(x) is close to 1."""
    a = Arithmetic(build, x)
    root = _exponential_minus_1(a, _where_exp_is_finite(a, x), 0.5)
    value = a.add(a.multiply(root, root), a.add(root, root))  # (1 + root)² - 1
    return copysign(build, value, x)  # for the sign of zero


def tanh(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write the hyperbolic tangent of x, (exp(2x) - 1)/(exp(2x) + 1)."""
    a = Arithmetic(build, x)
    e = _exponential_minus_1(a, a.at_most(absolute(build, x), 32), 2)  # it is 1 long before
    return copysign(build, build.fdiv(e, a.add(e, a.number(2))), x)


def sigmoid(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write the logistic function of x, 1/(1 + exp(-x)); a result that would be subnormal may be 0."""
    a = Arithmetic(build, x)
    # At the lower bound, the power of two is infinite and the result 0; at the upper, it is 1 long before.
    x = a.clamp(x, -(a.bias + 1.25) * math.log(2), 64)
    return build.fdiv(a.number(1), a.add(_exponential(a, x, -1), a.number(1)))


def log(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write the natural logarithm of x: -inf for 0, NaN for less."""
    a = Arithmetic(build, x)
    subnormal = build.fcmp_ordered("<", x, a.number(2.0 ** (1 - a.bias)))  # has no exponent of its own
    k, m = a.split(build.select(subnormal, a.multiply(x, a.number(2.0**a.fraction)), x))
    added = build.select(subnormal, a.number(a.rounder + a.fraction), a.number(a.rounder))
    return _with_limits_of_log(a, x, _logarithm(a, a.subtract(k, added), a.subtract(m, a.number(1))))


def log1p(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write log(1 + x), exact also for small x: -inf for -1, NaN for less."""
    a = Arithmetic(build, x)
    one = a.number(1)
    u = a.add(one, x)
    # What rounding took from 1 + x (Knuth's exact sum) is given back once u is near 1.
    v = a.subtract(u, one)
    lost = a.add(a.subtract(one, a.subtract(u, v)), a.subtract(x, v))
    k, m = a.split(u)
    # Half of it times 2¹⁻ᵏ, since 2⁻ᵏ would be subnormal for the largest u.
    scale = a.power_of_two(build.sub(a.whole(2 * a.bias + 1), a.bits(k)))
    f = a.add(a.subtract(m, one), a.multiply(a.multiply(lost, a.number(0.5)), scale))
    value = _with_limits_of_log(a, u, _logarithm(a, a.subtract(k, a.number(a.rounder)), f))
    return copysign(build, value, x)  # for the sign of zero


def sqrt(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write the square root of x: NaN for less than 0."""
    return Arithmetic(build, x).intrinsic("sqrt", x)


def absolute(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write the absolute value of x."""
    return Arithmetic(build, x).intrinsic("fabs", x)


def floor(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write the largest whole number that is not above x."""
    return Arithmetic(build, x).intrinsic("floor", x)


def copysign(build: ir.IRBuilder, x: ir.Value, sign_of: ir.Value) -> ir.Value:
    """Write the absolute value of x with the sign of another value, which may be that of a zero."""
    return Arithmetic(build, x).intrinsic("copysign", x, sign_of)


def minimum(build: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Write the smaller of two, NaN if either is, as NumPy does."""
    return _extreme(build, "<", x, y)


def maximum(build: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """Write the larger of two, NaN if either is, as NumPy does."""
    return _extreme(build, ">", x, y)


def sign(build: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Write -1, 0 or 1 as x is below, at or above 0; 0 without a sign, as NumPy does."""
    a = Arithmetic(build, x)
    zero = a.number(0)
    at_most_0 = build.select(build.fcmp_ordered("<", x, zero), a.number(-1), a.add(x, zero))  # -0 + 0 is 0
    return build.select(build.fcmp_ordered(">", x, zero), a.number(1), at_most_0)


def _where_exp_is_finite(a: Arithmetic, x: ir.Value) -> ir.Value:
    """Write x within bounds beyond which its exponential is infinite or 0."""
    return a.clamp(x, -(a.bias + 1), a.bias + 1)


def _exponential(a: Arithmetic, x: ir.Value, scale: float) -> ir.Value:
    """Write exp(scale x), where the scale is a power of two or the negative of one."""
    power, r, curve = _reduced(a, x, scale)
    slope = a.add(a.multiply(r, curve), a.number(scale))
    return a.multiply(power, a.add(a.multiply(r, slope), a.number(1)))


def _exponential_minus_1(a: Arithmetic, x: ir.Value, scale: float) -> ir.Value:
    """Write exp(scale x) - 1, where the scale is a power of two or the negative of one."""
    power, r, curve = _reduced(a, x, scale)
    e = a.add(a.multiply(r, a.multiply(r, curve)), a.multiply(r, a.number(scale)))  # the latter is not rounded
    return a.add(a.multiply(e, power), a.subtract(power, a.number(1)))


def _reduced(a: Arithmetic, x: ir.Value, scale: float) -> tuple[ir.Value, ir.Value, ir.Value]:
    """Write the power of two, r and curve of exp(scale x) = power (1 + scale r + r² curve).

    The scale is part of the constants and costs nothing.
    """
    constants = _APPROXIMATIONS[a.dtype.name]
    rounder = a.number(a.rounder)
    shifted = a.add(a.multiply(x, a.number(scale / math.log(2))), rounder)
    k = a.subtract(shifted, rounder)
    high, low = (a.multiply(k, a.number(part / scale)) for part in constants.ln2)
    r = a.subtract(a.subtract(x, high), low)
    curve = a.polynomial(r, [c * scale ** (2 + i) for i, c in enumerate(constants.expm1)])
    return a.power_of_two(a.bits(shifted)), r, curve


def _logarithm(a: Arithmetic, k: ir.Value, f: ir.Value) -> ir.Value:
    """Write ln(2ᵏ (1 + f)) by s = f/(2 + f), adding what is small first, as fdlibm's e_log.c does."""
    constants = _APPROXIMATIONS[a.dtype.name]
    s = a.build.fdiv(f, a.add(f, a.number(2)))
    z = a.multiply(s, s)
    half_square = a.multiply(a.multiply(f, a.number(0.5)), f)
    high, low = (a.multiply(k, a.number(part)) for part in constants.ln2)
    series = a.multiply(z, a.polynomial(z, constants.log))
    rest = a.add(a.multiply(s, a.add(half_square, series)), low)
    return a.add(high, a.subtract(f, a.subtract(half_square, rest)))


def _with_limits_of_log(a: Arithmetic, x: ir.Value, value: ir.Value) -> ir.Value:
    """Write the logarithm of x where the formula does not hold: for 0, less, infinity and NaN."""
    zero = a.number(0)
    not_above_0 = a.build.select(a.build.fcmp_ordered("==", x, zero), a.number(-math.inf), a.number(math.nan))
    value = a.build.select(a.build.fcmp_ordered(">", x, zero), value, not_above_0)
    return a.build.select(a.build.fcmp_ordered("<", x, a.number(math.inf)), value, x)


def _extreme(build: ir.IRBuilder, order: str, x: ir.Value, y: ir.Value) -> ir.Value:
    chosen = build.select(build.fcmp_ordered(order, x, y), x, y)  # y if either is NaN
    return build.select(build.fcmp_unordered("uno", x, x), x, chosen)
