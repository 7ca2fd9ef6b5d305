"""Modules that give an array another shape; the order of the elements stays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.nesting import Array, describe


class Reshaping(Module):
    """A module that reads an array in another shape; the gradient is read in the input's."""

    def new_shape(self, x: Array) -> tuple[int, ...]:
        """Return the shape in which this array is read."""
        raise NotImplementedError(f"{type(self).__name__} does not define new_shape(self, x)")

    def update_output(self, x: Array) -> Array:
        return one_array(x, self).reshape(self.new_shape(x))

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return dy.reshape(x.shape)


class Reshape(Reshaping):
    """The array in another shape: ``sizes``, or B x ``sizes``.

    Parameters
    ----------
    *sizes : int
        The new shape, without the batch.
    batch_mode : bool, optional
        Whether the first dimension is the batch, and stays. By default it is where the elements are not as many as
        ``sizes`` has, and where the first dimension has size 1.

    Raises
    ------
    ValueError
        If the numbers of elements differ.

    Notes
    -----
    Torch7's ``nn.Reshape``.

    Examples
    --------
    >>> import numpy as np
    >>> Reshape(2, 3).forward(np.zeros(6)).shape, Reshape(2, 3).forward(np.zeros((5, 6))).shape
    ((2, 3), (5, 2, 3))
    """

    def __init__(self, *sizes: int, batch_mode: bool | None = None) -> None:
        self.sizes = tuple(whole_number(size, f"Reshape's size {i}", 1) for i, size in enumerate(sizes))
        self.batch_mode = batch_mode

    def new_shape(self, x: Array) -> tuple[int, ...]:
        batch = self.batch_mode
        if batch is None:
            batch = x.ndim > 0 and (x.size != math.prod(self.sizes) or x.shape[0] == 1)
        shape = (*x.shape[:1], *self.sizes) if batch else self.sizes
        if math.prod(shape) != x.size or (batch and x.ndim == 0):
            raise _misfit(self, self.sizes, x)
        return shape


class View(Reshaping):
    """The array in another shape, of which one size may be left open: ``sizes``, or N x ``sizes``.

    Parameters
    ----------
    *sizes : int
        The new shape; at most one size may be -1: what remains.
    n_input_dims : int, optional
        The number of dimensions without the batch: those in front of them become N. By default N is how often
        ``sizes`` goes into the elements, if more than once; with -1, once.

    Raises
    ------
    ValueError
        If the elements do not fill the shape, or more than one size is -1.

    Notes
    -----
    Torch7's ``nn.View``; ``n_input_dims`` is what ``setNumInputDims`` sets.

    Examples
    --------
    >>> import numpy as np
    >>> View(6).forward(np.zeros((5, 2, 3))).shape, View(-1, 2).forward(np.zeros((4, 6))).shape
    ((5, 6), (12, 2))
    >>> View(-1, n_input_dims=2).forward(np.zeros((5, 2, 3))).shape
    (5, 6)
    """

    def __init__(self, *sizes: int, n_input_dims: int | None = None) -> None:
        self.sizes = tuple(whole_number(size, f"View's size {i}", -1) for i, size in enumerate(sizes))
        if 0 in self.sizes or self.sizes.count(-1) > 1:
            raise ValueError(f"View's sizes must be at least 1, but for one that may be -1; they were {self.sizes}")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, "View's n_input_dims", 0)

    def new_shape(self, x: Array) -> tuple[int, ...]:
        known = math.prod(size for size in self.sizes if size != -1)
        n = x.ndim if self.n_input_dims is None else min(self.n_input_dims, x.ndim)
        leading, elements = x.shape[: x.ndim - n], math.prod(x.shape[x.ndim - n :])
        if elements % known:
            raise _misfit(self, self.sizes, x)
        times, rest = (1, elements // known) if -1 in self.sizes else (elements // known, 1)
        sizes = tuple(rest if size == -1 else size for size in self.sizes)
        batch = math.prod(leading) * times
        return sizes if batch == 1 and not leading else (batch, *sizes)


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

    def new_shape(self, x: Array) -> tuple[int, ...]:
        batch = self.n_input_dims is not None and x.ndim == self.n_input_dims + 1
        if self.dimension is None:
            kept = tuple(n for i, n in enumerate(x.shape) if n != 1 or (batch and i == 0))
        else:
            axis = self.dimension + 1 if batch and self.dimension >= 0 else self.dimension
            if not -x.ndim <= axis < x.ndim:
                raise ValueError(f"{self.label()}: there is no dimension {axis} in an array of shape {describe(x)}")
            kept = tuple(n for i, n in enumerate(x.shape) if n != 1 or i != axis % x.ndim)
        return kept or x.shape[:1]


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

    def new_shape(self, x: Array) -> tuple[int, ...]:
        more = 0 if self.n_input_dims is None else max(0, x.ndim - self.n_input_dims)
        place = self.position + (more if self.position >= 0 else x.ndim + 1)
        if not 0 <= place <= x.ndim:
            raise ValueError(f"{self.label()}: there is no place {place} for a dimension in an array {describe(x)}")
        return (*x.shape[:place], 1, *x.shape[place:])


def one_array(x: Any, module: Module) -> Array:
    """Return an array of any type as it is; refuse a list."""
    if x.__class__ is not np.ndarray:
        raise ValueError(f"{module.label()} takes one array, not {describe(x)}")
    array: Array = x
    return array


def _misfit(module: Module, sizes: tuple[int, ...], x: Array) -> ValueError:
    wanted = "x".join(map(str, sizes)) or "a scalar"
    return ValueError(
        f"{module.label()} cannot read {describe(x)}, which has {x.size} elements, as {wanted}, or as a batch of them"
    )
