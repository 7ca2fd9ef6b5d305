"""Statistics: a few numbers that tell what an array holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphnet.nesting import Array, describe


@dataclass(frozen=True)
class Statistics:
    """What an array holds, in a few numbers; printed, a phrase.

    Attributes
    ----------
    shape : tuple of int
    n_nan, n_infinite : int
        How many of its numbers are no numbers, and how many are infinite.
    least, largest, mean, norm : float
        Of its finite numbers; NaN where there are none. The norm is the square root of the sum of squares.

    Examples
    --------
    >>> print(Statistics.of(np.array([3.0, -4.0, np.nan])))
    3: from -4 to 3, mean -0.5, norm 5, 1 NaN
    """

    shape: tuple[int, ...]
    n_nan: int
    n_infinite: int
    least: float
    largest: float
    mean: float
    norm: float

    @classmethod
    def of(cls, array: Array) -> Statistics:
        """Return those of an array of numbers."""
        numbers = np.asarray(array, np.float64)
        n_nan = int(np.isnan(numbers).sum())
        finite = numbers[np.isfinite(numbers)]
        n_infinite = numbers.size - n_nan - finite.size
        if not finite.size:
            return cls(numbers.shape, n_nan, n_infinite, *[float("nan")] * 4)
        largest = float(np.abs(finite).max()) or 1.0  # so that no square overflows
        norm = largest * float(np.linalg.norm(finite / largest))
        mean = float((finite / finite.size).sum())
        return cls(numbers.shape, n_nan, n_infinite, float(finite.min()), float(finite.max()), mean, norm)

    @property
    def finite(self) -> bool:
        """Whether all numbers are."""
        return not self.n_nan and not self.n_infinite

    def __str__(self) -> str:
        told = []
        if self.least == self.least:
            told.append(f"from {self.least:.4g} to {self.largest:.4g}, mean {self.mean:.4g}, norm {self.norm:.4g}")
        told += [f"{n:,} {what}" for n, what in ((self.n_nan, "NaN"), (self.n_infinite, "infinite")) if n]
        return f"{describe(np.empty(self.shape))}: {', '.join(told) or 'no numbers'}"
