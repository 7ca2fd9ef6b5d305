"""Notation: what modules write their equations with.

A module's ``equation(x)`` is given terms where ``update_output`` is given arrays, and returns the term, or the (nested)
list of terms, that it makes of them.

>>> from graphnet import modules as nn
>>> class Squared(nn.Linear):
...     def equation(self, x):
...         return affine(self.weight, x, self.bias) ** 2
>>> print(Squared(3, 2).latex().lines[0])
y = (W x + b)^{2}
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.criterion import Criterion
from graphnet.equations.functions import AsIs, Function
from graphnet.equations.leaves import Drawn, Weights, number_text
from graphnet.equations.operations import MatrixProduct, plus
from graphnet.equations.symbols import plain_text, symbol_of
from graphnet.equations.terms import ATOM, JUXTAPOSED, POWER, PRODUCT, Term, Writer
from graphnet.nesting import Array, Nested, describe, leaves, map_nested
from graphnet.parameter import Parameter

if TYPE_CHECKING:
    from graphnet.module import Module


# Between the factors of a product whose names may be words.
_SPACE = r" \, "


def weights(parameter: Parameter, letter: str = "w") -> Weights:
    """Return the term of a parameter, whose symbol begins with the letter."""
    return Weights(letter, (parameter, None))


def affine(weight: Parameter, x: Term, bias: Parameter | None = None) -> Term:
    """Return ``W x + b``, for a weight that an array of rows is multiplied with from the right, transposed."""
    product = MatrixProduct(weights(weight, "W"), x)
    return product if bias is None else plus(product, weights(bias, "b"))


def matrix_product(*factors: Term) -> Term:
    """Return ``A B``, the product of matrices or of batches of them."""
    return _beside(np.matmul, *factors)


def transposed(x: Term) -> Term:
    """Return a matrix, or the matrices of a batch, transposed."""
    return _Transposed(x)


def matrix_vector(matrix: Term, vector: Term) -> Term:
    """Return ``A v``, the product of a matrix and a vector or of those of two batches."""
    return _beside(_times_vector, matrix, vector)


def _beside(function: Callable[..., Any], *factors: Term) -> Term:
    return Function(function, "", *factors, after="", comma=_SPACE, level=JUXTAPOSED, each=POWER)


def _times_vector(matrix: Array, vector: Array) -> Array:
    product: Array = (matrix @ vector[..., None])[..., 0]
    return product


class _Transposed(Term):
    level = POWER

    def compute(self, *values: Any) -> Any:
        return values[0].swapaxes(-1, -2)

    def rebuilt(self, *operands: Term) -> Term:
        return _Transposed(*operands)

    def latex(self, write: Writer) -> str:
        text = write(self.operands[0], ATOM)
        return (rf"\left({text}\right)" if "^" in text else text) + r"^{\top}"


def row(table: Term, index: Term) -> Term:
    """Return the rows of a table that an array of indices stands for."""
    return _Row(table, index)


class _Row(Term):
    def compute(self, *values: Any) -> Any:
        table, index = values
        return table[index.astype(np.intp)]

    def rebuilt(self, *operands: Term) -> Term:
        return _Row(*operands)

    def latex(self, write: Writer) -> str:
        table, index = self.operands
        return f"{write(table, ATOM)}[{write(index)}]"


def weighted_sum(module: Module, factors: Term, items: Term) -> Term:
    """Return the sum of what stands in an array, each with its factor, as the module computes it."""
    return _WeightedSum(module, factors, items)


class _WeightedSum(Term):
    level = PRODUCT
    linear = False

    def __init__(self, module: Module, *operands: Term) -> None:
        super().__init__(*operands)
        self.module = module

    def compute(self, *values: Any) -> Any:
        return _given(self.module, list(values))

    def rebuilt(self, *operands: Term) -> Term:
        return _WeightedSum(self.module, *operands)

    def latex(self, write: Writer) -> str:
        return r"\sum_k " + _SPACE.join(f"{write(operand, ATOM)}[k]" for operand in self.operands)


def drawn(module: Module, letter: str, meaning: str) -> Drawn:
    """Return random numbers that a module draws and saves; the meaning is LaTeX, told beside the equations."""
    return Drawn(letter, module, meaning)


def as_is(module: Module, x: Term, *others: Term) -> Term:
    """Return what is written as ``x``, though the module arranges it otherwise, perhaps after ``others``."""
    return AsIs(lambda *values: _given(module, list(values) if others else values[0]), x, *others)


def called(name: str, module: Module, x: Nested, *, of_elements: bool = False) -> Term:
    r"""Return a module's value, written as a function of what it takes.

    Parameters
    ----------
    name : str
        LaTeX: ``r"\sigma"``.
    module : Module
    x : Term or nested list of Term
    of_elements : bool
        Whether it is applied to every element by itself.
    """
    return Function(_taking(module, x), f"{name}(", *leaves(x), of_elements=of_elements)


def between(before: str, sign: str, after: str, module: Module, x: Nested) -> Term:
    r"""Return a module's value, written as what it takes with a sign between, as in ``\lVert a - b \rVert``."""
    level = ATOM if before else PRODUCT
    each = PRODUCT if before else JUXTAPOSED
    return Function(_taking(module, x), before, *leaves(x), after=after, comma=sign, level=level, each=each)


def _taking(module: Module, x: Nested) -> Callable[..., Nested]:
    """Return a function of the leaves of what a module takes."""

    def compute(*values: Any) -> Nested:
        rest = iter(values)
        return _given(module, map_nested(lambda _: next(rest), x))

    return compute


def _given(module: Module, x: Nested) -> Nested:
    return module.run(x).result()


class Applied(Term):
    """A module that is written by its name: ``SpatialMaxPooling_{2, 2}(x)``, ``Bilinear(x, y; W, b)``."""

    def __init__(self, module: Module, x: Nested) -> None:
        self.module, self.x = module, x
        given = [weights(p, _letter(name, p)) for name, p in module.own_parameters().items()]
        self.n_taken = len(list(leaves(x)))
        super().__init__(*leaves(x), *given)

    @property
    def linear(self) -> bool:
        return self.module.moves and super().linear

    def compute(self, *values: Any) -> Any:
        return _taking(self.module, self.x)(*values[: self.n_taken])

    def rebuilt(self, *operands: Term) -> Term:
        rest = iter(operands)
        return Applied(self.module, map_nested(lambda _: next(rest), self.x))

    def latex(self, write: Writer) -> str:
        taken = ", ".join(map(write, self.operands[: self.n_taken]))
        symbol = write.function(self.module)
        if symbol is not None:
            return f"{symbol}({taken})"
        given = ", ".join(map(write, self.operands[self.n_taken :]))
        return f"{module_name(self.module)}({taken}{f'; {given}' if given else ''})"


def _letter(name: str, parameter: Parameter) -> str:
    matrix = "w" if len(parameter.shape) < 2 else "W"
    return {"weight": matrix, "bias": "b"}.get(name, symbol_of(name).text())


def module_name(module: Module) -> str:
    r"""Write the name of a module, with those arguments below it that tell something.

    That are all arguments but those that hold their default and, where there are parameters, which tell sizes, those
    without one.

    >>> from graphnet import modules as nn
    >>> print(module_name(nn.SpatialMaxPooling(2, 2)), module_name(nn.Bilinear(2, 3, 4, bias=False)))
    \operatorname{SpatialMaxPooling}_{2, 2} \operatorname{Bilinear}_{\mathit{bias} = \mathtt{False}}
    """
    signature = inspect.signature(type(module)).parameters
    told = []
    for name, value in module.arguments().items():
        default = signature[name].default
        if default is inspect.Parameter.empty:
            if not module.own_parameters():
                told += [_value_text(item) for item in (value if isinstance(value, tuple) else (value,))]
        elif repr(value) != repr(default):
            told.append(rf"\mathit{{{plain_text(name)}}} = {_value_text(value)}")
    below = f"_{{{', '.join(told)}}}" if told else ""
    name = type(module).__name__
    if isinstance(module, Criterion):
        name = name.removesuffix("Criterion") or name
    return rf"\operatorname{{{plain_text(name)}}}{below}"


def _value_text(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(value)
    if isinstance(value, np.ndarray):
        return rf"\mathtt{{{describe(value)}}}"
    return rf"\mathtt{{{plain_text(value.label() if hasattr(value, 'label') else str(value))}}}"
