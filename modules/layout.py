"""Modules that put dimensions in another order, or elements in another order of memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.modules.of_array import OfArray, one_array
from graphnet.nesting import Array
from graphnet.shapes import Shape, written


class Transpose(OfArray):
    """Dimensions swapped, pair by pair.

    Parameters
    ----------
    *pairs : tuple of int
        The two dimensions of each swap, 0-based; negative ones count from the last. Later ones go by the new order.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, the pairs move by one.

    Raises
    ------
    ValueError
        If the array has no such dimension, or a pair is none.

    Notes
    -----
    Torch7's ``nn.Transpose``; ``n_input_dims`` is what ``setNumInputDims`` sets.

    Examples
    --------
    >>> import numpy as np
    >>> Transpose((0, 2), (1, 2)).forward(np.zeros((2, 3, 4))).shape
    (4, 2, 3)
    """

    moves = True

    def __init__(self, *pairs: tuple[int, int], n_input_dims: int | None = None) -> None:
        for pair in pairs:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ValueError(f"Transpose takes pairs of dimensions, as in Transpose((0, 1), (1, 2)); not {pair!r}")
            for dimension in pair:
                whole_number(dimension, "Transpose's dimension")
        self.pairs = pairs
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, "Transpose's n_input_dims", 0)

    def update_output(self, x: Array) -> Array:
        for a, b in self._swaps(one_array(x, self).shape):
            x = x.swapaxes(a, b)
        return x

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        for a, b in reversed(self._swaps(x.shape)):
            dy = dy.swapaxes(a, b)
        return dy

    def new_shape(self, shape: Shape) -> Shape:
        sizes = list(shape)
        for a, b in self._swaps(shape):
            sizes[a], sizes[b] = sizes[b], sizes[a]
        return tuple(sizes)

    def _swaps(self, shape: Shape) -> list[tuple[int, int]]:
        ndim = len(shape)
        more = 1 if self.n_input_dims is not None and ndim == self.n_input_dims + 1 else 0
        swaps = [tuple(d + more if d >= 0 else d for d in pair) for pair in self.pairs]
        if not all(-ndim <= d < ndim for pair in swaps for d in pair):
            raise ValueError(f"{self.label()} swaps dimensions that an array of shape {written(shape)} does not have")
        return [(a, b) for a, b in swaps]


class Contiguous(OfArray):
    """``y = x``, row by row in one piece of memory; any shape.

    Notes
    -----
    Torch7's ``nn.Contiguous``. Nothing here needs it: all modules take arrays of any layout.

    Examples
    --------
    >>> import numpy as np
    >>> Contiguous().update_output(np.zeros((2, 3)).T).flags.c_contiguous
    True
    """

    moves = True

    def update_output(self, x: Array) -> Array:
        return np.asarray(one_array(x, self), order="C")

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return dy

    def equation(self, x: Any) -> Any:
        return x

    def new_shape(self, shape: Shape) -> Shape:
        return shape
