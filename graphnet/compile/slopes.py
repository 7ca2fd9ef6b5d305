"""Slopes: what goes back from an operation of a kernel to its operands."""

from __future__ import annotations

from collections.abc import Callable

from graphnet.compile.scalars import Scalar, Scalars


def contributions(
    scalar: Scalar, gradient: Scalar, value: Callable[[Scalar], Scalar], scalars: Scalars
) -> list[tuple[Scalar, Scalar]]:
    """Return each operand of a scalar with what goes back to it.

    Parameters
    ----------
    scalar : Scalar
        Of the kernel forwards.
    gradient : Scalar
        What came back to it.
    value : callable
        Gives the value of a scalar of the kernel forwards on the way back.
    scalars : Scalars
        Of the kernel of the way back.
    """
    found = _contributions(scalar, gradient, value, scalars)
    return [(operand, back) for operand, back in found if operand.op != "constant"]


def _contributions(
    scalar: Scalar, g: Scalar, value: Callable[[Scalar], Scalar], scalars: Scalars
) -> list[tuple[Scalar, Scalar]]:
    apply, constant = scalars.apply, scalars.constant

    def times(a: Scalar, b: Scalar) -> Scalar:
        return apply("multiply", a, b)

    def minus(a: Scalar) -> Scalar:
        return apply("negative", a)

    if scalar.op == "let":
        return (
            [(x, times(g, value(slope))) for x, slope in scalar.slopes] if scalar.slopes else [(scalar.operands[0], g)]
        )
    if scalar.op == "sum":
        return [(x, g) for x in scalar.operands]
    match scalar.op, scalar.operands:
        case "add", (a, b):
            return [(a, g), (b, g)]
        case "subtract", (a, b):
            return [(a, g), (b, minus(g))]
        case "multiply", (a, b):
            return [(a, times(g, value(b))), (b, times(g, value(a)))]
        case "divide", (a, b):
            quotient = apply("divide", g, value(b))
            return [(a, quotient), (b, minus(times(quotient, value(scalar))))]
        case "negative", (a,):
            return [(a, minus(g))]
        case "exp", (a,):
            return [(a, times(g, value(scalar)))]
        case "expm1", (a,):
            return [(a, times(g, apply("add", value(scalar), constant(1))))]
        case "log", (a,):
            return [(a, apply("divide", g, value(a)))]
        case "log1p", (a,):
            return [(a, apply("divide", g, apply("add", value(a), constant(1))))]
        case "tanh", (a,):
            y = value(scalar)
            return [(a, times(g, apply("subtract", constant(1), times(y, y))))]
        case "sigmoid", (a,):
            y = value(scalar)
            return [(a, times(g, times(y, apply("subtract", constant(1), y))))]
        case "sqrt", (a,):
            return [(a, apply("divide", times(g, constant(0.5)), value(scalar)))]
        case "absolute", (a,):
            return [(a, times(g, apply("sign", value(a))))]
        case "maximum" | "minimum", (a, b):
            first = apply("greater_equal" if scalar.op == "maximum" else "less_equal", value(a), value(b))
            zero = constant(0)
            return [(a, apply("select", first, g, zero)), (b, apply("select", first, zero, g))]
        case "select", (condition, a, b):
            chosen, zero = value(condition), constant(0)
            return [(a, apply("select", chosen, g, zero)), (b, apply("select", chosen, zero, g))]
    return []  # what has no slope, or none anywhere: conditions, signs, the largest of a row
