"""Scalars: what a kernel computes for one place of a row, as a graph in which nothing stands twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from graphnet.compile.buffers import Access

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One operation of a kernel.

    Attributes
    ----------
    op : str
        "constant", "load", a function of numbers, "sum" or "max" of all places of a row, "let" (with slopes of its
        own).
    operands : tuple of Scalar
    detail : float or Access, optional
        Of a constant, of a load.
    length : int
        How many places of a row it is computed for; 0 for one number for the whole row.
    number : int
        Its place in the order of making, in which operands come first.
    """

    op: str
    operands: tuple[Scalar, ...]
    detail: Any
    length: int
    number: int
    slopes: tuple[tuple[Scalar, Scalar], ...] = ()

    def __repr__(self) -> str:
        return f"s{self.number}"


# What is not computed again, but kept, when the way back needs it.
EXPENSIVE = frozenset(("exp", "expm1", "log", "log1p", "tanh", "sigmoid", "sqrt", "divide"))

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
    "negative": np.negative,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sqrt": np.sqrt,
    "absolute": np.absolute,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "copysign": np.copysign,
    "sign": np.sign,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
}


def compute(op: str, *operands: Any) -> Any:
    """Do an operation on numbers or arrays."""
    return _FUNCTIONS[op](*operands)


class Scalars:
    """The scalars of one kernel; those that are equal are one, if ``shared``."""

    def __init__(self, *, shared: bool = True) -> None:
        self.shared = shared
        self._known: dict[Any, Scalar] = {}
        self.made = 0

    def constant(self, value: float) -> Scalar:
        return self._make("constant", (), float(value), 0)

    def load(self, access: Access, length: int) -> Scalar:
        return self._make("load", (), access, length)

    def apply(self, op: str, *operands: Scalar) -> Scalar:
        """Return an operation on scalars, or what it surely is."""
        if all(x.op == "constant" for x in operands) and op in _FUNCTIONS:
            with np.errstate(all="ignore"):
                return self.constant(float(compute(op, *(x.detail for x in operands))))
        simple = self._simplified(op, operands)
        return self._make(op, operands, None, max(x.length for x in operands)) if simple is None else simple

    def over_row(self, op: str, parts: Iterable[Scalar]) -> Scalar:
        """Return the sum or the largest of all places of a row."""
        return self._make(op, tuple(parts), None, 0)

    def let(self, value: Scalar, slopes: Iterable[tuple[Scalar, Scalar]]) -> Scalar:
        """Return a value with slopes of its own, each with what it is the slope along."""
        kept = tuple(slopes)
        return self._make("let", (value,), tuple((x.number, s.number) for x, s in kept), value.length, kept)

    def _make(
        self,
        op: str,
        operands: tuple[Scalar, ...],
        detail: Any,
        length: int,
        slopes: tuple[tuple[Scalar, Scalar], ...] = (),
    ) -> Scalar:
        told = (math.copysign(1, detail), repr(detail)) if op == "constant" else detail
        key = (op, tuple(x.number for x in operands), told)
        known = self._known.get(key) if self.shared or op in ("constant", "load") else None
        if known is None:
            known = self._known[key] = Scalar(op, operands, detail, length, self.made, slopes)
            self.made += 1
        return known

    def _simplified(self, op: str, operands: tuple[Scalar, ...]) -> Scalar | None:
        """Return what an operation is without being done, where that holds for infinities and NaN, too."""
        if op in ("multiply", "add"):
            neutral = 1.0 if op == "multiply" else -0.0
            for x, other in (operands, operands[::-1]):
                if (
                    x.op == "constant"
                    and x.detail == neutral
                    and math.copysign(1, x.detail) == math.copysign(1, neutral)
                ):
                    return other
        second = operands[1] if len(operands) == 2 else None
        if (
            second is not None
            and second.op == "constant"
            and (op, second.detail) in (("subtract", 0.0), ("divide", 1.0))
        ):
            return operands[0]
        if op == "negative" and operands[0].op == "negative":
            return operands[0].operands[0]
        if op == "divide" and (logistic := _logistic_of(*operands)) is not None:
            return self._make("sigmoid", (logistic,), None, logistic.length)
        return None


def _logistic_of(one: Scalar, below: Scalar) -> Scalar | None:
    """Return x where the quotient is ``1 / (1 + exp(-x))``, which has a function that cannot overflow."""
    if one.op == "constant" and one.detail == 1 and below.op == "add":
        first, second = below.operands
        if first.op == "constant" and first.detail == 1 and second.op == "exp":
            power = second.operands[0]
            if power.op == "negative":
                return power.operands[0]
    return None


def needed_by(ends: Iterable[Scalar]) -> list[Scalar]:
    """Return all scalars that some are computed from, and these, in order."""
    found: dict[int, Scalar] = {}
    waiting = list(ends)
    while waiting:
        scalar = waiting.pop()
        if scalar.number not in found:
            found[scalar.number] = scalar
            waiting.extend(scalar.operands)
    return [found[number] for number in sorted(found)]


def evaluate(
    end: Scalar, known: dict[int, Value], is_there: Callable[[Scalar], bool], make: Callable[[Scalar], Value]
) -> Value:
    """Return what is made of a scalar, once all that it needs is known, by number; without recursion.

    Parameters
    ----------
    end : Scalar
    known : dict
        What is known by now; it is filled in.
    is_there : callable
        Tells whether a scalar needs no operands.
    make : callable
        Makes a value of a scalar whose operands are known.
    """
    waiting = [end]
    while waiting:
        top = waiting[-1]
        missing = [] if is_there(top) else [x for x in top.operands if x.number not in known]
        if top.number not in known and missing:
            waiting.extend(missing)
            continue
        if top.number not in known:
            known[top.number] = make(top)
        waiting.pop()
    return known[end.number]
