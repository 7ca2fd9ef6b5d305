"""Criterions of numbers: losses that compare a prediction with a target, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Criterion, Untargeted
from graphnet.elementwise import as_numbers
from graphnet.nesting import Array, describe


class Compared(Criterion):
    """A loss that is a sum over pairs of elements, or their mean.

    A subclass states ``value(x, t)``, and ``slope(x, t)`` and ``slope_of_target(x, t)``, its derivatives.
    """

    def __init__(self, size_average: bool = True) -> None:
        self.size_average = size_average

    def value(self, x: Any, t: Any) -> Any:
        """Return the losses of pairs of elements."""
        raise NotImplementedError(f"{type(self).__name__} does not define value(self, x, t)")

    def slope(self, x: Any, t: Any) -> Any:
        """Return the derivatives with respect to ``x``."""
        raise NotImplementedError(f"{type(self).__name__} does not define slope(self, x, t)")

    def slope_of_target(self, x: Any, t: Any) -> Any:
        """Return the derivatives with respect to ``t``; of a function of ``x - t`` they are the opposites."""
        return -self.slope(x, t)

    def loss(self, x: Any, target: Any) -> Any:
        x, t = self._pairs(x, target)
        return self._share(x) * self.value(x, t).sum()

    def grad_input_of(self, x: Any, target: Any) -> Any:
        x, t = self._pairs(x, target)
        return self._share(x) * self.slope(x, t)

    def grad_target_of(self, x: Any, target: Any) -> Any:
        x, t = self._pairs(x, target)
        return self._share(x) * self.slope_of_target(x, t)

    def _share(self, x: Array) -> float:
        return 1 / (x.size or 1) if self.size_average else 1.0

    def _pairs(self, x: Any, target: Any) -> tuple[Array, Array]:
        if np.shape(x) != np.shape(target) or isinstance(x, list):
            raise ValueError(f"{self.label()}: the input is {describe(x)} but the target is {describe(target)}")
        return as_numbers(x, self), as_numbers(np.asarray(target), self)


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
        return np.where(x >= t, np.ones_like(x), -1)


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
        return np.where(distance < 1, 0.5 * distance * distance, distance - 0.5)

    def slope(self, x: Any, t: Any) -> Any:
        return np.clip(x - t, -1, 1)


class WithWeights(Compared):
    """A loss over pairs of elements, each with a weight."""

    def __init__(self, weights: Any = None, size_average: bool = True) -> None:
        super().__init__(size_average)
        self.weights = None if weights is None else np.asarray(weights, np.float64)

    def weighed(self, numbers: Any) -> Any:
        """Return numbers of the input's shape, times their weights."""
        if self.weights is None:
            return numbers
        if self.weights.shape not in (numbers.shape, numbers.shape[1:]):
            raise ValueError(
                f"{self.label()}: the weights are {describe(self.weights)}, the input is {describe(numbers)}"
            )
        return numbers * self.weights.astype(numbers.dtype, copy=False)


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
        If input and target differ in shape, or the weights fit neither the input nor its rows.

    Notes
    -----
    Torch7's ``nn.BCECriterion``. The input holds probabilities, as Sigmoid gives. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> BCECriterion().forward(np.array([0.5, 0.5]), np.array([0.0, 1.0]))  # doctest: +ELLIPSIS
    0.693...
    """

    epsilon = 1e-12

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

    def loss(self, x: Any, target: Any = None) -> Any:
        return np.abs(as_numbers(x, self)).sum()

    def grad_input_of(self, x: Any, target: Any = None) -> Any:
        return np.sign(as_numbers(x, self))
