"""Batches: the protocol of all batchers; Epoch: the batches of one epoch, each made when it is asked for."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from graphnet.edge import whole_number
from graphnet.nesting import Array, Nested

Batch: TypeAlias = tuple[Nested, Nested]

ORDERS = ("new", "once", "kept")


class Epoch(Sequence[Batch]):
    """The batches of one epoch; each is made when it is asked for.

    Parameters
    ----------
    n : int
        How many there are.
    batch : callable
        Gives the i-th, a pair of an input and a target.

    Raises
    ------
    IndexError
        If a batch is asked for that is not there.

    Examples
    --------
    >>> epoch = Epoch(3, lambda i: (i, i * i))
    >>> epoch[2], epoch[-3], list(epoch)
    ((2, 4), (0, 0), [(0, 0), (1, 1), (2, 4)])
    """

    def __init__(self, n: int, batch: Callable[[int], Batch]) -> None:
        self._n = n
        self._batch = batch

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, i: Any) -> Any:
        place = operator.index(i)
        if not -self._n <= place < self._n:
            raise IndexError(f"there is no batch {place}; they run from 0 to {self._n - 1}")
        return self._batch(place % self._n)


class Batches:
    """What all batchers share. A subclass writes ``__len__``, :meth:`epoch`, and, for the progress, :meth:`count`.

    Attributes
    ----------
    unit : str
        What :meth:`count` counts, in the plural.

    Examples
    --------
    >>> class Squares(Batches):
    ...     def __len__(self):
    ...         return 2
    ...     def epoch(self, k):
    ...         return Epoch(2, lambda i: (np.full(3, k + i), np.full(3, (k + i) ** 2)))
    >>> [int(target[0]) for x, target in Squares().epoch(4)]
    [16, 25]
    """

    unit: str = "batches"

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        raise NotImplementedError(f"{type(self).__name__} does not define __len__(self)")

    def epoch(self, k: int) -> Sequence[Batch]:
        """Return the batches of epoch ``k``, the first being 0: the same ones whenever it is asked for them."""
        raise NotImplementedError(f"{type(self).__name__} does not define epoch(self, k)")

    def count(self, x: Nested, target: Nested) -> int:
        """Return how many items a batch has: its weight in means over batches, and what the speed is told in."""
        return 1

    def largest(self) -> Batch:
        """Return a batch that takes as much memory as any; by default, the first."""
        return self.epoch(0)[0]

    def __getitem__(self, i: int) -> Batch:
        return self.epoch(0)[i]

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.epoch(0))


class _Pairs(Batches):
    """Pairs that the user made, in their order."""

    def __init__(self, pairs: Sequence[Batch]) -> None:
        for i, pair in enumerate(pairs):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise TypeError(f"a batch is a pair of an input and a target; number {i} is {type(pair).__name__}")
        self.pairs = [(x, target) for x, target in pairs]

    def __len__(self) -> int:
        return len(self.pairs)

    def epoch(self, k: int) -> Sequence[Batch]:
        return self.pairs


def as_batches(data: Any) -> Batches:
    """Return a batcher, or a batcher of a list of pairs, which come in their order in every epoch.

    Raises
    ------
    TypeError, ValueError
        If it is neither, such as a generator, from which no training could go on; or if there is no batch.

    Examples
    --------
    >>> x, target = np.ones((4, 3)), np.zeros((4, 1))
    >>> len(as_batches([(x, target)]))
    1
    """
    if isinstance(data, (list, tuple)):
        data = _Pairs(data)
    if not isinstance(data, Batches):
        raise TypeError(
            f"a batcher of graphnet.batches or a list of pairs (x, target) is meant, not {type(data).__name__}; for "
            "data of another kind, subclass graphnet.batches.Batches"
        )
    if not len(data):
        raise ValueError("there is no batch")
    return data


def positive(number: Any, name: str) -> int:
    """Return a number of rows or steps, or refuse it."""
    return whole_number(number, name, 1)


def check_order(order: str) -> str:
    """Return the name of an order, or refuse it."""
    if order not in ORDERS:
        raise ValueError(f'order is "new" (for each epoch), "once" or "kept", not {order!r}')
    return order


def permutation(n: int, order: str, seed: int, k: int) -> tuple[Array, np.random.Generator]:
    """Return the order of n rows in epoch ``k``, and the generator that it came from."""
    generator = np.random.default_rng([seed, k if order == "new" else 0])
    return (np.arange(n) if order == "kept" else generator.permutation(n)), generator
