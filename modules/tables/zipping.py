"""Lists of lists turned inside out, and one array dealt to all of a list."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from graphnet.container import Container
from graphnet.module import Module
from graphnet.modules.containers import MapTable
from graphnet.modules.tables.usual import CAddTable
from graphnet.nesting import Nested, add_gradients, describe
from graphnet.node import Node
from graphnet.shapes import Shape, written


class ZipTable(Module):
    """Lists turned inside out: ``y[i][k] = x[k][i]``; [[a, b], [c, d]] gives [[a, c], [b, d]].

    Raises
    ------
    ValueError
        If the input is not a list of lists of one length.

    Notes
    -----
    Torch7's ``nn.ZipTable``.

    Examples
    --------
    >>> import numpy as np
    >>> a, b, c, d = (np.array([number]) for number in (1.0, 2.0, 3.0, 4.0))
    >>> ZipTable().forward([[a, b], [c, d]])
    [[array([1.]), array([3.])], [array([2.]), array([4.])]]
    """

    def update_output(self, x: Nested) -> Nested:
        return self._zipped(x, x, describe)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return [list(items) for items in zip(*dy, strict=True)]

    def output_shape(self, shape: Shape) -> Shape:
        known = [part for part in shape if part is not None] if isinstance(shape, list) else []
        if shape is None or (shape and isinstance(shape, list) and not known):
            return None
        n = len(known[0]) if known and isinstance(known[0], list) else 1
        return self._zipped([[None] * n if part is None else part for part in shape], shape, written)

    def _zipped(self, lists: Any, x: Nested | Shape, told: Callable[[Any], str]) -> list[Any]:
        alike = isinstance(lists, list) and lists and all(isinstance(item, list) for item in lists)
        if not alike or len({len(item) for item in lists}) != 1 or not lists[0]:
            raise ValueError(f"{self.label()} takes a list of lists of one length; it was given {told(x)}")
        return [list(items) for items in zip(*lists, strict=True)]


class ZipTableOneToMany(Module):
    """One value paired with each of a list: [a, [b, c]] gives [[a, b], [a, c]].

    Raises
    ------
    ValueError
        If the input is not a list of a value and a list of at least one.

    Notes
    -----
    Torch7's ``nn.ZipTableOneToMany``. The gradients of the one value add up.

    Examples
    --------
    >>> import numpy as np
    >>> a, b, c = (np.array([number]) for number in (1.0, 2.0, 3.0))
    >>> ZipTableOneToMany().forward([a, [b, c]])
    [[array([1.]), array([2.])], [array([1.]), array([3.])]]
    """

    def update_output(self, x: Nested) -> Nested:
        return self._paired(x, describe)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return [reduce(add_gradients, [first for first, _ in dy]), [second for _, second in dy]]

    def output_shape(self, shape: Shape) -> Shape:
        unknown = shape is None or (isinstance(shape, list) and len(shape) == 2 and shape[1] is None)
        return None if unknown else self._paired(shape, written)

    def _paired(self, x: Nested | Shape, told: Callable[[Any], str]) -> list[Any]:
        if not isinstance(x, list) or len(x) != 2 or not isinstance(x[1], list) or not x[1]:
            raise ValueError(f"{self.label()} takes a list of a value and a list; it was given {told(x)}")
        return [[x[0], item] for item in x[1]]


class CAddTensorTable(Container):
    """One array added to each of a list: [a, [b, c]] gives [a + b, a + c]; all of one shape.

    ::

        x ── ZipTableOneToMany ── MapTable(CAddTable) ── y

    Raises
    ------
    ValueError
        If the input is not a list of an array and a list of arrays, all of one shape.

    Notes
    -----
    Torch7's ``nn.CAddTensorTable``.

    Examples
    --------
    >>> import numpy as np
    >>> CAddTensorTable().forward([np.array([1.0]), [np.array([2.0]), np.array([3.0])]])
    [array([3.]), array([4.])]
    """

    def __init__(self) -> None:
        super().__init__(ZipTableOneToMany(), MapTable(CAddTable()))

    def drawing(self, x: Node) -> Nested:
        for module in self.modules:
            x = module(x)
        return x
