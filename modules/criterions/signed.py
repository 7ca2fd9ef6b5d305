"""Criterions of two kinds, told by targets that are 1 or -1: margins and hinges over numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Criterion
from graphnet.modules.arguments import number
from graphnet.modules.criterions.compared import Compared
from graphnet.modules.transfer.smooth import softened
from graphnet.nesting import Array, zeros_like


class Signed(Compared):
    """A loss over pairs of a number and its sign, 1 or -1, which has no gradient."""

    of_difference = False

    def grad_target_of(self, x: Any, target: Any) -> Any:
        return zeros_like(target)

    def _pairs(self, x: Any, target: Any) -> tuple[Array, Array]:
        x, t = super()._pairs(x, target)
        return x, signs(t, self)


class MarginCriterion(Signed):
    """A margin between two kinds: ``loss = Σ max(0, margin - t · x) / n``, with t of 1 or -1; the hinge loss.

    Parameters
    ----------
    margin : float
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    TypeError
        If the margin is no number.
    ValueError
        If input and target differ in shape, or the target holds other numbers than 1 and -1.

    Notes
    -----
    Torch7's ``nn.MarginCriterion``. The slope where ``t · x`` is the margin is 0.

    Examples
    --------
    >>> import numpy as np
    >>> MarginCriterion().forward(np.array([0.5, 2.0]), np.array([1, -1]))
    1.75
    """

    def __init__(self, margin: float = 1, size_average: bool = True) -> None:
        super().__init__(size_average)
        self.margin = number(margin, "MarginCriterion's margin")

    def value(self, x: Any, t: Any) -> Any:
        return np.maximum(0, self.margin - x * t)

    def slope(self, x: Any, t: Any) -> Any:
        return np.where(x * t < self.margin, -t, 0)


class SoftMarginCriterion(Signed):
    """The logistic loss of two kinds: ``loss = Σ log(1 + exp(-t · x)) / n``, with t of 1 or -1.

    Parameters
    ----------
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape, or the target holds other numbers than 1 and -1.

    Notes
    -----
    Torch7's ``nn.SoftMarginCriterion``, which overflows where ``t · x`` is below -709.

    Examples
    --------
    >>> import numpy as np
    >>> SoftMarginCriterion().forward(np.array([1000.0, 1000.0]), np.array([1, -1]))
    500.0
    """

    def value(self, x: Any, t: Any) -> Any:
        return softened(-x * t)

    def slope(self, x: Any, t: Any) -> Any:
        return -t / (1 + np.exp(x * t))


class HingeEmbeddingCriterion(Signed):
    """Distances made small, or at least a margin: ``l(x)`` is x where t is 1, ``max(0, margin - x)`` where t is -1.

    The loss is ``Σ l(x) / n``.

    Parameters
    ----------
    margin : float
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    TypeError
        If the margin is no number.
    ValueError
        If input and target differ in shape, or the target holds other numbers than 1 and -1.

    Notes
    -----
    Torch7's ``nn.HingeEmbeddingCriterion``. The slope at the margin is -1.

    Examples
    --------
    >>> import numpy as np
    >>> HingeEmbeddingCriterion().forward(np.array([0.5, 0.25, 3.0]), np.array([1, -1, -1])) * 3
    1.25
    """

    def __init__(self, margin: float = 1, size_average: bool = True) -> None:
        super().__init__(size_average)
        self.margin = number(margin, "HingeEmbeddingCriterion's margin")

    def value(self, x: Any, t: Any) -> Any:
        return np.where(t > 0, x, np.maximum(0, self.margin - x))

    def slope(self, x: Any, t: Any) -> Any:
        return np.where((t < 0) & (x > self.margin), 0, t)


def signs(target: Array, criterion: Criterion) -> Array:
    """Return a target, or refuse it where it is neither 1 nor -1."""
    wrong = np.abs(target) != 1
    if wrong.any():
        raise ValueError(
            f"{criterion.label()}: the target must hold 1 and -1; it has {np.asarray(target)[wrong].ravel()[0]}"
        )
    return target
