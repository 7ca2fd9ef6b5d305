"""Operators: what formulas and NumPy's functions do to rows, as names of operations."""

from __future__ import annotations

from typing import Any

import numpy as np


class Untraceable(Exception):  # noqa: N818  # it is no error: what cannot be traced is called as it is
    """Something cannot be said in rows; it is called through its hooks: ``call``, or all that was to be one program."""

    call: Any = None


# NumPy's functions of numbers, and what they are called here.
_UFUNCS: dict[np.ufunc, str] = {
    np.add: "add",
    np.subtract: "subtract",
    np.multiply: "multiply",
    np.true_divide: "divide",
    np.negative: "negative",
    np.exp: "exp",
    np.expm1: "expm1",
    np.log: "log",
    np.log1p: "log1p",
    np.tanh: "tanh",
    np.sqrt: "sqrt",
    np.absolute: "absolute",
    np.maximum: "maximum",
    np.minimum: "minimum",
    np.copysign: "copysign",
    np.sign: "sign",
    np.greater: "greater",
    np.greater_equal: "greater_equal",
    np.less: "less",
    np.less_equal: "less_equal",
    np.equal: "equal",
    np.not_equal: "not_equal",
    np.logical_and: "and",
    np.bitwise_and: "and",
    np.logical_or: "or",
    np.bitwise_or: "or",
    np.logical_not: "not",
    np.invert: "not",
}

CONDITIONS = frozenset(("greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "and", "or", "not"))


class Operators:
    """The operators of arrays, and NumPy's functions of numbers, for what knows operations by their names."""

    __slots__ = ()

    def operation(self, name: str, *operands: Any) -> Any:
        """Return an operation on such objects and numbers."""
        raise NotImplementedError

    def is_condition(self) -> bool:
        """Tell whether this is true or false at every place."""
        raise NotImplementedError

    dtype = np.dtype(np.float64)  # formulas ask for it; the program has a type of its own

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Return a condition as 1 and 0, and numbers as they are."""
        if self.is_condition():
            return self.operation("select", self, 1.0, 0.0)
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise Untraceable(f"{ufunc.__name__}.{method}")
        if ufunc is np.square:
            return self * self
        if ufunc is np.power:
            return _power(*inputs)
        if ufunc is np.reciprocal:
            return self.operation("divide", 1.0, self)
        if ufunc not in _UFUNCS:
            raise Untraceable(ufunc.__name__)
        return self.operation(_UFUNCS[ufunc], *inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is np.where and len(arguments) == 3:
            return self.operation("select", *arguments)
        if function is np.clip and len(arguments) == 3:
            x, low, high = arguments
            return self.operation("minimum", self.operation("maximum", x, low), high)
        if function is np.result_type:
            return self.dtype
        raise Untraceable(function.__name__)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Untraceable("rows as an array")

    def __add__(self, other: Any) -> Any:
        return self.operation("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.operation("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.operation("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.operation("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.operation("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.operation("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.operation("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.operation("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return _power(self, other)

    def __neg__(self) -> Any:
        return self.operation("negative", self)

    def __abs__(self) -> Any:
        return self.operation("absolute", self)

    def __gt__(self, other: Any) -> Any:
        return self.operation("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.operation("greater_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return self.operation("less", self, other)

    def __le__(self, other: Any) -> Any:
        return self.operation("less_equal", self, other)

    def __eq__(self, other: Any) -> Any:
        return self.operation("equal", self, other)

    def __ne__(self, other: Any) -> Any:
        return self.operation("not_equal", self, other)

    def __and__(self, other: Any) -> Any:
        return self.operation("and", self, other)

    def __or__(self, other: Any) -> Any:
        return self.operation("or", self, other)

    def __invert__(self) -> Any:
        return self.operation("not", self)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise Untraceable("a choice that depends on numbers")

    __float__ = __int__ = __index__ = __len__ = __iter__ = __bool__


def _power(x: Any, exponent: Any) -> Any:
    """Return a power with a small whole or half exponent, as products and roots."""
    if isinstance(exponent, Operators) or not isinstance(x, Operators):
        raise Untraceable("a power of a number that varies")
    p = float(exponent)
    if p == 0.5:
        return x.operation("sqrt", x)
    if not p.is_integer() or not 1 <= abs(p) <= 8:
        raise Untraceable(f"the power {p:g}")
    y: Any = x
    for _ in range(int(abs(p)) - 1):
        y = y * x
    return y if p > 0 else x.operation("divide", 1.0, y)
