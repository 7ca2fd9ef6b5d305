"""Modules that pass on what they take, a part of it, or more."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.equations.parts import narrow, pick
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.modules.of_array import AlongDimension, OfArray, one_array
from graphnet.nesting import Array, Nested
from graphnet.shapes import Shape, written
from graphnet.sizes import Size, surely_less

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

    moves = True

    def update_output(self, x: Nested) -> Nested:
        return x

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return dy

    def trace(self, x: Any) -> Any:
        return x

    def equation(self, x: Any) -> Any:
        return x

    def output_shape(self, shape: Shape) -> Shape:
        return shape


class Narrow(OfArray):
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

    moves = True

    def __init__(self, dimension: int, offset: int, length: int = 1) -> None:
        self.dimension = whole_number(dimension, "Narrow's dimension")
        self.offset = whole_number(offset, "Narrow's offset")
        self.length = whole_number(length, "Narrow's length")

    def update_output(self, x: Array) -> Array:
        y: Array = one_array(x, self)[self._part(x.shape)]
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx = np.zeros(x.shape, dy.dtype)
        dx[self._part(x.shape)] = dy
        return dx

    def trace(self, x: Any) -> Any:
        place = self._part(x.shape)
        return x.narrowed(len(place) - 1, place[-1].start, place[-1].stop)

    def equation(self, x: Any) -> Any:
        return narrow(x, self.dimension, self.offset, self.length)

    def new_shape(self, shape: Shape) -> Shape:
        axis, length = len(self._part(shape)) - 1, self.length
        if length < 0:
            length += 1 - self.offset + (shape[axis] if self.offset >= 0 else 0)
        return (*shape[:axis], length, *shape[axis + 1 :])

    def _part(self, shape: Shape) -> tuple[slice, ...]:
        dimension, start, length = self.dimension, self.offset, self.length
        try:
            size = shape[dimension]
        except IndexError:
            message = f"{self.label()} needs an array with dimension {dimension}; it was given {written(shape)}"
            raise ValueError(message) from None
        if dimension < 0:
            dimension += len(shape)
        if start < 0:
            start += size
        stop = start + length if length >= 0 else size + length + 1
        if not (0 <= start <= stop <= size if size.__class__ is int else _may_ascend(0, start, stop, size)):
            raise ValueError(
                f"{self.label()} takes elements {start} to {stop - 1} of dimension {dimension}, but there are {size} "
                f"(0 to {size - 1}): it was given {written(shape)}"
            )
        return (_ALL,) * dimension + (slice(start, stop),)


class Select(OfArray):
    """One slice along a dimension, which goes: ``y = x[..., index, ...]``.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    index : int
        The place, 0-based; negative ones count from the end.

    Raises
    ------
    ValueError
        If the array has no such slice.

    Notes
    -----
    Torch7's ``nn.Select``.

    Examples
    --------
    >>> import numpy as np
    >>> Select(0, -1).forward(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([3., 4.])
    """

    moves = True

    def __init__(self, dimension: int, index: int) -> None:
        self.dimension = whole_number(dimension, "Select's dimension")
        self.index = whole_number(index, "Select's index")

    def update_output(self, x: Array) -> Array:
        return np.asarray(one_array(x, self)[self._slice(x.shape)])

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx = np.zeros(x.shape, dy.dtype)
        dx[self._slice(x.shape)] = dy
        return dx

    def trace(self, x: Any) -> Any:
        place = self._slice(x.shape)
        return x.selected(len(place) - 1, place[-1] % x.shape[len(place) - 1])

    def equation(self, x: Any) -> Any:
        return pick(x, self.dimension, self.index)

    def new_shape(self, shape: Shape) -> Shape:
        axis = len(self._slice(shape)) - 1
        return (*shape[:axis], *shape[axis + 1 :])

    def _slice(self, shape: Shape) -> tuple[Any, ...]:
        dimension, index, n = self.dimension, self.index, len(shape)
        if -n <= dimension < n:
            size = shape[dimension]
            if -size <= index < size if size.__class__ is int else not surely_less(size, max(index + 1, -index)):
                return (_ALL,) * (dimension % n) + (index,)
        raise ValueError(
            f"{self.label()} needs an array with an element {index} of dimension {dimension}; it was given "
            f"{written(shape)}"
        )


class Padding(AlongDimension):
    """The array with more elements along one dimension, all of one value.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    pad : int
        How many; negative ones are put in front, others behind.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, ``dimension`` moves by one.
    value : float
        What the new elements are.
    index : int
        How many of the array's elements are on the outer side of the new ones: in front of them if ``pad`` is negative,
        else behind them.

    Raises
    ------
    ValueError
        If the array has no such dimension, or fewer elements than ``index``.

    Notes
    -----
    Torch7's ``nn.Padding``, where the index counts from 1.

    Examples
    --------
    >>> import numpy as np
    >>> Padding(0, 2).forward(np.ones(2)), Padding(0, -1, index=1).forward(np.ones(2))
    (array([1., 1., 0., 0.]), array([1., 0., 1.]))
    """

    def __init__(
        self, dimension: int, pad: int, n_input_dims: int | None = None, value: float = 0, index: int = 0
    ) -> None:
        super().__init__(dimension, n_input_dims)
        self.pad = whole_number(pad, "Padding's pad")
        self.value = number(value, "Padding's value")
        self.index = whole_number(index, "Padding's index", 0)

    def update_output(self, x: Array) -> Array:
        axis, place = self._place(one_array(x, self).shape)
        new = np.full((*x.shape[:axis], abs(self.pad), *x.shape[axis + 1 :]), self.value, x.dtype)
        front = (_ALL,) * axis
        return np.concatenate([x[(*front, slice(place))], new, x[(*front, slice(place, None))]], axis)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        axis, place = self._place(x.shape)
        front = (_ALL,) * axis
        return np.concatenate([dy[(*front, slice(place))], dy[(*front, slice(place + abs(self.pad), None))]], axis)

    def new_shape(self, shape: Shape) -> Shape:
        axis, _ = self._place(shape)
        return (*shape[:axis], shape[axis] + abs(self.pad), *shape[axis + 1 :])

    def _place(self, shape: Shape) -> tuple[int, Any]:
        axis = self.axis(shape)
        size = shape[axis]
        if surely_less(size, self.index):
            raise ValueError(
                f"{self.label()}: dimension {axis} has only {size} elements; it was given {written(shape)}"
            )
        return axis, self.index if self.pad < 0 else size - self.index


def _may_ascend(*sizes: Size | int) -> bool:
    """Tell whether none of these sizes surely is less than the one before it."""
    return not any(surely_less(b, a) for a, b in pairwise(sizes))
