"""Elements picked by arrays of indices, or by masks."""

from __future__ import annotations

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe


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
        np.add.at(np.moveaxis(dx, self.dimension, 0), places, np.moveaxis(dy, self.dimension, 0))
        return [dx, np.zeros(places.shape, dy.dtype)]

    def _picked(self, x: Nested) -> tuple[Array, Array]:
        """Return the array and the indices."""
        array, indices = _two(x, self, "an array and n indices")
        if indices.ndim != 1 or not -array.ndim <= self.dimension < array.ndim:
            raise ValueError(
                f"{self.label()} takes an array with a dimension {self.dimension}, and n indices; it was given "
                f"{describe(x)}"
            )
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

    def _masked(self, x: Nested) -> tuple[Array, Array]:
        array, mask = _two(x, self, "an array and a mask")
        if array.shape != mask.shape:
            raise ValueError(f"{self.label()} takes an array and a mask of its shape; it was given {describe(x)}")
        return as_numbers(array, self), mask != 0


def _two(x: Nested, module: Module, what: str) -> tuple[Array, Array]:
    if not isinstance(x, list) or len(x) != 2 or not all(isinstance(item, np.ndarray) for item in x):
        raise ValueError(f"{module.label()} takes a list of two, {what}; it was given {describe(x)}")
    return x[0], x[1]
