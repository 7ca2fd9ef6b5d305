"""Compare the gradients that a module computes with differences of its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphnet.module import Module
from graphnet.nesting import Array, Nested, leaves, map_nested
from graphnet.random import generator_state, set_generator_state
from graphnet.tape import Tape


@dataclass(frozen=True)
class GradientCheck:
    """The gradient of one array, an input or a parameter, against differences.

    ``error`` is the largest ``|computed - numeric| / max(1, |computed|, |numeric|)``, found at ``place``.
    """

    name: str
    error: float
    place: tuple[int, ...]
    computed: float
    numeric: float
    ok: bool


@dataclass(frozen=True)
class GradientReport:
    """What :func:`check_gradients` found; printed, a table with the wrong ones marked."""

    checks: list[GradientCheck]

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        lines = []
        for check in self.checks:
            worst = f"at {list(check.place)}: computed {check.computed:.9g}, numeric {check.numeric:.9g}"
            lines.append(f"{check.name:<{width}}  {check.error:8.1e}  {'ok' if check.ok else f'WRONG {worst}'}")
        return "\n".join(lines)


def check_gradients(module: Module, x: Nested, *, step: float = 1e-6, tolerance: float = 1e-6) -> GradientReport:
    """Check the gradients of all inputs and parameters numerically.

    The loss is a fixed random weighting of the output; each number of each array is moved up and down by ``step``. A
    copy of the module in float64 is checked, so the module stays as it is; random modules draw the same each time.

    Parameters
    ----------
    module : Module
        Any module; a criterion too, with ``x = [input, target]``.
    x : ndarray or nested list
        The input. Integer arrays are indices, and are left alone.
    step : float
        How far the numbers are moved. Central differences have an error of about step².
    tolerance : float
        The error up to which a gradient counts as right.

    Returns
    -------
    GradientReport
        Its ``ok`` tells whether all are right; printed, it names the wrong ones.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> print(check_gradients(nn.Linear(2, 1), np.array([0.5, -1.0])).ok)
    True
    """
    double = module.clone().double()
    start = generator_state()
    inputs = double.plan().admit(x)

    def run() -> Tape:
        set_generator_state(start)
        return double.run(inputs)

    tape = run()
    weighting = np.random.default_rng(0)  # not the modules' generator, which ends where it was
    weights = map_nested(lambda y: weighting.uniform(0.5, 1.5, y.shape), tape.output)
    double.zero_grad_parameters()
    kept = [(array, array.copy()) for array in _statistics(double)]
    dx = tape.backward(weights)
    for array, before in kept:  # the loss below must be that of the backward
        array[...] = before

    def loss() -> list[Array]:
        return [w * y for w, y in zip(leaves(weights), leaves(run().output), strict=True)]

    checks = []
    arrays, gradients = list(leaves(inputs)), list(leaves(dx))
    for i, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
        if array.dtype.kind == "f":
            checks.append(_check("input" if len(arrays) == 1 else f"input {i}", array, gradient, loss, step, tolerance))
    for name, parameter in double.named_parameters().items():
        checks.append(_check(name, parameter.value, parameter.grad, loss, step, tolerance))
    set_generator_state(start)
    return GradientReport(checks)


def _statistics(module: Module) -> list[Array]:
    """Return the arrays that modules hold besides their parameters, which a backward may write to."""
    return [value for m in module.list_modules() for value in vars(m).values() if isinstance(value, np.ndarray)]


def _check(
    name: str, array: Array, gradient: Array, loss: Callable[[], list[Array]], step: float, tolerance: float
) -> GradientCheck:
    worst = GradientCheck(name, 0.0, (), 0.0, 0.0, ok=True)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = up = kept + step
        above = loss()
        array[place] = down = kept - step
        below = loss()
        array[place] = kept
        # Each number of the output is subtracted on its own: the rounding of a large sum would hide what has changed.
        change = sum(float((a - b).sum()) for a, b in zip(above, below, strict=True))
        computed, numeric = float(gradient[place]), float(change / (up - down))
        error = abs(computed - numeric) / max(1.0, abs(computed), abs(numeric))
        if not error <= worst.error:  # also where it is NaN
            worst = GradientCheck(name, error, place, computed, numeric, ok=error <= tolerance)
    return worst
