"""Modules that pass on, or a part of, what they take."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe

_ALL = slice(None)


class Identity(Module):
    """``y = x``; arrays and lists alike. With empty brackets, ``Identity()()``, the usual input of a drawing.

    Notes
    -----
    Torch7's ``nn.Identity``.

    Examples
    --------
    >>> import numpy as np
    >>> Identity().forward([np.ones(2), np.zeros(1)])
    [array([1., 1.]), array([0.])]
    """

    def update_output(self, x: Nested) -> Nested:
        return x

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return dy


class Narrow(Module):
    """A part along one dimension: ``y = x[..., offset:offset+length, ...]``.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    offset : int
        The first element, 0-based; negative ones count from the end.
    length : int
        How many; -1 means up to the end, -2 up to one before the end, and so on.

    Raises
    ------
    ValueError
        If the part does not lie within the array.

    Notes
    -----
    Torch7's ``nn.Narrow`` counts from 1, and ignores a negative offset.

    Examples
    --------
    >>> import numpy as np
    >>> Narrow(0, 1, 2).forward(np.arange(4.0))
    array([1., 2.])
    >>> Narrow(-1, -2, -1).forward(np.arange(4.0))
    array([2., 3.])
    """

    def __init__(self, dimension: int, offset: int, length: int = 1) -> None:
        self.dimension = whole_number(dimension, "Narrow's dimension")
        self.offset = whole_number(offset, "Narrow's offset")
        self.length = whole_number(length, "Narrow's length")

    def update_output(self, x: Array) -> Array:
        y: Array = x[self._part(x)]
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx = np.zeros(x.shape, dy.dtype)
        dx[self._part(x)] = dy
        return dx

    def _part(self, x: Any) -> tuple[slice, ...]:
        dimension, start, stop = self.dimension, self.offset, self.offset + self.length
        try:
            size = x.shape[dimension]
        except (AttributeError, IndexError):
            message = f"{self.label()} needs an array with dimension {dimension}; it was given {describe(x)}"
            raise ValueError(message) from None
        if dimension < 0:
            dimension += x.ndim
        if self.offset < 0:
            start, stop = start + size, stop + size
        if self.length < 0:
            stop = size + self.length + 1
        if not 0 <= start <= stop <= size:
            raise ValueError(
                f"{self.label()} takes elements {start} to {stop - 1} of dimension {dimension}, but there are {size} "
                f"(0 to {size - 1}): it was given {describe(x)}"
            )
        return (_ALL,) * dimension + (slice(start, stop),)
