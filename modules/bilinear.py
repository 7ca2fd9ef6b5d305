"""Bilinear: the products of all pairs of elements of two vectors, weighted and added up."""

from __future__ import annotations

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.forms import formed
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe
from graphnet.parameter import Parameter
from graphnet.random import generator
from graphnet.shapes import Shape


class Bilinear(Module):
    """A form of two vectors: ``y_bk = Σ_ij x[0]_bi W_kij x[1]_bj + b_k``.

    Parameters
    ----------
    input_size_1, input_size_2, output_size : int
        The lengths of the rows of ``x[0]``, ``x[1]`` and y, at least 1.
    bias : bool
        Whether b is added.

    Attributes
    ----------
    weight : Parameter
        W, output_size x input_size_1 x input_size_2; drawn from U(-1/√input_size_1, 1/√input_size_1).
    bias : Parameter or None
        b, output_size; drawn likewise.

    Raises
    ------
    ValueError
        If the input is not two batches, B x input_size_1 and B x input_size_2.

    Notes
    -----
    Torch7's ``nn.Bilinear``, where the gradient of W leaves ``scale`` out.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Bilinear(2, 2, 1, bias=False)
    >>> layer.weight.value = [[[1.0, 0.0], [0.0, 10.0]]]
    >>> layer.forward([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
    array([[83.]])
    """

    def __init__(self, input_size_1: int, input_size_2: int, output_size: int, bias: bool = True) -> None:
        sizes = {"output_size": output_size, "input_size_1": input_size_1, "input_size_2": input_size_2}
        self.weight = Parameter(np.zeros([whole_number(n, f"Bilinear's {name}", 1) for name, n in sizes.items()]))
        self.bias = Parameter(np.zeros(output_size)) if bias else None
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw W and b from a uniform distribution, by default of U(-1/√input_size_1, 1/√input_size_1)."""
        bound = 1 / np.sqrt(self.weight.shape[1]) if stdv is None else stdv * np.sqrt(3)
        for parameter in self.own_parameters().values():
            parameter.value = generator().uniform(-bound, bound, parameter.shape)

    def update_output(self, x: Nested) -> Array:
        a, b = self._batches(x)
        y = (self._half(b) @ a[:, :, None])[:, :, 0]
        if self.bias is not None:
            y += self.bias.value
        return y

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        a, b = self._batches(x)
        n = self.weight.shape[2]
        return [(dy[:, None, :] @ self._half(b))[:, 0, :], _pairs(dy, a) @ self.weight.value.reshape(-1, n)]

    def acc_grad_parameters(self, x: Nested, y: Array, dy: Array, scale: float = 1.0) -> None:
        a, b = self._batches(x)
        self.weight.grad += scale * (_pairs(dy, a).T @ b).reshape(self.weight.shape)
        if self.bias is not None:
            self.bias.grad += scale * dy.sum(0)

    def _half(self, b: Array) -> Array:
        """Return W b for each row, B x output_size x input_size_1."""
        k, m, n = self.weight.shape
        return (b @ self.weight.value.reshape(-1, n).T).reshape(-1, k, m)

    def output_shape(self, shape: Shape) -> Shape:
        k, m, n = self.weight.shape
        return formed(shape, [([("B", m), ("B", n)], ("B", k))], self._misfit)

    def _batches(self, x: Nested) -> tuple[Array, Array]:
        _, m, n = self.weight.shape
        arrays = isinstance(x, list) and len(x) == 2 and all(isinstance(item, np.ndarray) for item in x)
        if not arrays or x[0].shape[1:] != (m,) or x[1].shape != (len(x[0]), n):
            raise self._misfit(describe(x))
        return as_numbers(x[0], self), as_numbers(x[1], self)

    def _misfit(self, came: str) -> ValueError:
        _, m, n = self.weight.shape
        return ValueError(f"{self.label()} takes two batches, Bx{m} and Bx{n}; it was given {came}")


def _pairs(a: Array, b: Array) -> Array:
    """Return for each row the products of all numbers of two, side by side."""
    return (a[:, :, None] * b[:, None, :]).reshape(len(a), a.shape[1] * b.shape[1])
