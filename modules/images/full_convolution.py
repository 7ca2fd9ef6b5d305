"""The convolution's adjoint, which enlarges images."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.modules.images.convolution import Convolving, batched, window_sizes
from graphnet.modules.images.correlation import correlate, kernel_gradient, spread
from graphnet.modules.images.windows import Pair, Windows
from graphnet.nesting import Array, Nested, describe
from graphnet.parameter import Fans, Parameter
from graphnet.shapes import Shape, written
from graphnet.sizes import UNKNOWN, Size


class SpatialFullConvolution(Convolving):
    """What SpatialConvolution does backwards, as a layer: each element of x puts a kernel on y, and a bias is added.

    ``y[o, d_h·i + k - pad_h, d_w·j + l - pad_w] += w[c, o, k, l] · x[c, i, j]``

    Of n rows, ``(n - 1)·d_h - 2·pad_h + k_h + adj_h`` come out, and of columns likewise.

    Parameters
    ----------
    n_input_plane, n_output_plane : int
        The numbers of planes of x and y, at least 1.
    k_w, k_h : int
        The width and the height of the kernel, at least 1.
    d_w, d_h : int
        The steps from kernel to kernel, at least 1.
    pad_w, pad_h : int
        How many columns and rows are cut off on each side, at least 0.
    adj_w, adj_h : int
        How many columns and rows more come out, behind the others; less than d_w and d_h.
    bias : bool
        Whether b is added.

    Attributes
    ----------
    weight : Parameter
        w, n_input_plane x n_output_plane x k_h x k_w; drawn from U(-1/√n, 1/√n), n = n_input_plane · k_h · k_w.
    bias : Parameter or None
        b, n_output_plane; drawn likewise.

    Raises
    ------
    ValueError
        If the input is not n_input_plane x H x W or B x n_input_plane x H x W, or all that comes out is cut off.

    Notes
    -----
    Torch7's ``nn.SpatialFullConvolution``; Zeiler et al., "Deconvolutional networks", 2010. As there, the input may be
    a list of x and an array whose last two sizes are those of y: adj_h and adj_w are then the numbers below d_h and d_w
    with which y comes out so, if any does. The array's numbers count for nothing, and it gets a gradient of zeros.

    Examples
    --------
    >>> import numpy as np
    >>> layer = SpatialFullConvolution(2, 3, 4, 4, 2, 2, 1, 1)
    >>> layer.forward(np.zeros((2, 5, 5))).shape, layer.forward([np.zeros((2, 5, 5)), np.zeros((11, 11))]).shape
    ((3, 10, 10), (3, 11, 11))
    """

    def __init__(
        self,
        n_input_plane: int,
        n_output_plane: int,
        k_w: int,
        k_h: int,
        d_w: int = 1,
        d_h: int = 1,
        pad_w: int = 0,
        pad_h: int = 0,
        adj_w: int = 0,
        adj_h: int = 0,
        *,
        bias: bool = True,
    ) -> None:
        name = type(self).__name__
        kernel, stride, pad = window_sizes(name, k_w, k_h, d_w, d_h, pad_w, whole_number(pad_h, f"{name}'s pad_h", 0))
        self._set_up(n_input_plane, n_output_plane, Windows(kernel, stride, pad))
        self.adj = whole_number(adj_h, f"{name}'s adj_h", 0), whole_number(adj_w, f"{name}'s adj_w", 0)
        for adj, d, letter in zip(self.adj, stride, "hw", strict=True):
            if adj >= d:
                raise ValueError(f"{name}'s adj_{letter} must be less than d_{letter}, {d}; it was {adj}")
        self.weight = Parameter(np.zeros((n_input_plane, n_output_plane, *kernel)))
        self.bias = Parameter(np.zeros(n_output_plane)) if bias else None
        self.reset()

    def fans(self, name: str) -> Fans | None:
        """Return the fans: the planes that come in are the first dimension of the weight."""
        n = self.windows.kernel[0] * self.windows.kernel[1]
        return (self.n_input_plane * n, self.n_output_plane * n) if name == "weight" else None

    def least(self, adj: Any = None) -> Pair:
        arguments = zip(self.windows.kernel, self.windows.stride, self.windows.pad, adj or self.adj, strict=True)
        # (n - 1)·d - 2·p + k + a >= 1
        height, width = (max(1, 1 - (k + a - 2 * p - 1) // d) if isinstance(a, int) else 1 for k, d, p, a in arguments)
        return height, width

    def sizes(self, planes: Any, height: Any, width: Any, adj: Any = None) -> tuple[Any, Any, Any]:
        (k_h, k_w), (d_h, d_w), (p_h, p_w) = self.windows.kernel, self.windows.stride, self.windows.pad
        a_h, a_w = adj or self.adj
        return (
            self.n_output_plane,
            (height - 1) * d_h + (k_h - 2 * p_h) + a_h,
            (width - 1) * d_w + (k_w - 2 * p_w) + a_w,
        )

    def output_shape(self, shape: Shape) -> Shape:
        if not isinstance(shape, list):
            return super().output_shape(shape)
        if len(shape) != 2 or any(isinstance(part, list) or (part is not None and len(part) < 2) for part in shape):
            raise self._no_pair(written(shape))
        if shape[0] is None:
            return None
        return self._after(shape[0], shape[1])

    def _after(self, shape: tuple[Any, ...], like: tuple[Any, ...] | None) -> tuple[Any, ...]:
        """Return the shape of what comes out where ``like`` is that of the array that tells its size."""
        wanted = (UNKNOWN, UNKNOWN) if like is None else like[-2:]
        adj: list[Size | int] = []
        for n, k, p, d in zip(wanted, self.windows.kernel, self.windows.pad, self.windows.stride, strict=True):
            room = n + (2 * p - k)
            adj.append(room % d if isinstance(room, int) else 0 if d == 1 else UNKNOWN)
        return self.sizes_after(shape, tuple(adj))

    def _no_pair(self, came: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes images, or a list of them and an array that ends in the H and W of what shall come "
            f"out; it was given the list {came}"
        )

    def _taken(self, x: Nested) -> tuple[Array, tuple[Any, ...]]:
        """Return the images, and the shape of what comes out."""
        if x.__class__ is not list:
            return self.images(x)
        if len(x) != 2 or any(part.__class__ is not np.ndarray for part in x) or x[1].ndim < 2:
            raise self._no_pair(describe(x))
        return as_numbers(x[0], self), self._after(x[0].shape, x[1].shape)

    def update_output(self, x: Nested) -> Array:
        images, after = self._taken(x)
        return self._biased(spread(batched(images), self.weight.value, self.windows, after[-2:])).reshape(after)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        images = x[0] if x.__class__ is list else x
        dx = correlate(batched(dy), self.weight.value, self.windows, images.shape[-2:]).reshape(images.shape)
        return [dx, np.zeros(x[1].shape, dy.dtype)] if x.__class__ is list else dx

    def acc_grad_parameters(self, x: Nested, y: Array, dy: Array, scale: float = 1.0) -> None:
        images, dy = self._taken(x)[0], batched(dy)
        gradient = kernel_gradient(dy, batched(images), self.weight.value, self.windows)
        self.weight.grad += gradient if scale == 1 else scale * gradient
        self._acc_bias(dy, scale)
