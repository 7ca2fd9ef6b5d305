"""Transfer functions: sigmoid, tanh, and the logarithm of the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import Elementwise, as_numbers
from graphnet.module import Module
from graphnet.nesting import Array, describe


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

    def value(self, x: Any) -> Any:
        return np.tanh(x)

    def slope(self, x: Any, y: Any) -> Any:
        return 1 - y * y


class LogSoftMax(Module):
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

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        axis = _feature_axis(x, self)
        shifted = x - x.max(axis, keepdims=True, initial=-np.inf)
        y: Array = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = dy - np.exp(y) * dy.sum(_feature_axis(x, self), keepdims=True)
        return dx


def _feature_axis(x: Array, module: Module) -> int:
    if not 1 <= x.ndim <= 4:
        raise ValueError(f"{module.label()} takes an array of 1 to 4 dimensions; it was given {describe(x)}")
    return (0, 1, 0, 1)[x.ndim - 1]
