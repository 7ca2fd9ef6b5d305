"""Products of several inputs: matrices, vectors, and mixtures of experts; what attention is drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe


class MM(Module):
    """The product of two matrices, or of the matrices of two batches: ``y = A B``.

    Parameters
    ----------
    trans_a, trans_b : bool
        Whether A, or B, is transposed first.

    Raises
    ------
    ValueError
        If the input is not two matrices, or two batches of as many, that fit together.

    Notes
    -----
    Torch7's ``nn.MM``.

    Examples
    --------
    >>> import numpy as np
    >>> MM().forward([np.ones((2, 3)), np.ones((3, 4))]).shape
    (2, 4)
    >>> MM(trans_b=True).forward([np.ones((5, 2, 3)), np.ones((5, 4, 3))]).shape
    (5, 2, 4)
    """

    def __init__(self, trans_a: bool = False, trans_b: bool = False) -> None:
        self.trans_a = trans_a
        self.trans_b = trans_b

    def update_output(self, x: Nested) -> Array:
        a, b = _two(x, self, "two matrices, or two batches of matrices")
        left, right = _turned(a, self.trans_a), _turned(b, self.trans_b)
        if (
            a.ndim not in (2, 3)
            or a.ndim != b.ndim
            or a.shape[:-2] != b.shape[:-2]
            or left.shape[-1] != right.shape[-2]
        ):
            raise ValueError(
                f"{self.label()} takes matrices nxk and kxm, after transposing, or batches of them; it was given "
                f"{describe(x)}"
            )
        y: Array = left @ right
        return y

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = (as_numbers(item, self) for item in x)
        da = dy @ _swapped(_turned(b, self.trans_b))
        db = _swapped(_turned(a, self.trans_a)) @ dy
        return [_turned(da, self.trans_a), _turned(db, self.trans_b)]


class MV(Module):
    """The product of a matrix and a vector, or of those of two batches: ``y = M v``.

    Parameters
    ----------
    trans : bool
        Whether M is transposed first.

    Raises
    ------
    ValueError
        If the input is not a matrix and a vector, or batches of as many, that fit together.

    Notes
    -----
    Torch7's ``nn.MV``.

    Examples
    --------
    >>> import numpy as np
    >>> MV().forward([np.ones((2, 3)), np.ones(3)])
    array([3., 3.])
    >>> MV(trans=True).forward([np.ones((5, 2, 3)), np.ones((5, 2))]).shape
    (5, 3)
    """

    def __init__(self, trans: bool = False) -> None:
        self.trans = trans

    def update_output(self, x: Nested) -> Array:
        matrix, vector = _two(x, self, "a matrix and a vector, or a batch of each")
        turned = _turned(matrix, self.trans)
        if matrix.ndim not in (2, 3) or vector.shape != (*turned.shape[:-2], *turned.shape[-1:]):
            raise ValueError(
                f"{self.label()} takes a matrix nxk, after transposing, and a vector of k, or a batch of each; it was "
                f"given {describe(x)}"
            )
        y: Array = (turned @ vector[..., None])[..., 0]
        return y

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        matrix, vector = (as_numbers(item, self) for item in x)
        turned = _turned(matrix, self.trans)
        dmatrix = dy[..., :, None] * vector[..., None, :]
        return [_turned(dmatrix, self.trans), (_swapped(turned) @ dy[..., None])[..., 0]]


class DotProduct(Module):
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
        a, b = _two(x, self, "two vectors, or two batches of vectors")
        if a.shape != b.shape or a.ndim not in (1, 2):
            raise ValueError(f"{self.label()} takes two arrays n, or two Bxn, of one shape; it was given {describe(x)}")
        return np.atleast_1d((a * b).sum(-1))

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = (as_numbers(item, self) for item in x)
        factor = dy if a.ndim == 1 else dy[:, None]
        return [factor * b, factor * a]


class MixtureTable(Module):
    """A mixture of experts: ``y_b = Σ_k g[b, k] · x_k[b]``; with g from a softmax, what attention reads.

    The input is [g, experts], g of K weights or B x K. The experts are a list of K arrays of any one shape, B first
    where g has B; or one array that holds all K along ``dimension``, which goes.

    Parameters
    ----------
    dimension : int, optional
        The dimension of the experts' array, 0-based; by default 0, or 1 where g is B x K. Negative ones count from the
        last.

    Raises
    ------
    ValueError
        If the numbers of weights and experts differ, or the shapes do not fit.

    Notes
    -----
    Torch7's ``nn.MixtureTable``.

    Examples
    --------
    >>> import numpy as np
    >>> weights, memory = np.array([[0.5, 0.5], [1.0, 0.0]]), np.arange(12.0).reshape(2, 2, 3)
    >>> MixtureTable().forward([weights, memory])
    array([[1.5, 2.5, 3.5],
           [6. , 7. , 8. ]])
    """

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = None if dimension is None else whole_number(dimension, "MixtureTable's dimension")

    def update_output(self, x: Nested) -> Array:
        weights, experts = self._spread(x)
        y: Array = (weights * experts).sum(0)
        return y

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        weights, experts = self._spread(x)
        rows = x[0].ndim - 1
        dweights = (dy * experts).sum(tuple(range(rows + 1, experts.ndim)))  # K, or K x B
        dexperts = weights * dy
        listed = isinstance(x[1], list)
        return [
            np.ascontiguousarray(dweights.T),
            list(dexperts) if listed else np.moveaxis(dexperts, 0, self._axis(x)),
        ]

    def _axis(self, x: Nested) -> int:
        return x[0].ndim - 1 if self.dimension is None else self.dimension

    def _spread(self, x: Nested) -> tuple[Array, Array]:
        """Return the weights and the experts with K first, the weights with as many dimensions as the experts."""
        if not isinstance(x, list) or len(x) != 2 or not isinstance(x[0], np.ndarray) or x[0].ndim not in (1, 2):
            raise ValueError(f"{self.label()} takes [g, experts], g of K or BxK; it was given {describe(x)}")
        weights = as_numbers(x[0], self)
        experts = self._stacked(x)
        batch = weights.shape[:-1]
        if experts.shape[: weights.ndim] != (weights.shape[-1], *batch):
            rows = f" of {batch[0]} rows" if batch else ""
            raise ValueError(
                f"{self.label()} needs {weights.shape[-1]} experts{rows}, one for each of the weights "
                f"{describe(x[0])}; it was given {describe(x)}"
            )
        return weights.T.reshape(*weights.T.shape, *(1,) * (experts.ndim - weights.ndim)), experts

    def _stacked(self, x: Nested) -> Array:
        experts: Any = x[1]
        if isinstance(experts, list):
            alike = experts and all(isinstance(item, np.ndarray) for item in experts)
            if not alike or len({item.shape for item in experts}) != 1:
                raise ValueError(f"{self.label()} takes experts of one shape; it was given {describe(experts)}")
            return np.stack([as_numbers(item, self) for item in experts])
        axis = self._axis(x)
        if not -experts.ndim <= axis < experts.ndim:
            raise ValueError(f"{self.label()}: there is no dimension {axis} in experts of shape {describe(experts)}")
        return np.moveaxis(as_numbers(experts, self), axis, 0)


def _two(x: Nested, module: Module, what: str) -> tuple[Array, Array]:
    """Return a list of two arrays, as numbers."""
    if not isinstance(x, list) or len(x) != 2 or not all(isinstance(item, np.ndarray) for item in x):
        raise ValueError(f"{module.label()} takes a list of {what}; it was given {describe(x)}")
    return as_numbers(x[0], module), as_numbers(x[1], module)


def _swapped(matrices: Array) -> Array:
    return matrices.swapaxes(-1, -2)


def _turned(matrices: Array, trans: bool) -> Array:
    return _swapped(matrices) if trans and matrices.ndim > 1 else matrices
