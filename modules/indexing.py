"""Elements picked by arrays of indices, or by masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.modules.sums import add_rows
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, merged, written
from graphnet.sizes import UNKNOWN

_INDICES, _MASK = "an array and n indices", "an array and a mask"


class Index(Module):
    """Slices picked along one dimension, in any order, also several times: of [x, indices].

    The indices are n integers from 0 on; the dimension then has size n. A slice's gradients add up; indices have none.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.

    Raises
    ------
    ValueError
        If the input is not an array that has the dimension, and n indices.
    IndexError
        If an index is out of range, negative or not whole.

    Notes
    -----
    Torch7's ``nn.Index``, where indices count from 1.

    Examples
    --------
    >>> import numpy as np
    >>> Index(0).forward([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 1, 0])])
    array([[3., 4.],
           [3., 4.],
           [1., 2.]])
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = whole_number(dimension, "Index's dimension")

    def update_output(self, x: Nested) -> Array:
        array, places = self._picked(x)
        return np.take(array, places, self.dimension)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        array, places = self._picked(x)
        dx = np.zeros(array.shape, dy.dtype)
        add_rows(np.moveaxis(dx, self.dimension, 0), places, np.moveaxis(dy, self.dimension, 0))
        return [dx, np.zeros(places.shape, dy.dtype)]

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:
            return None
        array, indices = _two(shape, self, _INDICES, written)
        if not self._may_pick(array, indices):
            raise self._misfit(written(shape))
        if array is None:
            return None
        axis = self.dimension % len(array)
        return (*array[:axis], UNKNOWN if indices is None else indices[0], *array[axis + 1 :])

    def _may_pick(self, array: Shape, indices: Shape) -> bool:
        dimensions = range(-len(array), len(array)) if array is not None else [self.dimension]
        return self.dimension in dimensions and (indices is None or len(indices) == 1)

    def _misfit(self, came: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes an array with a dimension {self.dimension}, and n indices; it was given {came}"
        )

    def _picked(self, x: Nested) -> tuple[Array, Array]:
        """Return the array and the indices."""
        array, indices = _two(x, self, _INDICES, describe)
        if not self._may_pick(array.shape, indices.shape):
            raise self._misfit(describe(x))
        size = array.shape[self.dimension]
        places = indices.astype(np.intp)
        wrong = (places != indices) | (places < 0) | (places >= size)
        if wrong.any():
            raise IndexError(
                f"{self.label()}: {indices[wrong][0]} is no index along dimension {self.dimension} of "
                f"{describe(array)}; they run from 0 to {size - 1}"
            )
        return as_numbers(array, self), places


class MaskedSelect(Module):
    """The elements where a mask is not 0, in their order, as a vector: of [x, mask].

    Raises
    ------
    ValueError
        If the input is not two arrays of one shape.

    Notes
    -----
    Torch7's ``nn.MaskedSelect``. The mask has no gradient.

    Examples
    --------
    >>> import numpy as np
    >>> MaskedSelect().forward([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 0], [0, 1]])])
    array([1., 4.])
    """

    def update_output(self, x: Nested) -> Array:
        array, mask = self._masked(x)
        return array[mask]

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        array, mask = self._masked(x)
        dx = np.zeros(array.shape, dy.dtype)
        dx[mask] = dy
        return [dx, np.zeros_like(x[1])]

    def output_shape(self, shape: Shape) -> Shape:
        if shape is not None:
            both = _two(shape, self, _MASK, written)
            try:
                merged(both)
            except ValueError:
                raise self._misfit(written(shape)) from None
        return (UNKNOWN,)

    def _misfit(self, came: str) -> ValueError:
        return ValueError(f"{self.label()} takes an array and a mask of its shape; it was given {came}")

    def _masked(self, x: Nested) -> tuple[Array, Array]:
        array, mask = _two(x, self, _MASK, describe)
        if array.shape != mask.shape:
            raise self._misfit(describe(x))
        return as_numbers(array, self), mask != 0


def _two(x: Nested | Shape, module: Module, what: str, told: Callable[[Any], str]) -> list[Any]:
    """Return a list of two arrays, or of their shapes, or refuse what is none."""
    if not isinstance(x, list) or len(x) != 2 or any(isinstance(item, list) for item in x):
        raise ValueError(f"{module.label()} takes a list of two, {what}; it was given {told(x)}")
    return x
