"""Distances between the two arrays of a list: of vectors, or row by row of batches."""

from __future__ import annotations

import numpy as np

from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.nesting import Array, Nested, describe


class OfRows(Module):
    """A number for each pair of rows of two arrays, n or B x n."""

    def rows(self, x: Nested) -> tuple[Array, Array]:
        """Return the two arrays as rows, and as numbers, or refuse them."""
        arrays = isinstance(x, list) and len(x) == 2 and all(isinstance(item, np.ndarray) for item in x)
        if not arrays or x[0].shape != x[1].shape or x[0].ndim not in (1, 2):
            raise ValueError(f"{self.label()} takes two arrays n, or two Bxn, of one shape; it was given {describe(x)}")
        return np.atleast_2d(as_numbers(x[0], self)), np.atleast_2d(as_numbers(x[1], self))


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

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = self.rows(x)
        difference = a - b
        slope = np.sign(difference)
        if self.p != 1:
            slope = slope * np.abs(difference) ** (self.p - 1) / (y[:, None] + 1e-6) ** (self.p - 1)
        da = (dy[:, None] * slope).reshape(x[0].shape)
        return [da, -da]


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

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = self.rows(x)
        return [part.reshape(item.shape) for part, item in zip(pull_cosines(a, b, y, dy), x, strict=True)]


def cosines(a: Array, b: Array) -> Array:
    """Return the cosines of pairs of rows."""
    y: Array = (a * b).sum(1) / np.sqrt(_squared(a) * _squared(b))
    return y


def pull_cosines(a: Array, b: Array, y: Array, dy: Array) -> tuple[Array, Array]:
    """Return the gradients of both, given the cosines y and their gradients."""
    squared_a, squared_b, y = _squared(a)[:, None], _squared(b)[:, None], y[:, None]
    factor = dy[:, None] / np.sqrt(squared_a * squared_b)
    product = y * np.sqrt(squared_a * squared_b)
    return factor * (b - product / squared_a * a), factor * (a - product / squared_b * b)


def _squared(rows: Array) -> Array:
    """Return the squared lengths of rows, above 0."""
    squared: Array = (rows * rows).sum(1) + 1e-12
    return squared
