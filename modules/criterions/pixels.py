"""The criterion of classes for every pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet.elementwise import as_numbers
from graphnet.forms import fits
from graphnet.modules.criterions.classes import ClassNLLCriterion, check_weights
from graphnet.nesting import Array
from graphnet.shapes import Shape, shape_of, written


class SpatialClassNLLCriterion(ClassNLLCriterion):
    """ClassNLLCriterion for every pixel: ``loss = - Σ w[t] x[b, t, i, j] / Σ w[t]``, with ``t = target[b, i, j]``.

    Both sums are over all b, i and j.

    Parameters
    ----------
    weights : array_like, optional
        A weight for each class; by default all are 1.
    size_average : bool
        Divide by the sum of the targets' weights.
    ignore_index : int
        A target that counts for nothing.

    Raises
    ------
    ValueError, IndexError
        If the shapes do not fit, or a target is no class. Classes run from 0 to C - 1.

    Notes
    -----
    Torch7's ``nn.SpatialClassNLLCriterion``, where classes count from 1, and which knows no ``ignore_index`` and takes
    only batches. The input holds log-probabilities, as LogSoftMax gives: C x H x W with H x W classes, or
    B x C x H x W with B x H x W.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.log([[[0.5, 0.1]], [[0.5, 0.9]]])
    >>> SpatialClassNLLCriterion().forward(x, np.array([[0, 1]])) # doctest: +ELLIPSIS
    0.399...
    """

    def check_shapes(self, x: Shape, target: Shape) -> None:
        if not fits([x, target], [("C", "H", "W"), ("H", "W")], [("B", "C", "H", "W"), ("B", "H", "W")]):
            raise ValueError(
                f"{self.label()} takes CxHxW log-probabilities and HxW classes, or BxCxHxW and BxHxW; it was given "
                f"{written(x)} and {written(target)}"
            )
        if x is not None:
            check_weights(self.weights, x[-3], self)

    def loss(self, x: Any, target: Any) -> Any:
        x = as_numbers(x, self)
        places, shares = self._pixels(x, target)
        picked = x.reshape(-1)[places]
        if isinstance(shares, float):
            return -shares * picked.sum()
        return -np.where(shares != 0, shares * picked, 0).sum()

    def grad_input_of(self, x: Any, target: Any) -> Any:
        x = as_numbers(x, self)
        places, shares = self._pixels(x, target)
        dx = np.zeros(x.shape, x.dtype)
        dx.reshape(-1)[places] = -shares
        return dx

    def _pixels(self, x: Any, target: Any) -> tuple[Array, Array | float]:
        """Return where among all numbers that of each pixel's class stands, and its share in the loss, one for all."""
        self.check_shapes(shape_of(x), shape_of(target))
        classes = target.astype(np.intp, copy=False)
        if classes is not target and (classes != target).any():
            part = target[classes != target][0]
            raise ValueError(f"{self.label()}: the target must hold whole numbers; it has {part}")
        *images, n, height, width = x.shape
        counts = classes != self.ignore_index
        all_count = bool(counts.all())
        if not all_count:
            classes = np.where(counts, classes, 0)
        if classes.size and (classes.min() < 0 or classes.max() >= n):
            place = tuple(int(i) for i in np.argwhere((classes < 0) | (classes >= n))[0])
            raise IndexError(
                f"{self.label()}: the target {classes[place]} at {place} is no class; classes run from 0 to {n - 1}"
            )
        pixels = np.arange(height * width).reshape(height, width)
        first = np.arange(math.prod(images)).reshape(*images, 1, 1) * (n * height * width)
        places = classes * (height * width)
        places += first + pixels
        if all_count and self.weights is None:
            return places, 1 / max(1, classes.size) if self.size_average else 1.0
        shares = counts.astype(x.dtype) if self.weights is None else (counts * self.weights[classes]).astype(x.dtype)
        total = shares.sum()
        if self.size_average and total != 0:
            shares /= total
        return places, shares
