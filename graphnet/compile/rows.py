r"""Rows: what stands for the rows of a batch while a drawing is traced; a graph of few operations comes of it.

A module that can be compiled says in :meth:`graphnet.Module.trace` what it does to rows, with the operators of arrays
and the methods here. Nothing is computed: every operation makes another :class:`Rows`, which remembers it.

    x  prev_h                  input, state
    |    |
  affine affine                a matrix product each, with its weights
     \  /
      add
     /   \
 [0:6]   [6:8]                 parts: only other places of the same numbers
   |       |
sigmoid   tanh
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphnet.compile.operators import CONDITIONS, Operators, Untraceable
from graphnet.parameter import Parameter

INDICES = frozenset(("index", "checked", "one-hot"))
MOST_PIECES = 64  # of a row, that one operation takes apart or puts together
ALONE = "alone"  # of a "let" whose users are other kernels


class Rows(Operators):
    """A value with one row for each row of the batch, of ``width`` numbers; an array B x ``inner``, read row by row.

    Attributes
    ----------
    kind : str
        What it is: "input", "state", "noise", "index" (given from outside), "checked" (an index that was looked at),
        "one-hot"; "constant", "vector" (the same in all rows); "map" (an operation element by element, ``detail`` is
        its name); "part", "join"; "sum", "max" (over a row); "affine" (a matrix product); "lookup" (rows of a table);
        "let" (a value, which may bring its slopes along).
    sources : tuple of Rows
    width : int
    inner : tuple of int
        The shape of what belongs to one row: (width,), or another one of as many numbers.
    single : bool
        Whether it is one number for each row, which may stand beside rows of any width.
    call : Call or None
        The call of the drawing that says it, for those who look.
    """

    __slots__ = ("call", "detail", "inner", "kind", "single", "sources", "width")

    def __init__(
        self,
        kind: str,
        sources: tuple[Rows, ...],
        width: int,
        detail: Any = None,
        single: bool = False,
        inner: tuple[int, ...] | None = None,
    ) -> None:
        self.kind = kind
        self.inner = (width,) if inner is None else inner
        self.sources = sources
        self.width = width
        self.detail = detail
        self.single = single
        self.call: Any = None

    # ---- what modules say

    def mapped(self, value: Callable[..., Any], slope: Callable[..., Any], *others: Rows) -> Rows:
        """Return a function of numbers of these rows and others; ``slope(i, y, *xs)`` is that of argument ``i``."""
        xs = (self, *others)
        if any(x.inner != self.inner or x.kind in INDICES for x in xs):
            raise Untraceable("arrays of several shapes")
        y = _as_rows(value(*xs), self.width)
        slopes = tuple(_as_rows(slope(i, y, *xs), self.width).astype(float) for i in range(len(xs)))
        return Rows("let", (y, *xs, *slopes), self.width, inner=self.inner)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array, for a batch of two rows."""
        return (2, *self.inner)

    def narrowed(self, axis: int, start: int, stop: int) -> Rows:
        """Return a range along a dimension of the array, which is not that of the batch."""
        before, along, after = self._around(axis)
        pieces = [self._columns((i * along + start) * after, (i * along + stop) * after) for i in range(before)]
        inner = (*self.inner[: axis - 1], stop - start, *self.inner[axis:])
        return _beside(pieces).reshaped(inner)

    def selected(self, axis: int, index: int) -> Rows:
        """Return one slice along a dimension of the array, which goes; it is not that of the batch."""
        return self.narrowed(axis, index, index + 1).reshaped((*self.inner[: axis - 1], *self.inner[axis:]))

    def reshaped(self, inner: tuple[int, ...]) -> Rows:
        """Return the same numbers, of which those of one row have another shape."""
        if math.prod(inner) != self.width or self.kind in INDICES:
            raise Untraceable(f"rows of {self.width} numbers in the shape {inner}")
        if inner == self.inner:
            return self
        return Rows("part", (self,), self.width, detail=0, inner=inner)

    def joined(self, others: Sequence[Rows], axis: int) -> Rows:
        """Return this and others joined along a dimension of the array, which is not that of the batch."""
        parts = (self, *others)
        around = [part._around(axis) for part in parts]
        if len({(*part.inner[: axis - 1], *part.inner[axis:]) for part in parts}) != 1:
            raise Untraceable("arrays that do not fit beside each other")
        pieces = [
            part._columns(i * along * after, (i + 1) * along * after)
            for i in range(around[0][0])
            for part, (_, along, after) in zip(parts, around, strict=True)
        ]
        inner = (*self.inner[: axis - 1], sum(along for _, along, _ in around), *self.inner[axis:])
        return _beside(pieces).reshaped(inner)

    def _around(self, axis: int) -> tuple[int, int, int]:
        """Return how many numbers a row has before, along and after a dimension."""
        if not 1 <= axis <= len(self.inner) or self.kind in INDICES:
            raise Untraceable("the dimension of the batch")
        before = math.prod(self.inner[: axis - 1])
        if before > MOST_PIECES:
            raise Untraceable(f"{before} pieces of a row")
        return before, self.inner[axis - 1], math.prod(self.inner[axis:])

    def _columns(self, start: int, stop: int) -> Rows:
        if stop <= start:
            raise Untraceable("no columns")
        return Rows("part", (self,), stop - start, detail=start)

    def affine(self, weight: Parameter, bias: Parameter | None) -> Rows:
        """Return ``x Wᵀ + b``; x is B x n, for a matrix of n columns."""
        if self.inner != weight.shape[1:]:
            raise Untraceable(f"a matrix of shape {weight.shape} times rows of shape {self.inner}")
        if self.kind == "one-hot":
            y = Rows("lookup", self.sources, weight.shape[0], detail=Table(weight, turned=True))
        else:
            y = Rows("affine", (_as_rows(self, self.width),), weight.shape[0], detail=weight)
        return y if bias is None else y + y.vector(bias)

    def looked_up(self, table: Parameter, check: Callable[[Any], Any]) -> Rows:
        """Return, for indices, the rows of a table; ``check`` returns indices as integers, or refuses them."""
        return Rows("lookup", (self.indices(check),), table.shape[1], detail=Table(table, turned=False))

    def one_hot(self, n: int, check: Callable[[Any], Any]) -> Rows:
        """Return, for indices, rows that are 1 at the index and 0 elsewhere."""
        return Rows("one-hot", (self.indices(check),), n)

    def indices(self, check: Callable[[Any], Any]) -> Rows:
        """Return indices that will be checked."""
        if self.kind != "index":
            raise Untraceable("numbers for indices")
        return Rows("checked", (self,), 0, detail=check)

    def noise(self, draw: Callable[[tuple[int, ...], np.dtype[Any]], Any], steady: bool = False) -> Rows:
        """Return numbers like these, drawn at every run; steady ones are the same at all steps of a sequence."""
        return Rows("noise", (), self.width, detail=(draw, steady), inner=self.inner)

    def vector(self, numbers: Parameter | np.ndarray[Any, Any]) -> Rows:
        """Return numbers that are the same in all rows, learnt or constant."""
        if len(numbers.shape) != 1 or (numbers.shape != self.inner and numbers.shape != (1,)):
            raise Untraceable("an array that is spread over rows")
        source = numbers if isinstance(numbers, Parameter) else Constant(numbers)
        return Rows("vector", (), numbers.shape[0], detail=source, single=numbers.shape[0] == 1)

    def sum(self) -> Rows:
        """Return the sum of each row."""
        self._need_flat()
        return Rows("sum", (_as_rows(self, self.width),), 1, single=True)

    def max(self) -> Rows:
        """Return the largest number of each row; it takes no gradient."""
        self._need_flat()
        return Rows("max", (_as_rows(self, self.width),), 1, single=True)

    def _need_flat(self) -> None:
        if len(self.inner) != 1:
            raise Untraceable("a row of several dimensions")

    def is_condition(self) -> bool:
        return self.kind == "map" and self.detail in CONDITIONS

    def operation(self, name: str, *operands: Any) -> Rows:
        return _operation(name, *operands)

    def __repr__(self) -> str:
        return f"Rows({self.kind}, {self.width})"


class Constant:
    """An array that is the same at every run."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array.copy()


class Table:
    """What rows are looked up in: the rows of a parameter, or, turned, its columns."""

    def __init__(self, parameter: Parameter, *, turned: bool) -> None:
        self.parameter = parameter
        self.turned = turned


def _as_rows(x: Any, width: int) -> Rows:
    """Return rows, or a number or an array as rows."""
    if isinstance(x, Rows):
        if x.kind in INDICES:
            raise Untraceable("arithmetic with indices")
        return x
    if isinstance(x, (bool, int, float, np.bool_, np.number)) or (isinstance(x, np.ndarray) and x.ndim == 0):
        return Rows("constant", (), 1, detail=float(x), single=True)
    if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.shape == (width,):
        return Rows("vector", (), width, detail=Constant(x))
    raise Untraceable(f"{type(x).__name__} among rows")


def _operation(name: str, *operands: Any) -> Rows:
    width = max((x.width for x in operands if isinstance(x, Rows) and not x.single), default=1)
    sources = tuple(_as_rows(x, width) for x in operands)
    if name == "multiply" and (1.0 in (sources[0].detail, sources[1].detail)):
        for one, other in (sources, sources[::-1]):
            if one.kind == "constant" and one.detail == 1:
                return other
    wide = [x for x in sources if not x.single]
    if any(x.inner != wide[0].inner for x in wide):
        raise Untraceable("rows of several shapes")
    return Rows("map", sources, width, detail=name, single=not wide, inner=wide[0].inner if wide else None)


def _beside(parts: Sequence[Rows]) -> Rows:
    """Return rows beside each other."""
    return parts[0] if len(parts) == 1 else Rows("join", tuple(parts), sum(part.width for part in parts))
