"""Criterions of pairs: whether two arrays are alike, or which of two numbers is the larger."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Criterion, Untargeted, of_numbers
from graphnet.elementwise import as_numbers
from graphnet.forms import fits
from graphnet.modules.arguments import number
from graphnet.modules.criterions.signed import signs
from graphnet.modules.pair_distances import cosines, pull_cosines
from graphnet.modules.transfer.smooth import softened
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, shape_of, written
from graphnet.sizes import product_of, surely_differ


class CosineEmbeddingCriterion(Criterion):
    """Pairs of vectors turned alike, or apart: ``1 - cos`` where t is 1, ``max(0, cos - margin)`` where t is -1.

    The input is [a, b], two vectors n or batches B x n; the loss is the mean over the pairs.

    Parameters
    ----------
    margin : float
        The cosine up to which vectors are far enough apart; from -1 to 1.
    size_average : bool
        Divide by B; else the sum.

    Raises
    ------
    TypeError
        If the margin is no number.
    ValueError
        If the input is not two arrays of one shape, n or B x n, with a target of 1 or -1 for each pair.

    Notes
    -----
    Torch7's ``nn.CosineEmbeddingCriterion``. 1e-12 is added to the squared lengths, so vectors of zeros have cosine 0.

    Examples
    --------
    >>> import numpy as np
    >>> pair = [np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [2.0, 0.0]])]
    >>> round(CosineEmbeddingCriterion().forward(pair, np.array([1, -1])), 6)
    1.0
    """

    def __init__(self, margin: float = 0, size_average: bool = True) -> None:
        self.margin = number(margin, "CosineEmbeddingCriterion's margin")
        self.size_average = size_average

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_two_alike(x, self)
        rows, vectors = [("B", "n"), ("B", "n")], [("n",), ("n",)]
        taken = [rows, ("B",)], [vectors, (1,)], [vectors, ()], [[(1, "n"), (1, "n")], ()]
        if not fits([x, of_numbers(target)], *taken):
            raise self._misfit(written(x), written(target))

    def _misfit(self, x: str, target: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes two arrays n, or two Bxn, and one target or B; it was given {x} and {target}"
        )

    def loss(self, x: Nested, target: Any) -> Any:
        a, b, t = self._rows(x, target)
        y = cosines(a, b)
        return np.where(t > 0, 1 - y, np.maximum(0, y - self.margin)).sum() * self._share(t)

    def grad_input_of(self, x: Nested, target: Any) -> Nested:
        a, b, t = self._rows(x, target)
        y = cosines(a, b)
        dy = np.where((t < 0) & (y <= self.margin), 0, -t) * self._share(t)
        return [part.reshape(item.shape) for part, item in zip(pull_cosines(a, b, y, dy), x, strict=True)]

    def _share(self, t: Array) -> float:
        return 1 / (t.size or 1) if self.size_average else 1.0

    def _rows(self, x: Nested, target: Any) -> tuple[Array, Array, Array]:
        a, b = _two_alike(x, self)
        t = np.atleast_1d(as_numbers(np.asarray(target), self))
        if a.ndim not in (1, 2) or t.shape != (1 if a.ndim == 1 else len(a),):
            raise self._misfit(describe(x), describe(target))
        return np.atleast_2d(a), np.atleast_2d(b), signs(t, self)


class MarginRankingCriterion(Criterion):
    """Pairs of numbers put in order: ``loss = Σ max(0, margin - t · (a - b)) / n``; t is 1 where a must be larger.

    The input is [a, b], the target 1 or -1 for each pair, or for all.

    Parameters
    ----------
    margin : float
        By how much.
    size_average : bool
        Divide by the number n of pairs; else the sum.

    Raises
    ------
    TypeError
        If the margin is no number.
    ValueError
        If the input is not two arrays of one shape, with a target of 1 or -1 for each pair or for all.

    Notes
    -----
    Torch7's ``nn.MarginRankingCriterion``. The slope at the margin is that of a pair in disorder.

    Examples
    --------
    >>> import numpy as np
    >>> MarginRankingCriterion().forward([np.array([3.0, 1.0]), np.array([1.0, 1.0])], np.array([1, -1]))
    0.5
    """

    def __init__(self, margin: float = 1, size_average: bool = True) -> None:
        self.margin = number(margin, "MarginRankingCriterion's margin")
        self.size_average = size_average

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_two_alike(x, self)
        t = of_numbers(target)
        if t is not None and surely_differ(product_of(t), 1) and not fits(x, [t, t]):
            raise self._misfit(written(x), written(target))

    def _misfit(self, x: str, target: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes a target for all pairs or one for each; the pairs are {x} and the target is {target}"
        )

    def loss(self, x: Nested, target: Any) -> Any:
        short, _ = self._shortfall(x, target)
        return np.maximum(0, short).sum() * self._share(short)

    def grad_input_of(self, x: Nested, target: Any) -> Nested:
        short, t = self._shortfall(x, target)
        da = np.where(short >= 0, -t, 0) * self._share(short)
        return [da, -da]

    def _share(self, short: Array) -> float:
        return 1 / (short.size or 1) if self.size_average else 1.0

    def _shortfall(self, x: Nested, target: Any) -> tuple[Array, Array]:
        """Return what each pair lacks to the margin, and the targets."""
        a, b = _two_alike(x, self)
        t = as_numbers(np.asarray(target), self)
        if t.size != 1 and t.shape != a.shape:
            raise self._misfit(describe(x), describe(target))
        t = signs(t if t.shape == a.shape else t.reshape(()), self)
        return np.asarray(self.margin - t * (a - b)), t


class L1HingeEmbeddingCriterion(Criterion):
    """Two arrays brought together, or apart: d where t is 1, ``max(0, margin - d)`` where t is -1; ``d = Σ |a - b|``.

    The input is [a, b], a single pair, and the target is one number.

    Parameters
    ----------
    margin : float
        How far apart is enough.

    Raises
    ------
    TypeError
        If the margin is no number.
    ValueError
        If the input is not two arrays of one shape, or the target is not 1 or -1.

    Notes
    -----
    Torch7's ``nn.L1HingeEmbeddingCriterion``, which draws the sign of the gradient where a and b are equal; here it
    is 0.

    Examples
    --------
    >>> import numpy as np
    >>> L1HingeEmbeddingCriterion(5).forward([np.array([1.0, 2.0]), np.array([2.0, 0.0])], np.array(-1))
    2.0
    """

    def __init__(self, margin: float = 1) -> None:
        self.margin = number(margin, "L1HingeEmbeddingCriterion's margin")

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_two_alike(x, self)
        t = of_numbers(target)
        if t is not None and surely_differ(product_of(t), 1):
            raise ValueError(f"{self.label()} takes one target, 1 or -1, for its one pair; not {written(target)}")

    def loss(self, x: Nested, target: Any) -> Any:
        difference, t = self._difference(x, target)
        distance = np.abs(difference).sum()
        return distance if t > 0 else np.maximum(0, self.margin - distance)

    def grad_input_of(self, x: Nested, target: Any) -> Nested:
        difference, t = self._difference(x, target)
        far = t < 0 and np.abs(difference).sum() > self.margin
        da = 0 * difference if far else t * np.sign(difference)
        return [da, -da]

    def _difference(self, x: Nested, target: Any) -> tuple[Array, Array]:
        self.check_shapes(shape_of(x), np.shape(target))
        a, b = _two_alike(x, self)
        return a - b, signs(as_numbers(np.asarray(target).reshape(()), self), self)


class DistanceRatioCriterion(Untargeted):
    """Distances of like pairs made smaller than those of unlike ones: ``loss = Σ log(1 + exp(a - b)) / n``.

    The input is [a, b], the distances of n like pairs and of n unlike pairs; there is no target.

    Parameters
    ----------
    size_average : bool
        Divide by the number n of pairs; else the sum.

    Raises
    ------
    ValueError
        If the input is not two arrays of one shape.

    Notes
    -----
    Torch7's ``nn.DistanceRatioCriterion``, which adds logarithms of sums and so overflows; Hoffer and Ailon, "Deep
    metric learning using triplet network", 2015.

    Examples
    --------
    >>> import numpy as np
    >>> DistanceRatioCriterion().forward([np.array([0.0, 1000.0]), np.array([1000.0, 0.0])])
    500.0
    """

    def __init__(self, size_average: bool = True) -> None:
        self.size_average = size_average

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_two_alike(x, self)

    def loss(self, x: Nested, target: Any = None) -> Any:
        a, b = _two_alike(x, self)
        return softened(a - b).sum() * self._share(a)

    def grad_input_of(self, x: Nested, target: Any = None) -> Nested:
        a, b = _two_alike(x, self)
        da = self._share(a) / (1 + np.exp(b - a))
        return [da, -da]

    def _share(self, a: Array) -> float:
        return 1 / (a.shape[0] or 1) if self.size_average and a.ndim else 1.0


def _two_alike(x: Nested, criterion: Criterion) -> tuple[Array, Array]:
    """Return a list of two arrays of one shape, as numbers."""
    arrays = isinstance(x, list) and len(x) == 2 and all(isinstance(item, np.ndarray) for item in x)
    if not arrays or x[0].shape != x[1].shape:
        check_two_alike(shape_of(x), criterion)
    return as_numbers(x[0], criterion), as_numbers(x[1], criterion)


def check_two_alike(x: Shape, criterion: Criterion) -> None:
    """Refuse what surely is no list of two arrays of one shape."""
    two = isinstance(x, list) and len(x) == 2 and not any(isinstance(part, list) for part in x)
    if x is not None and not (two and (None in x or fits(*x))):
        raise ValueError(f"{criterion.label()} takes a list of two arrays of one shape; it was given {written(x)}")
