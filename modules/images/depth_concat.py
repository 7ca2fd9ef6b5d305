"""Branches whose images may differ in size, joined in the middle of one another."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.modules.branches import Joined
from graphnet.modules.images.windows import placed
from graphnet.modules.of_array import AlongDimension
from graphnet.nesting import Array, Nested, describe
from graphnet.node import Node
from graphnet.shapes import Shape, written
from graphnet.sizes import UNKNOWN, Size, surely_less


class JoinCentred(AlongDimension):
    """The list's arrays joined along one dimension, each in the middle of zeros where it is smaller in another.

    Where an odd number of zeros is missing, there is one more behind than in front.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the arrays have one more, ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If the arrays have not the same number of dimensions, or no such dimension.

    Notes
    -----
    The last step of Torch7's ``nn.DepthConcat``.

    Examples
    --------
    >>> import numpy as np
    >>> JoinCentred(0).forward([np.ones((1, 4)), np.ones((1, 1))])
    array([[1., 1., 1., 1.],
           [0., 1., 0., 0.]])
    """

    def update_output(self, x: Nested) -> Array:
        if not isinstance(x, list) or not x or not all(isinstance(item, np.ndarray) for item in x):
            raise ValueError(f"{self.label()} takes a list of arrays, not {describe(x)}")
        if len({item.ndim for item in x}) > 1:
            raise ValueError(f"{self.label()} joins arrays of as many dimensions; it was given {describe(x)}")
        axis = self.axis(x[0].shape)
        items = x if len({item.dtype for item in x}) == 1 else [as_numbers(item, self) for item in x]
        largest = [max(sizes) for sizes in zip(*(item.shape for item in x), strict=True)]
        return np.concatenate([_centred(item, _whole(item.shape, largest, axis)) for item in items], axis)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        axis = self.axis(x[0].shape)
        ends = np.cumsum([item.shape[axis] for item in x])
        return [_centred(part, item.shape) for part, item in zip(np.split(dy, ends[:-1], axis), x, strict=True)]

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:
            return None
        if not isinstance(shape, list) or not shape or any(isinstance(part, list) for part in shape):
            raise ValueError(f"{self.label()} takes a list of arrays, not {written(shape)}")
        known = [part for part in shape if part is not None]
        if len({len(part) for part in known}) > 1:
            raise ValueError(f"{self.label()} joins arrays of as many dimensions; it was given {written(shape)}")
        if len(known) < len(shape):
            return None
        axis = self.axis(known[0])
        sizes = list(zip(*known, strict=True))
        return tuple(sum(of[1:], of[0]) if i == axis else _largest(of) for i, of in enumerate(sizes))


class DepthConcat(Joined):
    """Concat of outputs that may differ in other dimensions, too: the smaller ones stand in the middle of zeros.

    Parameters
    ----------
    dimension : int
        The dimension along which the outputs are joined, 0-based; negative ones count from the last.
    *modules : Module
        The branches; ``add`` appends more.

    Raises
    ------
    ValueError
        If there are no branches, or their outputs have not the same number of dimensions.

    Notes
    -----
    Torch7's ``nn.DepthConcat``; Szegedy et al., "Going deeper with convolutions", 2015. Behind the branches,
    ``modules`` has the JoinCentred that joins.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import SpatialConvolution
    >>> branches = SpatialConvolution(3, 4, 1, 1), SpatialConvolution(3, 2, 3, 3)
    >>> DepthConcat(1, *branches).forward(np.zeros((5, 3, 8, 8))).shape
    (5, 6, 8, 8)
    """

    def __init__(self, dimension: int, *modules: Module) -> None:
        super().__init__(JoinCentred(dimension), *modules)

    def drawing(self, x: Node) -> Nested:
        outputs = [module(x) for module in self.branches()]
        return self.modules[-1](outputs)


def _whole(shape: tuple[int, ...], largest: list[int], axis: int) -> tuple[int, ...]:
    return (*largest[:axis], shape[axis], *largest[axis + 1 :])


def _centred(x: Array, sizes: tuple[int, ...]) -> Array:
    """Return the array in the middle of zeros, or the middle of the array: each undoes the other."""
    offsets = [(size - n) // 2 if size >= n else -((n - size) // 2) for n, size in zip(x.shape, sizes, strict=True)]
    return placed(x, tuple(offsets), sizes)


def _largest(sizes: tuple[Any, ...]) -> Size | int:
    """Return the largest of sizes, where it is certain which that is."""
    for size in sizes:
        if all(size == other or surely_less(other, size) for other in sizes):
            found: Size | int = size
            return found
    return UNKNOWN
