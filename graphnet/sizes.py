"""Sizes that are not known before a run: B, T, and what is computed from them, such as T-2 or 2·B."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

# A product of symbols, in alphabetical order; the empty one stands for the constant part.
Product: TypeAlias = tuple[str, ...]


class Size:
    """A size as a sum of products of symbols, each of which is a whole number of at least 0; or unknown.

    It is added, subtracted, multiplied and divided (``//``) with others and with integers; what comes out as a plain
    number is an ``int`` again. It has no order: ask :func:`surely_less` or :func:`surely_differ`, which say yes only
    where it is certain.

    Parameters
    ----------
    symbol : str
        What it is called.

    Examples
    --------
    >>> T, B = Size("T"), Size("B")
    >>> 2 * T - 2, T * B, (T - 3) // 2 + 1, T - T
    (2·T-2, B·T, ⌊(T-3)/2⌋+1, 0)
    >>> surely_differ(T, T - 1), surely_differ(T, B), UNKNOWN + 1
    (True, False, ?)
    """

    __slots__ = ("_terms", "_text")

    def __init__(self, symbol: str) -> None:
        self._terms: dict[Product, int] | None = {(symbol,): 1}
        self._text = symbol

    @staticmethod
    def _made(terms: dict[Product, int] | None) -> Size | int:
        if terms is not None:
            terms = {product: factor for product, factor in terms.items() if factor}
            if not any(terms):
                return terms.get((), 0)
        size = Size("?")
        size._terms = terms
        if terms is not None:
            size._text = _written(terms)
        return size

    def __add__(self, other: Size | int) -> Size | int:
        mine, theirs = self._terms, _terms(other)
        if mine is None or theirs is None:
            return UNKNOWN
        return self._made({p: mine.get(p, 0) + theirs.get(p, 0) for p in [*mine, *theirs]})

    def __mul__(self, other: Size | int) -> Size | int:
        mine, theirs = self._terms, _terms(other)
        if mine is None or theirs is None:
            return 0 if other == 0 else UNKNOWN
        terms: dict[Product, int] = {}
        for p, m in mine.items():
            for q, n in theirs.items():
                both = tuple(sorted(p + q))
                terms[both] = terms.get(both, 0) + m * n
        return self._made(terms)

    def __floordiv__(self, other: Size | int) -> Size | int:
        """Divide what is surely divisible; the rest stays as the floor of a quotient."""
        mine, theirs = self._terms, _terms(other)
        if mine is None or theirs is None or len(theirs) != 1:
            return UNKNOWN
        ((divisor, by),) = theirs.items()
        whole: dict[Product, int] = {}
        rest: dict[Product, int] = {}
        for product, factor in mine.items():
            left = _without(product, divisor)
            if left is not None and factor % by == 0:
                whole[left] = factor // by
            else:
                rest[product] = factor
        if rest and divisor:
            return UNKNOWN
        if not any(rest):  # a number alone: ⌊2·T + 3/2⌋ = 2·T + 1
            whole[()] = whole.get((), 0) + rest.get((), 0) // by
        else:
            text = _written(rest)
            quotient = (f"⌊{text if text.isidentifier() else f'({text})'}/{by}⌋",)
            whole[quotient] = whole.get(quotient, 0) + 1
        return self._made(whole)

    def __neg__(self) -> Size | int:
        return self * -1

    def __sub__(self, other: Size | int) -> Size | int:
        return self + -other

    def __rsub__(self, other: Size | int) -> Size | int:
        return -self + other

    def __rfloordiv__(self, other: int) -> Size | int:
        return 0 if other == 0 else UNKNOWN

    __radd__ = __add__
    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Size, str)) and str(other) == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return self._text

    def symbols(self) -> set[str]:
        """Return the symbols that it is made of; an unknown size is one of its own."""
        return {symbol for product in self._terms or {("?",): 1} for symbol in product}

    def at(self, numbers: Mapping[str, int]) -> int | None:
        """Return what it comes to for these numbers; None where it has a symbol, or a quotient, that has none."""
        if self._terms is None or not self.symbols() <= set(numbers):
            return None
        return sum(f * math.prod(numbers[symbol] for symbol in product) for product, f in self._terms.items())


UNKNOWN = Size("?")
UNKNOWN._terms = None


def surely_less(a: Size | int, b: Size | int) -> bool:
    """Tell whether ``a < b`` whatever the symbols stand for.

    >>> surely_less(Size("T"), Size("T") + 1), surely_less(3, Size("T"))
    (True, False)
    """
    if isinstance(a, int) and isinstance(b, int):
        return a < b
    difference = _terms(b - a)
    return difference is not None and difference.get((), 0) > 0 and all(factor >= 0 for factor in difference.values())


def surely_differ(a: Size | int, b: Size | int) -> bool:
    """Tell whether two sizes are different whatever the symbols stand for."""
    if isinstance(a, int) and isinstance(b, int):
        return a != b
    return surely_less(a, b) or surely_less(b, a)


def product_of(sizes: Iterable[Size | int]) -> Size | int:
    """Return the product of sizes, 1 of none."""
    result: Size | int = 1
    for size in sizes:
        result = size * result
    return result


def _terms(size: Size | int) -> dict[Product, int] | None:
    return size._terms if isinstance(size, Size) else {(): int(size)}


def _without(product: Product, divisor: Product) -> Product | None:
    """Return a product divided by another, or None if it does not hold it."""
    left = list(product)
    for symbol in divisor:
        if symbol not in left:
            return None
        left.remove(symbol)
    return tuple(left)


def _written(terms: Mapping[Product, int]) -> str:
    """Write a sum: the products in order, the number at the end."""
    text = ""
    for product, factor in sorted(terms.items(), key=lambda term: (not term[0], term[0])):
        size = "·".join(product)
        number = "" if size and abs(factor) == 1 else f"{abs(factor)}{'·' if size else ''}"
        text += ("-" if factor < 0 else "+" if text else "") + number + size
    return text
