"""What criterions share that compare numbers pair by pair: sums over pairs of elements, with weights or without."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from graphnet.criterion import Criterion, of_numbers
from graphnet.elementwise import as_numbers
from graphnet.forms import fits
from graphnet.modules.arguments import weights_of
from graphnet.nesting import Array, Nested, describe
from graphnet.shapes import Shape, shape_of, written


class Compared(Criterion):
    """A loss that is a sum over pairs of elements, or their mean.

    A subclass states ``value(x, t)``, and ``slope(x, t)`` and ``slope_of_target(x, t)``, its derivatives.
    """

    # Whether the loss is a function of x - t, so that the gradients of both are opposites.
    of_difference: ClassVar[bool] = True

    def __init__(self, size_average: bool = True) -> None:
        self.size_average = size_average

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        if not self.of_difference:
            return super().update_grad_input(x, y, dy)
        dx = self.grad_input_of(*self._pair(x))
        dx *= dy
        return [dx, -dx]

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
        if isinstance(x, list) or isinstance(target, list):
            self.check_shapes(shape_of(x), shape_of(target))
        if np.shape(x) != np.shape(target):
            raise self._unlike(describe(x), describe(target))
        return as_numbers(x, self), as_numbers(np.asarray(target), self)

    def check_shapes(self, x: Shape, target: Shape) -> None:
        if isinstance(x, list) or (x is not None and not fits(of_numbers(target), x)):
            raise self._unlike(written(x), written(target))

    def _unlike(self, x: str, target: str) -> ValueError:
        return ValueError(f"{self.label()}: the input is {x} but the target is {target}")


class WithWeights(Compared):
    """A loss over pairs of elements, each with a weight."""

    def __init__(self, weights: Any = None, size_average: bool = True) -> None:
        super().__init__(size_average)
        self.weights = weights_of(weights, f"{type(self).__name__}'s weights")

    def weighed(self, numbers: Any) -> Any:
        """Return numbers of the input's shape, times their weights."""
        if self.weights is None:
            return numbers
        if self.weights.shape not in (numbers.shape, numbers.shape[1:]):
            raise self._unweighable(describe(numbers))
        return numbers * self.weights.astype(numbers.dtype, copy=False)

    def check_shapes(self, x: Shape, target: Shape) -> None:
        super().check_shapes(x, target)
        if self.weights is not None and not fits(x, self.weights.shape, ("B", *self.weights.shape)):
            raise self._unweighable(written(x))

    def _unweighable(self, came: str) -> ValueError:
        return ValueError(f"{self.label()}: the weights are {describe(self.weights)}, the input is {came}")
