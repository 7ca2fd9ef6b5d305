"""LinearWeightNorm: a Linear with normalised weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.modules.arguments import number
from graphnet.modules.linear import Linear
from graphnet.modules.of_rows import OfRows
from graphnet.modules.weight_norm import Directed
from graphnet.nesting import Array, Nested
from graphnet.parameter import Parameter
from graphnet.random import generator


class LinearWeightNorm(OfRows, Directed):
    """An affine map with normalised weights: ``y = x Wᵀ + b``, where row i of W is ``g_i v_i / max(|v_i|, eps)``.

    Parameters
    ----------
    input_size, output_size : int
        The lengths of ``x`` and ``y``, at least 1.
    bias : bool
        Whether ``b`` is added.
    eps : float
        The least length that a row is divided by; above 0.

    Attributes
    ----------
    v : Parameter
        The directions, output_size x input_size; drawn from U(-1/√input_size, 1/√input_size).
    g : Parameter
        The lengths, output_size x 1; at first those of the rows of v, so that W is v.
    bias : Parameter or None
        b, output_size; drawn as v.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.LinearWeightNorm``; Salimans and Kingma, 2016. Torch7 forgets gradients that were accumulated before;
    here they add up.

    Examples
    --------
    >>> import numpy as np
    >>> layer = LinearWeightNorm(2, 1, bias=False)
    >>> layer.v.value, layer.g.value = [[3.0, 4.0]], [[10.0]]
    >>> layer.forward(np.array([1.0, 0.0]))
    array([6.])
    """

    def __init__(self, input_size: int, output_size: int, bias: bool = True, eps: float = 1e-16) -> None:
        input_size = whole_number(input_size, "LinearWeightNorm's input_size", 1)
        output_size = whole_number(output_size, "LinearWeightNorm's output_size", 1)
        self.eps = number(eps, "LinearWeightNorm's eps", above=0)
        self.v = Parameter(np.zeros((output_size, input_size)))
        self.g = Parameter(np.zeros((output_size, 1)))
        self.bias = Parameter(np.zeros(output_size)) if bias else None
        self.reset()

    @staticmethod
    def from_linear(linear: Linear) -> LinearWeightNorm:
        """Return one that computes what ``linear`` does, with numbers of its own."""
        n_out, n_in = linear.weight.shape
        layer = LinearWeightNorm(n_in, n_out, linear.bias is not None)
        layer.type(linear.weight.dtype)
        layer.v.value = linear.weight.value
        layer.g.value = layer.norms()[0]
        if layer.bias is not None and linear.bias is not None:
            layer.bias.value = linear.bias.value
        return layer

    def to_linear(self) -> Linear:
        """Return a Linear that computes what this one does, with numbers of its own."""
        return self.made().clone()

    def reset(self, stdv: float | None = None) -> None:
        """Draw v and b from a uniform distribution, by default of U(-1/√input_size, 1/√input_size); W is v then."""
        bound = 1 / np.sqrt(self.v.shape[1]) if stdv is None else stdv * np.sqrt(3)
        self.v.value = generator().uniform(-bound, bound, self.v.shape)
        self.g.value = self.norms()[0]
        if self.bias is not None:
            self.bias.value = generator().uniform(-bound, bound, self.bias.shape)

    def norms(self) -> tuple[Array, Array]:
        length = np.sqrt((self.v.value**2).sum(1, keepdims=True))
        return np.maximum(length, self.eps), (length > self.eps).astype(length.dtype)

    def update_output(self, x: Nested) -> tuple[Nested, Any]:
        return super().update_output(self.fitting(x))

    def lengths(self) -> tuple[int, int]:
        n_outputs, n_inputs = self.v.shape
        return n_inputs, n_outputs

    def made(self) -> Linear:
        n_out, n_in = self.v.shape
        made: Linear = Linear.__new__(Linear, n_in, n_out, self.bias is not None)  # nothing is drawn for it
        made.train, made.dtype = self.train, self.dtype
        made.weight, made.bias = Parameter(self.normalised()), self.bias
        return made
