"""PartialLinear: a Linear of which only some outputs are computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import given, whole_number
from graphnet.modules.arguments import array_of
from graphnet.modules.of_rows import OfRows
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.random import generator


class PartialLinear(OfRows):
    """An affine map of which only chosen outputs are computed: ``y = x W[p]ᵀ + b[p]`` for a partition p.

    At first all outputs are. Whatever is chosen, all parameters stay; those of the others get no gradient.

    Parameters
    ----------
    input_size, output_size : int
        The lengths of ``x`` and of ``y`` with all outputs, at least 1.
    bias : bool
        Whether ``b`` is added.

    Attributes
    ----------
    weight : Parameter
        W, output_size x input_size; drawn from N(0, 1).
    bias : Parameter or None
        b, 1 x output_size; they start with 0.
    partition : ndarray or None
        The chosen outputs, in the order in which ``y`` has them; None for all.

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.PartialLinear``. The partition that a run used is on its tape, so another may be set before its
    backward.

    Examples
    --------
    >>> import numpy as np
    >>> layer = PartialLinear(3, 1000).set_partition([7, 0])
    >>> layer.forward(np.zeros((4, 3))).shape
    (4, 2)
    >>> layer.reset_partition().forward(np.zeros((4, 3))).shape
    (4, 1000)
    """

    saves = True

    def __init__(self, input_size: int, output_size: int, bias: bool = True) -> None:
        input_size = whole_number(input_size, "PartialLinear's input_size", 1)
        output_size = whole_number(output_size, "PartialLinear's output_size", 1)
        self.weight = Parameter(np.zeros((output_size, input_size)))
        self.bias = Parameter(np.zeros((1, output_size))) if bias else None
        self.partition: Array | None = None
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw W from a normal distribution, by default of standard deviation 1, and set b to 0."""
        self.weight.value = generator().normal(0, 1 if stdv is None else stdv, self.weight.shape)
        if self.bias is not None:
            self.bias.value.fill(0)

    def set_partition(self, indices: Any) -> PartialLinear:
        """Choose the outputs, by indices that count from 0; return the module.

        Raises
        ------
        TypeError, ValueError, IndexError
            If they are not a list or a vector of at least one index of an output.
        """
        partition = array_of(indices)
        if partition.ndim != 1 or not partition.size:
            raise ValueError(f"{self.label()}'s partition is a list of at least one index, not {given(indices)}")
        if partition.dtype.kind not in "iu":
            raise TypeError(f"{self.label()}'s partition is a list of integers, not of {partition.dtype}")
        n_out = self.weight.shape[0]
        wrong = partition[(partition < 0) | (partition >= n_out)]
        if wrong.size:
            raise IndexError(f"{self.label()} has no output {wrong[0]}; they run from 0 to {n_out - 1}")
        self.partition = partition.astype(np.intp)
        return self

    def reset_partition(self) -> PartialLinear:
        """Choose all outputs again; return the module."""
        self.partition = None
        return self

    def update_output(self, x: Array) -> tuple[Array, Array | None]:
        x, p = self.fitting(x), self.partition
        y: Array = x @ (self.weight.value if p is None else self.weight.value[p]).T
        if self.bias is not None:
            y += self.bias.value[0] if p is None else self.bias.value[0, p]
        return y, p

    def update_grad_input(self, x: Array, y: Array, dy: Array, *saved: Any) -> Array:
        (p,) = saved
        dx: Array = dy @ (self.weight.value if p is None else self.weight.value[p])
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0, *saved: Any) -> None:
        (p,) = saved
        rows, drows = self.rows(x), scale * np.atleast_2d(dy)
        if p is None:
            self.weight.grad += drows.T @ rows
        else:  # an output may be chosen twice
            np.add.at(self.weight.grad, p, drows.T @ rows)
        if self.bias is not None and p is None:
            self.bias.grad += drows.sum(0)
        elif self.bias is not None:
            np.add.at(self.bias.grad[0], p, drows.sum(0))

    def lengths(self) -> tuple[int, int]:
        return self.weight.shape[1], self.weight.shape[0] if self.partition is None else len(self.partition)
