"""Criterions made of criterions: of every step of sequences, or several with weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, Self

import numpy as np

from graphnet.criterion import Criterion
from graphnet.forms import fits
from graphnet.module import Module
from graphnet.modules.arguments import number
from graphnet.nesting import Array, Nested, add_gradients, describe, leaves, map_nested
from graphnet.node import Node
from graphnet.shapes import Shape, merged, shape_of, written
from graphnet.sizes import product_of


class SequenceCriterion(Criterion):
    """A criterion over all steps of all rows: T x B x ... and its target T x B ... are read as T·B rows.

    The inner criterion is applied once, so its mean runs over steps and rows alike; ClassNLLCriterion's
    ``ignore_index`` leaves padding out of both sum and number. B x T x ... does as well.

    Parameters
    ----------
    criterion : Criterion
        What compares rows with their targets.

    Attributes
    ----------
    criterion : Criterion

    Raises
    ------
    TypeError
        If the inner criterion is none.
    ValueError
        If the two leading dimensions of prediction and target differ.

    Notes
    -----
    The ``SequencerCriterion`` of Torch7's ``rnn`` package adds the losses of the steps instead: with a mean inside, T
    times as much.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import ClassNLLCriterion
    >>> log_probabilities = np.log(np.full((7, 5, 2), 0.5))
    >>> loss = SequenceCriterion(ClassNLLCriterion()).forward(log_probabilities, np.zeros((7, 5), int))
    >>> round(loss, 6)
    0.693147
    """

    def __init__(self, criterion: Criterion) -> None:
        self.criterion = checked_criterion(criterion, "SequenceCriterion")

    def loss(self, x: Nested, target: Nested) -> Any:
        return self.criterion.loss(*self._rows(x, target))

    def check_shapes(self, x: Shape, target: Shape) -> None:
        known = [shape for shape in leaves([x, target]) if shape is not None]
        leading = [shape[:2] for shape in known]
        if not fits(leading, [("T", "B")] * len(known)):
            raise ValueError(
                f"{self.label()} takes TxBx... and its target TxB..., with the same T and B; the input is "
                f"{written(x)} but the target is {written(target)}"
            )
        if known:
            rows = product_of(merged(leading))
            x, target = map_nested(lambda shape: None if shape is None else (rows, *shape[2:]), [x, target])
        self.criterion.check_shapes(x, target)

    def grad_input_of(self, x: Nested, target: Nested) -> Nested:
        return _unlike_rows(self.criterion.grad_input_of(*self._rows(x, target)), x)

    def grad_target_of(self, x: Nested, target: Nested) -> Nested:
        return _unlike_rows(self.criterion.grad_target_of(*self._rows(x, target)), target)

    def _rows(self, x: Nested, target: Nested) -> tuple[Nested, Nested]:
        arrays = isinstance(x, np.ndarray) and isinstance(target, np.ndarray)
        if not arrays or x.shape[:2] != target.shape[:2] or x.ndim < 2:  # not the usual case
            self.check_shapes(shape_of(x), shape_of(target))
        return map_nested(_as_rows, x), map_nested(_as_rows, target)


class Weighted(Criterion):
    """Several criterions, each with a weight.

    Attributes
    ----------
    criterions : list of Criterion
    weights : list of float
    """

    def __init__(self) -> None:
        self.criterions: list[Criterion] = []
        self.weights: list[float] = []

    def add(self, criterion: Criterion, weight: float = 1) -> Self:
        """Append a criterion and its weight; return the whole."""
        self.criterions.append(checked_criterion(criterion, type(self).__name__))
        self.weights.append(number(weight, f"{type(self).__name__}'s weight"))
        return self

    def cases(
        self, x: Nested, target: Nested, told: Callable[[Any], str] = describe
    ) -> list[tuple[float, Criterion, Nested, Nested]]:
        """Return the weight of each criterion, itself, and what it compares: values, or shapes.

        ``told`` writes either for messages.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define cases(self, x, target, told)")

    def check_shapes(self, x: Shape, target: Shape) -> None:
        if self.criterions:  # else some may still be added
            for _, criterion, a, b in self.cases(x, target, written):
                criterion.check_shapes(a, b)

    def loss(self, x: Nested, target: Nested) -> Any:
        return sum(weight * criterion.loss(a, b) for weight, criterion, a, b in self._some(x, target))

    def gradients(self, x: Nested, target: Nested, hook: str) -> list[Nested]:
        """Return the gradient that each criterion's hook of this name gives, times its weight."""
        return [_scaled(weight, getattr(criterion, hook)(a, b)) for weight, criterion, a, b in self._some(x, target)]

    def _some(self, x: Nested, target: Nested) -> list[tuple[float, Criterion, Nested, Nested]]:
        if not self.criterions:
            raise ValueError(
                f"{self.label()} holds no criterions, so it has no loss; add(criterion, weight) some first"
            )
        return self.cases(x, target)

    def named_children(self) -> list[tuple[str, Module]]:
        return [(str(i), criterion) for i, criterion in enumerate(self.criterions)]

    def _replaced(self, function: Callable[[Module], Module], done: dict[int, Module]) -> Module:
        if id(self) not in done:
            done[id(self)] = function(self)
            self.criterions = [
                checked_criterion(c._replaced(function, done), type(self).__name__) for c in self.criterions
            ]
        return done[id(self)]


class MultiCriterion(Weighted):
    """Several criterions of one input and one target: ``loss = Σ_i w_i criterion_i(x, t)``.

    Add them with ``add(criterion, weight)``; the weight is 1 if left out.

    Raises
    ------
    ValueError
        If there are no criterions.

    Notes
    -----
    Torch7's ``nn.MultiCriterion``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import AbsCriterion, MSECriterion
    >>> both = MultiCriterion().add(MSECriterion(), 0.5).add(AbsCriterion())
    >>> both.forward(np.array([3.0]), np.array([1.0]))
    4.0
    """

    def cases(
        self, x: Nested, target: Nested, told: Callable[[Any], str] = describe
    ) -> list[tuple[float, Criterion, Nested, Nested]]:
        return [(w, criterion, x, target) for w, criterion in zip(self.weights, self.criterions, strict=True)]

    def grad_input_of(self, x: Nested, target: Nested) -> Nested:
        return reduce(add_gradients, self.gradients(x, target, "grad_input_of"))

    def grad_target_of(self, x: Nested, target: Nested) -> Nested:
        return reduce(add_gradients, self.gradients(x, target, "grad_target_of"))


class ParallelCriterion(Weighted):
    """A criterion for each element of a list: ``loss = Σ_i w_i criterion_i(x[i], t[i])``.

    Add them with ``add(criterion, weight)``; the weight is 1 if left out.

    Parameters
    ----------
    repeat_target : bool
        Compare every element with the one target, which then is no list of them.

    Raises
    ------
    ValueError
        If there are no criterions, or the lists do not have as many elements.

    Notes
    -----
    Torch7's ``nn.ParallelCriterion``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import MSECriterion
    >>> both = ParallelCriterion(repeat_target=True).add(MSECriterion()).add(MSECriterion(), 2)
    >>> both.forward([np.array([1.0]), np.array([3.0])], np.array([0.0]))
    19.0
    """

    def __init__(self, repeat_target: bool = False) -> None:
        super().__init__()
        self.repeat_target = repeat_target

    def check_shapes(self, x: Shape, target: Shape) -> None:
        unknown = [None] * len(self.criterions)
        no_target = target is None and not self.repeat_target
        super().check_shapes(unknown if x is None else x, unknown if no_target else target)

    def cases(
        self, x: Nested, target: Nested, told: Callable[[Any], str] = describe
    ) -> list[tuple[float, Criterion, Nested, Nested]]:
        n = len(self.criterions)
        targets = [target] * n if self.repeat_target else target
        for what, items in (("input", x), ("target", targets)):
            if not isinstance(items, list) or len(items) != n:
                raise ValueError(
                    f"{self.label()} needs a list of {n} as its {what}, one for each criterion; it was "
                    f"given {told(items)}"
                )
        return list(zip(self.weights, self.criterions, x, targets, strict=True))

    def grad_input_of(self, x: Nested, target: Nested) -> Nested:
        return self.gradients(x, target, "grad_input_of")

    def grad_target_of(self, x: Nested, target: Nested) -> Nested:
        found = self.gradients(x, target, "grad_target_of")
        return reduce(add_gradients, found) if self.repeat_target else found


def checked_criterion(criterion: Any, name: str) -> Criterion:
    """Return a criterion, or refuse what is none; ``name`` is the class that takes it."""
    if isinstance(criterion, Criterion):
        return criterion
    hint = ""
    if isinstance(criterion, Node):
        hint = ". A node is a call of a module; the criterion itself is meant"
    elif isinstance(criterion, type) and issubclass(criterion, Criterion):
        hint = f"; write {criterion.__name__}()"
    raise TypeError(f"{name} takes a criterion, not {getattr(criterion, '__name__', type(criterion).__name__)}{hint}")


def _scaled(weight: float, gradient: Nested) -> Nested:
    return map_nested(lambda part: weight * part if part.dtype.kind == "f" else part, gradient)


def _as_rows(array: Array) -> Array:
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


def _unlike_rows(gradient: Nested, like: Nested) -> Nested:
    return map_nested(lambda part, whole: part.reshape(whole.shape), gradient, like)
