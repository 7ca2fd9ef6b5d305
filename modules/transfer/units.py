"""Units that choose among what they are given: gated linear units and maxout."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.container import Container
from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers, one_shape
from graphnet.module import Module
from graphnet.modules.linear import Linear
from graphnet.modules.reductions import Max
from graphnet.modules.reshape import View
from graphnet.nesting import Array, Nested
from graphnet.node import Node
from graphnet.shapes import Shape, written
from graphnet.sizes import Size, surely_differ


class GatedLinearUnit(Module):
    """One half of the input, let through by gates from the other: ``y = a · sigmoid(b)``, where ``x = [a, b]``.

    Parameters
    ----------
    dimension : int
        The dimension that is halved, 0-based; negative ones count from the last.

    Raises
    ------
    ValueError
        If the input has no such dimension, or its size is odd.

    Notes
    -----
    Torch7's ``nn.GatedLinearUnit``; Dauphin et al., "Language modeling with gated convolutional networks", 2017.

    Examples
    --------
    >>> import numpy as np
    >>> GatedLinearUnit().forward(np.array([[2.0, 3.0, 0.0, np.inf]]))
    array([[1., 3.]])
    """

    saves = True

    def __init__(self, dimension: int = -1) -> None:
        self.dimension = whole_number(dimension, "GatedLinearUnit's dimension")

    def update_output(self, x: Array) -> tuple[Array, Array]:
        x = as_numbers(x, self)
        first, second = self._halves(x)
        gate = 1 / (1 + np.exp(-x[second]))
        return x[first] * gate, gate

    def update_grad_input(self, x: Array, y: Array, dy: Array, gate: Array) -> Array:
        dx = np.empty(x.shape, dy.dtype)
        first, second = self._halves(x)
        np.multiply(dy, gate, out=dx[first])
        np.multiply(dy, y * (1 - gate), out=dx[second])
        return dx

    def _halves(self, x: Array) -> tuple[Any, Any]:
        """Return where the two halves lie."""
        n = self._halved(x.shape)[self.dimension]
        before = (slice(None),) * (self.dimension % x.ndim)
        return (*before, slice(n)), (*before, slice(n, None))

    def _halved(self, shape: tuple[Size | int, ...]) -> tuple[Size | int, ...]:
        """Return the shape of a half."""
        halved, axis = list(shape), self.dimension
        if -len(shape) <= axis < len(shape):
            halved[axis] = shape[axis] // 2
            if not surely_differ(2 * halved[axis], shape[axis]):
                return tuple(halved)
        raise ValueError(
            f"{self.label()} halves dimension {axis}, which must have an even size; it was given {written(shape)}"
        )

    def output_shape(self, shape: Shape) -> Shape:
        return None if one_shape(shape, self) is None else self._halved(shape)


class Maxout(Container):
    """The largest of several affine maps, for every output: ``y_j = max_k (W_k x + b_k)_j``.

    ::

        x ── Linear ── View ── Max ── y

    Parameters
    ----------
    input_size, output_size : int
        The lengths of x and y, at least 1.
    maxout_number : int
        How many maps there are, at least 1.

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.Maxout``, without its ``preprocess``; Goodfellow et al., "Maxout networks", 2013. ``modules[0]`` is
    the Linear, with the rows of W_0 first.

    Examples
    --------
    >>> import numpy as np
    >>> module = Maxout(1, 1, 2)
    >>> module.modules[0].weight.value = [[1.0], [-1.0]]
    >>> module.modules[0].bias.value = [0.0, 0.0]
    >>> module.forward(np.array([[-3.0], [2.0]]))
    array([[3.],
           [2.]])
    """

    def __init__(self, input_size: int, output_size: int, maxout_number: int) -> None:
        output_size = whole_number(output_size, "Maxout's output_size", 1)
        maxout_number = whole_number(maxout_number, "Maxout's maxout_number", 1)
        super().__init__(
            Linear(whole_number(input_size, "Maxout's input_size", 1), output_size * maxout_number),
            View(maxout_number, output_size, n_input_dims=1),
            Max(0, 2),
        )

    def drawing(self, x: Node) -> Nested:
        for module in self.modules:
            x = module(x)
        return x
