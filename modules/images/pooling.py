"""Pooling: windows of images reduced to their largest element, or to their mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.modules.images.convolution import window_sizes
from graphnet.modules.images.resampling import OfImages
from graphnet.modules.images.windows import Pair, Sliding, Windows, placed
from graphnet.nesting import Array


class Pooling(Sliding, OfImages):
    """What both kinds of pooling have in common: their windows."""

    def _set_up(self, *sizes: Any, ceil: bool) -> None:
        name = type(self).__name__
        kernel, stride, pad = window_sizes(name, *sizes)
        for k, p, letter in zip(kernel, pad, "hw", strict=True):
            if 2 * p > k:
                raise ValueError(f"{name}'s pad_{letter} must be at most half of k_{letter}, {k}; it was {p}")
        self.windows = Windows(kernel, stride, pad, ceil=bool(ceil))

    def least(self, adj: Any = None) -> Pair:
        return self.windows.least

    def sizes(self, planes: Any, height: Any, width: Any, adj: Any = None) -> tuple[Any, Any, Any]:
        return (planes, *self.windows.counts(height, width))


class SpatialMaxPooling(Pooling):
    """The largest element of each window: ``y[c, i, j] = max x[c, d_h·i + k - pad_h, d_w·j + l - pad_w]``.

    The maximum is over the window's rows k and columns l that lie in x. The gradient goes to its first place, row by
    row. Of n rows, ``(n + 2·pad_h - k_h) // d_h + 1`` come out, and of columns likewise.

    Parameters
    ----------
    k_w, k_h : int
        The width and the height of a window, at least 1.
    d_w, d_h : int, optional
        The steps from window to window, at least 1; by default k_w and k_h.
    pad_w, pad_h : int
        How many columns and rows the windows may reach beyond x on each side, at most half a window.
    ceil : bool
        Divide by d_h and d_w upwards: a last window may reach beyond x further, but begins before that padding.

    Raises
    ------
    ValueError
        If the input is not C x H x W or B x C x H x W, or is smaller than a window.

    Notes
    -----
    Torch7's ``nn.SpatialMaxPooling``; ``ceil=True`` is its ``ceil()``.

    Examples
    --------
    >>> import numpy as np
    >>> SpatialMaxPooling(2, 1).forward(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[3., 2.]]])
    """

    saves = True

    def __init__(
        self,
        k_w: int,
        k_h: int,
        d_w: int | None = None,
        d_h: int | None = None,
        pad_w: int = 0,
        pad_h: int = 0,
        *,
        ceil: bool = False,
    ) -> None:
        d_w, d_h = k_w if d_w is None else d_w, k_h if d_h is None else d_h
        self._set_up(k_w, k_h, d_w, d_h, pad_w, pad_h, ceil=ceil)

    def update_output(self, x: Array) -> tuple[Array, Array]:
        x, after = self.images(x)
        return largest(x, self.windows, after[-2:])

    def update_grad_input(self, x: Array, y: Array, dy: Array, places: Array) -> Array:
        return to_places(dy, places, self.windows, x.shape)


class SpatialAveragePooling(Pooling):
    """The mean of each window: ``y[c, i, j] = Σ x[c, d_h·i + k - pad_h, d_w·j + l - pad_w] / n``.

    The sum is over the window's rows k and columns l that lie in x.

    Parameters
    ----------
    k_w, k_h : int
        The width and the height of a window, at least 1.
    d_w, d_h : int
        The steps from window to window, at least 1.
    pad_w, pad_h : int
        How many columns and rows the windows may reach beyond x on each side, at most half a window.
    ceil : bool
        As in :class:`SpatialMaxPooling`.
    count_include_pad : bool
        Whether n counts the padding, too, though not what lies beyond it; else n counts only elements of x.
    divide : bool
        Else n is divided by k_w · k_h.

    Raises
    ------
    ValueError
        If the input is not C x H x W or B x C x H x W, or is smaller than a window.

    Notes
    -----
    Torch7's ``nn.SpatialAveragePooling``; ``ceil=True`` and ``count_include_pad=False`` are its ``ceil()`` and
    ``setCountExcludePad()``.

    Examples
    --------
    >>> import numpy as np
    >>> SpatialAveragePooling(2, 1, 2, 1).forward(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[2., 1.]]])
    """

    def __init__(
        self,
        k_w: int,
        k_h: int,
        d_w: int = 1,
        d_h: int = 1,
        pad_w: int = 0,
        pad_h: int = 0,
        *,
        ceil: bool = False,
        count_include_pad: bool = True,
        divide: bool = True,
    ) -> None:
        self._set_up(k_w, k_h, d_w, d_h, pad_w, pad_h, ceil=ceil)
        self.count_include_pad = count_include_pad
        self.divide = divide

    def update_output(self, x: Array) -> Array:
        x, after = self.images(x)
        counts = after[-2:]
        views = self.windows.views(self.windows.around(x, counts), counts)
        y: Array = next(views).copy()
        for view in views:
            y += view
        y *= self._shares(x, counts)
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        shares = dy * self._shares(dy, dy.shape[-2:], x.shape[-2:])
        return gathered([shares] * (self.windows.kernel[0] * self.windows.kernel[1]), self.windows, x.shape)

    def _shares(self, like: Array, counts: Pair, sizes: Pair | None = None) -> Array:
        """Return 1 / n of each window, in the type of ``like``; one number where all windows lie within."""
        if self.windows.pad == (0, 0) and not self.windows.ceil:
            k_h, k_w = self.windows.kernel
            return np.asarray(1 / (k_h * k_w) if self.divide else 1, like.dtype)
        height, width = sizes or like.shape[-2:]
        rows, columns = self._seen(height, counts[0], 0), self._seen(width, counts[1], 1)
        n = rows[:, None] * columns
        if not self.divide:
            n = n / (self.windows.kernel[0] * self.windows.kernel[1])
        return np.asarray(1 / n, like.dtype)

    def _seen(self, n: int, count: int, axis: int) -> Array:
        """Return how many rows, or columns, each window counts."""
        k, d, p = self.windows.kernel[axis], self.windows.stride[axis], self.windows.pad[axis]
        first = np.arange(count) * d - p
        outer = p if self.count_include_pad else 0
        return np.minimum(first + k, n + outer) - np.maximum(first, -outer)


def largest(x: Array, windows: Windows, counts: Pair) -> tuple[Array, Array]:
    """Return the largest element of each window, and which of the kernel's elements met it first."""
    views = windows.views(windows.around(x, counts, -np.inf), counts)
    y: Array = next(views).copy()
    n = windows.kernel[0] * windows.kernel[1]
    places: Array = np.zeros(y.shape, np.uint8 if n <= 256 else np.int64)
    seen, larger = np.empty_like(y), np.empty(y.shape, bool)
    flags: Array = larger.view(np.uint8)
    for i, view in enumerate(views, 1):
        seen[...] = view  # laid out as y, it is read twice in less time
        np.greater(seen, y, out=larger)
        np.maximum(y, seen, out=y)
        np.maximum(places, flags * places.dtype.type(i), out=places)  # i is above all before it
    return y, places


def to_places(dy: Array, places: Array, windows: Windows, shape: tuple[int, ...]) -> Array:
    """Return an array of this shape with each window's gradient at its place."""
    return gathered((dy * (places == i) for i in range(windows.kernel[0] * windows.kernel[1])), windows, shape)


def gathered(parts: Any, windows: Windows, shape: tuple[int, ...]) -> Array:
    """Return an array of this shape with what each element of the kernel gives to those it met, added up."""
    parts = iter(parts)
    first = next(parts)
    counts = first.shape[-2:]
    (p_h, p_w), (s_h, s_w), (d_h, d_w) = windows.pad, windows.span, windows.stride
    sizes = (max(shape[-2] + p_h, (counts[0] - 1) * d_h + s_h), max(shape[-1] + p_w, (counts[1] - 1) * d_w + s_w))
    dx = np.zeros((*shape[:-2], *sizes), first.dtype)
    views = windows.views(dx, counts)
    next(views)[...] = first
    for view, part in zip(views, parts, strict=True):
        if windows.apart:
            view[...] = part
        else:
            view += part
    return placed(dx, (-p_h, -p_w), shape[-2:])
