"""Convolution and pooling along time."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import given, whole_number
from graphnet.elementwise import as_numbers
from graphnet.modules.images.pooling import largest, to_places
from graphnet.modules.images.windows import Sliding, Windows
from graphnet.nesting import Array
from graphnet.parameter import Fans, Parameter
from graphnet.random import generator
from graphnet.shapes import Either, Shape, written
from graphnet.sizes import UNKNOWN, surely_differ, surely_less


class OfFrames(Sliding):
    """A module that slides over the frames of T x F, or of a batch of them.

    Of the two sizes of its windows the second, that of a frame, is 1.
    """

    input_frame_size: int | None = None  # None for any

    def frame_size(self, size: Any) -> Any:
        """Return the size of the frames that come out."""
        return size

    def frames(self, x: Any) -> tuple[Array, int]:
        """Return an input that fits as numbers, and how many frames come out; or refuse it."""
        if x.__class__ is not np.ndarray:
            raise TypeError(self._refusal(given(x)))
        return as_numbers(x, self), self.output_shape(x.shape)[-2]

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:  # the size of the frames that come out may be known all the same
            return Either([self.output_shape((UNKNOWN,) * n_dims) for n_dims in (2, 3)])
        if isinstance(shape, list):
            raise TypeError(self._refusal(written(shape)))
        if len(shape) in (2, 3):
            time, size = shape[-2:]
            wrong = self.input_frame_size is not None and surely_differ(size, self.input_frame_size)
            if not wrong and not surely_less(time, self.windows.least[0]):
                return (*shape[:-2], self.windows.counts(time, 1)[0], self.frame_size(size))
        raise ValueError(self._refusal(written(shape)))

    def _refusal(self, came: str) -> str:
        frame = "F" if self.input_frame_size is None else self.input_frame_size
        least = self.windows.least[0]
        return f"{self.label()} takes Tx{frame} or BxTx{frame} with T at least {least}; it was given {came}"


class TemporalConvolution(OfFrames):
    """The convolution along time: ``y[t] = b + Σ_k w_k x[d_w·t + k]``, for the k_w matrices w_k side by side in w.

    Of T frames, ``(T - k_w) // d_w + 1`` come out.

    Parameters
    ----------
    input_frame_size, output_frame_size : int
        The sizes of the frames of x and y, at least 1.
    k_w : int
        How many frames a window has, at least 1.
    d_w : int
        The step from window to window, at least 1.

    Attributes
    ----------
    weight : Parameter
        w, output_frame_size x (k_w · input_frame_size); drawn from U(-1/√n, 1/√n), n = k_w · input_frame_size.
    bias : Parameter
        b, output_frame_size; drawn likewise.

    Raises
    ------
    ValueError
        If the input is not T x input_frame_size or B x T x input_frame_size, or T is less than k_w.

    Notes
    -----
    Torch7's ``nn.TemporalConvolution``; Waibel et al., "Phoneme recognition using time-delay neural networks", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> layer = TemporalConvolution(3, 2, 4)
    >>> layer.forward(np.zeros((10, 3))).shape, layer.forward(np.zeros((5, 10, 3))).shape
    ((7, 2), (5, 7, 2))
    """

    def __init__(self, input_frame_size: int, output_frame_size: int, k_w: int, d_w: int = 1) -> None:
        self.input_frame_size: int = whole_number(input_frame_size, "TemporalConvolution's input_frame_size", 1)
        whole_number(output_frame_size, "TemporalConvolution's output_frame_size", 1)
        k_w = whole_number(k_w, "TemporalConvolution's k_w", 1)
        self.windows = Windows((k_w, 1), (whole_number(d_w, "TemporalConvolution's d_w", 1), 1))
        self.weight = Parameter(np.zeros((output_frame_size, k_w * input_frame_size)))
        self.bias = Parameter(np.zeros(output_frame_size))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw w and b from a uniform distribution, by default of U(-1/√n, 1/√n), n = k_w · input_frame_size."""
        bound = 1 / np.sqrt(self.weight.shape[1]) if stdv is None else stdv * np.sqrt(3)
        for parameter in (self.weight, self.bias):
            parameter.value = generator().uniform(-bound, bound, parameter.shape)

    def fans(self, name: str) -> Fans | None:
        """Return the fans: an input frame goes to the outputs of k_w windows."""
        n_outputs, n = self.weight.shape
        return (n, self.windows.kernel[0] * n_outputs) if name == "weight" else None

    def frame_size(self, size: Any) -> int:
        return self.weight.shape[0]

    def _rows(self, x: Array, n_windows: int) -> Array:
        """Return the frames of each window side by side, the windows of all sequences below each other."""
        k, size = self.windows.kernel[0], self.input_frame_size
        sequences = x if x.ndim == 3 else x[None]
        if k == 1 and self.windows.stride[0] == 1:
            return sequences.reshape(len(sequences) * n_windows, size)
        laid = np.empty((len(sequences), n_windows, k, size), x.dtype)
        for i, view in enumerate(self.windows.views(sequences, (n_windows, size))):
            laid[:, :, i] = view
        return laid.reshape(len(sequences) * n_windows, k * size)

    def update_output(self, x: Array) -> Array:
        x, n_windows = self.frames(x)
        y = self._rows(x, n_windows) @ self.weight.value.T
        y += self.bias.value
        return y.reshape(*x.shape[:-2], n_windows, len(self.bias.value))

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        *batch, n_windows, n_outputs = dy.shape
        k, size = self.windows.kernel[0], self.input_frame_size
        rows = dy.reshape(int(np.prod(batch)) * n_windows, n_outputs)
        parts = (rows @ self.weight.value).reshape(*batch, n_windows, k, size)
        dx = np.zeros(x.shape, dy.dtype)
        for i, view in enumerate(self.windows.views(dx, (n_windows, size))):
            if self.windows.stride[0] >= k:
                view[...] = parts[..., i, :]
            else:
                view += parts[..., i, :]
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        x, n_windows = self.frames(x)
        rows = self._rows(x, n_windows)
        drows = dy.reshape(len(rows), len(self.bias.value))
        if scale != 1:
            drows = scale * drows
        self.weight.grad += drows.T @ rows
        self.bias.grad += drows.sum(0)


class TemporalMaxPooling(OfFrames):
    """The largest numbers of each window of frames: ``y[t, f] = max_k x[d_w·t + k, f]`` over the k_w frames k.

    The gradient goes to the first frame with the largest number. Of T frames, ``(T - k_w) // d_w + 1`` come out.

    Parameters
    ----------
    k_w : int
        How many frames a window has, at least 1.
    d_w : int, optional
        The step from window to window, at least 1; by default k_w.

    Raises
    ------
    ValueError
        If the input is not T x F or B x T x F, or T is less than k_w.

    Notes
    -----
    Torch7's ``nn.TemporalMaxPooling``.

    Examples
    --------
    >>> import numpy as np
    >>> TemporalMaxPooling(2).forward(np.array([[1.0, 5.0], [3.0, 4.0], [0.0, 0.0]]))
    array([[3., 5.]])
    """

    saves = True

    def __init__(self, k_w: int, d_w: int | None = None) -> None:
        k_w = whole_number(k_w, "TemporalMaxPooling's k_w", 1)
        d_w = k_w if d_w is None else whole_number(d_w, "TemporalMaxPooling's d_w", 1)
        self.windows = Windows((k_w, 1), (d_w, 1))

    def update_output(self, x: Array) -> tuple[Array, Array]:
        x, n_windows = self.frames(x)
        return largest(x, self.windows, (n_windows, x.shape[-1]))

    def update_grad_input(self, x: Array, y: Array, dy: Array, places: Array) -> Array:
        return to_places(dy, places, self.windows, x.shape)
