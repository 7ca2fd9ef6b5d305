"""Learnt arrays that scale or shift what they meet, element by element: CMul and CAdd."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.equations.notation import weights
from graphnet.modules.arithmetic import WithNumbers, check_like, gathered
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.sizes import Size


class CMul(WithNumbers):
    """Learnt factors, element by element: ``y = w · x``; the diagonal of a matrix, as peepholes have it.

    Parameters
    ----------
    *sizes : int
        The shape of w. Where a size is 1, that factor holds for the whole dimension.

    Attributes
    ----------
    weight : Parameter
        w; of its n numbers, each is drawn from U(-1/√n, 1/√n).

    Raises
    ------
    ValueError
        If the input is neither of the shape of w nor a batch of such arrays.

    Notes
    -----
    Torch7's ``nn.CMul``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> peephole = CMul(3)
    >>> peephole.weight.value = [1.0, 2.0, 3.0]
    >>> peephole.forward(np.ones((2, 3)))
    array([[1., 2., 3.],
           [1., 2., 3.]])
    """

    def __init__(self, *sizes: int) -> None:
        self.weight = Parameter(np.zeros(_shape(sizes, "CMul")))
        self.reset()

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        check_like(shape, self.weight.shape, self, spreads=True)

    def update_output(self, x: Array) -> Array:
        y: Array = self.fitted(x, self.weight) * self.weight.value
        return y

    def trace(self, x: Any) -> Any:
        return x * x.vector(self.weight)

    def equation(self, x: Any) -> Any:
        return weights(self.weight) * x

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = dy * self.weight.value
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        self.weight.grad += scale * gathered(dy * x, self.weight)


class CAdd(WithNumbers):
    """A learnt bias of any shape: ``y = x + b``.

    Parameters
    ----------
    *sizes : int
        The shape of b. Where a size is 1, that number holds for the whole dimension.

    Attributes
    ----------
    bias : Parameter
        b; of its n numbers, each is drawn from U(-1/√n, 1/√n).

    Raises
    ------
    ValueError
        If the input is neither of the shape of b nor a batch of such arrays.

    Notes
    -----
    Torch7's ``nn.CAdd``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> module = CAdd(2, 1)
    >>> module.bias.value = [[1.0], [2.0]]
    >>> module.forward(np.zeros((2, 3)))
    array([[1., 1., 1.],
           [2., 2., 2.]])
    """

    def __init__(self, *sizes: int) -> None:
        self.bias = Parameter(np.zeros(_shape(sizes, "CAdd")))
        self.reset()

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        check_like(shape, self.bias.shape, self, spreads=True)

    def update_output(self, x: Array) -> Array:
        y: Array = self.fitted(x, self.bias) + self.bias.value
        return y

    def trace(self, x: Any) -> Any:
        return x + x.vector(self.bias)

    def equation(self, x: Any) -> Any:
        return x + weights(self.bias, "b")

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return dy

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        self.bias.grad += scale * gathered(dy, self.bias)


def _shape(sizes: tuple[int, ...], name: str) -> tuple[int, ...]:
    if not sizes:
        raise TypeError(f"{name} needs the sizes of its array: {name}(4) or {name}(3, 4)")
    return tuple(whole_number(size, f"{name}'s size {i}", 1) for i, size in enumerate(sizes))
