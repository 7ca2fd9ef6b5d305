"""Differences, quotients and extremes of the arrays of a list, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import ElementwiseTable
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, written


class OfTwo(ElementwiseTable):
    """A function of the two arrays of a list."""

    def update_output(self, x: Nested) -> Array:
        if x.__class__ is list and len(x) != 2:
            raise self._misfit(describe(x))
        y: Array = super().update_output(x)
        return y

    def equation(self, x: Nested) -> Nested:
        a, b = x
        return self.value(a, b)

    def output_shape(self, shape: Shape) -> Shape:
        if isinstance(shape, list) and len(shape) != 2:
            raise self._misfit(written(shape))
        return super().output_shape(shape)

    def _misfit(self, came: str) -> ValueError:
        return ValueError(f"{self.label()} takes a list of two arrays; it was given {came}")


class CSubTable(OfTwo):
    """The difference of two arrays: ``y = x[0] - x[1]``; both of one shape.

    Raises
    ------
    ValueError
        If the input is not two arrays of one shape.

    Notes
    -----
    Torch7's ``nn.CSubTable``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> CSubTable().forward([np.array([3.0, 1.0]), np.array([1.0, 1.0])])
    array([2., 0.])
    """

    def value(self, a: Any, b: Any) -> Any:
        return a - b

    def slope(self, i: int, y: Any, a: Any, b: Any) -> Any:
        return 1 if i == 0 else -1


class CDivTable(OfTwo):
    """The quotient of two arrays: ``y = x[0] / x[1]``; both of one shape. By 0 it is infinite, or NaN for 0 / 0.

    Raises
    ------
    ValueError
        If the input is not two arrays of one shape.

    Notes
    -----
    Torch7's ``nn.CDivTable``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> CDivTable().forward([np.array([3.0, 1.0]), np.array([2.0, 0.0])])
    array([1.5, inf])
    """

    def value(self, a: Any, b: Any) -> Any:
        return a / b

    def slope(self, i: int, y: Any, a: Any, b: Any) -> Any:
        return 1 / b if i == 0 else -y / b


class CMaxTable(ElementwiseTable):
    """The largest of the list's arrays, element by element; all of one shape.

    Where several are largest, the first of them gets the gradient.

    Raises
    ------
    ValueError
        If the input is not a list of arrays of one shape.

    Notes
    -----
    Torch7's ``nn.CMaxTable``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> CMaxTable().forward([np.array([3.0, 1.0]), np.array([2.0, 4.0])])
    array([3., 4.])
    """

    def value(self, x: Any, *others: Any) -> Any:
        for other in others:
            x = np.maximum(x, other)
        return x

    def slope(self, i: int, y: Any, *xs: Any) -> Any:
        return _first(i, y, *xs)


class CMinTable(ElementwiseTable):
    """The smallest of the list's arrays, element by element; all of one shape.

    Where several are smallest, the first of them gets the gradient.

    Raises
    ------
    ValueError
        If the input is not a list of arrays of one shape.

    Notes
    -----
    Torch7's ``nn.CMinTable``, which compares only the numbers of elements.

    Examples
    --------
    >>> import numpy as np
    >>> CMinTable().forward([np.array([3.0, 1.0]), np.array([2.0, 4.0])])
    array([2., 1.])
    """

    def value(self, x: Any, *others: Any) -> Any:
        for other in others:
            x = np.minimum(x, other)
        return x

    def slope(self, i: int, y: Any, *xs: Any) -> Any:
        return _first(i, y, *xs)


def _first(i: int, y: Any, *xs: Any) -> Any:
    """Tell where the i-th argument is the first that equals ``y``."""
    chosen = xs[i] == y
    for earlier in xs[:i]:
        chosen = chosen & (earlier != y)
    return chosen
