"""What modules of one array have in common: the output's shape follows from the input's, by one rule for both."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.nesting import Array, describe
from graphnet.shapes import Shape, written


class OfArray(Module):
    """A module of one array, whose output's shape follows from the input's alone."""

    def new_shape(self, shape: Shape) -> Shape:
        """Return the shape of what is made of an array of this shape, some of whose sizes may not be known."""
        raise NotImplementedError(f"{type(self).__name__} does not define new_shape(self, shape)")

    def output_shape(self, shape: Shape) -> Shape:
        if isinstance(shape, list):
            raise ValueError(f"{self.label()} takes one array, not {written(shape)}")
        return None if shape is None else self.new_shape(shape)


class AlongDimension(OfArray):
    """A module that works along one dimension, of arrays that may have one more, for the batch, in front."""

    def __init__(self, dimension: int, n_input_dims: int | None = None) -> None:
        name = type(self).__name__
        self.dimension = whole_number(dimension, f"{name}'s dimension")
        self.n_input_dims = None if n_input_dims is None else whole_number(n_input_dims, f"{name}'s n_input_dims", 0)

    def axis(self, shape: Shape) -> int:
        """Return the dimension that is meant in an array of this shape."""
        n = len(shape)
        batch = self.n_input_dims is not None and n == self.n_input_dims + 1 and self.dimension >= 0
        axis = self.dimension + 1 if batch else self.dimension
        if not -n <= axis < n:
            raise ValueError(f"{self.label()}: there is no dimension {axis} in an array of shape {written(shape)}")
        return axis % n


def one_array(x: Any, module: Module) -> Array:
    """Return an array of any type as it is; refuse a list."""
    if x.__class__ is not np.ndarray:
        raise ValueError(f"{module.label()} takes one array, not {describe(x)}")
    array: Array = x
    return array
