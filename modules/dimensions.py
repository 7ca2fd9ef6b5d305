"""Modules that add a dimension, or take dimensions of size 1 away."""

from __future__ import annotations

from itertools import compress, product
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.equations.notation import as_is
from graphnet.modules.of_array import OfArray, one_array
from graphnet.modules.reshape import Reshaping, may_be_one
from graphnet.nesting import Array
from graphnet.shapes import Either, Shape, written
from graphnet.sizes import Size


class Squeeze(Reshaping):
    """The array without its dimensions of size 1; at least one dimension stays.

    Parameters
    ----------
    dimension : int, optional
        The one dimension to take away if its size is 1, 0-based; negative ones count from the last. By default all.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, the first one stays and
        ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If the array has no such dimension.

    Notes
    -----
    Torch7's ``nn.Squeeze``.

    Examples
    --------
    >>> import numpy as np
    >>> Squeeze().forward(np.zeros((1, 3, 1))).shape, Squeeze(-1).forward(np.zeros((1, 3, 1))).shape
    ((3,), (1, 3))
    """

    def __init__(self, dimension: int | None = None, n_input_dims: int | None = None) -> None:
        self.dimension = None if dimension is None else whole_number(dimension, "Squeeze's dimension")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, "Squeeze's n_input_dims", 0)

    def equation(self, x: Any) -> Any:
        return as_is(self, x)

    def new_shape(self, shape: Shape) -> Shape:
        n = len(shape)
        batch = self.n_input_dims is not None and n == self.n_input_dims + 1
        if self.dimension is None:
            meant = range(1 if batch else 0, n)
        else:
            axis = self.dimension + 1 if batch and self.dimension >= 0 else self.dimension
            if not -n <= axis < n:
                raise ValueError(f"{self.label()}: there is no dimension {axis} in an array of shape {written(shape)}")
            meant = range(axis % n, axis % n + 1)
        kept: list[Size | int] = []
        unsure = []
        for i, size in enumerate(shape):
            if size != 1 or i not in meant:
                if i in meant and may_be_one(size):
                    unsure.append(len(kept))
                kept.append(size)
        if not unsure:
            return tuple(kept) or shape[:1]
        several = product((False, True), repeat=len(unsure))
        gone = [set(compress(unsure, ones)) for ones in several]
        return Either([tuple(size for i, size in enumerate(kept) if i not in g) or shape[:1] for g in gone])


class Unsqueeze(Reshaping):
    """The array with one more dimension, of size 1.

    Parameters
    ----------
    position : int
        The place of the new dimension, 0-based; negative ones count from the end, so -1 puts it last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has more, ``position`` moves by as many.

    Raises
    ------
    ValueError
        If there is no such place.

    Notes
    -----
    Torch7's ``nn.Unsqueeze``.

    Examples
    --------
    >>> import numpy as np
    >>> Unsqueeze(1).forward(np.zeros((3, 2))).shape, Unsqueeze(0, 1).forward(np.zeros((3, 2))).shape
    ((3, 1, 2), (3, 1, 2))
    """

    def __init__(self, position: int, n_input_dims: int | None = None) -> None:
        self.position = whole_number(position, "Unsqueeze's position")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, "Unsqueeze's n_input_dims", 0)

    def equation(self, x: Any) -> Any:
        return as_is(self, x)

    def new_shape(self, shape: Shape) -> Shape:
        n = len(shape)
        more = 0 if self.n_input_dims is None else max(0, n - self.n_input_dims)
        place = self.position + (more if self.position >= 0 else n + 1)
        if not 0 <= place <= n:
            raise ValueError(f"{self.label()}: there is no place {place} for a dimension in an array {written(shape)}")
        return (*shape[:place], 1, *shape[place:])


class Replicate(OfArray):
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

    moves = True

    def __init__(self, n_features: int, dimension: int = 0, n_input_dims: int | None = None) -> None:
        self.n_features = whole_number(n_features, "Replicate's n_features", 1)
        self.dimension = whole_number(dimension, "Replicate's dimension")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, "Replicate's n_input_dims", 0)

    def update_output(self, x: Array) -> Array:
        axis = self._axis(one_array(x, self).shape)
        return np.repeat(np.expand_dims(x, axis), self.n_features, axis)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return np.asarray(dy.sum(self._axis(x.shape)))

    def new_shape(self, shape: Shape) -> Shape:
        axis = self._axis(shape)
        return (*shape[:axis], self.n_features, *shape[axis:])

    def _axis(self, shape: Shape) -> int:
        n, axis = len(shape), self.dimension
        if axis < 0:
            axis += n + 1
        elif self.n_input_dims is not None and n > self.n_input_dims:
            axis += 1
        if not 0 <= axis <= n:
            raise ValueError(f"{self.label()}: there is no place {axis} for a dimension in an array {written(shape)}")
        return axis
