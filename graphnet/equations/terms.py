"""Terms: what stands for a number, an array or a list in an equation; what all of them have in common.

A term is written as mathematics, and computes what it says from the values of its variables, so that an equation can be
tried on numbers. Terms have the operators of arrays, and NumPy's functions take them: what a formula does to numbers it
does to terms, too.

>>> from graphnet.equations.leaves import Variable
>>> x = Variable()
>>> print((1 / (1 + np.exp(-x))).evaluate({x: 0.0}.__getitem__))
0.5
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from graphnet.nesting import Nested

# How tightly a term holds together, from sums, which most others put in brackets, to what never needs them.
SUM, PRODUCT, JUXTAPOSED, POWER, ATOM = range(5)


class Writer(Protocol):
    """What writes terms: it puts brackets where they are needed, and knows the symbols."""

    def __call__(self, term: Term, level: int = SUM) -> str:
        """Write a term, in brackets if it holds together less than the level asks for."""

    def symbol(self, term: Term) -> str:
        """Return the symbol of a variable or a constant."""

    def function(self, module: Any) -> str | None:
        """Return the symbol of a module whose equations are written elsewhere."""


class Piece(NamedTuple):
    """A range along one dimension; ``last`` tells that this surely is the last one, along the components of vectors."""

    dimension: int
    start: int
    stop: int | None
    last: bool

    @property
    def place(self) -> tuple[Any, ...]:
        """What an array is indexed with."""
        own, n = slice(self.start, self.stop), self.dimension
        return (*(slice(None),) * n, own) if n >= 0 else (..., own, *(slice(None),) * (-1 - n))


class Term:
    """Something that stands in an equation.

    A subclass states ``compute``, ``latex``, and, if it has operands, how it is ``rebuilt`` of others.

    Attributes
    ----------
    operands : tuple of Term
        What it is made of.
    level : int
        How tightly it holds together.
    size, depth : int
        How many terms there are in it, with itself, and how many of them stand within each other.
    """

    operands: tuple[Term, ...] = ()
    level: int = ATOM
    size: int = 1
    depth: int = 1
    dtype = np.dtype(np.float64)

    def __init__(self, *operands: Term) -> None:
        self.operands = operands
        self.size = 1 + sum(operand.size for operand in self.shown)
        self.depth = 1 + max((operand.depth for operand in self.shown), default=0)

    @property
    def shown(self) -> tuple[Term, ...]:
        """The operands that are written."""
        return self.operands

    @property
    def in_order(self) -> tuple[Term, ...]:
        """The operands that are written, in the order in which they are computed."""
        return self.shown

    @property
    def linear(self) -> bool:
        """Whether it only moves, weighs and adds what its variables hold."""
        return all(operand.linear for operand in self.operands)

    def compute(self, *values: Any) -> Any:
        """Return the value, given those of the operands."""
        raise NotImplementedError(f"{type(self).__name__} does not define compute(self, *values)")

    def rebuilt(self, *operands: Term) -> Term:
        """Return what this one is of other operands."""
        return self

    def latex(self, write: Writer) -> str:
        """Write it, without brackets around it."""
        raise NotImplementedError(f"{type(self).__name__} does not define latex(self, write)")

    def narrowed(self, piece: Piece) -> Term | None:
        """Return a part of it; None for what is spread over larger arrays, so that its part cannot be told."""
        from graphnet.equations.parts import Part

        return Part(self, piece)

    # ---- what can be asked of any term

    def evaluate(self, values: Callable[[Any], Nested]) -> Nested:
        """Return the value, given a function that tells the value of each variable."""
        return self.compute(*[operand.evaluate(values) for operand in self.operands])

    def substituted(self, terms: dict[Any, Term]) -> Term:
        """Return the term with others in the places of its variables."""
        if self in terms:
            return terms[self]
        operands = [operand.substituted(terms) for operand in self.operands]
        if all(new is old for new, old in zip(operands, self.operands, strict=True)):
            return self
        return self.rebuilt(*operands)

    def leaves(self) -> list[Term]:
        """Return the leaves that are written, in the order of computing."""
        return [leaf for operand in self.in_order for leaf in operand.leaves()] if self.operands else [self]

    # ---- what NumPy and formulas do to terms

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return NotImplemented if method != "__call__" or options else _traced(ufunc, *inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from graphnet.equations.tracing import traced_function

        return traced_function(function, arguments, options)

    def astype(self, dtype: Any, copy: bool = True) -> Term:
        """Return the term itself, since the types of numbers are not written."""
        return self

    def __bool__(self) -> bool:
        raise TypeError("a formula that asks whether something holds cannot be written as one equation")

    def __add__(self, other: Any) -> Any:
        return _traced(np.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _traced(np.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _traced(np.subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _traced(np.subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return _traced(np.multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _traced(np.multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _traced(np.divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _traced(np.divide, other, self)

    def __pow__(self, other: Any) -> Any:
        return _traced(np.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _traced(np.power, other, self)

    def __neg__(self) -> Any:
        return _traced(np.negative, self)

    def __abs__(self) -> Any:
        return _traced(np.abs, self)

    def __gt__(self, other: Any) -> Any:
        return _traced(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return _traced(np.greater_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return _traced(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return _traced(np.less_equal, self, other)

    def __or__(self, other: Any) -> Any:
        return _traced(np.logical_or, self, other)

    def __and__(self, other: Any) -> Any:
        return _traced(np.logical_and, self, other)


def _traced(ufunc: np.ufunc, *inputs: Any) -> Any:
    from graphnet.equations.tracing import traced

    return traced(ufunc, *inputs)
