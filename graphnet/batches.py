"""Batches of text for recurrent nets, and the vocabulary that makes indices of its symbols.

"abcdefgh" in 2 rows, 2 steps at a time:        a b | c d        Each row goes on in the next batch, so the
e f | g h        state may be carried from batch to batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from graphnet.nesting import Array


class Vocabulary:
    """The symbols of a text, in the order of their code points, and their indices from 0 on.

    Parameters
    ----------
    symbols : iterable of str
        Characters; each may come any number of times, so a text will do.

    Attributes
    ----------
    symbols : str
        Each character once, in order.

    Examples
    --------
    >>> vocabulary = Vocabulary("hello")
    >>> vocabulary.symbols, vocabulary.encode("hole"), vocabulary.decode([1, 0])
    ('ehlo', array([1, 3, 2, 0]), 'he')
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = "".join(sorted(set(symbols)))
        self._points = _code_points(self.symbols)

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> Array:
        """Return the index of each character.

        Raises
        ------
        ValueError
            If a character is not in the vocabulary; the message names it and its place.
        """
        points = _code_points(text)
        indices: Array = np.searchsorted(self._points, points)
        known = indices < len(self)
        known[known] = self._points[indices[known]] == points[known]
        if not known.all():
            place = int(np.argmin(known))
            raise ValueError(
                f"the character {text[place]!r} (U+{ord(text[place]):04X}) at place {place} is not among the "
                f"{len(self)} symbols of the vocabulary"
            )
        return indices

    def decode(self, indices: ArrayLike) -> str:
        """Return the text of the indices.

        Raises
        ------
        IndexError
            If an index is out of range.
        """
        numbers = np.asarray(indices, dtype=np.intp)
        wrong = (numbers < 0) | (numbers >= len(self))
        if wrong.any():
            raise IndexError(f"the index {numbers[wrong][0]} is out of range; indices run from 0 to {len(self) - 1}")
        return "".join(self.symbols[i] for i in numbers.ravel())

    def __repr__(self) -> str:
        return f"Vocabulary({self.symbols!r})"


def _code_points(text: str) -> Array:
    points: Array = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return points


class Batches:
    """A long sequence of indices in rows side by side, given out some steps at a time.

    The sequence is cut into ``n_rows`` rows of equal length; a batch is the next ``n_steps`` columns. The surplus that
    does not fill one more batch, fewer than n_rows · n_steps symbols, is dropped. The targets are the inputs shifted by
    one: the symbol that follows each. If nothing was dropped, none follows the last, which takes the first symbol of
    the sequence, as in char-rnn.

    Parameters
    ----------
    indices : array_like
        The sequence, one dimension, of integers.
    n_rows : int
        How many rows run side by side: the batch size N.
    n_steps : int
        How many steps a batch has: M.

    Attributes
    ----------
    inputs, targets : ndarray
        All rows, N x (number of batches · M).

    Raises
    ------
    ValueError
        If the sequence is too short for one batch.

    Examples
    --------
    >>> vocabulary = Vocabulary("abcdefgh")
    >>> batches = Batches(vocabulary.encode("abcdefgh"), n_rows=2, n_steps=2)
    >>> for inputs, targets in batches:
    ...     print([vocabulary.decode(x) for x in inputs], [vocabulary.decode(t) for t in targets])
    ['ae', 'bf'] ['bf', 'cg']
    ['cg', 'dh'] ['dh', 'ea']
    """

    def __init__(self, indices: ArrayLike, n_rows: int, n_steps: int) -> None:
        sequence = np.asarray(indices)
        if sequence.ndim != 1 or (sequence.dtype.kind not in "iu" and sequence.size):
            raise ValueError(
                f"batches are made of one sequence of integers, not of {sequence.dtype} of shape {sequence.shape}"
            )
        for name, number in (("n_rows", n_rows), ("n_steps", n_steps)):
            if not isinstance(number, (int, np.integer)) or number < 1:
                raise ValueError(f"{name} must be an integer of at least 1, not {number!r}")
        self.n_rows = n_rows
        self.n_steps = n_steps
        self.n_batches = len(sequence) // (n_rows * n_steps)
        if not self.n_batches:
            raise ValueError(
                f"the text is too short: one batch of {n_rows} rows of {n_steps} steps needs {n_rows * n_steps} "
                f"characters, and there are {len(sequence)}. Take a longer text, fewer rows or fewer steps"
            )
        used = self.n_batches * n_rows * n_steps
        self.inputs: Array = sequence[:used].reshape(n_rows, -1)
        self.targets: Array = np.roll(sequence, -1)[:used].reshape(n_rows, -1)

    def __len__(self) -> int:
        return self.n_batches

    def __getitem__(self, k: int) -> tuple[list[Array], list[Array]]:
        """Return the inputs and the targets of batch ``k``: lists of n_steps arrays of n_rows indices."""
        if not 0 <= k < self.n_batches:
            raise IndexError(f"there is no batch {k}; they run from 0 to {self.n_batches - 1}")
        columns = range(k * self.n_steps, (k + 1) * self.n_steps)
        return [self.inputs[:, j] for j in columns], [self.targets[:, j] for j in columns]

    def __iter__(self) -> Iterator[tuple[list[Array], list[Array]]]:
        for k in range(self.n_batches):
            yield self[k]

    def __repr__(self) -> str:
        return f"Batches({self.n_batches} of {self.n_rows}x{self.n_steps})"
