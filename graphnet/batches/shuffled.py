"""Shuffled: rows in an order by chance, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphnet.batches.protocol import Batch, Batches, Epoch, as_array, check_order, permutation, positive
from graphnet.edge import given, whole_number
from graphnet.nesting import Array, Nested, leaves, map_nested


class Shuffled(Batches):
    """Rows of data in batches, in a new order for each epoch.

    Parameters
    ----------
    x, target : array_like or nested list of ndarray
        All with the N rows first: N x .... A list of numbers, or of lists of them, is one array; a list of arrays is
        a list of inputs.
    size : int
        The rows of a batch: B. Where N is no multiple of it, the last batch is smaller.
    seed : int
        The order of epoch k depends on it and on k alone.
    order : {"new", "once", "kept"}
        A new order for each epoch; or one order by chance, the same in all; or that of the data.
    drop_last : bool
        Leave a last smaller batch out.
    steps_first : bool
        The rows are sequences, N x T x ...: give batches of T x B x ..., as Recurrence takes them. Arrays of one
        dimension, a number for each row, stay as they are.
    target_steps_first : bool, optional
        The same for the target: False if it has one vector for each row, N x F. By default as ``steps_first``, where
        the target has as many steps as a sequence of x; a target of another second dimension is refused, since it could
        be either.

    Raises
    ------
    ValueError
        If the numbers of rows differ, or there are none; or if it is to be told whether the target has steps.

    Examples
    --------
    >>> x, target = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> batches = Shuffled(x, target, size=2, seed=3)
    >>> [t.tolist() for _, t in batches.epoch(0)], [t.tolist() for _, t in batches.epoch(1)]
    ([[4, 2], [1, 3], [0]], [[1, 4], [0, 2], [3]])
    >>> x, target = Shuffled(np.zeros((8, 30, 3)), np.zeros((8, 30)), size=4, steps_first=True).epoch(0)[0]
    >>> x.shape, target.shape
    ((30, 4, 3), (30, 4))

    One number for each row, as a vector of one element:

    >>> rows = Shuffled(np.zeros((8, 30, 3)), np.zeros((8, 1)), size=4, steps_first=True, target_steps_first=False)
    >>> x, target = rows.epoch(0)[0]
    >>> x.shape, target.shape
    ((30, 4, 3), (4, 1))
    """

    unit = "rows"

    def __init__(
        self,
        x: Nested,
        target: Nested,
        size: int,
        *,
        seed: int = 0,
        order: str = "new",
        drop_last: bool = False,
        steps_first: bool = False,
        target_steps_first: bool | None = None,
    ) -> None:
        self.x, self.target = _arrays(x, "x"), _arrays(target, "target")
        self.n_rows = _common_rows(self.x, self.target)
        self.size = positive(size, "size")
        self.seed = whole_number(seed, "seed", 0)
        self.order = check_order(order)
        self.steps_first = steps_first
        if steps_first and target_steps_first is None:
            _check_steps(self.x, self.target)
        self.target_steps_first = steps_first if target_steps_first is None else target_steps_first
        self.n_batches = self.n_rows // self.size if drop_last else -(-self.n_rows // self.size)
        if not self.n_batches:
            raise ValueError(f"there is no batch of {size} rows in {self.n_rows}; take fewer, or keep the last batch")

    def __len__(self) -> int:
        return self.n_batches

    def epoch(self, k: int) -> Sequence[Batch]:
        rows, _ = permutation(self.n_rows, self.order, self.seed, k)

        def batch(i: int) -> Batch:
            chosen = rows[i * self.size : (i + 1) * self.size]
            x, target = (map_nested(lambda array: array[chosen], part) for part in (self.x, self.target))
            return (
                map_nested(_steps_first, x) if self.steps_first else x,
                map_nested(_steps_first, target) if self.target_steps_first else target,
            )

        return Epoch(self.n_batches, batch)

    def count(self, x: Nested, target: Nested) -> int:
        array = next(leaves(x))
        return int(array.shape[1 if self.steps_first and array.ndim > 1 else 0])

    def __repr__(self) -> str:
        return f"Shuffled({self.n_batches} batches of {self.size} rows)"


def _steps_first(array: Array) -> Array:
    return np.ascontiguousarray(array.swapaxes(0, 1)) if array.ndim > 1 else array


def _arrays(part: Any, name: str) -> Nested:
    """Return arrays in the lists they stand in; a list of numbers, or of lists of them, is one array."""
    if isinstance(part, list) and (not part or not _plain(part)):
        return [_arrays(item, f"{name}[{i}]") for i, item in enumerate(part)]
    return as_array(part, name)


def _plain(part: Any) -> bool:
    if isinstance(part, (list, tuple)):
        return all(map(_plain, part))
    return isinstance(part, (bool, int, float, np.generic))


def _check_steps(x: Nested, target: Nested) -> None:
    """Refuse a target that may have one vector for each row, or one for each of other steps than those of x."""
    steps = sorted({array.shape[1] for array in leaves(x) if array.ndim > 1})
    for array in leaves(target):
        if array.ndim > 1 and steps and array.shape[1] not in steps:
            raise ValueError(
                f"the sequences have {' or '.join(map(str, steps))} steps and the target is {given(array)}: pass "
                "target_steps_first=False if it has one vector for each row, or True if its steps are others"
            )


def _common_rows(x: Nested, target: Nested) -> int:
    counts: dict[int, str] = {}
    for name, part in (("x", x), ("target", target)):
        for array in leaves(part):
            if array.ndim == 0 or array.dtype.kind not in "fiub":
                raise ValueError(f"{name} is meant to hold arrays with rows in front; it has {given(array)}")
            counts.setdefault(len(array), f"{name} has {len(array)} rows")
    if len(counts) > 1:
        raise ValueError("x and target must have as many rows: " + " and ".join(counts.values()))
    if not any(counts):
        raise ValueError("there are no rows: " + ("".join(counts.values()) or "x and target hold no array"))
    return counts.popitem()[0]
