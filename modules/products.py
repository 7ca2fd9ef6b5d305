"""Products of several inputs: matrices, vectors, and mixtures of experts; what attention is drawn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.equations.notation import matrix_product, matrix_vector, transposed, weighted_sum
from graphnet.forms import formed
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, merged, shape_of, written
from graphnet.sizes import Size, surely_differ

_MATRICES = "two matrices, or two batches of matrices"
_MATRIX_AND_VECTOR = "a matrix and a vector, or a batch of each"


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
        a, b = _two(x, self, _MATRICES)
        left, right = _turned(a, self.trans_a), _turned(b, self.trans_b)
        if (
            a.ndim not in (2, 3)
            or a.ndim != b.ndim
            or a.shape[:-2] != b.shape[:-2]
            or left.shape[-1] != right.shape[-2]
        ):
            raise self._misfit(describe(x))
        y: Array = left @ right
        return y

    def equation(self, x: Any) -> Any:
        a, b = x
        return matrix_product(transposed(a) if self.trans_a else a, transposed(b) if self.trans_b else b)

    def output_shape(self, shape: Shape) -> Shape:
        a = ("k", "n") if self.trans_a else ("n", "k")
        b = ("m", "k") if self.trans_b else ("k", "m")
        if shape is not None:
            _check_two(shape, self, _MATRICES, written)
        return formed(shape, [([a, b], ("n", "m")), ([("B", *a), ("B", *b)], ("B", "n", "m"))], self._misfit)

    def _misfit(self, came: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes matrices nxk and kxm, after transposing, or batches of them; it was given {came}"
        )

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
        matrix, vector = _two(x, self, _MATRIX_AND_VECTOR)
        turned = _turned(matrix, self.trans)
        if matrix.ndim not in (2, 3) or vector.shape != (*turned.shape[:-2], *turned.shape[-1:]):
            raise self._misfit(describe(x))
        y: Array = (turned @ vector[..., None])[..., 0]
        return y

    def equation(self, x: Any) -> Any:
        matrix, vector = x
        return matrix_vector(transposed(matrix) if self.trans else matrix, vector)

    def output_shape(self, shape: Shape) -> Shape:
        m = ("k", "n") if self.trans else ("n", "k")
        if shape is not None:
            _check_two(shape, self, _MATRIX_AND_VECTOR, written)
        return formed(shape, [([m, ("k",)], ("n",)), ([("B", *m), ("B", "k")], ("B", "n"))], self._misfit)

    def _misfit(self, came: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes a matrix nxk, after transposing, and a vector of k, or a batch of each; it was "
            f"given {came}"
        )

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        matrix, vector = (as_numbers(item, self) for item in x)
        turned = _turned(matrix, self.trans)
        dmatrix = dy[..., :, None] * vector[..., None, :]
        return [_turned(dmatrix, self.trans), (_swapped(turned) @ dy[..., None])[..., 0]]


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
        self._stacked(shape_of(x))
        weights, experts, shape = self._spread(x)
        y: Array = (weights[:, None, :] @ experts)[:, 0, :]
        return y.reshape(shape[1:])

    def equation(self, x: Any) -> Any:
        return None if isinstance(x[1], list) else weighted_sum(self, *x)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        weights, experts, shape = self._spread(x)
        drows = dy.reshape(len(weights), 1, experts.shape[2])
        dweights = experts @ drows.swapaxes(1, 2)
        dexperts = (weights[:, :, None] * drows).swapaxes(0, 1).reshape(shape)
        listed = isinstance(x[1], list)
        return [dweights.reshape(x[0].shape), list(dexperts) if listed else np.moveaxis(dexperts, 0, self._axis(x))]

    def _axis(self, x: Nested) -> int:
        return x[0].ndim - 1 if self.dimension is None else self.dimension

    def _spread(self, x: Nested) -> tuple[Array, Array, tuple[int, ...]]:
        """Return the weights as B x K, the experts as B x K x n, B being 1 without a batch, and the shape they had."""
        weights = as_numbers(x[0], self)
        if isinstance(x[1], list):
            experts = np.stack([as_numbers(item, self) for item in x[1]])
        else:
            experts = np.moveaxis(as_numbers(x[1], self), self._axis(x), 0)
        rows = np.atleast_2d(weights)
        n = math.prod(experts.shape[weights.ndim :])
        return rows, experts.reshape(*rows.T.shape, n).swapaxes(0, 1), experts.shape

    def output_shape(self, shape: Shape) -> Shape:
        stacked = None if shape is None else self._stacked(shape)
        if stacked is None or shape[0] is None:
            return stacked and stacked[1:]
        batch = shape[0][:-1]
        return (*merged([batch, stacked[1 : len(batch) + 1]]), *stacked[len(batch) + 1 :])

    def _stacked(self, shape: Shape) -> Shape:
        """Return the shape of the experts with K first, for that of the input; or refuse the input's."""
        two = isinstance(shape, list) and len(shape) == 2
        if not two or isinstance(shape[0], list) or (shape[0] is not None and len(shape[0]) not in (1, 2)):
            raise ValueError(f"{self.label()} takes [g, experts], g of K or BxK; it was given {written(shape)}")
        weights, experts = shape
        listed = isinstance(experts, list)
        if experts is None or (weights is None and self.dimension is None and not listed):
            return None
        stacked = self._listed(experts) if listed else self._moved(weights, experts)
        if weights is None or stacked is None:
            return stacked
        wanted = (weights[-1], *weights[:-1])
        if len(stacked) < len(wanted) or any(map(surely_differ, stacked, wanted)):
            rows = f" of {wanted[1]} rows" if len(wanted) > 1 else ""
            raise ValueError(
                f"{self.label()} needs {wanted[0]} experts{rows}, one for each of the weights {written(weights)}; it "
                f"was given {written(shape)}"
            )
        return stacked

    def _listed(self, experts: list[Shape]) -> Shape:
        try:
            first, *others = experts  # one at least
            one = merged([first, *others])
        except ValueError:
            message = f"{self.label()} takes experts of one shape; it was given {written(experts)}"
            raise ValueError(message) from None
        return None if one is None else (len(experts), *one)

    def _moved(self, weights: Shape, experts: tuple[Size | int, ...]) -> tuple[Size | int, ...]:
        axis = len(weights) - 1 if self.dimension is None else self.dimension
        if not -len(experts) <= axis < len(experts):
            raise ValueError(f"{self.label()}: there is no dimension {axis} in experts of shape {written(experts)}")
        axis %= len(experts)
        return (experts[axis], *experts[:axis], *experts[axis + 1 :])


def _two(x: Nested, module: Module, what: str) -> tuple[Array, Array]:
    """Return a list of two arrays, as numbers."""
    _check_two(x, module, what, describe)
    return as_numbers(x[0], module), as_numbers(x[1], module)


def _check_two(x: Nested | Shape, module: Module, what: str, told: Callable[[Any], str]) -> None:
    """Refuse a value, or a shape, that is no list of two arrays."""
    if not isinstance(x, list) or len(x) != 2 or isinstance(x[0], list) or isinstance(x[1], list):
        raise ValueError(f"{module.label()} takes a list of {what}; it was given {told(x)}")


def _swapped(matrices: Array) -> Array:
    return matrices.swapaxes(-1, -2)


def _turned(matrices: Array, trans: bool) -> Array:
    return _swapped(matrices) if trans and matrices.ndim > 1 else matrices
