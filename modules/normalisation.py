"""Normalisation: rows brought to mean 0 and variance 1, or to length 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import ShapeKeeping, as_numbers
from graphnet.modules.arguments import number
from graphnet.modules.sums import dots
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.shapes import written
from graphnet.sizes import Size, surely_differ, surely_less


class LayerNormalization(ShapeKeeping):
    """Bring every row to mean 0 and variance 1, then scale and shift it: ``y = w · (x - μ) / √(σ² + eps/n) + b``.

    μ and σ² are the mean and the variance, ``Σ (x - μ)² / n``, of the n numbers of a row: of the last dimension.

    Parameters
    ----------
    n_output : int
        n, the length of a row, at least 1.
    bias : float
        What all of b starts with.
    eps : float
        Keeps rows of equal numbers finite; above 0. It is added to ``Σ (x - μ)²``.
    affine : bool
        Whether there are w and b.

    Attributes
    ----------
    weight : Parameter or None
        w, of n numbers; they start with 1.
    bias : Parameter or None
        b, of n numbers.

    Raises
    ------
    ValueError
        If eps is not above 0, or the input's last dimension is not n_output.

    Notes
    -----
    Ba, Kiros and Hinton, "Layer normalization", 2016, equation 4, which has no eps. Torch7's ``nn.LayerNormalization``
    means the same but, given a batch, takes the means of other rows from some of the numbers.
    PyTorch adds its eps to σ²: ``nn.LayerNorm(n, e)`` is ``LayerNormalization(n, eps=n * e)``.

    Examples
    --------
    >>> import numpy as np
    >>> LayerNormalization(2).forward(np.array([[1.0, 5.0], [0.0, 0.0]])).round(3)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """

    saves = True

    def __init__(self, n_output: int, bias: float = 0.0, eps: float = 1e-10, affine: bool = True) -> None:
        self.n_output = whole_number(n_output, "LayerNormalization's n_output", 1)
        self.eps = number(eps, "LayerNormalization's eps", above=0)
        self.weight = Parameter(np.ones(n_output)) if affine else None
        self.bias = (
            Parameter(np.full(n_output, number(bias, "LayerNormalization's bias"), np.float64)) if affine else None
        )

    def reset(self, stdv: float | None = None) -> None:
        """Set w to 1 and b to the constructor's bias again; nothing is drawn."""
        if self.weight is not None and self.bias is not None:
            self.weight.value.fill(1)
            self.bias.value.fill(self.arguments().get("bias", 0))

    def trace(self, x: Any) -> Any:
        self.check_shape(x.shape)
        centred = x - x.sum() / self.n_output
        y = centred * (1 / np.sqrt(((centred * centred).sum() + self.eps) / self.n_output))
        return y if self.weight is None else y * x.vector(self.weight) + x.vector(self.bias)

    def update_output(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        x = as_numbers(x, self)
        self.check_shape(x.shape)
        centred = x - self._means(x)
        factor = 1 / np.sqrt((dots(centred, centred) + self.eps) / self.n_output)
        if self.weight is None or self.bias is None:
            return centred * factor, (centred, factor)
        y = centred * self.weight.value
        y *= factor
        y += self.bias.value
        return y, (centred, factor)

    def _means(self, x: Array) -> Array:
        means: Array = np.add.reduce(x, -1, keepdims=True)
        return means / self.n_output

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        if not shape or surely_differ(shape[-1], self.n_output):
            raise ValueError(f"{self.label()} takes rows of {self.n_output} numbers; it was given {written(shape)}")

    def update_grad_input(self, x: Array, y: Array, dy: Array, saved: tuple[Array, Array]) -> Array:
        centred, factor = saved
        if self.weight is not None:
            dy = dy * self.weight.value
        dx = centred * (dots(dy, centred) * factor * factor / -self.n_output)
        dx += dy
        dx -= self._means(dy)
        dx *= factor
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0, *saved: Any) -> None:
        if self.weight is not None and self.bias is not None:
            centred, factor = saved[0]
            self.weight.grad += scale * (factor.ravel() @ (dy * centred).reshape(-1, self.n_output))
            self.bias.grad += scale * dy.reshape(-1, self.n_output).sum(0)


class Normalize(ShapeKeeping):
    """Bring every row to length 1 in the p-norm: ``y = x / (Σ |x_i|^p + eps)^(1/p)``.

    A row is the last dimension. For p = ∞ it is ``x / (max |x_i| + eps)``.

    Parameters
    ----------
    p : float
        Of the norm, above 0; may be infinite.
    eps : float
        Keeps rows of zeros finite.

    Raises
    ------
    ValueError
        If p is not above 0, or the input has no dimension.

    Notes
    -----
    Torch7's ``nn.Normalize``.

    Examples
    --------
    >>> import numpy as np
    >>> Normalize(2).forward(np.array([[3.0, 4.0], [0.0, -2.0]])).round(6)
    array([[ 0.6,  0.8],
           [ 0. , -1. ]])
    """

    def __init__(self, p: float, eps: float = 1e-10) -> None:
        self.p = number(p, "Normalize's p", above=0)
        self.eps = number(eps, "Normalize's eps")

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        self.check_shape(x.shape)
        y: Array = x / self._norm(x)
        return y

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        if not shape or surely_less(shape[-1], 1):
            raise ValueError(f"{self.label()} takes rows of numbers; it was given {written(shape)}")

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        x = as_numbers(x, self)
        norm = self._norm(x)
        along = (dy * y).sum(-1, keepdims=True)
        size = np.abs(x)
        if math.isinf(self.p):  # the norm grows with the first of the largest
            slope = np.zeros_like(x)
            np.put_along_axis(slope, size.argmax(-1, keepdims=True), 1, -1)
        else:
            slope = (size / norm) ** (self.p - 1)
        dx: Array = (dy - along * slope * np.sign(x)) / norm
        return dx

    def _norm(self, x: Array) -> Array:
        size = np.abs(x)
        if math.isinf(self.p):
            return np.asarray(size.max(-1, keepdims=True) + self.eps)
        return np.asarray(((size**self.p).sum(-1, keepdims=True) + self.eps) ** (1 / self.p))
