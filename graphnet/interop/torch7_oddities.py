"""Modules and criterions of ours that compute otherwise in Torch7, made to give its numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet import modules as nn
from graphnet.elementwise import ShapeKeeping, as_numbers
from graphnet.modules.weight_norm import Directed
from graphnet.nesting import Array, Nested
from graphnet.random import generator
from graphnet.shapes import Shape
from graphnet.sizes import Size

# ---- scale: some of Torch7's gradients of parameters leave it out


class Bilinear(nn.Bilinear):
    """Bilinear whose gradient of W knows no ``scale``."""

    def acc_grad_parameters(self, x: Nested, y: Array, dy: Array, scale: float = 1.0) -> None:
        super().acc_grad_parameters(x, y, dy)
        if self.bias is not None:
            self.bias.grad += (scale - 1) * dy.sum(0)


class Cosine(nn.Cosine):
    """Cosine whose gradient of W knows no ``scale``; that of a vector does in one of its two terms."""

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        super().acc_grad_parameters(x, y, dy)
        if x.ndim == 1:
            w = self.weight.value
            lengths = np.sqrt(np.square(w).sum(1)) + 1e-12
            self.weight.grad += (scale - 1) * np.outer(dy / lengths, x / (np.sqrt(np.square(x).sum()) + 1e-12))


class WeightedEuclidean(nn.WeightedEuclidean):
    """WeightedEuclidean whose gradient of the scales knows no ``scale`` where the input is a vector."""

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        if x.ndim != 1:
            super().acc_grad_parameters(x, y, dy, scale)
            return
        before = self.weight.grad.copy()
        super().acc_grad_parameters(x, y, dy)
        self.weight.grad += (scale - 1) * (self.weight.grad - before)


# ---- accumulated gradients


class _Forgetful(Directed):
    """What takes the gradients that it gathered for those of w, and turns them into those of v and g once more."""

    def acc_grad_parameters(self, x: Nested, y: Nested, dy: Nested, scale: Any = 1.0, *saved: Any) -> None:
        before = self.v.grad.copy()
        self.v.grad.fill(0)
        self.g.grad.fill(0)
        super().acc_grad_parameters(x, y, dy, scale, *saved)
        self.acc_weight(before, *saved[0][1])


class WeightNorm(_Forgetful, nn.WeightNorm):
    """WeightNorm whose gradients are right for one backward after they were set to zero."""


class LinearWeightNorm(_Forgetful, nn.LinearWeightNorm):
    """LinearWeightNorm whose gradients are right for one backward after they were set to zero."""


# ---- statistics of a batch of one, which in Torch7 are not used, however many places it has


class SpatialBatchNormalization(nn.SpatialBatchNormalization):
    """SpatialBatchNormalization that takes its running statistics for a single image."""

    def too_few(self, n_rows: int, n_places: int) -> bool:
        return n_rows < 2


class VolumetricBatchNormalization(nn.VolumetricBatchNormalization):
    """VolumetricBatchNormalization that takes its running statistics for a single volume."""

    def too_few(self, n_rows: int, n_places: int) -> bool:
        return n_rows < 2


# ---- formulas


class SoftPlus(nn.SoftPlus):
    """SoftPlus that is the identity where ``beta · x`` is above 20."""

    def value(self, x: Any) -> Any:
        return np.where(self.beta * x > 20, x, super().value(x))

    def slope(self, x: Any, y: Any) -> Any:
        return np.where(self.beta * x > 20, 1, super().slope(x, y))


class PairwiseDistance(nn.PairwiseDistance):
    """PairwiseDistance with Torch7's gradient for p between 1 and 2, which is that of p = 2 in its numerator."""

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        if not 1 < self.p < 2:
            return super().update_grad_input(x, y, dy)
        a, b = self.rows(x)
        da = (a - b) * (dy / (y + 1e-6) ** (self.p - 1))[:, None]
        return [da.reshape(x[0].shape), -da.reshape(x[0].shape)]


class ChannelwiseRReLU(nn.RReLU):
    """RReLU that draws one slope for each feature: the last dimension of n and B x n, the third from behind of images.

    What it keeps on the tape are these slopes, so that they broadcast over the input.
    """

    def update_output(self, x: Array) -> tuple[Array, Array]:
        x = as_numbers(x, self)
        if not 1 <= x.ndim <= 4:
            raise ValueError(f"{self.label()} takes arrays of 1 to 4 dimensions; it was given {x.ndim}")
        slopes = np.asarray((self.lower + self.upper) / 2, x.dtype)
        if self.train:
            shape = [1] * x.ndim
            axis = (x.ndim + 1) % 2
            shape[axis] = x.shape[axis]
            slopes = np.asarray(self.lower + (self.upper - self.lower) * generator().random(tuple(shape)), x.dtype)
        return np.where(x > 0, x, slopes * x), slopes

    def update_grad_input(self, x: Array, y: Array, dy: Array, slopes: Array) -> Array:
        dx: Array = np.where(x > 0, dy, slopes * dy)
        return dx


class FrequencyLookupTable(nn.LookupTable):
    """LookupTable after ``scaleGradByFreq()``: an index's gradients are divided by how often it comes in the input."""

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        indices = x.astype(np.intp)
        counts = np.bincount(indices.ravel(), minlength=1)[indices]
        super().acc_grad_parameters(x, y, dy / counts[..., None].astype(dy.dtype), scale)


# ---- numbers of elements, which are compared instead of shapes


class _ByCount(ShapeKeeping):
    """What takes as many elements as it has numbers, or as many in each row, whatever their shape."""

    def _laid(self, shape: tuple[Size | int, ...]) -> tuple[Size | int, ...]:
        """Return the shape that ours takes, if the sizes are known and the elements are as many."""
        (own,) = (parameter.shape for parameter in self.own_parameters().values())
        sizes = [size for size in shape if isinstance(size, int)]
        if len(sizes) < len(shape):
            return shape
        if math.prod(sizes) == math.prod(own):
            return own
        rows = sizes and len(sizes) != len(own) and math.prod(sizes) == sizes[0] * math.prod(own)
        return (sizes[0], *own) if rows else shape

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        if all(isinstance(size, int) for size in shape):  # else the elements cannot be counted
            super().check_shape(self._laid(shape))

    def update_output(self, x: Array) -> Array:
        y: Array = super().update_output(self._as_laid(as_numbers(x, self)))
        return y.reshape(x.shape)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = super().update_grad_input(*(self._as_laid(array) for array in (x, y, dy)))
        return dx.reshape(x.shape)

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        super().acc_grad_parameters(*(self._as_laid(array) for array in (x, y, dy)), scale)

    def _as_laid(self, array: Array) -> Array:
        return array.reshape(self._laid(array.shape))


class Add(_ByCount, nn.Add):
    """Add that counts elements."""


class CAdd(_ByCount, nn.CAdd):
    """CAdd that counts elements."""


class CMul(_ByCount, nn.CMul):
    """CMul that counts elements."""


# ---- criterions


class CrossEntropyCriterion(nn.CrossEntropyCriterion):
    """CrossEntropyCriterion that takes all dimensions of size 1 off its input and off its target."""

    def check_shapes(self, x: Shape, target: Shape) -> None:
        """Refuse nothing: which dimensions are left is seen when it runs."""

    def loss(self, x: Any, target: Any) -> Any:
        return super().loss(*_squeezed(x, target))

    def grad_input_of(self, x: Any, target: Any) -> Any:
        gradient: Array = super().grad_input_of(*_squeezed(x, target))
        return gradient.reshape(x.shape)


def _squeezed(x: Array, target: Any) -> tuple[Array, Array]:
    x, target = np.squeeze(x), np.squeeze(target)
    return (x if x.ndim else x.reshape(1)), target


class MarginRankingCriterion(nn.MarginRankingCriterion):
    """MarginRankingCriterion that divides by the size of the first dimension, not by the number of pairs."""

    def _share(self, short: Array) -> float:
        return 1 / (short.shape[0] or 1) if self.size_average and short.ndim else 1.0
