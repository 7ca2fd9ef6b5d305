"""Linear: the matrix product with a bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.equations.notation import affine
from graphnet.modules.of_rows import OfRows
from graphnet.nesting import Array, describe
from graphnet.parameter import Parameter
from graphnet.random import generator


class Linear(OfRows):
    """An affine map: ``y = x Wᵀ + b``.

    Parameters
    ----------
    input_size, output_size : int
        The lengths of ``x`` and ``y``, at least 1.
    bias : bool
        Whether ``b`` is added.

    Attributes
    ----------
    weight : Parameter
        W, output_size x input_size; drawn from U(-1/√input_size, 1/√input_size).
    bias : Parameter or None
        b, output_size; drawn likewise.

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.Linear``.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Linear(3, 2)
    >>> layer.forward(np.zeros((4, 3))).shape, layer.forward(np.zeros(3)).shape
    ((4, 2), (2,))
    """

    def __init__(self, input_size: int, output_size: int, bias: bool = True) -> None:
        input_size = whole_number(input_size, "Linear's input_size", 1)
        output_size = whole_number(output_size, "Linear's output_size", 1)
        self.weight = Parameter(np.zeros((output_size, input_size)))
        self.bias = Parameter(np.zeros(output_size)) if bias else None
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw W and b from a uniform distribution, by default of U(-1/√input_size, 1/√input_size)."""
        bound = 1 / np.sqrt(self.weight.shape[1]) if stdv is None else stdv * np.sqrt(3)
        for parameter in self.own_parameters().values():
            parameter.value = generator().uniform(-bound, bound, parameter.shape)

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        try:
            y: Array = x @ self.weight.value.T
        except ValueError:
            raise self._misfit(describe(x)) from None
        if x.ndim > 2:
            raise self._misfit(describe(x))
        if self.bias is not None:
            y += self.bias.value
        return y

    def trace(self, x: Any) -> Any:
        return x.affine(self.weight, self.bias)

    def equation(self, x: Any) -> Any:
        return affine(self.weight, x, self.bias)

    def lengths(self) -> tuple[int, int]:
        n_outputs, n_inputs = self.weight.shape
        return n_inputs, n_outputs

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = dy @ self.weight.value
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        rows, drows = (x, dy) if x.ndim == 2 else (x[None], dy[None])
        if scale != 1:
            drows = scale * drows
        self.weight.grad += drows.T @ rows
        if self.bias is not None:
            self.bias.grad += drows.sum(0)
