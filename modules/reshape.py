"""Modules that give an array another shape; the order of the elements stays."""

from __future__ import annotations

import math
from typing import Any

from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.modules.of_array import OfArray, one_array
from graphnet.nesting import Array
from graphnet.shapes import Either, Shape, written
from graphnet.sizes import UNKNOWN, Size, surely_differ


class Reshaping(OfArray):
    """A module that reads an array in another shape; the gradient is read in the input's."""

    moves = True

    def update_output(self, x: Array) -> Array:
        return one_array(x, self).reshape(self.new_shape(x.shape))

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return dy.reshape(x.shape)

    def trace(self, x: Any) -> Any:
        n_rows, *inner = self.new_shape(x.shape)
        # A batch of one row may mean another shape; then it depends on the number of rows.
        always = self.new_shape((1, *x.shape[1:])) == (1, *inner)
        return x.reshaped(tuple(inner)) if n_rows == x.shape[0] and always else None


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

    def new_shape(self, shape: Shape) -> Shape:
        n, elements, rest = math.prod(self.sizes), math.prod(shape), math.prod(shape[1:])
        found: list[Shape] = []
        if self.batch_mode is not False and shape and not surely_differ(rest, n):
            found.append((shape[0], *self.sizes))
        # By default the first dimension is the batch where it is 1, and where the others fill the sizes.
        alone = self.batch_mode is False or not shape or (shape[0] != 1 and rest != n)
        if alone and not self.batch_mode and not _never_filled(n, elements, rest):
            found.append(self.sizes)
        if not found:
            raise _misfit(self, self.sizes, shape)
        return found[0] if len(found) == 1 else Either(found)


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

    def new_shape(self, shape: Shape) -> Shape:
        known = math.prod(size for size in self.sizes if size != -1)
        n_leading = 0 if self.n_input_dims is None else max(0, len(shape) - self.n_input_dims)
        elements = math.prod(shape[n_leading:])
        if isinstance(elements, int) and elements % known:
            raise _misfit(self, self.sizes, shape)
        times, rest = (1, elements // known) if -1 in self.sizes else (elements // known, 1)
        sizes = tuple(rest if size == -1 else size for size in self.sizes)
        batched = (math.prod(shape[:n_leading]) * times, *sizes)
        if n_leading:
            return batched
        return sizes if times == 1 else Either([batched, sizes]) if may_be_one(times) else batched


class Collapse(Reshaping):
    """The array as one row, ``y = x_1, x_2, ...``, or a batch of arrays as a batch of rows: B x n x m to B x n·m.

    Parameters
    ----------
    n_input_dim : int
        The number of dimensions without the batch, at least 1; where the array has more, its first one stays.

    Raises
    ------
    ValueError
        If the input is a list.

    Notes
    -----
    Torch7's ``nn.Collapse``.

    Examples
    --------
    >>> import numpy as np
    >>> Collapse(2).forward(np.zeros((5, 2, 3))).shape, Collapse(2).forward(np.zeros((2, 3))).shape
    ((5, 6), (6,))
    """

    def __init__(self, n_input_dim: int) -> None:
        self.n_input_dim = whole_number(n_input_dim, "Collapse's n_input_dim", 1)

    def new_shape(self, shape: Shape) -> Shape:
        kept = 1 if len(shape) > self.n_input_dim else 0
        return (*shape[:kept], math.prod(shape[kept:]))


def may_be_one(size: Size | int) -> bool:
    """Tell whether a size may be 1, as one that is not known; but what has a name, such as B, is taken for more."""
    if isinstance(size, int):
        return size == 1
    least = size.at({symbol: 2 for symbol in size.symbols() if symbol.isidentifier()})
    return least is None or least < 2


def _never_filled(n: int, elements: Size | int, rest: Size | int) -> bool:
    """Tell whether elements, of which there are so many times the rest, surely are not n."""
    return surely_differ(elements, n) or (isinstance(rest, int) and n % rest > 0)


def _misfit(module: Module, sizes: tuple[int, ...], shape: Shape) -> ValueError:
    wanted = "x".join(map(str, sizes)) or "a scalar"
    elements: Size | int = math.prod(shape)
    having = "" if elements is UNKNOWN else f", which has {elements} elements,"
    return ValueError(f"{module.label()} cannot read {written(shape)}{having} as {wanted}, or as a batch of them")
