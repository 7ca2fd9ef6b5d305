"""What only Torch7 has: modules of nngraph, and one of nn that computes otherwise than it means to."""

from __future__ import annotations

import math

import numpy as np

from graphnet import modules as nn
from graphnet.container import Container
from graphnet.criterion import Criterion
from graphnet.module import Module
from graphnet.nesting import Array, Nested, map_nested
from graphnet.node import Node


class JustElement(Container):
    """The one element of a list of one; nngraph's ``split(1)``."""

    def drawing(self, x: Node) -> Nested:
        return x.split(1)[0]


class JustTable(Container):
    """A list of the one input; nngraph's ``nest({x})``."""

    def drawing(self, x: Node) -> Nested:
        return [x]


class ModuleFromCriterion(Module):
    """A criterion as nngraph made it a module: the loss has one element, and the target's gradient is always zero.

    Parameters
    ----------
    criterion : Criterion
    """

    def __init__(self, criterion: Criterion) -> None:
        self.criterion = criterion

    def update_output(self, x: Nested) -> Array:
        return np.reshape(self.criterion.update_output(x), 1)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        # Zeros of floating numbers, also where the target is classes.
        zeros = map_nested(lambda array: np.zeros(np.shape(array), dy.dtype), x[1])
        return [self.criterion.update_grad_input(x, y[0], dy[0])[0], zeros]


class DifferenceInOrder(Module):
    """``y = x[0] - x[1]``, of arrays with as many elements, taken in their order; nn's ``CSubTable`` on any shapes."""

    def update_output(self, x: Nested) -> Array:
        y: Array = x[0] - x[1].reshape(x[0].shape)
        return y

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        return [dy, -dy.reshape(x[1].shape)]


def layer_normalization(n_output: int, bias: float, eps: float, affine: bool) -> nn.Sequential:
    """Build ``nn.LayerNormalization`` from the parts that it has in Torch7.

    Its Replicate lays the means of B rows out as n x B, and its CSubTable takes them in order from B x n numbers: of a
    batch, most lose the mean of another row. Ours, :class:`graphnet.modules.LayerNormalization`, takes each row's own.

    Examples
    --------
    >>> x = np.array([[1.0, 5.0], [0.0, 0.0]])
    >>> layer_normalization(2, 0.0, 1e-10, True).forward(x).round(3)
    array([[-0.525,  1.313],
           [-1.414,  0.   ]])
    >>> nn.LayerNormalization(2).forward(x).round(3)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    means = nn.Sequential(nn.Mean(0, 1), nn.Replicate(n_output, 0, 1))
    net = nn.Sequential(
        nn.ConcatTable(nn.Identity(), means),
        DifferenceInOrder(),
        nn.Normalize(2, eps),
        nn.MulConstant(math.sqrt(n_output)),
    )
    if affine:
        gain, shift = nn.CMul(n_output), nn.Add(n_output)
        gain.weight.value.fill(1)
        shift.bias.value.fill(bias)
        net.add(gain).add(shift)
    return net
