"""Transfer functions: sigmoid, tanh, rectifiers, and the softmax and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import Elementwise, ShapeKeeping, as_numbers
from graphnet.equations.notation import called
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.modules.transfer.choice import indicator, one_or
from graphnet.nesting import Array
from graphnet.shapes import written
from graphnet.sizes import Size


class Sigmoid(Elementwise):
    """``y = 1 / (1 + exp(-x))``, between 0 and 1; any shape.

    Notes
    -----
    Torch7's ``nn.Sigmoid``.

    Examples
    --------
    >>> import numpy as np
    >>> Sigmoid().forward(np.array([-np.inf, 0.0, np.inf]))
    array([0. , 0.5, 1. ])
    """

    bounds = (0.0, 1.0)

    def equation(self, x: Any) -> Any:
        return called(r"\sigma", self, x, of_elements=True)

    def value(self, x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def slope(self, x: Any, y: Any) -> Any:
        return y * (1 - y)


class Tanh(Elementwise):
    """``y = tanh(x)``, between -1 and 1; any shape.

    Notes
    -----
    Torch7's ``nn.Tanh``.

    Examples
    --------
    >>> import numpy as np
    >>> Tanh().forward(np.array([-np.inf, 0.0, np.inf]))
    array([-1.,  0.,  1.])
    """

    bounds = (-1.0, 1.0)

    def value(self, x: Any) -> Any:
        return np.tanh(x)

    def slope(self, x: Any, y: Any) -> Any:
        return 1 - y * y


class ReLU(Elementwise):
    """``y = max(0, x)``, the rectifier; any shape. Its slope at 0 is 0.

    Notes
    -----
    Torch7's ``nn.ReLU``, without its ``inplace``.

    Examples
    --------
    >>> import numpy as np
    >>> ReLU().forward(np.array([-2.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """

    def equation(self, x: Any) -> Any:
        return called(r"\operatorname{ReLU}", self, x, of_elements=True)

    def value(self, x: Any) -> Any:
        return np.maximum(x, 0)

    def slope(self, x: Any, y: Any) -> Any:
        return indicator(x > 0, x)


class LeakyReLU(Elementwise):
    """``y = x`` where x is above 0, else ``y = negval · x``; any shape. Its slope at 0 is ``negval``.

    Parameters
    ----------
    negval : float
        The slope where x is not above 0.

    Raises
    ------
    TypeError
        If negval is no number.

    Notes
    -----
    Torch7's ``nn.LeakyReLU``, without its ``inplace``; Maas, Hannun and Ng, "Rectifier nonlinearities improve neural
    network acoustic models", 2013.

    Examples
    --------
    >>> import numpy as np
    >>> LeakyReLU(0.1).forward(np.array([-2.0, 0.0, 2.0]))
    array([-0.2,  0. ,  2. ])
    """

    def __init__(self, negval: float = 0.01) -> None:
        self.negval = number(negval, "LeakyReLU's negval")

    def equation(self, x: Any) -> Any:
        return called(rf"\operatorname{{LeakyReLU}}_{{{self.negval:g}}}", self, x, of_elements=True)

    def value(self, x: Any) -> Any:
        return x * self.slope(x, None)

    def slope(self, x: Any, y: Any) -> Any:
        return one_or(x > 0, self.negval, x)


class OverFeatures(ShapeKeeping):
    """A module that works along the features, of arrays of one to four dimensions."""

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        feature_axis(shape, self)


class SoftMax(OverFeatures):
    """``y_i = exp(x_i) / Σ_j exp(x_j)``: probabilities.

    The sum runs over the features: the last dimension of n and B x n, the first of n x H x W, the second of
    B x n x H x W.

    Raises
    ------
    ValueError
        If the input has no dimension or more than four.

    Notes
    -----
    Torch7's ``nn.SoftMax``. The largest x is subtracted first, so large numbers do not overflow.

    Examples
    --------
    >>> import numpy as np
    >>> SoftMax().forward(np.array([[1000.0, 1000.0], [0.0, -1000.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """

    def equation(self, x: Any) -> Any:
        return called(r"\operatorname{softmax}", self, x)

    def trace(self, x: Any) -> Any:
        e = np.exp(x - x.max())
        return e * (1 / e.sum())

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        axis = feature_axis(x.shape, self)
        y = shifted(x, axis)
        np.exp(y, out=y)
        y *= 1 / y.sum(axis, keepdims=True)
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = y * dy
        np.subtract(dy, dx.sum(feature_axis(x.shape, self), keepdims=True), out=dx)
        dx *= y
        return dx


class SoftMin(SoftMax):
    """``y_i = exp(-x_i) / Σ_j exp(-x_j)``: probabilities, the largest for the smallest x.

    The sum runs over the features, as in :class:`SoftMax`.

    Raises
    ------
    ValueError
        If the input has no dimension or more than four.

    Notes
    -----
    Torch7's ``nn.SoftMin``.

    Examples
    --------
    >>> import numpy as np
    >>> SoftMin().forward(np.array([0.0, 1000.0]))
    array([1., 0.])
    """

    def equation(self, x: Any) -> Any:
        return called(r"\operatorname{softmin}", self, x)

    def trace(self, x: Any) -> Any:
        return super().trace(-x)

    def update_output(self, x: Array) -> Array:
        return super().update_output(-as_numbers(x, self))

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return -super().update_grad_input(x, y, dy)


class LogSoftMax(OverFeatures):
    """``y_i = x_i - log Σ_j exp(x_j)``: logarithms of probabilities.

    The sum runs over the features: the last dimension of n and B x n, the first of n x H x W, the second of
    B x n x H x W.

    Raises
    ------
    ValueError
        If the input has no dimension or more than four.

    Notes
    -----
    Torch7's ``nn.LogSoftMax``. The largest x is subtracted first, so large numbers do not overflow.

    Examples
    --------
    >>> import numpy as np
    >>> np.exp(LogSoftMax().forward(np.array([1000.0, 1000.0])))
    array([0.5, 0.5])
    """

    def equation(self, x: Any) -> Any:
        return called(r"\log \operatorname{softmax}", self, x)

    def trace(self, x: Any) -> Any:
        shifted = x - x.max()
        return shifted - np.log(np.exp(shifted).sum())

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        axis = feature_axis(x.shape, self)
        y = shifted(x, axis)
        y -= np.log(np.exp(y).sum(axis, keepdims=True))
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = np.exp(y)
        dx *= -dy.sum(feature_axis(x.shape, self), keepdims=True)
        dx += dy
        return dx


def shifted(x: Array, axis: int) -> Array:
    """Return a new array, x less its largest along a dimension."""
    y: Array = x - np.maximum.reduce(x, axis, keepdims=True, initial=-np.inf)
    return y


def feature_axis(shape: tuple[Size | int, ...], module: Module) -> int:
    """Return the dimension of the features: 0 of n and n x H x W, 1 of B x n and B x n x H x W; or refuse the shape."""
    if not 1 <= len(shape) <= 4:
        raise ValueError(f"{module.label()} takes an array of 1 to 4 dimensions; it was given {written(shape)}")
    return (0, 1, 0, 1)[len(shape) - 1]
