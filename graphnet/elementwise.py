"""Elementwise: modules that state one formula, for scalars or arrays, and its slope; ShapeKeeping, which they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import given
from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, merged, written
from graphnet.sizes import Size


class ShapeKeeping(Module):
    """A module of one array that gives one of the same shape; a subclass may refuse some (:meth:`check_shape`)."""

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        """Refuse the shape of an array that the module cannot take, if that is certain; by default it takes any."""

    def output_shape(self, shape: Shape) -> Shape:
        if one_shape(shape, self) is not None:
            self.check_shape(shape)
        return shape


class Elementwise(ShapeKeeping):
    """A function of one number, applied to every element.

    A subclass states ``value(x)`` and ``slope(x, y)``, the derivative at ``x``, given also ``y = value(x)``. Both take
    scalars or arrays: NumPy runs them on arrays, a compiler can fuse them, a drawer can typeset them.

    Attributes
    ----------
    bounds : (float, float) or None
        The ends of the range of a function that comes close to both of them: where it does, it is saturated.

    Examples
    --------
    >>> class Cube(Elementwise):
    ...     def value(self, x):
    ...         return x**3
    ...     def slope(self, x, y):
    ...         return 3 * x**2
    >>> Cube().forward(np.array([1.0, 2.0]))
    array([1., 8.])
    """

    bounds: tuple[float, float] | None = None

    def equation(self, x: Nested) -> Nested:
        return self.value(x)  # which does to terms what it does to arrays

    def value(self, x: Any) -> Any:
        """Return the function's value."""
        raise NotImplementedError(f"{type(self).__name__} does not define value(self, x)")

    def slope(self, x: Any, y: Any) -> Any:
        """Return the derivative at ``x``, where the value is ``y``."""
        raise NotImplementedError(f"{type(self).__name__} does not define slope(self, x, y)")

    def trace(self, x: Any) -> Any:
        return x.mapped(self.value, lambda _, y, x: self.slope(x, y))

    def update_output(self, x: Nested) -> Nested:
        return self.value(as_numbers(x, self))

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        return dy * self.slope(as_numbers(x, self), y)


class ElementwiseTable(Module):
    """A function of several numbers, applied element by element to the arrays of a list.

    A subclass states ``value(*xs)`` and ``slope(i, y, *xs)``, the derivative with respect to the ``i``-th argument. The
    arrays must have the same shape.

    Examples
    --------
    >>> class Difference(ElementwiseTable):
    ...     def value(self, a, b):
    ...         return a - b
    ...     def slope(self, i, y, a, b):
    ...         return 1 - 2 * i
    >>> Difference().forward([np.array([3.0]), np.array([1.0])])
    array([2.])
    """

    def equation(self, x: Nested) -> Nested:
        return self.value(*x)

    def value(self, *xs: Any) -> Any:
        """Return the function's value."""
        raise NotImplementedError(f"{type(self).__name__} does not define value(self, *xs)")

    def slope(self, i: int, y: Any, *xs: Any) -> Any:
        """Return the derivative with respect to argument ``i``, where the value is ``y``."""
        raise NotImplementedError(f"{type(self).__name__} does not define slope(self, i, y, *xs)")

    def trace(self, x: Any) -> Any:
        return x[0].mapped(self.value, self.slope, *x[1:])

    def update_output(self, x: Nested) -> Nested:
        if x.__class__ is list and len(x) == 2:  # the usual case, checked without a loop
            a, b = x
            arrays = a.__class__ is np.ndarray and b.__class__ is np.ndarray
            if arrays and a.shape == b.shape and a.dtype is b.dtype and a.dtype.kind == "f":
                return self.value(a, b)
        if x.__class__ is not list or not x:
            raise ValueError(f"{self.label()} takes a list of arrays, not {given(x)}")
        shapes = {item.shape if item.__class__ is np.ndarray else None for item in x}
        if len(shapes) > 1 or None in shapes:
            raise ValueError(f"{self.label()} takes arrays of one shape; it was given {describe(x)}")
        return self.value(*[as_numbers(item, self) for item in x])

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        numbers = [as_numbers(item, self) for item in x]
        return [dy * self.slope(i, y, *numbers) for i in range(len(x))]

    def output_shape(self, shape: Shape) -> Shape:
        if shape is not None and (not isinstance(shape, list) or not shape):
            raise ValueError(f"{self.label()} takes a list of arrays, not {written(shape)}")
        # All arguments have one shape, so that of any tells it.
        return None if shape is None else merged(shape)


def one_shape(shape: Shape, module: Module) -> Shape:
    """Return the shape of a single array; refuse that of a list."""
    if isinstance(shape, list):
        raise TypeError(f"{module.label()} takes one array, not the list {written(shape)}")
    return shape


def as_numbers(x: Any, module: Module) -> Array:
    """Return an array of floating numbers, in the module's type where it holds integers; refuse a list."""
    if x.__class__ is not np.ndarray:
        raise TypeError(f"{module.label()} takes one array, not the list {describe(x)}")
    return x if x.dtype.kind == "f" else x.astype(module.type())
