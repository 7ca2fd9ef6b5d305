r"""Tracing: what NumPy's functions and operators make of terms, so that the formula of a module writes itself.

>>> from graphnet.equations.leaves import Variable
>>> from graphnet.equations.writer import shown
>>> x = Variable()
>>> print(shown(np.clip(np.log1p(np.abs(x)), 0, 6), {x: "x"}))
\min(\max(\log(1 + \lvert x \rvert), 0), 6)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.equations.functions import Function
from graphnet.equations.leaves import Number
from graphnet.equations.operations import Power, Quotient, plus, term_of, times
from graphnet.equations.terms import PRODUCT, SUM, Term


def _log1p(x: Term) -> Term:
    return traced(np.log, plus(1, x))


def _expm1(x: Term) -> Term:
    return plus(traced(np.exp, x), -1)


def _divided(a: Term, b: Term) -> Term:
    return a if isinstance(b, Number) and b.value == 1 else Quotient(a, b)


_ARITHMETIC: dict[np.ufunc, Callable[..., Term]] = {
    np.add: plus,
    np.subtract: lambda a, b: plus(a, times(-1, b)),
    np.multiply: times,
    np.divide: _divided,
    np.power: Power,
    np.negative: lambda x: times(-1, x),
    np.square: lambda x: Power(x, Number(2)),
    np.reciprocal: lambda x: Quotient(Number(1), x),
    np.log1p: _log1p,
    np.expm1: _expm1,
}

# How a function of every element is written in front of its arguments, and behind them.
_WRITTEN: dict[np.ufunc, tuple[str, str]] = {
    np.abs: (r"\lvert ", r" \rvert"),
    np.fabs: (r"\lvert ", r" \rvert"),
    np.sqrt: (r"\sqrt{", "}"),
    np.floor: (r"\lfloor ", r" \rfloor"),
    np.ceil: (r"\lceil ", r" \rceil"),
    np.maximum: (r"\max(", ")"),
    np.minimum: (r"\min(", ")"),
    **{f: (rf"\{f.__name__}(", ")") for f in (np.exp, np.log, np.tanh, np.sinh, np.cosh, np.sin, np.cos, np.tan)},
}

_RELATIONS: dict[np.ufunc, str] = {
    np.greater: " > ",
    np.greater_equal: r" \ge ",
    np.less: r" \mathrel{<} ",  # in braces, since a page may take it for the beginning of a tag
    np.less_equal: r" \le ",
    np.equal: " = ",
    np.logical_or: r" \lor ",
    np.logical_and: r" \land ",
    np.bitwise_or: r" \lor ",
    np.bitwise_and: r" \land ",
}
_OF_RELATIONS = (np.logical_or, np.logical_and, np.bitwise_or, np.bitwise_and)


def traced(ufunc: np.ufunc, *inputs: Any) -> Term:
    """Return the term of a function of every element, some of whose arguments are terms."""
    terms = [term_of(value) for value in inputs]
    if ufunc in _ARITHMETIC:
        return _ARITHMETIC[ufunc](*[_counted(term) for term in terms])
    if ufunc in _RELATIONS:
        each = PRODUCT if ufunc in _OF_RELATIONS else SUM
        return Function(ufunc, "", *terms, after="", comma=_RELATIONS[ufunc], level=SUM, each=each, of_elements=True)
    before, after = _WRITTEN.get(ufunc, (rf"\operatorname{{{ufunc.__name__.replace('_', '')}}}(", ")"))
    return Function(ufunc, before, *map(_counted, terms), after=after, of_elements=True)


def _counted(term: Term) -> Term:
    """Return 1 where a relation holds and 0 elsewhere, for a relation; any other term as it is."""
    if not isinstance(term, Function) or term.function not in _RELATIONS:
        return term
    return Function(_as_number, r"\mathbb{1}[", term, after="]", of_elements=True)


def _as_number(holds: Any) -> Any:
    return np.multiply(1.0, holds)


def traced_function(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what one of NumPy's other functions makes of terms, as far as element-wise formulas need them."""
    if function is np.result_type:  # arrays of terms hold objects
        return np.dtype(object)
    if function is np.clip and not options:
        x, least, most = arguments
        return traced(np.minimum, traced(np.maximum, x, least), most)
    if function is np.where and len(arguments) == 3:
        condition, a, b = map(term_of, arguments)
        return plus(times(_counted(condition), a), times(plus(1, times(-1, _counted(condition))), b))
    raise TypeError(f"numpy.{function.__name__} cannot be written as an equation")
