r"""Parts of arrays and of lists, and arrays put together.

>>> from graphnet.equations.writer import shown
>>> from graphnet.equations.leaves import Variable
>>> a, b = Variable(), Variable(shape=[(3,), (2,)])
>>> print(shown(narrow(np.tanh(a), -1, 0, 2), {a: "a"}), shown(element(a, 1), {a: "a"}))
\tanh(a[0{:}2]) a[1]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.equations.leaves import Variable
from graphnet.equations.terms import ATOM, PRODUCT, Piece, Term, Writer


def narrow(x: Term, dimension: int, offset: int, length: int) -> Term:
    """Return a part along a dimension, as ``Narrow`` takes it: of its operands, where that is the same."""
    end = offset + length if length >= 0 else length + 1
    stop = None if end == 0 and (offset < 0 or length < 0) else end
    part = x.narrowed(Piece(dimension, offset, stop, _is_last(x, dimension)))
    assert part is not None  # only weights have none
    return part


class Part(Term):
    """A range along one dimension."""

    def __init__(self, operand: Term, piece: Piece) -> None:
        super().__init__(operand)
        self.piece = piece

    def compute(self, *values: Any) -> Any:
        return values[0][self.piece.place]

    def rebuilt(self, *operands: Term) -> Term:
        part = operands[0].narrowed(self.piece)
        return Part(operands[0], self.piece) if part is None else part

    def narrowed(self, piece: Piece) -> Term | None:
        (operand,), outer = self.operands, self.piece
        plain = outer.start >= 0 and piece.start >= 0 and piece.stop is not None and piece.stop >= 0
        if piece.dimension != outer.dimension or not plain:
            return Part(self, piece)
        # What both take is within what each of them takes, or running it is an error.
        assert piece.stop is not None
        return Part(operand, outer._replace(start=outer.start + piece.start, stop=outer.start + piece.stop))

    def latex(self, write: Writer) -> str:
        start, stop = self.piece.start, self.piece.stop
        return _indexed(write(self.operands[0], ATOM), f"{start}{{:}}{'' if stop is None else stop}", self.piece)


class Picked(Term):
    """One slice along a dimension, which goes."""

    def __init__(self, operand: Term, piece: Piece) -> None:
        super().__init__(operand)
        self.piece = piece

    def compute(self, *values: Any) -> Any:
        return np.take(values[0], self.piece.start, self.piece.dimension)

    def rebuilt(self, *operands: Term) -> Term:
        return Picked(operands[0], self.piece)

    def latex(self, write: Writer) -> str:
        return _indexed(write(self.operands[0], ATOM), str(self.piece.start), self.piece)


def pick(x: Term, dimension: int, index: int) -> Term:
    """Return the slice with the index along a dimension, as ``Select`` takes it."""
    return Picked(x, Piece(dimension, index, None, _is_last(x, dimension)))


def _is_last(x: Term, dimension: int) -> bool:
    return x.is_last(dimension) if isinstance(x, Variable) else dimension == -1


class Reduced(Term):
    """What a module makes of all slices along a dimension: their sum, say."""

    level = PRODUCT
    linear = False

    def __init__(self, sign: str, module: Any, piece: Piece, operand: Term) -> None:
        super().__init__(operand)
        self.sign, self.module, self.piece = sign, module, piece

    def compute(self, *values: Any) -> Any:
        return self.module.run(values[0]).result()

    def rebuilt(self, *operands: Term) -> Term:
        return Reduced(self.sign, self.module, self.piece, operands[0])

    def latex(self, write: Writer) -> str:
        return f"{self.sign}_k {_indexed(write(self.operands[0], ATOM), 'k', self.piece)}"


def reduced(sign: str, module: Any, x: Term) -> Term:
    """Return what a module makes of all slices along its dimension, written with a sign, ``sum_k x[k]``."""
    n = module.dimension
    return Reduced(sign, module, Piece(n, 0, None, _is_last(x, n)), x)


def _indexed(text: str, index: str, piece: Piece) -> str:
    """Write an index behind a term: only that of components, where it surely is the last one."""
    n = piece.dimension
    if piece.last:
        places = [index]
    elif n >= 0:
        places = [*["{:}"] * n, index, r"\ldots"]
    else:
        places = [r"\ldots", index, *["{:}"] * (-1 - n)]
    return f"{text}[{', '.join(places)}]"


class Element(Term):
    """An element of a list that stands in one variable, or is what a function gives."""

    def __init__(self, operand: Term, index: int) -> None:
        super().__init__(operand)
        self.index = index

    def compute(self, *values: Any) -> Any:
        return values[0][self.index]

    def rebuilt(self, *operands: Term) -> Term:
        found: Term = element(operands[0], self.index)
        return found

    def latex(self, write: Writer) -> str:
        return f"{write(self.operands[0], ATOM)}[{self.index}]"


class Slices(Term):
    """The slices of an array along a dimension, as a list."""

    def __init__(self, operand: Term, dimension: int) -> None:
        super().__init__(operand)
        self.dimension = dimension

    def compute(self, *values: Any) -> Any:
        return [np.asarray(part) for part in np.moveaxis(values[0], self.dimension, 0)]

    def rebuilt(self, *operands: Term) -> Term:
        return Slices(operands[0], self.dimension)

    def latex(self, write: Writer) -> str:
        return rf"\operatorname{{slices}}_{{{self.dimension}}}({write(self.operands[0])})"


def element(x: Any, index: int) -> Any:
    """Return an element of a list, or the term for it."""
    if isinstance(x, list):
        return x[index]
    return pick(x.operands[0], x.dimension, index) if isinstance(x, Slices) else Element(x, index)


class Joined(Term):
    """Arrays put together along a dimension: one vector under the other; the dimension is told if it is another one."""

    def __init__(self, module: Any, inner: bool, *operands: Term) -> None:
        super().__init__(*operands)
        self.module, self.inner = module, inner

    def compute(self, *values: Any) -> Any:
        return self.module.update_output(list(values))

    def rebuilt(self, *operands: Term) -> Term:
        return Joined(self.module, self.inner, *operands)

    def latex(self, write: Writer) -> str:
        inside = r";\, ".join(write(operand) for operand in self.operands)
        return f"[{inside}]" + (f"_{{{self.module.dimension}}}" if self.inner else "")


def join(module: Any, terms: list[Term]) -> Term:
    """Return arrays joined along a module's dimension, as ``JoinTable`` joins them."""
    variables = [term for term in terms if isinstance(term, Variable)]
    if module.n_input_dims is None:
        inner = module.dimension == 0 or any(variable.is_inner(module.dimension) for variable in variables)
    else:
        inner = module.dimension not in (-1, module.n_input_dims - 1)
    return Joined(module, inner, *terms)
