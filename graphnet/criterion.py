"""Criterion: a module that compares an input with a target and gives a loss; Untargeted: one that needs no target."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.module import Module
from graphnet.nesting import Nested, zeros_like
from graphnet.shapes import Shape, merged


class Criterion(Module):
    """The contract of all criterions: a loss from an input and a target.

    A subclass writes :meth:`loss` and :meth:`grad_input_of`. A criterion is called with two nodes,
    ``criterion([y, t])``, as any module; its value is a scalar array, so a loss can stand in a graph. On values it is
    used as in nn, with its two inputs apart: ``criterion.forward(y, t)``. What it surely cannot compare is found when a
    drawing is closed, if it also writes :meth:`check_shapes`.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> criterion = nn.MSECriterion()
    >>> criterion.forward(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    2.0
    >>> criterion.backward(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    array([0., 2.])
    """

    def loss(self, x: Nested, target: Nested) -> Any:
        """Return the loss, a scalar."""
        raise NotImplementedError(f"{type(self).__name__} does not define loss(self, x, target)")

    def grad_input_of(self, x: Nested, target: Nested) -> Nested:
        """Return the gradient of the loss with respect to ``x``."""
        raise NotImplementedError(f"{type(self).__name__} does not define grad_input_of(self, x, target)")

    def grad_target_of(self, x: Nested, target: Nested) -> Nested:
        """Return the gradient with respect to the target: zeros, since classes and indices have none."""
        return zeros_like(target)

    def check_shapes(self, x: Shape, target: Shape) -> None:
        """Refuse the shapes of an input and a target that surely cannot be compared; None is one that is not known."""

    def output_shape(self, shape: Shape) -> Shape:
        if shape is not None:
            self.check_shapes(*self._pair(shape))
        return ()

    def update_output(self, x: Nested) -> Nested:
        return np.asarray(self.loss(*self._pair(x)))

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        prediction, target = self._pair(x)
        return [_times(dy, self.grad_input_of(prediction, target)), _times(dy, self.grad_target_of(prediction, target))]

    def _pair(self, x: Nested | Shape) -> tuple[Nested, Nested]:
        if not isinstance(x, list) or len(x) != 2:
            raise ValueError(f"{self.label()} takes a list of two: the input and the target")
        return x[0], x[1]

    def forward(self, x: Nested, target: Nested) -> Any:  # type: ignore[override]  # as in nn: the two apart
        """Return the loss as a number."""
        return float(super().forward([x, target]))

    def backward(self, x: Nested, target: Nested) -> Nested:  # type: ignore[override]  # as in nn: the two apart
        """Return the gradient of the loss with respect to ``x``; a forward with the same arguments comes first."""
        return super().backward([x, target], np.ones(()))[0]


class Untargeted(Criterion):
    """A criterion of its input alone: as a node it takes that, ``criterion(y)``; on values a target may be left out.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> nn.L1Cost().forward(np.array([1.0, -3.0]))
    4.0
    """

    def output_shape(self, shape: Shape) -> Shape:
        self.check_shapes(shape, None)
        return ()

    def update_output(self, x: Nested) -> Nested:
        return np.asarray(self.loss(x, None))

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        return _times(dy, self.grad_input_of(x, None))

    def forward(self, x: Nested, target: Nested = None) -> Any:
        return float(Module.forward(self, x))

    def backward(self, x: Nested, target: Nested = None) -> Nested:  # type: ignore[override]  # as in Criterion
        return Module.backward(self, x, np.ones(()))


def of_numbers(target: Shape) -> Shape:
    """Return the shape of a target as one array, which it may also be given as a list of: of numbers, or of rows."""
    if not isinstance(target, list):
        return target
    one = merged([of_numbers(part) for part in target])
    return None if one is None else (len(target), *one)


def _times(factor: Nested, gradient: Nested) -> Nested:
    if isinstance(gradient, list):
        return [_times(factor, part) for part in gradient]
    return gradient if gradient.dtype.kind != "f" else (factor * gradient).astype(gradient.dtype, copy=False)
