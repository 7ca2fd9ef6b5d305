"""Batches: the protocol of all batchers; Epoch: the batches of one epoch, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, overload

import numpy as np

from graphnet.edge import given, whole_number
from graphnet.nesting import Array, Nested, leaves

Batch: TypeAlias = tuple[Nested, Nested]

ORDERS = ("new", "once", "kept")


class Epoch(Sequence[Batch]):
    """The batches of one epoch; each is made when it is asked for. A slice is a list of batches.

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
    TypeError
        If a place is neither an integer nor a slice.

    Examples
    --------
    >>> epoch = Epoch(3, lambda i: (i, i * i))
    >>> epoch[2], epoch[-3], list(epoch), epoch[:2]
    ((2, 4), (0, 0), [(0, 0), (1, 1), (2, 4)], [(0, 0), (1, 1)])
    """

    def __init__(self, n: int, batch: Callable[[int], Batch]) -> None:
        self._n = n
        self._batch = batch

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self._batch(place) for place in range(self._n)[i]]
        place = whole_number(i, "the place of a batch")
        if not -self._n <= place < self._n:
            raise IndexError(f"there is no batch {place}; they run from 0 to {self._n - 1}")
        return self._batch(place % self._n)


class Batches:
    """What all batchers share. A subclass writes ``__len__``, :meth:`epoch`, and, for the progress, :meth:`count`.

    A batcher has no epoch that it is at: ``for x, target in batches`` and ``batches[i]`` give those of epoch 0 whenever
    they are asked, also where each epoch has an order of its own. For epochs use ``batches.epoch(k)``, as a Trainer
    does.

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
    >>> for k in range(3):
    ...     print([int(target[0]) for x, target in Squares().epoch(k)], [int(target[0]) for x, target in Squares()])
    [0, 1] [0, 1]
    [1, 4] [0, 1]
    [4, 9] [0, 1]
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

    @overload
    def __getitem__(self, i: int) -> Batch: ...

    @overload
    def __getitem__(self, i: slice) -> Sequence[Batch]: ...

    def __getitem__(self, i: Any) -> Any:
        """Return a batch of epoch 0, or a list of them."""
        return self.epoch(0)[i]

    def __iter__(self) -> Iterator[Batch]:
        """Go through epoch 0, every time; for epochs use ``batches.epoch(k)``."""
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

    def largest(self) -> Batch:
        return max(self.pairs, key=lambda pair: sum(np.size(array) for array in leaves(pair[0])))


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


def as_array(data: Any, name: str) -> Array:
    """Return numbers, or lists of equal length, as an array, or refuse lists that fill none."""
    try:
        return np.asarray(data)
    except ValueError:
        first = next((i for i in range(len(data)) if _shape(data[i]) is None or _shape(data[i]) != _shape(data[0])), 0)
        raise ValueError(
            f"{name} is {given(data)} that fill no array: {name}[{first}] differs in length from those before it, or "
            "holds what does. For sequences of different lengths, take graphnet.batches.Ragged"
        ) from None


def _shape(data: Any) -> tuple[int, ...] | None:
    """Return the shape of what fills an array, else None."""
    try:
        return tuple(np.shape(data))
    except ValueError:
        return None


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
