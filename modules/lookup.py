"""Modules that take indices: rows of a table, and one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.equations.notation import called, row, weights
from graphnet.module import Module
from graphnet.modules.sums import add_rows
from graphnet.nesting import Array, describe, zeros_like
from graphnet.parameter import Parameter
from graphnet.random import generator
from graphnet.shapes import Shape, written


class LookupTable(Module):
    """An embedding: ``y = W[x]``, a row of W for each index; the same as a one-hot vector times W.

    Parameters
    ----------
    n_index : int
        The number of rows; indices run from 0 to n_index - 1.
    n_output : int
        The length of a row.
    padding_value : int, optional
        An index whose row gets no gradient.
    max_norm : float, optional
        Rows longer than this are scaled down to it as they are looked up; W itself keeps them until
        :meth:`renormalise`. As in Torch7, the gradient of W is that of rows that were not scaled.
    norm_type : float
        The p of the p-norm that ``max_norm`` bounds.

    Attributes
    ----------
    weight : Parameter
        W, n_index x n_output; drawn from N(0, 1).

    Raises
    ------
    IndexError
        If an index is out of range.

    Notes
    -----
    Torch7's ``nn.LookupTable``, where indices count from 1 and a padding value of 0 means none.

    Examples
    --------
    >>> import numpy as np
    >>> table = LookupTable(5, 3)
    >>> table.forward(np.array([[0, 4], [1, 1]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        n_index: int,
        n_output: int,
        padding_value: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
    ) -> None:
        self.padding_value = padding_value
        self.max_norm = max_norm
        self.norm_type = norm_type
        n_index = whole_number(n_index, "LookupTable's n_index", 1)
        n_output = whole_number(n_output, "LookupTable's n_output", 1)
        self.weight = Parameter(np.zeros((n_index, n_output)))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw W from a normal distribution, by default of standard deviation 1."""
        self.weight.value = generator().normal(0, 1 if stdv is None else stdv, self.weight.shape)

    def fans(self, name: str) -> None:
        """Return None: rows are looked up, not summed."""

    def update_output(self, x: Array) -> Array:
        rows: Array = self.weight.value[as_indices(x, self.weight.shape[0], self)]
        return rows if self.max_norm is None else rows * self._shrinkage(rows)

    def trace(self, x: Any) -> Any:
        if self.max_norm is not None or self.padding_value is not None:
            return None
        return x.looked_up(self.weight, lambda indices: as_indices(indices, self.weight.shape[0], self))

    def equation(self, x: Any) -> Any:
        return None if self.max_norm is not None else row(weights(self.weight, "E"), x)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        zeros: Array = zeros_like(x)
        return zeros

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        indices = as_indices(x, self.weight.shape[0], self)
        if self.padding_value is not None:
            real = indices != self.padding_value
            indices, dy = indices[real], dy[real]
        rows = dy.reshape(-1, self.weight.shape[1])
        add_rows(self.weight.grad, indices.ravel(), rows if scale == 1 else scale * rows)

    def output_shape(self, shape: Shape) -> Shape:
        return _rows(shape, self.weight.shape[1], self)

    def renormalise(self, x: Array) -> None:
        """Scale the rows of these indices, in W itself, down to ``max_norm``."""
        if self.max_norm is not None:
            indices = np.unique(as_indices(x, self.weight.shape[0], self))
            rows = self.weight.value[indices]
            self.weight.value[indices] = rows * self._shrinkage(rows)

    def _shrinkage(self, rows: Array) -> Array:
        assert self.max_norm is not None
        norms = np.linalg.norm(rows, self.norm_type, axis=-1, keepdims=True)
        factors: Array = np.where(norms > self.max_norm, self.max_norm / (norms + 1e-7), 1).astype(rows.dtype)
        return factors


class OneHot(Module):
    """A vector for each index, 1 at its place and 0 elsewhere: ``y[..., k] = (x == k)``.

    Parameters
    ----------
    output_size : int
        The length of the vectors; indices run from 0 to output_size - 1.

    Raises
    ------
    IndexError
        If an index is out of range.

    Notes
    -----
    Torch7's ``nn.OneHot``, where indices count from 1.

    Examples
    --------
    >>> import numpy as np
    >>> OneHot(3).forward(np.array([2, 0]))
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """

    def __init__(self, output_size: int) -> None:
        self.output_size = whole_number(output_size, "OneHot's output_size", 1)

    def update_output(self, x: Array) -> Array:
        indices = as_indices(x, self.output_size, self)
        y = np.zeros((*indices.shape, self.output_size), self.dtype)
        np.put_along_axis(y, indices[..., None], 1, -1)
        return y

    def trace(self, x: Any) -> Any:
        return x.one_hot(self.output_size, lambda indices: as_indices(indices, self.output_size, self))

    def equation(self, x: Any) -> Any:
        return called(r"\operatorname{onehot}", self, x)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return np.zeros(x.shape, dy.dtype)

    def output_shape(self, shape: Shape) -> Shape:
        return _rows(shape, self.output_size, self)


def as_indices(x: Any, n: int, module: Module) -> Array:
    """Return an array of whole numbers from 0 to n - 1 as integers, or refuse it."""
    if not isinstance(x, np.ndarray):
        raise _no_indices(module, describe(x))
    indices = x.astype(np.intp)
    if x.dtype.kind == "f" and not (indices == x).all():
        raise TypeError(f"{module.label()} takes whole numbers as indices; it was given {x[indices != x].flat[0]}")
    wrong = (indices < 0) | (indices >= n)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise IndexError(
            f"{module.label()}: the index {indices[place]} at {place} is out of range; indices run from 0 to {n - 1}"
        )
    return indices


def _rows(shape: Shape, size: int, module: Module) -> Shape:
    """Return the shape of a row for each of the indices."""
    if isinstance(shape, list):
        raise _no_indices(module, written(shape))
    return None if shape is None else (*shape, size)


def _no_indices(module: Module, came: str) -> TypeError:
    return TypeError(f"{module.label()} takes one array of indices, not {came}")
