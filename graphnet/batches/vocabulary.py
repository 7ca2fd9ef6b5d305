"""Vocabulary: the symbols of a text and their indices."""

from __future__ import annotations

from collections.abc import Iterable

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
