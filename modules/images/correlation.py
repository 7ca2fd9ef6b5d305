"""Correlation: kernels laid on the windows of images as matrix products, and its two gradients."""

from __future__ import annotations

import numpy as np

from graphnet.modules.images.windows import Pair, Windows, placed
from graphnet.nesting import Array

# With fewer rows than this, a matrix product takes no less time than the copies it would save.
_FEW = 8


def correlate(x: Array, w: Array, windows: Windows, counts: Pair) -> Array:
    """Return ``y[b, o, i, j] = Σ w[o, c, k, l] · x[b, c, i·d + k, j·d + l]``, for x of B x C x H x W."""
    n_outputs = len(w)
    factors = _factors(x, windows, counts, n_outputs)
    kernels = _kernels(w, len(factors))
    y: Array = np.matmul(kernels[0], factors[0])
    if len(factors) > 1:
        term = np.empty_like(y)
        for kernel, factor in zip(kernels[1:], factors[1:], strict=True):
            y += np.matmul(kernel, factor, out=term)
    return y.reshape(len(x), n_outputs, *counts)


def spread(dy: Array, w: Array, windows: Windows, sizes: Pair) -> Array:
    """Return the gradient of ``x``, whose height and width are ``sizes``: each window gets what came of it."""
    n_inputs, (d_h, d_w) = w.shape[1], windows.stride
    strided = (d_h, d_w) != (1, 1)
    # Kernels are not filled up with zeros, for those would spread a NaN to where it does not belong.
    uneven = windows.kernel[0] % d_h or windows.kernel[1] % d_w or (strided and windows.dilation != (1, 1))
    if uneven or windows.apart or n_inputs * d_h * d_w < _FEW:
        return _summed(dy, w, windows, sizes)
    # With a stride of d, the rows r, r + d, ... of x depend on the kernel's rows r, r + d, ... alone. So x is d_h·d_w
    # images laid into each other, and each is a correlation of dy with a part of the kernel, turned round.
    k_h, k_w = windows.kernel[0] // d_h, windows.kernel[1] // d_w
    whole = w.reshape(len(w), n_inputs, k_h, d_h, k_w, d_w)
    parts = whole[:, :, ::-1, :, ::-1].transpose(1, 3, 5, 0, 2, 4).reshape(n_inputs * d_h * d_w, len(w), k_h, k_w)
    first = [p // d for p, d in zip(windows.pad, windows.stride, strict=True)]
    behind = [-(-(p + n) // d) for p, n, d in zip(windows.pad, sizes, windows.stride, strict=True)]
    counts = behind[0] - first[0], behind[1] - first[1]
    e_h, e_w = windows.dilation
    back = Windows((k_h, k_w), (1, 1), ((k_h - 1) * e_h - first[0], (k_w - 1) * e_w - first[1]), windows.dilation)
    dx = correlate(dy, parts, back, counts)
    if not strided:
        return dx
    dx = dx.reshape(len(dy), n_inputs, d_h, d_w, *counts)
    laid = np.empty((len(dy), n_inputs, counts[0], d_h, counts[1], d_w), dx.dtype)
    for i in range(d_h):
        for j in range(d_w):
            laid[:, :, :, i, :, j] = dx[:, :, i, j]
    offsets = first[0] * d_h - windows.pad[0], first[1] * d_w - windows.pad[1]
    return np.ascontiguousarray(placed(laid.reshape(*laid.shape[:2], counts[0] * d_h, counts[1] * d_w), offsets, sizes))


def _summed(dy: Array, w: Array, windows: Windows, sizes: Pair) -> Array:
    """Return the same as a sum over the elements of the kernel, which takes less time for few planes."""
    n_inputs, (p_h, p_w) = w.shape[1], windows.pad
    batch, n_outputs, *counts = dy.shape
    parts = np.matmul(w.reshape(n_outputs, -1).T, dy.reshape(batch, n_outputs, counts[0] * counts[1]))
    parts = parts.reshape(batch, n_inputs, w[0, 0].size, *counts)
    dx = np.zeros((batch, n_inputs, sizes[0] + 2 * p_h, sizes[1] + 2 * p_w), dy.dtype)
    for i, view in enumerate(windows.views(dx, (counts[0], counts[1]))):
        if windows.apart:
            view[...] = parts[:, :, i]
        else:
            view += parts[:, :, i]
    return np.ascontiguousarray(placed(dx, (-p_h, -p_w), sizes))


def kernel_gradient(x: Array, dy: Array, w: Array, windows: Windows) -> Array:
    """Return the gradient of ``w``, of its shape."""
    batch, n_outputs, *counts = dy.shape
    n_windows = counts[0] * counts[1]
    factors = _factors(x, windows, (counts[0], counts[1]), n_outputs)
    outer = dy.reshape(batch, n_outputs, n_windows)
    if n_outputs <= n_windows:  # then a product for each image takes no more memory than the factors
        parts = [np.matmul(outer, factor.swapaxes(1, 2)).sum(0) for factor in factors]
    else:
        rows = outer.swapaxes(0, 1).reshape(n_outputs, batch * n_windows)
        parts = [rows @ f.swapaxes(0, 1).reshape(f.shape[1], batch * n_windows).T for f in factors]
    if len(parts) == 1:
        gradient: Array = parts[0].reshape(w.shape)
        return gradient
    n_inputs, k_w = w.shape[1], w.shape[3]
    return np.stack([part.reshape(n_outputs, n_inputs, k_w) for part in parts], 2)


def _factors(x: Array, windows: Windows, counts: Pair, n_outputs: int) -> list[Array]:
    """Return matrices of which the windows' products with the kernels are made, B x K x windows each.

    Usually it is one, whose columns hold all that a window sees. Where each row of an image begins a row of windows, it
    is enough to lay out the kernel's columns: each of its rows then meets a part of that matrix, and the products are
    added. That saves copies and costs additions, so it is done where there are more inputs than outputs to add.
    """
    (k_h, k_w), (d_h, d_w), (e_h, e_w) = windows.kernel, windows.stride, windows.dilation
    batch, n_inputs = x.shape[:2]
    rows, columns = counts
    around = windows.around(x, counts)
    if k_h > 1 and d_h == 1 and n_outputs >= _FEW and n_inputs * k_w >= 2 * n_outputs:
        height = rows + windows.span[0] - 1
        across = Windows((1, k_w), (1, d_w), dilation=(1, e_w))
        laid = np.ascontiguousarray(across.seen(around, (height, columns)))
        flat = laid.reshape(batch, n_inputs * k_w, height * columns)
        return [flat[:, :, i * e_h * columns : (i * e_h + rows) * columns] for i in range(k_h)]
    if (k_h, k_w, d_h, d_w) == (1, 1, 1, 1):  # each window sees one element
        return [around[..., :rows, :columns].reshape(batch, n_inputs, rows * columns)]
    laid = np.ascontiguousarray(windows.seen(around, counts))
    return [laid.reshape(batch, n_inputs * k_h * k_w, rows * columns)]


def _kernels(w: Array, n: int) -> list[Array]:
    """Return the kernels as a matrix for each of ``n`` factors."""
    if n == 1:
        return [w.reshape(len(w), -1)]
    return [w[:, :, i].reshape(len(w), -1) for i in range(n)]
