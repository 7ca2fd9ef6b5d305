"""Arithmetic with constants and with learnt numbers: sums and products, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import Elementwise, ShapeKeeping, as_numbers
from graphnet.equations.notation import weights
from graphnet.forms import fits
from graphnet.module import Module
from graphnet.nesting import Array, Nested
from graphnet.parameter import Parameter
from graphnet.random import generator
from graphnet.shapes import Shape, written
from graphnet.sizes import Size


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
        if self.constant.__class__ is np.ndarray and self.constant.shape not in (x.shape, x.shape[1:]):
            self.check_shape(x.shape)
        return self.value(x)

    def trace(self, x: Any) -> Any:
        return super().trace(x)

    def equation(self, x: Nested) -> Nested:
        return self.value(x)

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        if self.constant.__class__ is np.ndarray:
            check_like(shape, self.constant.shape, self)

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


class WithNumbers(ShapeKeeping):
    """A module whose parameters are drawn from U(-1/√n, 1/√n), n being how many numbers a parameter holds."""

    def reset(self, stdv: float | None = None) -> None:
        """Draw the parameters from a uniform distribution, by default of U(-1/√n, 1/√n)."""
        for parameter in self.own_parameters().values():
            bound = 1 / np.sqrt(parameter.size) if stdv is None else stdv * np.sqrt(3)
            parameter.value = generator().uniform(-bound, bound, parameter.shape)

    def fans(self, name: str) -> None:
        """Return None: every number of the input meets one of the parameter's, and nothing is summed."""

    def fitted(self, x: Any, parameter: Parameter) -> Array:
        """Return the input as numbers, or refuse it if the parameter cannot be spread over it."""
        numbers = as_numbers(x, self)
        if parameter.shape not in (x.shape, x.shape[1:]):
            check_like(x.shape, parameter.shape, self, spreads=True)
        return numbers


def check_like(shape: Shape, like: tuple[int, ...], module: Module, spreads: bool = False) -> None:
    """Refuse what surely is neither like an array nor a batch of such; with ``spreads``, its sizes of 1 fit any."""
    spread = spreads and 1 in like
    form = tuple(str(i) if spread and n == 1 else n for i, n in enumerate(like))
    if not fits(shape, form, ("B", *form)):
        sizes, ones = written(like), ", where a size of 1 fits any" if spread else ""
        raise ValueError(
            f"{module.label()} takes an array of shape {sizes} or Bx{sizes}{ones}; it was given {written(shape)}"
        )


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

    def trace(self, x: Any) -> Any:
        return x * x.vector(self.weight)

    def equation(self, x: Any) -> Any:
        return weights(self.weight) * x

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

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        if not self.scalar:
            check_like(shape, self.bias.shape, self, spreads=True)

    def update_output(self, x: Array) -> Array:
        y: Array = (
            as_numbers(x, self) + self.bias.value[0] if self.scalar else self.fitted(x, self.bias) + self.bias.value
        )
        return y

    def trace(self, x: Any) -> Any:
        return x + x.vector(self.bias)

    def equation(self, x: Any) -> Any:
        return x + weights(self.bias, "b")

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return dy

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        self.bias.grad += scale * (dy.sum() if self.scalar else gathered(dy, self.bias))
