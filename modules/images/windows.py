"""Windows that slide over the last two dimensions of an array: how many there are, and what they see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.sizes import Size

# Of something along the height, and along the width.
Pair: TypeAlias = tuple[int, int]


class Windows(NamedTuple):
    """The places of a kernel on an image of which ``pad`` more rows and columns are thought on every side.

    Parameters
    ----------
    kernel : pair of int
        The rows and columns that a window sees.
    stride : pair of int
        From one window to the next.
    pad : pair of int
        Negative ones crop.
    dilation : pair of int
        From one row or column that a window sees to the next.
    ceil : bool
        Whether a last window may reach beyond the padded image; it still begins before the padding behind the image.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)
    ceil: bool = False

    @property
    def span(self) -> Pair:
        """How many rows and columns lie between the first and the last that a window sees, these included."""
        (k_h, k_w), (e_h, e_w) = self.kernel, self.dilation
        return (k_h - 1) * e_h + 1, (k_w - 1) * e_w + 1

    @property
    def least(self) -> Pair:
        """The least height and width of an image that holds a window."""
        (s_h, s_w), (p_h, p_w) = self.span, self.pad
        return max(1, s_h - 2 * p_h), max(1, s_w - 2 * p_w)

    @property
    def apart(self) -> bool:
        """Whether no element is seen by two windows."""
        return self.stride[0] >= self.span[0] and self.stride[1] >= self.span[1]

    def counts(self, height: Size | int, width: Size | int) -> tuple[Size | int, Size | int]:
        """Return the numbers of windows along the height and the width of an image that is not too small."""
        return self._count(height, 0), self._count(width, 1)

    def _count(self, size: Size | int, axis: int) -> Size | int:
        span, d, p = self.span[axis], self.stride[axis], self.pad[axis]
        if self.ceil:  # the less of ⌈(size + 2p - span) / d⌉ + 1 and of how many begin before the padding
            return (size + min(2 * p - span + 2 * d - 1, p + d - 1)) // d
        return (size + (2 * p - span)) // d + 1

    def around(self, x: Array, counts: Pair, value: float = 0.0) -> Array:
        """Return what the windows see of an image: padded where they reach beyond it; the image itself if nowhere."""
        sizes = [
            max(n + p, (count - 1) * d + s)
            for n, p, count, d, s in zip(x.shape[-2:], self.pad, counts, self.stride, self.span, strict=True)
        ]
        return placed(x, self.pad, (sizes[0], sizes[1]), value)

    def views(self, around: Array, counts: Pair) -> Iterator[Array]:
        """Yield for each element of the kernel, row by row, the array of what it meets in each window; no copies."""
        (k_h, k_w), (d_h, d_w), (e_h, e_w) = self.kernel, self.stride, self.dilation
        rows, columns = (counts[0] - 1) * d_h + 1, (counts[1] - 1) * d_w + 1
        for top in range(0, k_h * e_h, e_h):
            for left in range(0, k_w * e_w, e_w):
                yield around[..., top : top + rows : d_h, left : left + columns : d_w]

    def seen(self, around: Array, counts: Pair) -> Array:
        """Return what the windows see: after other dimensions, the kernel's two and the windows'; a view to be read."""
        *others, row, column = around.strides
        strides = (self.dilation[0] * row, self.dilation[1] * column, self.stride[0] * row, self.stride[1] * column)
        shape = (*around.shape[:-2], *self.kernel, *counts)
        return as_strided(around, shape, (*others, *strides), writeable=False)


class Sliding(Module):
    """A module whose windows slide over its input."""

    _windows: tuple[Any, ...]

    @property
    def windows(self) -> Windows:
        return Windows(*self._windows)

    @windows.setter
    def windows(self, windows: Windows) -> None:
        self._windows = tuple(windows)  # plain, so that it can stand in a file


def placed(x: Array, offsets: tuple[int, ...], sizes: tuple[int, ...], value: float = 0.0) -> Array:
    """Return an array of these last sizes, with ``x`` in it at the offsets and ``value`` around.

    What of ``x`` lies outside is cut off. Where nothing has to be put around, the result is a view.

    >>> placed(np.ones(2), (1,), (4,)), placed(np.arange(4.0), (-1,), (2,))
    (array([0., 1., 1., 0.]), array([1., 2.]))
    """
    own = x.shape[x.ndim - len(sizes) :]
    if own == sizes and not any(offsets):
        return x
    inside = [(max(0, at), max(0, at, min(size, at + n))) for at, size, n in zip(offsets, sizes, own, strict=True)]
    cut = [slice(a - at, b - at) for (a, b), at in zip(inside, offsets, strict=True)]
    place: Any = (Ellipsis, *cut)
    seen: Array = x[place]
    if seen.shape[x.ndim - len(sizes) :] == sizes:
        return seen
    shape = (*x.shape[: x.ndim - len(sizes)], *sizes)
    y: Array = np.zeros(shape, x.dtype) if value == 0 else np.full(shape, value, x.dtype)
    place = (Ellipsis, *(slice(a, b) for a, b in inside))
    y[place] = seen
    return y
