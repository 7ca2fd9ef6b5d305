"""Convolutions of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.modules.images.correlation import correlate, kernel_gradient, spread
from graphnet.modules.images.resampling import OfImages
from graphnet.modules.images.windows import Pair, Sliding, Windows
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.random import generator


class Convolving(Sliding, OfImages):
    """What convolutions have in common: kernels, one bias for each plane that comes out, and how they start."""

    weight: Parameter
    bias: Parameter | None
    n_input_plane: int

    def _set_up(self, n_input_plane: int, n_output_plane: int, windows: Windows) -> None:
        name = type(self).__name__
        self.n_input_plane = whole_number(n_input_plane, f"{name}'s n_input_plane", 1)
        self.n_output_plane = whole_number(n_output_plane, f"{name}'s n_output_plane", 1)
        self.windows = windows

    def reset(self, stdv: float | None = None) -> None:
        """Draw kernels and bias from a uniform distribution, by default ±1/√(n_input_plane·k_h·k_w)."""
        k_h, k_w = self.windows.kernel
        bound = 1 / np.sqrt(self.n_input_plane * k_h * k_w) if stdv is None else stdv * np.sqrt(3)
        for parameter in self.own_parameters().values():
            parameter.value = generator().uniform(-bound, bound, parameter.shape)

    def _biased(self, y: Array) -> Array:
        if self.bias is not None:
            y += self.bias.value[:, None, None]
        return y

    def _acc_bias(self, dy: Array, scale: float) -> None:
        if self.bias is not None:
            self.bias.grad += scale * dy.sum((2, 3)).sum(0)


class SpatialConvolution(Convolving):
    """The convolution of images: ``y[o, i, j] = b[o] + Σ w[o, c, k, l] · x[c, d_h·i + k - pad_h, d_w·j + l - pad_w]``.

    The sum is over all input planes c and over the kernel's rows k and columns l; what lies outside of x counts as 0.
    Of n rows, ``(n + 2·pad_h - k_h) // d_h + 1`` come out, and of columns likewise.

    Parameters
    ----------
    n_input_plane, n_output_plane : int
        The numbers of planes of x and y, at least 1.
    k_w, k_h : int
        The width and the height of the kernel, at least 1.
    d_w, d_h : int
        The steps from window to window, at least 1.
    pad_w, pad_h : int
        How many columns and rows of zeros are thought on each side, at least 0; pad_h is pad_w where it is left out.
    bias : bool
        Whether b is added.

    Attributes
    ----------
    weight : Parameter
        w, n_output_plane x n_input_plane x k_h x k_w; drawn from U(-1/√n, 1/√n), n = n_input_plane · k_h · k_w.
    bias : Parameter or None
        b, n_output_plane; drawn likewise.

    Raises
    ------
    ValueError
        If the input is not n_input_plane x H x W or B x n_input_plane x H x W, or is smaller than the kernel.

    Notes
    -----
    Torch7's ``nn.SpatialConvolution``; ``bias=False`` is its ``noBias()``. LeCun et al., "Gradient-based learning
    applied to document recognition", 1998.

    Examples
    --------
    >>> import numpy as np
    >>> layer = SpatialConvolution(3, 16, 5, 5, 1, 1, 2)
    >>> layer.forward(np.zeros((8, 3, 32, 32))).shape, layer.forward(np.zeros((3, 32, 32))).shape
    ((8, 16, 32, 32), (16, 32, 32))
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
        pad_h: int | None = None,
        *,
        bias: bool = True,
    ) -> None:
        self._make(n_input_plane, n_output_plane, (k_w, k_h, d_w, d_h, pad_w, pad_h), (1, 1), bias)

    def _make(self, n_input: int, n_output: int, sizes: tuple[Any, ...], dilation: Pair, bias: bool) -> None:
        kernel, stride, pad = window_sizes(type(self).__name__, *sizes)
        self._set_up(n_input, n_output, Windows(kernel, stride, pad, dilation))
        self.weight = Parameter(np.zeros((n_output, n_input, *kernel)))
        self.bias = Parameter(np.zeros(n_output)) if bias else None
        self.reset()

    def least(self, adj: Any = None) -> Pair:
        return self.windows.least

    def sizes(self, planes: Any, height: Any, width: Any, adj: Any = None) -> tuple[Any, Any, Any]:
        return (self.n_output_plane, *self.windows.counts(height, width))

    def kernels(self, array: Array) -> Array:
        """Return the weight, or its gradient, as n_output_plane x n_input_plane x k_h x k_w."""
        return array

    def update_output(self, x: Array) -> Array:
        x, after = self.images(x)
        y = correlate(batched(x), self.kernels(self.weight.value), self.windows, after[-2:])
        return self._biased(y).reshape(after)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx = spread(batched(dy), self.kernels(self.weight.value), self.windows, x.shape[-2:])
        return dx.reshape(x.shape)

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        dy = batched(dy)
        gradient = kernel_gradient(batched(self.images(x)[0]), dy, self.kernels(self.weight.value), self.windows)
        self.weight.grad += (gradient if scale == 1 else scale * gradient).reshape(self.weight.shape)
        self._acc_bias(dy, scale)


class SpatialDilatedConvolution(SpatialConvolution):
    """SpatialConvolution with kernels whose rows and columns lie apart.

    ``y[o, i, j] = b[o] + Σ w[o, c, k, l] · x[c, d_h·i + dilation_h·k - pad_h, d_w·j + dilation_w·l - pad_w]``

    Parameters
    ----------
    n_input_plane, n_output_plane, k_w, k_h, d_w, d_h, pad_w, pad_h, bias
        As in :class:`SpatialConvolution`.
    dilation_w, dilation_h : int
        The steps from one column and row of the kernel to the next, at least 1.

    Attributes
    ----------
    weight, bias
        As in :class:`SpatialConvolution`.

    Raises
    ------
    ValueError
        If the input is not n_input_plane x H x W or B x n_input_plane x H x W, or is smaller than the spread kernel.

    Notes
    -----
    Torch7's ``nn.SpatialDilatedConvolution``; Yu and Koltun, "Multi-scale context aggregation by dilated convolutions",
    2016.

    Examples
    --------
    >>> import numpy as np
    >>> SpatialDilatedConvolution(3, 16, 3, 3, 1, 1, 2, 2, 2, 2).forward(np.zeros((3, 32, 32))).shape
    (16, 32, 32)
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
        pad_h: int | None = None,
        dilation_w: int = 1,
        dilation_h: int = 1,
        *,
        bias: bool = True,
    ) -> None:
        dilation = (
            whole_number(dilation_h, "SpatialDilatedConvolution's dilation_h", 1),
            whole_number(dilation_w, "SpatialDilatedConvolution's dilation_w", 1),
        )
        self._make(n_input_plane, n_output_plane, (k_w, k_h, d_w, d_h, pad_w, pad_h), dilation, bias)


def window_sizes(
    name: str, k_w: int, k_h: int, d_w: int, d_h: int, pad_w: int, pad_h: int | None
) -> tuple[Pair, Pair, Pair]:
    """Return kernel, stride and padding, the height's first, of the arguments of the class ``name``."""
    kernel = whole_number(k_h, f"{name}'s k_h", 1), whole_number(k_w, f"{name}'s k_w", 1)
    stride = whole_number(d_h, f"{name}'s d_h", 1), whole_number(d_w, f"{name}'s d_w", 1)
    width = whole_number(pad_w, f"{name}'s pad_w", 0)
    return kernel, stride, (width if pad_h is None else whole_number(pad_h, f"{name}'s pad_h", 0), width)


def batched(x: Array) -> Array:
    """Return a single image as a batch of one."""
    return x if x.ndim == 4 else x[None]
