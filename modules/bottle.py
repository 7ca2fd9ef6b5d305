"""Bottle: a module for rows, applied to arrays with more leading dimensions, as time and batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from graphnet.container import Container
from graphnet.edge import whole_number
from graphnet.equations.notation import as_is
from graphnet.module import Module
from graphnet.modules.reshape import Reshaping
from graphnet.nesting import Array, Nested, describe
from graphnet.node import Node
from graphnet.shapes import Shape, written
from graphnet.sizes import UNKNOWN, surely_differ


class MergeLeading(Reshaping):
    """The leading dimensions merged into one, so that ``n_input_dims`` remain: T x B x n to T·B x n.

    An array that has no more than ``n_input_dims`` passes as it is.

    Parameters
    ----------
    n_input_dims : int
        The number of dimensions to have, at least 1.

    Raises
    ------
    ValueError
        If the input is a list.

    Notes
    -----
    What Torch7's ``nn.Bottle`` does first; :class:`RestoreLeading` undoes it.

    Examples
    --------
    >>> import numpy as np
    >>> MergeLeading(2).forward(np.zeros((7, 5, 3))).shape
    (35, 3)
    """

    def __init__(self, n_input_dims: int = 2) -> None:
        self.n_input_dims = whole_number(n_input_dims, "MergeLeading's n_input_dims", 1)

    def equation(self, x: Any) -> Any:
        return as_is(self, x)

    def new_shape(self, shape: Shape) -> Shape:
        merged = len(shape) - self.n_input_dims + 1
        return shape if merged < 2 else (math.prod(shape[:merged]), *shape[merged:])


class RestoreLeading(Module):
    """The first dimension taken apart again, into those that :class:`MergeLeading` merged: T·B x m to T x B x m.

    The input is [y, x]: y is given the leading dimensions that x, of more than ``n_input_dims``, has.

    Parameters
    ----------
    n_input_dims : int
        The number of dimensions that x was brought to, at least 1.
    n_output_dims : int, optional
        The number of dimensions that y must have then; by default ``n_input_dims``.

    Raises
    ------
    ValueError
        If y has other dimensions, or another number of rows than x has.

    Notes
    -----
    What Torch7's ``nn.Bottle`` does last.

    Examples
    --------
    >>> import numpy as np
    >>> RestoreLeading(2).forward([np.zeros((35, 4)), np.zeros((7, 5, 3))]).shape
    (7, 5, 4)
    """

    def __init__(self, n_input_dims: int = 2, n_output_dims: int | None = None) -> None:
        self.n_input_dims = whole_number(n_input_dims, "RestoreLeading's n_input_dims", 1)
        given = n_input_dims if n_output_dims is None else n_output_dims
        self.n_output_dims = whole_number(given, "RestoreLeading's n_output_dims", 1)

    def update_output(self, x: Nested) -> Array:
        y, source = self._two(x, describe)
        restored: Array = y.reshape(self._restored(y.shape, source.shape))
        return restored

    def equation(self, x: Any) -> Any:
        return as_is(self, *x)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        return [dy.reshape(x[0].shape), None]

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:
            return None
        made, source = self._two(shape, written)
        return None if source is None else self._restored(made, source)

    def _two(self, x: Nested | Shape, told: Callable[[Any], str]) -> list[Any]:
        if not isinstance(x, list) or len(x) != 2 or any(isinstance(item, list) for item in x):
            raise ValueError(f"{self.label()} takes a list of two arrays: what was made, and of what; not {told(x)}")
        return x

    def _restored(self, made: Shape, source: Shape) -> Shape:
        """Return the shape that what was made is brought to."""
        merged = len(source) - self.n_input_dims + 1
        if merged < 2:
            return made
        rows = math.prod(source[:merged])
        if made is None:
            made = (rows, *[UNKNOWN] * (self.n_output_dims - 1))
        if len(made) != self.n_output_dims or surely_differ(made[0], rows):
            raise ValueError(
                f"{self.label()} needs an array of {self.n_output_dims} dimensions, the first of size {rows}, for the "
                f"rows of {written(source)}; it was given {written(made)}"
            )
        return (*source[:merged], *made[1:])


class Bottle(Container):
    """A module for rows, applied to every row of an array: to T x B x n what it does to B x n.

    ::

        x ── MergeLeading ── module ── RestoreLeading ── y
         └────────────────────────────┘

    The leading dimensions are merged into one, so that ``n_input_dims`` remain, and stand in front of the output again.
    An array of no more than ``n_input_dims`` goes to the module as it is.

    Parameters
    ----------
    module : Module
        Of an array to an array.
    n_input_dims : int
        The number of dimensions that the module takes, batch included, at least 1.
    n_output_dims : int, optional
        The number of dimensions that it gives then; by default ``n_input_dims``.

    Raises
    ------
    ValueError
        If the module gives another number of dimensions or of rows.

    Notes
    -----
    Torch7's ``nn.Bottle``. ``modules[0]`` is the module.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear
    >>> Bottle(Linear(3, 2)).forward(np.zeros((7, 5, 3))).shape
    (7, 5, 2)
    """

    def __init__(self, module: Module, n_input_dims: int = 2, n_output_dims: int | None = None) -> None:
        super().__init__(module, MergeLeading(n_input_dims), RestoreLeading(n_input_dims, n_output_dims))

    def drawing(self, x: Node) -> Nested:
        if len(self.modules) != 3:
            raise ValueError(f"{self.label()} holds one module and two of its own; nothing can be added or taken away")
        module, merge, restore = self.modules
        return restore([module(merge(x)), x])
