"""Modules over lists: sums, products, joining, splitting, selecting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import ElementwiseTable, as_numbers
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe, leaves, map_nested, zeros_like


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


class AlongDimension(Module):
    """A module that works along one dimension, of arrays that may have one more, for the batch, in front."""

    def __init__(self, dimension: int, n_input_dims: int | None = None) -> None:
        name = type(self).__name__
        self.dimension = whole_number(dimension, f"{name}'s dimension")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, f"{name}'s n_input_dims", 0)

    def axis(self, x: Array) -> int:
        """Return the dimension that is meant in this array."""
        batch = self.n_input_dims is not None and x.ndim == self.n_input_dims + 1 and self.dimension >= 0
        axis = self.dimension + 1 if batch else self.dimension
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(f"{self.label()}: there is no dimension {axis} in an array of shape {describe(x)}")
        return axis % x.ndim


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

    def update_output(self, x: Nested) -> Array:
        if not isinstance(x, list) or not x or not all(isinstance(item, np.ndarray) for item in x):
            raise ValueError(f"{self.label()} takes a list of arrays, not {describe(x)}")
        axis = self.axis(x[0])
        rest = {(*item.shape[:axis], *item.shape[axis + 1 :]) if item.ndim > axis else None for item in x}
        if len(rest) != 1 or None in rest:
            raise ValueError(
                f"{self.label()} joins arrays that differ in dimension {axis} alone; it was given {describe(x)}"
            )
        return np.concatenate(self.alike(x), axis)

    def alike(self, x: Nested) -> Nested:
        """Return arrays as they are if they are of one type, else as numbers."""
        return x if len({item.dtype for item in x}) == 1 else [as_numbers(item, self) for item in x]

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        axis = self.axis(x[0])
        ends = np.cumsum([item.shape[axis] for item in x])
        return np.split(dy, ends[:-1], axis)


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

    def update_output(self, x: Array) -> Nested:
        if not isinstance(x, np.ndarray):
            raise ValueError(f"{self.label()} takes one array, not {describe(x)}")
        moved = np.moveaxis(x, self.axis(x), 0)
        return [np.asarray(part) for part in moved]

    def update_grad_input(self, x: Array, y: Nested, dy: Nested) -> Array:
        if not dy:
            return np.zeros_like(x)
        return np.stack(dy, self.axis(x))


class SelectTable(Module):
    """One element of a list: ``y = x[index]``; the other elements get a gradient of zeros.

    Parameters
    ----------
    index : int
        The place, 0-based; negative ones count from the end.

    Raises
    ------
    ValueError
        If the list has no such element.

    Notes
    -----
    Torch7's ``nn.SelectTable``; in a drawing, ``node[index]`` does the same.

    Examples
    --------
    >>> import numpy as np
    >>> SelectTable(-1).forward([np.zeros(2), np.ones(1)])
    array([1.])
    """

    def __init__(self, index: int) -> None:
        self.index = whole_number(index, "SelectTable's index")

    def update_output(self, x: Nested) -> Nested:
        if not isinstance(x, list) or not -len(x) <= self.index < len(x):
            raise ValueError(f"{self.label()} needs a list with an element {self.index}; it was given {describe(x)}")
        return x[self.index]

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        chosen = self.index % len(x)
        return [dy if i == chosen else zeros_like(item) for i, item in enumerate(x)]


class NarrowTable(Module):
    """A part of a list: ``y = x[offset : offset + length]``; the other elements get a gradient of zeros.

    Parameters
    ----------
    offset : int
        The first element, 0-based; negative ones count from the end.
    length : int
        How many.

    Raises
    ------
    ValueError
        If the list has no such part.

    Notes
    -----
    Torch7's ``nn.NarrowTable``.

    Examples
    --------
    >>> import numpy as np
    >>> NarrowTable(1, 2).forward([np.zeros(2), np.ones(1), np.ones(2)])
    [array([1.]), array([1., 1.])]
    """

    def __init__(self, offset: int, length: int = 1) -> None:
        self.offset = whole_number(offset, "NarrowTable's offset")
        self.length = whole_number(length, "NarrowTable's length", 1)

    def update_output(self, x: Nested) -> Nested:
        return x[self._part(x)]

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        dx = [zeros_like(item) for item in x]
        dx[self._part(x)] = dy
        return dx

    def _part(self, x: Nested) -> slice:
        size = len(x) if isinstance(x, list) else 0
        start = self.offset if self.offset >= 0 else size + self.offset
        if not 0 <= start <= start + self.length <= size:
            raise ValueError(
                f"{self.label()} needs a list with elements {start} to {start + self.length - 1}; it was given "
                f"{describe(x)}"
            )
        return slice(start, start + self.length)


class FlattenTable(Module):
    """The arrays of nested lists, from left to right, as one list.

    Notes
    -----
    Torch7's ``nn.FlattenTable``.

    Examples
    --------
    >>> import numpy as np
    >>> FlattenTable().forward([np.zeros(1), [np.ones(1), [np.ones(2)]]])
    [array([0.]), array([1.]), array([1., 1.])]
    """

    def update_output(self, x: Nested) -> Nested:
        return list(leaves(x))

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        gradients = iter(dy)
        return map_nested(lambda _: next(gradients), x)
