"""Leaves: the terms that are made of no others: variables, numbers, weights, and what is drawn at random."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from graphnet.equations.terms import ATOM, SUM, Piece, Term, Writer
from graphnet.nesting import Array, Nested
from graphnet.parameter import Parameter
from graphnet.shapes import Shape, options_of


class Variable(Term):
    """What a node gives.

    Attributes
    ----------
    register : int or None
        Where its value stands on the tape of a run.
    path : tuple of int
        Its place in the list that stands there.
    shape : shape
        What is known of its shape.
    """

    def __init__(self, register: int | None = None, path: tuple[int, ...] = (), shape: Shape = None) -> None:
        super().__init__()
        self.register = register
        self.path = path
        self.shape = shape

    def is_last(self, dimension: int) -> bool:
        """Tell whether a dimension surely is the last one, in all shapes that it may have and that have it."""
        known = [option for option in options_of(self.shape) if isinstance(option, tuple) or option is None]
        having = [len(s) for s in known if s is not None and -len(s) <= dimension < len(s)]
        return dimension == -1 or (None not in known and bool(having) and all(dimension % n == n - 1 for n in having))

    def is_inner(self, dimension: int) -> bool:
        """Tell whether a dimension surely is not the last one."""
        shapes = [option for option in options_of(self.shape) if isinstance(option, tuple)]
        return bool(shapes) and all(dimension % len(s) < len(s) - 1 for s in shapes if -len(s) <= dimension < len(s))

    def evaluate(self, values: Callable[[Any], Nested]) -> Nested:
        return values(self)

    def latex(self, write: Writer) -> str:
        return write.symbol(self)


class Number(Term):
    """A number that is written out."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    @property
    def level(self) -> int:  # type: ignore[override]  # that of a negative number is a sum's
        return SUM if self.value < 0 else ATOM

    def compute(self, *values: Any) -> Any:
        return self.value

    def narrowed(self, piece: Piece) -> Term | None:
        return self

    def latex(self, write: Writer) -> str:
        return number_text(self.value)


def number_text(value: float) -> str:
    r"""Write a number, with as many digits as are read.

    >>> print(number_text(-0.5), number_text(1e30), number_text(2 / 3e9), number_text(float("inf")))
    -0.5 10^{30} 6.66667 \cdot 10^{-10} \infty
    """
    if math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    digits, _, exponent = f"{value:.6g}".partition("e")
    if not exponent:
        return r"\mathrm{NaN}" if math.isnan(value) else digits
    power = f"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(digits, rf"{digits} \cdot {power}")


class Constant(Term):
    """What has a symbol, and a meaning that is told beside the equations.

    Attributes
    ----------
    letter : str
        What its symbol begins with.
    key : object
        What tells it from others; terms with the same key have the same symbol.
    """

    letter = "k"
    key: Any = None

    def latex(self, write: Writer) -> str:
        return write.symbol(self)


# A parameter, or a constant array; and which of its rows are meant, or None for all.
Source = tuple[Parameter | Array, tuple[int, int] | None]


class Weights(Constant):
    """A parameter, rows of one, or the sum of several; or a constant array.

    Attributes
    ----------
    sources : tuple of (Parameter or ndarray, (int, int) or None)
        What it is the sum of, each with the rows that are meant.
    """

    def __init__(self, letter: str, *sources: Source) -> None:
        super().__init__()
        self.letter = letter
        self.sources = sources
        self.key = tuple((id(source), rows) for source, rows in sources)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each of the arrays that it is the sum of, or of the rows of each."""
        (source, rows), *_ = self.sources
        return source.shape if rows is None else (rows[1] - rows[0], *source.shape[1:])

    def compute(self, *values: Any) -> Any:
        arrays = [(source.value if isinstance(source, Parameter) else source, rows) for source, rows in self.sources]
        return sum(array if rows is None else array[slice(*rows)] for array, rows in arrays)

    def rows(self, piece: Piece) -> Weights:
        """Return some of the rows."""
        n = self.shape[0]
        start, stop, _ = slice(piece.start, piece.stop).indices(n)
        if (start, stop) == (0, n):
            return self
        moved = [(source, (start + (r or (0, 0))[0], stop + (r or (0, 0))[0])) for source, r in self.sources]
        return Weights(self.letter, *moved)

    def narrowed(self, piece: Piece) -> Term | None:
        if math.prod(self.shape) == 1:
            return self
        return self.rows(piece) if piece.last and len(self.shape) == 1 else None


class Drawn(Constant):
    """Random numbers that a module draws in each run, and saves.

    Attributes
    ----------
    module : Module
    meaning : str
        How they are drawn, for the reader.
    register : int or None
        Where the run's tape has saved them; the reader of the plan sets it.
    """

    def __init__(self, letter: str, module: Any, meaning: str) -> None:
        super().__init__()
        self.letter, self.module, self.meaning = letter, module, meaning
        self.register: int | None = None
        self.key = id(self)

    def evaluate(self, values: Callable[[Any], Nested]) -> Nested:
        return values(self)
