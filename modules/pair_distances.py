"""Distances and likenesses of the two arrays of a list: of vectors, or row by row of batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import as_numbers
from graphnet.equations.notation import between, called
from graphnet.forms import formed
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.modules.sums import dots
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape


class OfRows(Module):
    """A number for each pair of rows of two arrays, n or B x n."""

    def pair(self, x: Nested) -> tuple[Array, Array]:
        """Return the two arrays as numbers, or refuse them."""
        arrays = isinstance(x, list) and len(x) == 2 and all(isinstance(item, np.ndarray) for item in x)
        if not arrays or x[0].shape != x[1].shape or x[0].ndim not in (1, 2):
            raise self._misfit(describe(x))
        return as_numbers(x[0], self), as_numbers(x[1], self)

    def rows(self, x: Nested) -> tuple[Array, Array]:
        """Return the two arrays as rows, and as numbers, or refuse them."""
        a, b = self.pair(x)
        return np.atleast_2d(a), np.atleast_2d(b)

    def output_shape(self, shape: Shape) -> Shape:
        return formed(shape, [([("n",), ("n",)], (1,)), ([("B", "n"), ("B", "n")], ("B",))], self._misfit)

    def _misfit(self, came: str) -> ValueError:
        return ValueError(f"{self.label()} takes two arrays n, or two Bxn, of one shape; it was given {came}")


class DotProduct(OfRows):
    """The dot product of two vectors, or of each row of a batch with its partner: ``y_b = Σ_i x[0]_bi x[1]_bi``.

    Two vectors give an array of one number, two batches B x n give B numbers.

    Raises
    ------
    ValueError
        If the input is not two arrays of one shape, n or B x n.

    Notes
    -----
    Torch7's ``nn.DotProduct``.

    Examples
    --------
    >>> import numpy as np
    >>> DotProduct().forward([np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))])
    array([3., 7.])
    """

    def update_output(self, x: Nested) -> Array:
        products: Array = dots(*self.rows(x))[:, 0]
        return products

    def equation(self, x: Any) -> Any:
        a, b = x
        return between("", r" \cdot ", "", self, [a, b])

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = (as_numbers(item, self) for item in x)
        factor = dy if a.ndim == 1 else dy[:, None]
        return [factor * b, factor * a]


class PairwiseDistance(OfRows):
    """The distance in the p-norm: ``y_b = (Σ_i |x[0]_bi - x[1]_bi|^p)^(1/p)``.

    Two vectors give an array of one number, two batches B x n give B numbers.

    Parameters
    ----------
    p : float
        Of the norm, at least 1.

    Raises
    ------
    TypeError, ValueError
        If p is no number of at least 1.
    ValueError
        If the input is not two arrays of one shape, n or B x n.

    Notes
    -----
    Torch7's ``nn.PairwiseDistance``. As there, 1e-6 is added to y in the gradient, which so is 0 between equal rows;
    for p = 1 it is 0 where two numbers are equal, and there drawn at random. Torch7's gradient is wrong for p between 1
    and 2.

    Examples
    --------
    >>> import numpy as np
    >>> PairwiseDistance(2).forward([np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[3.0, 4.0], [1.0, 1.0]])])
    array([5., 0.])
    """

    def __init__(self, p: float) -> None:
        self.p = number(p, "PairwiseDistance's p")
        if not self.p >= 1:
            raise ValueError(f"PairwiseDistance's p must be at least 1, not {p!r}")

    def update_output(self, x: Nested) -> Array:
        a, b = self.rows(x)
        y: Array = (np.abs(a - b) ** self.p).sum(1) ** (1 / self.p)
        return y

    def equation(self, x: Any) -> Any:
        a, b = x
        return between(r"\lVert ", " - ", rf" \rVert_{{{self.p:g}}}", self, [a, b])

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = self.rows(x)
        difference = a - b
        if self.p == 1:
            da = dy[:, None] * np.sign(difference)
        else:
            da = np.copysign(np.abs(difference) ** (self.p - 1), difference)
            da *= (dy / (y + 1e-6) ** (self.p - 1))[:, None]
        return [da.reshape(x[0].shape), -da.reshape(x[0].shape)]


class CosineDistance(OfRows):
    """The cosine of the angle between two vectors: ``y_b = x[0]_b · x[1]_b / (|x[0]_b| |x[1]_b|)``.

    Two vectors give an array of one number, two batches B x n give B numbers. It is 1 for rows of one direction.

    Raises
    ------
    ValueError
        If the input is not two arrays of one shape, n or B x n.

    Notes
    -----
    Torch7's ``nn.CosineDistance``, which is no distance but a likeness. 1e-12 is added to the squared lengths, so rows
    of zeros give 0.

    Examples
    --------
    >>> import numpy as np
    >>> CosineDistance().forward([np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])]).round(6)
    array([1., 0.])
    """

    def update_output(self, x: Nested) -> Array:
        return cosines(*self.rows(x))

    def equation(self, x: Any) -> Any:
        a, b = x
        return called(r"\cos", self, [a, b])

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = self.rows(x)
        return [part.reshape(item.shape) for part, item in zip(pull_cosines(a, b, y, dy), x, strict=True)]


def cosines(a: Array, b: Array) -> Array:
    """Return the cosines of pairs of rows."""
    y: Array = (dots(a, b) / np.sqrt(_squared(a) * _squared(b)))[:, 0]
    return y


def pull_cosines(a: Array, b: Array, y: Array, dy: Array) -> tuple[Array, Array]:
    """Return the gradients of both, given the cosines y and their gradients."""
    squared_a, squared_b = _squared(a), _squared(b)
    lengths = np.sqrt(squared_a * squared_b)
    factor, product = dy[:, None] / lengths, y[:, None] * lengths
    da, db = a * (product / -squared_a), b * (product / -squared_b)
    da += b
    db += a
    da *= factor
    db *= factor
    return da, db


def _squared(rows: Array) -> Array:
    """Return the squared lengths of rows, above 0."""
    return dots(rows, rows) + 1e-12
