"""Modules over lists: sums, products, joining, splitting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet.elementwise import ElementwiseTable, as_numbers
from graphnet.equations.parts import Slices, join
from graphnet.modules.of_array import AlongDimension
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, merged, written
from graphnet.sizes import UNKNOWN


class CAddTable(ElementwiseTable):
    """The sum of the list's arrays: ``y = x[0] + x[1] + ...``; all of one shape.

    Notes
    -----
    Torch7's ``nn.CAddTable``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> CAddTable().forward([np.ones(2), np.ones(2), np.ones(2)])
    array([3., 3.])
    """

    def value(self, x: Any, *others: Any) -> Any:
        for other in others:
            x = x + other
        return x

    def slope(self, i: int, y: Any, *xs: Any) -> Any:
        return 1.0


class CMulTable(ElementwiseTable):
    """The product of the list's arrays, element by element: ``y = x[0] · x[1] · ...``; all of one shape.

    Notes
    -----
    Torch7's ``nn.CMulTable``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> CMulTable().forward([np.array([2.0, 3.0]), np.array([5.0, 7.0])])
    array([10., 21.])
    """

    def value(self, x: Any, *others: Any) -> Any:
        for other in others:
            x = x * other
        return x

    def slope(self, i: int, y: Any, *xs: Any) -> Any:
        return math.prod(xs[:i] + xs[i + 1 :])  # y / x would fail at zeros


class JoinTable(AlongDimension):
    """The list's arrays joined along one dimension, in which alone their sizes may differ.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the arrays have one more, ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If the arrays do not fit together.

    Notes
    -----
    Torch7's ``nn.JoinTable``.

    Examples
    --------
    >>> import numpy as np
    >>> JoinTable(0).forward([np.zeros(2), np.ones(1)])
    array([0., 0., 1.])
    """

    moves = True

    def update_output(self, x: Nested) -> Array:
        if not isinstance(x, list) or not x or not all(isinstance(item, np.ndarray) for item in x):
            raise ValueError(f"{self.label()} takes a list of arrays, not {describe(x)}")
        axis = self.axis(x[0].shape)
        rest = {(*item.shape[:axis], *item.shape[axis + 1 :]) if item.ndim > axis else None for item in x}
        if len(rest) != 1 or None in rest:
            raise self._misfit(axis, describe(x))
        return np.concatenate(self.alike(x), axis)

    def trace(self, x: Any) -> Any:
        return x[0].joined(x[1:], self.axis(x[0].shape))

    def equation(self, x: Any) -> Any:
        return join(self, x) if isinstance(x, list) else None

    def alike(self, x: Nested) -> Nested:
        """Return arrays as they are if they are of one type, else as numbers."""
        return x if len({item.dtype for item in x}) == 1 else [as_numbers(item, self) for item in x]

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        axis = self.axis(x[0].shape)
        ends = np.cumsum([item.shape[axis] for item in x])
        return np.split(dy, ends[:-1], axis)

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:
            return None
        if not isinstance(shape, list) or not shape or any(isinstance(item, list) for item in shape):
            raise ValueError(f"{self.label()} takes a list of arrays, not {written(shape)}")
        known = [item for item in shape if item is not None]
        if not known:
            return None
        axis = self.axis(known[0])
        joined = sum(item[axis] for item in known if len(item) > axis) if len(known) == len(shape) else UNKNOWN
        try:
            return merged([(*item[:axis], *[joined] * len(item[axis : axis + 1]), *item[axis + 1 :]) for item in known])
        except ValueError:
            raise self._misfit(axis, written(shape)) from None

    def _misfit(self, axis: int, came: str) -> ValueError:
        return ValueError(f"{self.label()} joins arrays that differ in dimension {axis} alone; it was given {came}")


class SplitTable(AlongDimension):
    """The slices of an array along one dimension, as a list; that dimension goes.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, ``dimension`` moves by one.

    Notes
    -----
    Torch7's ``nn.SplitTable``.

    Examples
    --------
    >>> import numpy as np
    >>> SplitTable(0).forward(np.array([[1.0, 2.0], [3.0, 4.0]]))
    [array([1., 2.]), array([3., 4.])]
    """

    moves = True

    def update_output(self, x: Array) -> Nested:
        if not isinstance(x, np.ndarray):
            raise ValueError(f"{self.label()} takes one array, not {describe(x)}")
        moved = np.moveaxis(x, self.axis(x.shape), 0)
        return [np.asarray(part) for part in moved]

    def update_grad_input(self, x: Array, y: Nested, dy: Nested) -> Array:
        if not dy:
            return np.zeros_like(x)
        return np.stack(dy, self.axis(x.shape))

    def trace(self, x: Any) -> Any:
        axis = self.axis(x.shape)
        return [x.selected(axis, index) for index in range(x.shape[axis])]

    def equation(self, x: Any) -> Any:
        return Slices(x, self.dimension) if self.n_input_dims is None else None

    def new_shape(self, shape: Shape) -> Shape:
        axis = self.axis(shape)
        n_slices = shape[axis]
        return [(*shape[:axis], *shape[axis + 1 :])] * n_slices if isinstance(n_slices, int) else None
