"""Modules that pass on what they take, a part of it, or more."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.modules.reshape import one_array
from graphnet.modules.table import AlongDimension
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape

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

    def output_shape(self, shape: Shape) -> Shape:
        return shape


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


class Select(Module):
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

    def __init__(self, dimension: int, index: int) -> None:
        self.dimension = whole_number(dimension, "Select's dimension")
        self.index = whole_number(index, "Select's index")

    def update_output(self, x: Array) -> Array:
        return np.asarray(x[self._slice(x)])

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx = np.zeros(x.shape, dy.dtype)
        dx[self._slice(x)] = dy
        return dx

    def _slice(self, x: Any) -> tuple[Any, ...]:
        dimension, index = self.dimension, self.index
        ndim = one_array(x, self).ndim
        if not -ndim <= dimension < ndim or not -x.shape[dimension] <= index < x.shape[dimension]:
            raise ValueError(
                f"{self.label()} needs an array with an element {index} of dimension {dimension}; it was given "
                f"{describe(x)}"
            )
        return (_ALL,) * (dimension % ndim) + (index,)


class Replicate(Module):
    """The array several times, along a new dimension: ``y[k] = x`` for each k.

    Parameters
    ----------
    n_features : int
        How many times, at least 1.
    dimension : int
        The place of the new dimension, 0-based; negative ones count from the end, so -1 puts it last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has more, ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If there is no such place for a dimension.

    Notes
    -----
    Torch7's ``nn.Replicate``.

    Examples
    --------
    >>> import numpy as np
    >>> Replicate(2).forward(np.arange(3.0))
    array([[0., 1., 2.],
           [0., 1., 2.]])
    >>> Replicate(4, 0, 1).forward(np.zeros((5, 3))).shape
    (5, 4, 3)
    """

    def __init__(self, n_features: int, dimension: int = 0, n_input_dims: int | None = None) -> None:
        self.n_features = whole_number(n_features, "Replicate's n_features", 1)
        self.dimension = whole_number(dimension, "Replicate's dimension")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, "Replicate's n_input_dims", 0)

    def update_output(self, x: Array) -> Array:
        axis = self._axis(x)
        return np.repeat(np.expand_dims(x, axis), self.n_features, axis)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return np.asarray(dy.sum(self._axis(x)))

    def _axis(self, x: Any) -> int:
        ndim = one_array(x, self).ndim
        axis = self.dimension
        if axis < 0:
            axis += ndim + 1
        elif self.n_input_dims is not None and ndim > self.n_input_dims:
            axis += 1
        if not 0 <= axis <= ndim:
            raise ValueError(f"{self.label()}: there is no place {axis} for a dimension in an array {describe(x)}")
        return axis


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
        axis, place = self._place(x)
        return np.insert(x, [place] * abs(self.pad), self.value, axis)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        axis, place = self._place(x)
        return np.delete(dy, range(place, place + abs(self.pad)), axis)

    def _place(self, x: Any) -> tuple[int, int]:
        axis = self.axis(one_array(x, self))
        size = x.shape[axis]
        if self.index > size:
            raise ValueError(f"{self.label()}: dimension {axis} has only {size} elements; it was given {describe(x)}")
        return axis, self.index if self.pad < 0 else size - self.index
