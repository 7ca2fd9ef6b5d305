"""Criterions of numbers: losses that compare a prediction with a target, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Untargeted
from graphnet.elementwise import as_numbers, one_shape
from graphnet.modules.criterions.compared import Compared, WithWeights
from graphnet.shapes import Shape


class MSECriterion(Compared):
    """The mean squared error over all elements: ``loss = Σ (x - t)² / n``.

    Parameters
    ----------
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape.

    Notes
    -----
    Torch7's ``nn.MSECriterion``, which compares only the numbers of elements. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> MSECriterion().forward(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    2.0
    """

    def value(self, x: Any, t: Any) -> Any:
        return np.square(x - t)

    def slope(self, x: Any, t: Any) -> Any:
        return 2 * (x - t)


class AbsCriterion(Compared):
    """The mean absolute error over all elements: ``loss = Σ |x - t| / n``. The slope at 0 is 1.

    Parameters
    ----------
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape.

    Notes
    -----
    Torch7's ``nn.AbsCriterion``. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> AbsCriterion().forward(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    1.0
    """

    def value(self, x: Any, t: Any) -> Any:
        return np.abs(x - t)

    def slope(self, x: Any, t: Any) -> Any:
        return np.copysign(1, x - t)


class SmoothL1Criterion(Compared):
    """The Huber loss: ``loss = Σ l(x - t) / n``, where ``l(d)`` is d² / 2 if ``|d| < 1``, else ``|d| - 1/2``.

    Parameters
    ----------
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape.

    Notes
    -----
    Torch7's ``nn.SmoothL1Criterion``. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> SmoothL1Criterion(False).forward(np.array([1.0, 4.0]), np.array([0.0, 4.5]))
    0.625
    """

    def value(self, x: Any, t: Any) -> Any:
        distance = np.abs(x - t)
        short = np.minimum(distance, 1)
        distance -= 0.5 * short
        return short * distance

    def slope(self, x: Any, t: Any) -> Any:
        return np.clip(x - t, -1, 1)


class BCECriterion(WithWeights):
    """The binary cross-entropy: ``loss = - Σ w (t log(x + ε) + (1 - t) log(1 - x + ε)) / n``, where ε is 1e-12.

    Parameters
    ----------
    weights : array_like, optional
        w, of the shape of the input or of its rows; by default all are 1.
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape, the weights fit neither the input nor its rows, or an element of the input
        is no probability, from 0 to 1. NaN gives NaN.

    Notes
    -----
    Torch7's ``nn.BCECriterion``. The input holds probabilities, as Sigmoid gives. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> BCECriterion().forward(np.array([0.5, 0.5]), np.array([0.0, 1.0]))  # doctest: +ELLIPSIS
    0.693...
    """

    of_difference = False
    epsilon = 1e-12

    def loss(self, x: Any, target: Any) -> Any:
        found = super().loss(x, target)
        if x.size and (x.min() < 0 or x.max() > 1):
            raise ValueError(
                f"{self.label()} takes probabilities, from 0 to 1, as Sigmoid gives; they went from {x.min():g} to "
                f"{x.max():g}"
            )
        return found

    def value(self, x: Any, t: Any) -> Any:
        losses = t * np.log(x + self.epsilon) + (1 - t) * np.log(1 - x + self.epsilon)
        return self.weighed(-losses)

    def slope(self, x: Any, t: Any) -> Any:
        return self.weighed((x - t) / ((1 - x + self.epsilon) * (x + self.epsilon)))

    def slope_of_target(self, x: Any, t: Any) -> Any:
        return self.weighed(np.log(1 - x + self.epsilon) - np.log(x + self.epsilon))


class WeightedMSECriterion(WithWeights):
    """The mean squared error from targets that are weighted: ``loss = Σ (x - w · t)² / n``.

    Parameters
    ----------
    weights : array_like
        w, of the shape of the input, or of its rows. They multiply the target only.
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape, or the weights fit neither the input nor its rows.

    Notes
    -----
    Torch7's ``nn.WeightedMSECriterion``. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> WeightedMSECriterion([1, 0.5]).forward(np.array([1.0, 3.0]), np.array([1.0, 2.0]))
    2.0
    """

    of_difference = False

    def __init__(self, weights: Any, size_average: bool = True) -> None:
        super().__init__(weights, size_average)

    def value(self, x: Any, t: Any) -> Any:
        return np.square(x - self.weighed(t))

    def slope(self, x: Any, t: Any) -> Any:
        return 2 * (x - self.weighed(t))

    def slope_of_target(self, x: Any, t: Any) -> Any:
        return self.weighed(-self.slope(x, t))


class L1Cost(Untargeted):
    """The sum of absolute values: ``loss = Σ |x|``; there is no target. The slope at 0 is 0.

    Notes
    -----
    Torch7's ``nn.L1Cost``.

    Examples
    --------
    >>> import numpy as np
    >>> L1Cost().forward(np.array([1.0, -3.0]))
    4.0
    """

    def check_shapes(self, x: Shape, target: Shape) -> None:
        one_shape(x, self)

    def loss(self, x: Any, target: Any = None) -> Any:
        return np.abs(as_numbers(x, self)).sum()

    def grad_input_of(self, x: Any, target: Any = None) -> Any:
        return np.sign(as_numbers(x, self))
