r"""Sums, products, quotients and powers of terms, and what matrices make of them; brackets stand where they must.

>>> from graphnet.equations.leaves import Variable
>>> from graphnet.equations.writer import shown
>>> a, b = Variable(), Variable()
>>> print(shown((a + b) * a / 2 - (b - a), {a: "a", b: "b"}))
\frac{(a + b) \odot a}{2} - (b - a)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np

from graphnet.equations.leaves import Number, Weights, number_text
from graphnet.equations.terms import ATOM, JUXTAPOSED, POWER, PRODUCT, SUM, Piece, Term, Writer


def term_of(value: Any) -> Term:
    """Return a term for one, for a number or for an array of numbers."""
    if isinstance(value, np.ndarray):
        # What asks for an array of a term gets one of no dimension, which holds it.
        return Weights("k", (value, None)) if value.ndim else term_of(value.item())
    return value if isinstance(value, Term) else Number(value)


def parts_of(terms: Iterable[Term], piece: Piece) -> list[Term] | None:
    """Return a part of each of the terms, None if one of them has none."""
    parts = [term.narrowed(piece) for term in terms]
    return None if None in parts else [part for part in parts if part is not None]


class Elementwise(Term):
    """A term whose part is made of the same parts of its operands."""

    def narrowed(self, piece: Piece) -> Term | None:
        parts = parts_of(self.operands, piece)
        return super().narrowed(piece) if parts is None else self.rebuilt(*parts)


class Sum(Elementwise):
    """The sum of two or more terms."""

    level = SUM

    def compute(self, *values: Any) -> Any:
        return reduce(add, values)

    def rebuilt(self, *operands: Term) -> Term:
        return plus(*operands)

    def latex(self, write: Writer) -> str:
        return "".join(self.summands(write))

    def summands(self, write: Writer) -> list[str]:
        """Write the summands, each but the first with its sign."""
        # What is subtracted from something is written after it: 1 - z for -z + 1.
        terms = list(self.operands)
        first = next((i for i, term in enumerate(terms) if not _is_negative(term)), 0)
        terms.insert(0, terms.pop(first))
        rest = [(" - ", _negated(term)) if _is_negative(term) else (" + ", term) for term in terms[1:]]
        return [write(terms[0]), *(sign + write(term, PRODUCT) for sign, term in rest)]


def plus(*terms: Any) -> Term:
    """Return the sum. Sums in it are opened, and the biases of all of it become one, behind all else."""
    flat = [part for term in map(term_of, terms) for part in (term.operands if isinstance(term, Sum) else (term,))]
    biases = [term for term in flat if isinstance(term, Weights) and term.letter == "b"]
    if biases and len({bias.shape for bias in biases}) == 1:
        others = [term for term in flat if not (isinstance(term, Weights) and term.letter == "b")]
        flat = [*others, Weights("b", *(source for bias in biases for source in bias.sources))]
    return flat[0] if len(flat) == 1 else Sum(*flat)


class Product(Elementwise):
    """A number, if it is not 1, times one or more terms, element by element."""

    def __init__(self, factor: float, *operands: Term) -> None:
        super().__init__(*operands)
        self.factor = factor

    @property
    def level(self) -> int:  # type: ignore[override]  # it depends on the operands
        return SUM if self.factor < 0 else PRODUCT if len(self._spread()[1]) > 1 else JUXTAPOSED

    @property
    def linear(self) -> bool:
        return all(operand.linear for operand in self.operands) and sum(map(_varies, self.operands)) < 2

    def compute(self, *values: Any) -> Any:
        product = reduce(mul, values)
        return product if self.factor == 1 else self.factor * product

    def rebuilt(self, *operands: Term) -> Term:
        return times(self.factor, *operands)

    def _spread(self) -> tuple[list[Term], list[Term]]:
        """Return the factors that are single learnt numbers, which are written in front, and the others."""
        single: list[Term] = [o for o in self.operands if isinstance(o, Weights) and math.prod(o.shape) == 1]
        return single, [o for o in self.operands if o not in single]

    def latex(self, write: Writer) -> str:
        single, others = self._spread()
        sign = "-" if self.factor < 0 else ""
        front = [*([number_text(abs(self.factor))] if abs(self.factor) != 1 else []), *map(write, single)]
        several = len(others) > 1
        body = r" \odot ".join(write(other, JUXTAPOSED if several else POWER) for other in others)
        return sign + beside(*front, *([body] if body else []))


def times(*terms: Any) -> Term:
    """Return the product, element by element. Products in it are opened, and numbers become one factor."""
    factor = 1.0
    flat: list[Term] = []
    for term in map(term_of, terms):
        if isinstance(term, Number):
            factor *= term.value
        elif isinstance(term, Product):
            factor *= term.factor
            flat += term.operands
        else:
            flat.append(term)
    if not flat:
        return Number(factor)
    if len(flat) == 2 and flat[0] is flat[1]:
        flat = [Power(flat[0], Number(2))]
    return flat[0] if len(flat) == 1 and factor == 1 else Product(factor, *flat)


def _is_negative(term: Term) -> bool:
    return (isinstance(term, Product) and term.factor < 0) or (isinstance(term, Number) and term.value < 0)


def _negated(term: Term) -> Term:
    return times(-1, term)


def _varies(term: Term) -> bool:
    """Tell whether a term is more than numbers and weights."""
    return any(not isinstance(leaf, (Number, Weights)) for leaf in term.leaves())


def beside(*factors: str) -> str:
    """Write factors beside each other, with a space before those that begin with a word."""
    return " ".join(
        text if not i or not text.startswith("\\mathit") else f"\\, {text}" for i, text in enumerate(factors)
    )


class Quotient(Elementwise):
    """A term divided by another, element by element."""

    level = JUXTAPOSED

    @property
    def linear(self) -> bool:
        over, under = self.operands
        return over.linear and not _varies(under)

    def compute(self, *values: Any) -> Any:
        over, under = values
        return over / under

    def rebuilt(self, *operands: Term) -> Term:
        return Quotient(*operands)

    def latex(self, write: Writer) -> str:
        over, under = self.operands
        return rf"\frac{{{write(over)}}}{{{write(under)}}}"


class Power(Elementwise):
    """A term to the power of another, element by element."""

    level = POWER
    linear = False

    def compute(self, *values: Any) -> Any:
        base, exponent = values
        return base**exponent

    def rebuilt(self, *operands: Term) -> Term:
        return Power(*operands)

    def latex(self, write: Writer) -> str:
        base, exponent = self.operands
        text = write(base, ATOM)
        if base.level == ATOM and "^" in text:  # two exponents in a row are an error
            text = rf"\left({text}\right)"
        return f"{text}^{{{write(exponent)}}}"


class MatrixProduct(Term):
    """A matrix of weights times a vector: W x. The vectors are the rows of an array, so it computes ``x Wᵀ``."""

    level = JUXTAPOSED

    @property
    def in_order(self) -> tuple[Term, ...]:
        return self.operands[::-1]  # weights of what x is made of come before the matrix

    def compute(self, *values: Any) -> Any:
        matrix, x = values
        return x @ matrix.T

    def rebuilt(self, *operands: Term) -> Term:
        return MatrixProduct(*operands)

    def narrowed(self, piece: Piece) -> Term | None:
        matrix, x = self.operands
        if not piece.last or not isinstance(matrix, Weights):
            return super().narrowed(piece)
        return MatrixProduct(matrix.rows(piece), x)

    def latex(self, write: Writer) -> str:
        matrix, x = self.operands
        return beside(write(matrix), write(x, JUXTAPOSED if isinstance(x, MatrixProduct) else POWER))
