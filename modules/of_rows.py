"""What layers have in common that take vectors of one length, or batches of them, and give those of another."""

from __future__ import annotations

import numpy as np

from graphnet.elementwise import as_numbers, one_shape
from graphnet.forms import formed
from graphnet.module import Module
from graphnet.nesting import Array, describe
from graphnet.shapes import Shape


class OfRows(Module):
    """A layer of vectors, or of batches of them as rows."""

    def lengths(self) -> tuple[int, int]:
        """Return the lengths of the vectors that come in and that come out."""
        raise NotImplementedError(f"{type(self).__name__} does not define lengths(self)")

    def fitting(self, x: Array) -> Array:
        """Return a vector or a batch as numbers, or refuse it."""
        x = as_numbers(x, self)
        if x.ndim not in (1, 2) or x.shape[-1] != self.lengths()[0]:
            raise self._misfit(describe(x))
        return x

    def rows(self, x: Array) -> Array:
        """Return a vector or a batch as rows, and as numbers, or refuse it."""
        return np.atleast_2d(self.fitting(x))

    def output_shape(self, shape: Shape) -> Shape:
        m, n = self.lengths()
        return formed(one_shape(shape, self), [((m,), (n,)), (("B", m), ("B", n))], self._misfit)

    def _misfit(self, came: str) -> ValueError:
        n = self.lengths()[0]
        return ValueError(f"{self.label()} takes an array of shape {n} or Bx{n}; it was given {came}")
