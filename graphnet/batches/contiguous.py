"""Contiguous: a long sequence in rows side by side, given out some steps at a time.

"abcdefgh" in 2 rows, 2 steps at a time:        a b | c d        Each row goes on in the next batch, so the
                                                e f | g h        state may be carried from batch to batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from graphnet.batches.protocol import Batch, Batches, Epoch, as_array, positive
from graphnet.nesting import Array, Nested


class Contiguous(Batches):
    """A long sequence of indices in rows side by side, given out some steps at a time.

    The sequence is cut into ``n_rows`` rows of equal length; a batch is the next ``n_steps`` columns. The surplus that
    does not fill one more batch, fewer than n_rows · n_steps symbols, is dropped. The targets are the inputs shifted by
    one: the symbol that follows each. If nothing was dropped, none follows the last, which takes the first symbol of
    the sequence, as in char-rnn. All epochs are the same.

    Parameters
    ----------
    indices : array_like
        The sequence, one dimension, of integers.
    n_rows : int
        How many rows run side by side: the batch size B.
    n_steps : int
        How many steps a batch has: T.
    batch_first : bool
        Give batches of B x T instead of T x B.
    unit : str
        What the indices stand for, in the plural.

    Attributes
    ----------
    inputs, targets : ndarray
        All rows, B x (number of batches · T).

    Raises
    ------
    ValueError
        If the sequence is too short for one batch.

    Notes
    -----
    The ``CharSplitLMMinibatchLoader`` of char-rnn.

    Examples
    --------
    >>> from graphnet.batches import Vocabulary
    >>> vocabulary = Vocabulary("abcdefgh")
    >>> batches = Contiguous(vocabulary.encode("abcdefgh"), n_rows=2, n_steps=2)
    >>> for x, target in batches.epoch(0):
    ...     print([vocabulary.decode(symbols) for symbols in x], [vocabulary.decode(symbols) for symbols in target])
    ['ae', 'bf'] ['bf', 'cg']
    ['cg', 'dh'] ['dh', 'ea']
    """

    def __init__(
        self, indices: ArrayLike, n_rows: int, n_steps: int, *, batch_first: bool = False, unit: str = "characters"
    ) -> None:
        sequence = as_array(indices, "indices")
        if sequence.ndim != 1 or (sequence.dtype.kind not in "iu" and sequence.size):
            raise ValueError(
                f"batches are made of one sequence of integers, not of {sequence.dtype} of shape {sequence.shape}"
            )
        self.n_rows = positive(n_rows, "n_rows")
        self.n_steps = positive(n_steps, "n_steps")
        self.batch_first = batch_first
        self.unit = unit
        self.n_batches = len(sequence) // (self.n_rows * self.n_steps)
        if not self.n_batches:
            raise ValueError(
                f"the sequence is too short: one batch of {n_rows} rows of {n_steps} steps needs {n_rows * n_steps} "
                f"{unit}, and there are {len(sequence)}. Take a longer one, fewer rows or fewer steps"
            )
        used = self.n_batches * self.n_rows * self.n_steps
        self.inputs: Array = sequence[:used].reshape(self.n_rows, -1)
        self.targets: Array = np.roll(sequence, -1)[:used].reshape(self.n_rows, -1)

    def __len__(self) -> int:
        return self.n_batches

    def epoch(self, k: int) -> Sequence[Batch]:
        return Epoch(self.n_batches, self._batch)

    def count(self, x: Nested, target: Nested) -> int:
        return self.n_rows * self.n_steps

    def _batch(self, i: int) -> Batch:
        columns = slice(i * self.n_steps, (i + 1) * self.n_steps)
        x, target = self.inputs[:, columns], self.targets[:, columns]
        return (x.copy(), target.copy()) if self.batch_first else (x.T.copy(), target.T.copy())

    def __repr__(self) -> str:
        return f"Contiguous({self.n_batches} batches of {self.n_rows} rows of {self.n_steps} steps)"
