"""Modules that take parts of lists, or take lists out of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphnet.edge import whole_number
from graphnet.equations.parts import element
from graphnet.module import Module
from graphnet.nesting import Nested, describe, leaves, map_nested, zeros_like
from graphnet.shapes import Shape, written


class SelectTable(Module):
    """One element of a list: ``y = x[index]``; the other elements get a gradient of zeros.

    Parameters
    ----------
    index : int
        The place, 0-based; negative ones count from the end.

    Raises
    ------
    ValueError
        If the list has no such element.

    Notes
    -----
    Torch7's ``nn.SelectTable``; in a drawing, ``node[index]`` does the same.

    Examples
    --------
    >>> import numpy as np
    >>> SelectTable(-1).forward([np.zeros(2), np.ones(1)])
    array([1.])
    """

    moves = True

    def __init__(self, index: int) -> None:
        self.index = whole_number(index, "SelectTable's index")

    def update_output(self, x: Nested) -> Nested:
        return self._element(x, describe)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        chosen = self.index % len(x)
        return [dy if i == chosen else zeros_like(item) for i, item in enumerate(x)]

    def equation(self, x: Any) -> Any:
        return element(x, self.index)

    def output_shape(self, shape: Shape) -> Shape:
        return None if shape is None else self._element(shape, written)

    def _element(self, x: Nested | Shape, told: Callable[[Any], str]) -> Any:
        if not isinstance(x, list) or not -len(x) <= self.index < len(x):
            raise ValueError(f"{self.label()} needs a list with an element {self.index}; it was given {told(x)}")
        return x[self.index]


class NarrowTable(Module):
    """A part of a list: ``y = x[offset : offset + length]``; the other elements get a gradient of zeros.

    Parameters
    ----------
    offset : int
        The first element, 0-based; negative ones count from the end.
    length : int
        How many.

    Raises
    ------
    ValueError
        If the list has no such part.

    Notes
    -----
    Torch7's ``nn.NarrowTable``.

    Examples
    --------
    >>> import numpy as np
    >>> NarrowTable(1, 2).forward([np.zeros(2), np.ones(1), np.ones(2)])
    [array([1.]), array([1., 1.])]
    """

    moves = True

    def __init__(self, offset: int, length: int = 1) -> None:
        self.offset = whole_number(offset, "NarrowTable's offset")
        self.length = whole_number(length, "NarrowTable's length", 1)

    def update_output(self, x: Nested) -> Nested:
        return x[self._part(x, describe)]

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        dx = [zeros_like(item) for item in x]
        dx[self._part(x, describe)] = dy
        return dx

    def equation(self, x: Any) -> Any:
        return x[self._part(x, describe)] if isinstance(x, list) else None

    def output_shape(self, shape: Shape) -> Shape:
        return None if shape is None else shape[self._part(shape, written)]

    def _part(self, x: Nested | Shape, told: Callable[[Any], str]) -> slice:
        size = len(x) if isinstance(x, list) else 0
        start = self.offset if self.offset >= 0 else size + self.offset
        if not 0 <= start <= start + self.length <= size:
            raise ValueError(
                f"{self.label()} needs a list with elements {start} to {start + self.length - 1}; it was given "
                f"{told(x)}"
            )
        return slice(start, start + self.length)


class FlattenTable(Module):
    """The arrays of nested lists, from left to right, as one list.

    Notes
    -----
    Torch7's ``nn.FlattenTable``.

    Examples
    --------
    >>> import numpy as np
    >>> FlattenTable().forward([np.zeros(1), [np.ones(1), [np.ones(2)]]])
    [array([0.]), array([1.]), array([1., 1.])]
    """

    moves = True

    def update_output(self, x: Nested) -> Nested:
        return list(leaves(x))

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        gradients = iter(dy)
        return map_nested(lambda _: next(gradients), x)

    def equation(self, x: Any) -> Any:
        return list(leaves(x)) if isinstance(x, list) else None

    def output_shape(self, shape: Shape) -> Shape:
        arrays = list(leaves(shape))
        return None if None in arrays else arrays  # where nothing is known, there may be a list
