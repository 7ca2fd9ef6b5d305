"""Reductions: one dimension of an array made one number, a sum, a mean or an extreme."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from graphnet.elementwise import as_numbers, one_shape
from graphnet.equations.parts import reduced
from graphnet.modules.of_array import AlongDimension
from graphnet.nesting import Array
from graphnet.shapes import Shape, written
from graphnet.sizes import surely_less


class Reduction(AlongDimension):
    """A module that makes one dimension one number; the dimension goes, unless it is the only one."""

    squeeze = True

    def written_with(self, sign: str, x: Any) -> Any:
        """Return the equation, where the dimension is the same whatever comes in, and goes."""
        return reduced(sign, self, x) if self.squeeze and self.n_input_dims is None else None

    def output_shape(self, shape: Shape) -> Shape:
        return super().output_shape(one_shape(shape, self))

    def new_shape(self, shape: Shape) -> Shape:
        axis = self.axis(shape)
        return (*shape[:axis], *([] if self.squeeze else [1]), *shape[axis + 1 :]) or (1,)


class Sum(Reduction):
    """The sum along one dimension, which goes; of a vector, an array of one number.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, ``dimension`` moves by one.
    size_average : bool
        Divide by the size of the dimension.
    squeeze : bool
        Let the dimension go; else it stays, with size 1.

    Raises
    ------
    ValueError
        If the array has no such dimension.

    Notes
    -----
    Torch7's ``nn.Sum``.

    Examples
    --------
    >>> import numpy as np
    >>> Sum(1).forward(np.ones((2, 3))), Sum(0).forward(np.ones(3))
    (array([3., 3.]), array([3.]))
    """

    def __init__(
        self, dimension: int = 0, n_input_dims: int | None = None, size_average: bool = False, squeeze: bool = True
    ) -> None:
        super().__init__(dimension, n_input_dims)
        self.size_average = size_average
        self.squeeze = squeeze

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        axis = self.axis(x.shape)
        y: Array = x.sum(axis, keepdims=not self.squeeze) / self._divisor(x, axis)
        return np.atleast_1d(y)

    def equation(self, x: Any) -> Any:
        return self.written_with(r"\operatorname{mean}" if self.size_average else r"\sum", x)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        axis = self.axis(x.shape)
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        return np.repeat((dy / self._divisor(x, axis)).reshape(shape), x.shape[axis], axis)

    def _divisor(self, x: Array, axis: int) -> int:
        return x.shape[axis] or 1 if self.size_average else 1


class Mean(Sum):
    """The mean along one dimension, which goes; of a vector, an array of one number.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If the array has no such dimension.

    Notes
    -----
    Torch7's ``nn.Mean``. The mean of no numbers is 0.

    Examples
    --------
    >>> import numpy as np
    >>> Mean(1).forward(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([2., 5.])
    """

    def __init__(self, dimension: int = 0, n_input_dims: int | None = None) -> None:
        super().__init__(dimension, n_input_dims, size_average=True)


class Max(Reduction):
    """The largest number along one dimension, which goes; of a vector, an array of one number.

    Its gradient goes to the first place where the number stands.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If the array has no such dimension, or no elements along it.

    Notes
    -----
    Torch7's ``nn.Max``.

    Examples
    --------
    >>> import numpy as np
    >>> Max(1).forward(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([3., 5.])
    """

    of_two: ClassVar[np.ufunc] = np.maximum  # the extreme of two numbers

    def __init__(self, dimension: int = 0, n_input_dims: int | None = None) -> None:
        super().__init__(dimension, n_input_dims)

    def axis(self, shape: Shape) -> int:
        axis = super().axis(shape)
        if surely_less(shape[axis], 1):
            raise ValueError(f"{self.label()} needs an element along dimension {axis}; it was given {written(shape)}")
        return axis

    def places(self, x: Array, axis: int) -> Array:
        """Return where the extremes stand along the dimension, which stays with size 1."""
        places: Array = np.argmax(x, axis, keepdims=True)
        return places

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        axis = self.axis(x.shape)
        return np.atleast_1d(self.of_two.reduce(x, axis))

    def equation(self, x: Any) -> Any:
        return self.written_with(r"\max", x)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        axis = self.axis(x.shape)
        places = self.places(x, axis)
        dx = np.zeros(x.shape, dy.dtype)
        np.put_along_axis(dx, places, dy.reshape(places.shape), axis)
        return dx


class Min(Max):
    """The smallest number along one dimension, which goes; of a vector, an array of one number.

    Its gradient goes to the first place where the number stands.

    Parameters
    ----------
    dimension : int
        The dimension, 0-based; negative ones count from the last.
    n_input_dims : int, optional
        The number of dimensions without the batch; where the array has one more, ``dimension`` moves by one.

    Raises
    ------
    ValueError
        If the array has no such dimension, or no elements along it.

    Notes
    -----
    Torch7's ``nn.Min``.

    Examples
    --------
    >>> import numpy as np
    >>> Min(1).forward(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([1., 5.])
    """

    of_two = np.minimum

    def equation(self, x: Any) -> Any:
        return self.written_with(r"\min", x)

    def places(self, x: Array, axis: int) -> Array:
        places: Array = np.argmin(x, axis, keepdims=True)
        return places
