"""Arithmetic with constants and with learnt numbers: sums and products, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import Elementwise, as_numbers
from graphnet.module import Module
from graphnet.nesting import Array, describe
from graphnet.parameter import Parameter
from graphnet.random import generator


class WithConstant(Elementwise):
    """An element-wise module with one constant: a number, or an array that the input, or each of its rows, is like."""

    def __init__(self, constant: Any) -> None:
        array = np.asarray(constant)
        if array.dtype.kind not in "fiu":
            raise TypeError(
                f"{type(self).__name__}'s constant must be a number or an array of numbers, not {constant!r}"
            )
        self.constant: Any = array.astype(np.float64) if array.ndim else array.item()

    def update_output(self, x: Array) -> Any:
        x = as_numbers(x, self)
        if self.constant.__class__ is np.ndarray:
            shape = self.constant.shape
            if x.shape != shape and not (x.ndim == len(shape) + 1 and x.shape[1:] == shape):
                sizes = describe(self.constant)
                raise ValueError(
                    f"{self.label()} takes an array of shape {sizes} or Bx{sizes}; it was given {describe(x)}"
                )
        return self.value(x)

    def constant_like(self, x: Any) -> Any:
        """Return the constant in the type of ``x``."""
        return self.constant.astype(x.dtype, copy=False) if self.constant.__class__ is np.ndarray else self.constant


class AddConstant(WithConstant):
    """``y = x + k``; any shape.

    Parameters
    ----------
    constant : float or array_like
        k. An array is added to an input of its shape, or to every row of a batch of them.

    Raises
    ------
    TypeError
        If the constant holds no numbers.
    ValueError
        If the constant is an array and the input, or its rows, are of another shape.

    Notes
    -----
    Torch7's ``nn.AddConstant``, without its ``inplace``.

    Examples
    --------
    >>> import numpy as np
    >>> AddConstant(1).forward(np.array([0.0, 2.0]))
    array([1., 3.])
    >>> AddConstant([1, -1]).forward(np.zeros((2, 2)))
    array([[ 1., -1.],
           [ 1., -1.]])
    """

    def value(self, x: Any) -> Any:
        return x + self.constant_like(x)

    def slope(self, x: Any, y: Any) -> Any:
        return 1.0


class MulConstant(WithConstant):
    """``y = k · x``; any shape.

    Parameters
    ----------
    constant : float or array_like
        k. An array multiplies an input of its shape, or every row of a batch of them.

    Raises
    ------
    TypeError
        If the constant holds no numbers.
    ValueError
        If the constant is an array and the input, or its rows, are of another shape.

    Notes
    -----
    Torch7's ``nn.MulConstant``, which takes only a number, without its ``inplace``.

    Examples
    --------
    >>> import numpy as np
    >>> MulConstant(-1).forward(np.array([0.5, 2.0]))
    array([-0.5, -2. ])
    """

    def value(self, x: Any) -> Any:
        return x * self.constant_like(x)

    def slope(self, x: Any, y: Any) -> Any:
        return self.constant_like(x)


class WithNumbers(Module):
    """A module whose parameters are drawn from U(-1/√n, 1/√n), n being how many numbers a parameter holds."""

    def reset(self, stdv: float | None = None) -> None:
        """Draw the parameters from a uniform distribution, by default of U(-1/√n, 1/√n)."""
        for parameter in self.own_parameters().values():
            bound = 1 / np.sqrt(parameter.size) if stdv is None else stdv * np.sqrt(3)
            parameter.value = generator().uniform(-bound, bound, parameter.shape)

    def fitted(self, x: Any, parameter: Parameter) -> Array:
        """Return the input as numbers, or refuse it if the parameter cannot be spread over it."""
        numbers = as_numbers(x, self)
        shape = parameter.shape
        rest = numbers.shape[1:] if x.ndim == len(shape) + 1 else x.shape
        if len(rest) != len(shape) or any(n not in (1, m) for n, m in zip(shape, rest, strict=True)):
            sizes = "x".join(map(str, shape))
            ones = ", where a size of 1 fits any" if 1 in shape else ""
            raise ValueError(
                f"{self.label()} takes an array of shape {sizes} or Bx{sizes}{ones}; it was given {describe(x)}"
            )
        return numbers


def gathered(gradient: Array, parameter: Parameter) -> Array:
    """Sum a gradient over all places that one number of a parameter was spread to."""
    shape = parameter.shape
    if gradient.ndim > len(shape):
        gradient = gradient.sum(0)
    spread = tuple(i for i, n in enumerate(shape) if n == 1)
    return np.asarray(gradient.sum(spread, keepdims=True)) if spread else gradient


class Mul(WithNumbers):
    """One learnt factor for all numbers: ``y = w · x``; any shape.

    Attributes
    ----------
    weight : Parameter
        w, a single number in an array of one; drawn from U(-1, 1).

    Notes
    -----
    Torch7's ``nn.Mul``.

    Examples
    --------
    >>> import numpy as np
    >>> module = Mul()
    >>> module.weight.value = [3.0]
    >>> module.forward(np.array([1.0, 2.0]))
    array([3., 6.])
    """

    def __init__(self) -> None:
        self.weight = Parameter(np.zeros(1))
        self.reset()

    def update_output(self, x: Array) -> Array:
        y: Array = as_numbers(x, self) * self.weight.value[0]
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = dy * self.weight.value[0]
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        self.weight.grad += scale * (dy * x).sum()


class Add(WithNumbers):
    """A learnt bias: ``y = x + b``.

    Parameters
    ----------
    input_size : int
        The length of b, at least 1.
    scalar : bool
        Have one number for all instead, and take any shape; ``input_size`` then means nothing.

    Attributes
    ----------
    bias : Parameter
        b; drawn from U(-1/√input_size, 1/√input_size).

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.Add``.

    Examples
    --------
    >>> import numpy as np
    >>> module = Add(2)
    >>> module.bias.value = [1.0, -1.0]
    >>> module.forward(np.zeros((2, 2)))
    array([[ 1., -1.],
           [ 1., -1.]])
    """

    def __init__(self, input_size: int, scalar: bool = False) -> None:
        self.scalar = scalar
        self.bias = Parameter(np.zeros(1 if scalar else whole_number(input_size, "Add's input_size", 1)))
        self.reset()

    def update_output(self, x: Array) -> Array:
        y: Array = (as_numbers(x, self) if self.scalar else self.fitted(x, self.bias)) + self.bias.value
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return dy

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        self.bias.grad += scale * (dy.sum() if self.scalar else gathered(dy, self.bias))
