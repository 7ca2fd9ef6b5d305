"""Batch normalisation: every feature brought to mean 0 and variance 1 over the batch it comes in."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.nesting import Array, describe
from graphnet.parameter import Parameter
from graphnet.pull import accumulation
from graphnet.random import generator
from graphnet.shapes import Either, Shape, written
from graphnet.sizes import UNKNOWN, surely_differ


class Statistics(NamedTuple):
    """What one run normalised with: ``(x - mean) · factor``; and the batch's variance, None if it was not used."""

    mean: Array
    factor: Array
    variance: Array | None


def _total(rows: Array) -> Array:
    """Return the sum of rows, as a product, which is faster than a sum."""
    total: Array = np.ones(len(rows), rows.dtype) @ rows
    return total


class BatchNormalization(Module):
    """Bring every feature to mean 0 and variance 1 over the batch, then scale and shift it.

    ``y = w · (x - μ) / √(σ² + eps) + b``. While training, μ and σ² are a feature's mean and variance in the batch. When
    evaluating they are `running_mean` and `running_var`; so they are for a batch that has less than two numbers of each
    feature, as one row has.

    Parameters
    ----------
    n_output : int
        n, the number of features, at least 1.
    eps : float
        Keeps features of equal numbers finite; at least 0.
    momentum : float
        From 0 to 1: the weight of the NEW statistics, ``running = (1 - momentum) · running + momentum · new``.
    affine : bool
        Whether there are w and b.

    Attributes
    ----------
    weight : Parameter or None
        w, of n numbers; drawn from U(0, 1).
    bias : Parameter or None
        b, of n numbers; they start with 0.
    running_mean, running_var : ndarray
        Of n numbers; they start with 0 and 1. The variances that come in are those of samples, ``Σ (x - μ)² / (N-1)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range; if the input is not B x n, or just n when evaluating.

    Notes
    -----
    Torch7's ``nn.BatchNormalization``; Ioffe and Szegedy, "Batch normalization: accelerating deep network training by
    reducing internal covariate shift", 2015.

    The running statistics move in ``backward``, once for each that adds to the parameters' gradients, whatever its
    ``scale``. So a forward alone, to look, to draw or to validate, changes nothing; and steps of a Recurrence that are
    computed twice count once. To gather statistics without training, go back with ``scale=0``. In Torch7 they move in
    ``forward``; and there a batch of one uses them, however many places it has.

    Examples
    --------
    >>> import numpy as np
    >>> layer = BatchNormalization(2, affine=False)
    >>> x = np.array([[1.0, 5.0], [3.0, 5.0]])
    >>> print(layer.forward(x).round(3), layer.running_mean)
    [[-1.  0.]
     [ 1.  0.]] [0. 0.]
    >>> dx = layer.backward(x, np.zeros((2, 2)), scale=0)
    >>> print(layer.running_mean, layer.running_var)
    [0.2 0.5] [1.1 0.9]
    """

    saves = True
    joint = True  # the gradients of x, w and b have their sums in common

    # The dimensions behind the features, of which each place counts as a row of the batch.
    places: ClassVar[str] = ""

    def __init__(self, n_output: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        name = type(self).__name__
        self.n_output = whole_number(n_output, f"{name}'s n_output", 1)
        self.eps = number(eps, f"{name}'s eps")
        self.momentum = number(momentum, f"{name}'s momentum")
        if not 0 <= self.eps < math.inf:
            raise ValueError(f"{name}'s eps must be at least 0, not {eps!r}")
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"{name}'s momentum is the weight of the new statistics, from 0 to 1; it was {momentum!r}")
        self.weight = Parameter(np.zeros(n_output)) if affine else None
        self.bias = Parameter(np.zeros(n_output)) if affine else None
        self.running_mean = np.zeros(n_output)
        self.running_var = np.ones(n_output)
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw w from U(0, 1), set b to 0, and forget the statistics; ``stdv`` has no meaning here."""
        if self.weight is not None and self.bias is not None:
            self.weight.value = generator().uniform(0, 1, self.weight.shape)
            self.bias.value.fill(0)
        self.running_mean.fill(0)
        self.running_var.fill(1)

    # ---- forwards

    def update_output(self, x: Array) -> tuple[Array, Statistics]:
        x = as_numbers(x, self)
        if len(x.shape) not in self._ranks() or x.shape[-1 - len(self.places)] != self.n_output:
            raise self._misfit(describe(x))
        if self.train and len(x.shape) == min(self._ranks()):
            raise ValueError(
                f"{self.label()} takes a batch, {self._form('B')}, while training; it was given {describe(x)}"
            )
        rows, size = self._rows(x)
        count = len(rows) * size
        if not self.train or self.too_few(len(rows), size):
            mean, factor = self.running_mean.copy(), self._factor(self.running_var)
            gain = self._gain(factor)
            y: Array = rows * np.repeat(gain, size)
            y += np.repeat(self._shift(mean * -gain), size)
            return y.reshape(x.shape), Statistics(mean, factor, None)
        mean = self._by_feature(_total(rows)) / count
        y = rows - np.repeat(mean, size)
        # Of centred numbers: the squares of large ones would swallow the variance.
        variance = self._by_feature(np.einsum("ij,ij->j", y, y)) / count
        factor = self._factor(variance)
        y *= np.repeat(self._gain(factor), size)
        if self.bias is not None:
            y += np.repeat(self.bias.value, size)
        return y.reshape(x.shape), Statistics(mean, factor, variance)

    def too_few(self, n_rows: int, n_places: int) -> bool:
        """Tell whether a batch has too few numbers of each feature for statistics of its own."""
        return n_rows * n_places < 2

    def _factor(self, variance: Array) -> Array:
        deviation = np.sqrt(variance + self.eps)
        factor: Array = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation != 0)
        return factor

    def _gain(self, factor: Array) -> Array:
        return factor if self.weight is None else factor * self.weight.value

    def _shift(self, shift: Array) -> Array:
        return shift if self.bias is None else shift + self.bias.value

    def _rows(self, x: Array) -> tuple[Array, int]:
        """Return the array as B x (n · places), and the number of places: so all loops are along memory."""
        size = math.prod(x.shape[len(x.shape) - len(self.places) :])
        return x.reshape(-1 if x.size else len(x), self.n_output * size), size

    def _by_feature(self, sums: Array) -> Array:
        """Return the sums over all places of each feature."""
        return sums if not self.places else sums.reshape(self.n_output, -1).sum(1)

    # ---- backwards

    def pull_back(self, x: Array, y: Array, dy: Array, scale: float, accumulate: bool, *saved: Any) -> Array:
        (statistics,) = saved
        drows, size = self._rows(dy)
        dx = self._rows(as_numbers(x, self))[0] - np.repeat(statistics.mean, size)
        if accumulate or statistics.variance is not None:
            total = self._by_feature(_total(drows))
            along = self._by_feature(np.einsum("ij,ij->j", drows, dx)) * statistics.factor
            if accumulate:
                with accumulation:
                    self._accumulate(total, along, statistics, dx.size // self.n_output, scale)
        gain = self._gain(statistics.factor)
        if statistics.variance is None:
            np.multiply(drows, np.repeat(gain, size), out=dx)
        else:  # the mean and the variance move with x, too
            count = dx.size // self.n_output
            dx *= np.repeat(along * statistics.factor / -count, size)
            dx += drows
            dx -= np.repeat(total / count, size)
            dx *= np.repeat(gain, size)
        return np.reshape(dx, dy.shape)

    def update_grad_input(self, x: Array, y: Array, dy: Array, *saved: Any) -> Array:
        return self.pull_back(x, y, dy, 1.0, False, *saved)

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0, *saved: Any) -> None:
        self.pull_back(x, y, dy, scale, True, *saved)

    def _accumulate(self, total: Array, along: Array, new: Statistics, count: int, scale: float) -> None:
        """Add to the gradients of w and b, and move the running statistics: the one place that writes them."""
        if self.weight is not None and self.bias is not None:
            self.weight.grad += scale * along
            self.bias.grad += scale * total
        if new.variance is not None:
            self.running_mean += self.momentum * (new.mean - self.running_mean)
            self.running_var += self.momentum * (new.variance * (count / (count - 1)) - self.running_var)

    # ---- shapes

    def _ranks(self) -> tuple[int, int]:
        n = len(self.places)
        return n + 1, n + 2

    def _form(self, batch: str = "") -> str:
        return "x".join([*batch, str(self.n_output), *self.places])

    def _misfit(self, came: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes an array of shape {self._form('B')}, or {self._form()} when evaluating; "
            f"it was given {came}"
        )

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:
            one = (self.n_output, *[UNKNOWN] * len(self.places))
            return Either([one, (UNKNOWN, *one)])
        if isinstance(shape, list) or len(shape) not in self._ranks():
            raise self._misfit(written(shape))
        if surely_differ(shape[-1 - len(self.places)], self.n_output):
            raise self._misfit(written(shape))
        return shape
