"""Ragged: sequences of different lengths in batches, padded, those of like length together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphnet.batches.protocol import Batch, Batches, Epoch, as_array, check_order, permutation, positive
from graphnet.edge import given, whole_number
from graphnet.nesting import Array, Nested

# So many batches' rows are sorted by length together: enough to waste little, few enough to mix well.
POOL = 50
IGNORED = -100  # what ClassNLLCriterion ignores


class Ragged(Batches):
    """Sequences of different lengths, padded to the longest of their batch, with their lengths.

    A batch is ``([sequences, lengths], target)``, as a Recurrence with ``lengths=True`` takes it: T x B (x F) padded
    with zeros, and B integers.

    Parameters
    ----------
    sequences : sequence of array_like
        N arrays: L_i indices, or L_i x F.
    targets : array_like, or sequence of array_like
        An array or a list of numbers: one target for each row, N or N x .... A list of arrays or of lists: one sequence
        for each row, L_i or L_i x ..., which is padded with -100 if it holds integers or truth values
        (ClassNLLCriterion's ``ignore_index``; they become integers with a sign), with zeros if it holds floating
        numbers, see the notes.
    size : int
        The rows of a batch: B.
    seed : int
        The batches of epoch k depend on it and on k alone.
    bucket : bool
        Put rows of like length into one batch: shuffled rows are sorted by length in parts of 50 batches, and the
        batches come in an order by chance. It means nothing with ``order="kept"``.
    order : {"new", "once", "kept"}
        New batches for each epoch; or batches by chance, the same in all epochs; or the rows as they come.
    drop_last : bool
        Leave a last smaller batch out.
    batch_first : bool
        Give sequences of B x T x ... instead of T x B x ....

    Attributes
    ----------
    lengths : ndarray
        The N lengths.
    unit : str
        "steps" if each step has its target, "rows" if each row has one; another name may be assigned.

    Raises
    ------
    ValueError
        If there are not as many targets as sequences, a target's length is not its sequence's, arrays differ in more
        than their lengths, or some rows have one target and others one for each step.

    Notes
    -----
    Floating targets of steps are padded with zeros, and **no loss leaves these zeros out**: MSECriterion compares what
    the net gives in the padding with 0. A Recurrence with ``lengths=True`` gives zeros there, which cost nothing and
    get no gradient; so draw the layer that predicts into its step, rather than after it, where a bias would be
    compared. A mean still divides by all places; MSECriterion(size_average=False) is a sum of the real ones alone. A
    net may also multiply what it predicts by a mask (CMulTable); where the last step alone has a target, take one
    target for each row, and SelectTerminal. WeightedMSECriterion is no way: its weights multiply the target alone.

    Khomenko et al., "Accelerating recurrent neural network training using sequence bucketing and multi-GPU data
    parallelization", 2016.

    Examples
    --------
    >>> words = [[1, 2, 3], [4], [5, 6]]
    >>> batches = Ragged(words, [[2, 3, 0], [0], [6, 0]], size=3, order="kept")
    >>> (x, lengths), target = batches.epoch(0)[0]
    >>> print(x.T, lengths, target.T)
    [[1 2 3]
     [4 0 0]
     [5 6 0]] [3 1 2] [[   2    3    0]
     [   0 -100 -100]
     [   6    0 -100]]

    Floating targets; the layer that predicts stands in the step, so the padding costs nothing, whatever its bias:

    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> x, prev_h = nn.Identity()(), nn.Identity()()
    >>> next_h = nn.rnn(1, 4)([x, prev_h])
    >>> y = nn.Linear(4, 1)(next_h)
    >>> net = gn.Recurrence(gn.gModule([x, prev_h], [next_h, y]), {next_h: prev_h}, lengths=True)
    >>> rows = [np.ones((3, 1)), np.ones((1, 1))]
    >>> x, target = Ragged(rows, rows, size=2, order="kept").epoch(0)[0]
    >>> y = net.forward(x)
    >>> print(y[1:, 1].ravel(), target[1:, 1].ravel())
    [0. 0.] [0. 0.]
    """

    def __init__(
        self,
        sequences: Sequence[Any],
        targets: Any,
        size: int,
        *,
        seed: int = 0,
        bucket: bool = True,
        order: str = "new",
        drop_last: bool = False,
        batch_first: bool = False,
    ) -> None:
        self.sequences = _arrays(sequences, "sequences")
        self.lengths: Array = np.array([len(array) for array in self.sequences], np.intp)
        self.targets: Array | list[Array] = _targets(targets, self.lengths)
        self.unit = "steps" if isinstance(self.targets, list) else "rows"
        self.size = positive(size, "size")
        self.seed = whole_number(seed, "seed", 0)
        self.bucket = bucket
        self.order = check_order(order)
        self.batch_first = batch_first
        n = len(self.sequences)
        self.n_batches = n // self.size if drop_last else -(-n // self.size)
        if not self.n_batches:
            raise ValueError(f"there is no batch of {size} sequences in {n}; take fewer, or keep the last batch")

    def __len__(self) -> int:
        return self.n_batches

    def epoch(self, k: int) -> Sequence[Batch]:
        rows, generator = permutation(len(self.sequences), self.order, self.seed, k)
        rows = rows[: self.n_batches * self.size]  # if the last is dropped, other rows every time
        places = np.arange(self.n_batches)
        if self.bucket and self.order != "kept":
            pool = POOL * self.size
            parts = [rows[i : i + pool] for i in range(0, len(rows), pool)]
            rows = np.concatenate([part[np.argsort(self.lengths[part], kind="stable")] for part in parts])
            places = generator.permutation(self.n_batches)

        def batch(i: int) -> Batch:
            place = int(places[i])
            return self._batch(rows[place * self.size : (place + 1) * self.size])

        return Epoch(self.n_batches, batch)

    def _batch(self, rows: Array) -> Batch:
        x = self._padded([self.sequences[row] for row in rows], 0)
        lengths = self.lengths[rows]
        if not isinstance(self.targets, list):
            return [x, lengths], self.targets[rows]
        chosen = [self.targets[row] for row in rows]
        return [x, lengths], self._padded(chosen, 0 if chosen[0].dtype.kind == "f" else IGNORED)

    def _padded(self, arrays: list[Array], padding: int) -> Array:
        """Return the sequences in one array, T x B x ..., filled up with the padding; T is at least 1."""
        n_steps = max(1, *map(len, arrays))
        padded = np.full((n_steps, len(arrays), *arrays[0].shape[1:]), padding, arrays[0].dtype)
        for column, array in enumerate(arrays):
            padded[: len(array), column] = array
        return np.ascontiguousarray(padded.swapaxes(0, 1)) if self.batch_first else padded

    def largest(self) -> Batch:
        return self._batch(np.argsort(self.lengths, kind="stable")[-self.size :])

    def count(self, x: Nested, target: Nested) -> int:
        return int(x[1].sum()) if isinstance(self.targets, list) else len(x[1])

    def __repr__(self) -> str:
        return (
            f"Ragged({self.n_batches} batches of {self.size} sequences of {self.lengths.min()} to "
            f"{self.lengths.max()} steps)"
        )


def _targets(targets: Any, lengths: Array) -> Array | list[Array]:
    """Return one target for each row as an array, or the targets' sequences as a list."""
    if isinstance(targets, (list, tuple)) and _have_steps(targets):
        given_targets = [as_array(target, f"targets[{i}]") for i, target in enumerate(targets)]
        if all(array.dtype.kind in "iub" for array in given_targets if array.size):
            given_targets = [array.astype(np.intp) for array in given_targets]  # which hold -100
        arrays = _arrays(given_targets, "targets")
        _check_number(len(arrays), len(lengths))
        for i, (array, length) in enumerate(zip(arrays, lengths, strict=True)):
            if len(array) != length:
                raise ValueError(
                    f"sequence {i} has {length} steps, and its target {len(array)}. If you mean one target for each "
                    "row and not for each step, give them as one array: np.array(targets)"
                )
        return arrays
    rows = as_array(targets, "targets")
    _check_number(len(rows) if rows.ndim else 0, len(lengths))
    if rows.dtype.kind not in "fiub":
        raise ValueError(f"targets is {given(rows)}; numbers are meant, or a list of arrays of them")
    return rows


def _have_steps(targets: Sequence[Any]) -> bool:
    """Tell targets that are sequences from those that are one number for each row; both at once are refused."""
    have = [isinstance(target, (list, tuple)) or np.ndim(target) > 0 for target in targets]
    if len(set(have)) == 2:
        i = have.index(not have[0])
        kinds = ("one target", "a target for each step")
        raise ValueError(f"targets[0] is {kinds[have[0]]} and targets[{i}] {kinds[have[i]]}; rows must be of one kind")
    return any(have)


def _check_number(n_targets: int, n_sequences: int) -> None:
    if n_targets != n_sequences:
        raise ValueError(f"there are {n_sequences} sequences and {n_targets} targets")


def _arrays(sequences: Sequence[Any], name: str) -> list[Array]:
    """Return sequences as arrays of one type that differ in their lengths alone, or refuse them."""
    arrays = [as_array(sequence, f"{name}[{i}]") for i, sequence in enumerate(sequences)]
    # An empty list is of floating type, and of one dimension, of its own accord.
    full = [array for array in arrays if array.size]
    if not full:
        raise ValueError(f"{name} holds no step at all")
    for i, array in enumerate(arrays):
        if array.ndim == 0 or (array.size and array.dtype.kind not in "fiub"):
            raise ValueError(f"{name}[{i}] is {given(array)}; arrays of numbers with the steps in front are meant")
        if array.size and array.shape[1:] != full[0].shape[1:]:
            raise ValueError(
                f"{name} may differ in their lengths alone, but a step of {name}[{i}] has the shape {array.shape[1:]} "
                f"and one before it {full[0].shape[1:]}"
            )
    dtype = np.result_type(*{array.dtype for array in full})
    return [array.astype(dtype, copy=False).reshape(len(array), *full[0].shape[1:]) for array in arrays]
