"""Criterions and modules: a criterion as a module of a list, and one of what modules make of its input and target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from graphnet.container import Container
from graphnet.criterion import Criterion, Untargeted
from graphnet.module import Module
from graphnet.modules.criterions.combined import checked_criterion
from graphnet.modules.shape import Identity
from graphnet.nesting import Nested, map_nested, zeros_like
from graphnet.node import Node
from graphnet.shapes import Shape, written
from graphnet.tape import Tape


class CriterionTable(Module):
    """A criterion as a module of the list [input, target]; its output is the loss, a scalar array.

    A criterion called with nodes is that already. This one is also run as a module is: ``forward([x, t])`` and
    ``backward([x, t], dy)``; and it takes a target, which it does not use, for a criterion that needs none.

    Parameters
    ----------
    criterion : Criterion

    Raises
    ------
    TypeError
        If the criterion is none.
    ValueError
        If the input is not a list of two.

    Notes
    -----
    Torch7's ``nn.CriterionTable``, which leaves out ``dy`` and the gradient of the target.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import MSECriterion
    >>> module, x = CriterionTable(MSECriterion()), [np.array([1.0, 3.0]), np.array([1.0, 1.0])]
    >>> print(module.forward(x), module.backward(x, 1.0))
    2.0 [array([0., 2.]), array([-0., -2.])]
    """

    saves = True
    joint = True

    def __init__(self, criterion: Criterion) -> None:
        self.criterion = checked_criterion(criterion, "CriterionTable")

    def update_output(self, x: Nested) -> tuple[Nested, Tape]:
        if not isinstance(x, list) or len(x) != 2:
            raise ValueError(f"{self.label()} takes a list of two: the input and the target")
        tape = self.criterion.run(x[0] if isinstance(self.criterion, Untargeted) else x)
        return tape.result(), tape

    def pull_back(self, x: Nested, y: Nested, dy: Nested, scale: Any, accumulate: bool, *saved: Any) -> Nested:
        tape: Tape = saved[0]
        dx = tape.plan.pull(tape, dy, scale, accumulate=accumulate)
        return [dx, zeros_like(x[1])] if isinstance(self.criterion, Untargeted) else dx

    def output_shape(self, shape: Shape) -> Shape:
        if shape is not None and (not isinstance(shape, list) or len(shape) != 2):
            raise ValueError(f"{self.label()} takes a list of two: the input and the target; not {written(shape)}")
        if isinstance(shape, list) and isinstance(self.criterion, Untargeted):
            shape = shape[0]
        return self.criterion.output_shape(shape)


class ModuleCriterion(Container, Criterion):
    """A criterion of what modules make of its input and its target: ``loss = criterion(m(x), n(t))``.

    Backwards the gradient goes on through the modules, and their parameters get theirs.

    Parameters
    ----------
    criterion : Criterion
    input_module, target_module : Module, optional
        m and n; left out, the input or the target is compared as it is.
    cast_target : bool
        Whether n is cast with the rest when this criterion is, as by ``float()``.

    Raises
    ------
    TypeError
        If one of them is none.

    Notes
    -----
    Torch7's ``nn.ModuleCriterion``, which does not go back through the target's module. ``modules`` are m, n and the
    criterion, with an Identity for a module that is left out. Within another criterion, m and n run a second time for
    the gradient, and may have no parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import MSECriterion, Square
    >>> criterion = ModuleCriterion(MSECriterion(), Square())
    >>> criterion.forward(np.array([3.0]), np.array([4.0])), criterion.backward(np.array([3.0]), np.array([4.0]))
    (25.0, array([60.]))
    """

    def __init__(
        self,
        criterion: Criterion,
        input_module: Module | None = None,
        target_module: Module | None = None,
        cast_target: bool = True,
    ) -> None:
        checked_criterion(criterion, "ModuleCriterion")
        made = [Identity() if module is None else module for module in (input_module, target_module)]
        super().__init__(*made, criterion)
        self.cast_target = cast_target
        self._arguments = ((), {} if cast_target else {"cast_target": False})  # the rest is in `modules`

    def drawing(self, x: Node) -> Nested:
        if len(self.modules) != 3:
            raise ValueError(f"{self.label()} holds two modules and a criterion; nothing can be added or taken away")
        of_input, of_target, criterion = self.modules
        if isinstance(criterion, Untargeted):
            return criterion(of_input(x[0]))
        prediction, target = x.split(2)
        return criterion([of_input(prediction), of_target(target)])

    def check_shapes(self, x: Shape, target: Shape) -> None:
        self.output_shape([x, target])

    def loss(self, x: Nested, target: Nested) -> Any:
        return self.run([x, target]).result()

    def grad_input_of(self, x: Nested, target: Nested) -> Nested:
        return self._gradients(x, target)[0]

    def grad_target_of(self, x: Nested, target: Nested) -> Nested:
        return self._gradients(x, target)[1]

    def _gradients(self, x: Nested, target: Nested) -> Nested:
        """Return both gradients for another criterion that holds this one, and keeps no tape for it."""
        if self.parameters():
            raise ValueError(
                f"{self.label()} cannot stand within another criterion, where its modules' parameters would get no "
                "gradient; call both in a drawing, and add up their losses"
            )
        tape = self.run([x, target])
        found = tape.plan.pull(tape, np.ones(()), accumulate=False)
        return map_nested(lambda gradient, value: gradient.astype(value.dtype, copy=False), found, [x, target])

    def type(self, dtype: DTypeLike | None = None) -> Any:
        if dtype is None or self.cast_target:
            return super().type(dtype)
        of_input, _, criterion = self.modules
        of_input.type(dtype)
        criterion.type(dtype)
        self.dtype = np.dtype(dtype)
        return self

    def _written(self, text: Callable[[Any], str]) -> str:
        shown = [text(module) for module in self.modules[-1:]] + ["cast_target=False"] * (not self.cast_target)
        return f"ModuleCriterion({', '.join(shown)})"
