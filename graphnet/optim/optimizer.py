"""What all optimizers share: the parameters, the count of steps, and a state that can be kept in a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from graphnet.nesting import Array
from graphnet.parameter import Parameter, distinct


class Optimizer:
    """What all optimizers share: the parameters, the count of steps, and a state that can be kept in a checkpoint.

    A subclass writes :meth:`update`, a few lines of mathematics for one parameter.

    Attributes
    ----------
    parameters : list of Parameter
        Each once, also if it was listed twice.
    learning_rate : float
        May be changed between steps, which is all that a schedule needs.
    n_steps : int
        How many steps were taken.
    buffers : dict of str to list of ndarray
        The running quantities by name, an array for each parameter; empty before the first step.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range.
    """

    buffer_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parameters: Iterable[Parameter], learning_rate: float) -> None:
        self.parameters = distinct(parameters)
        if not self.parameters:
            raise ValueError("an optimizer needs at least one parameter; it was given none")
        self.learning_rate = learning_rate
        self.n_steps = 0
        self.buffers: dict[str, list[Array]] = {}

    def one_each(self, name: str, given: Sequence[ArrayLike] | None) -> list[Array] | None:
        """Return an array for each parameter, a number or of its shape; or refuse what is given."""
        if given is None:
            return None
        if len(given) != len(self.parameters):
            raise ValueError(
                f"{name} needs one entry for each of the {len(self.parameters)} parameters, not {len(given)}"
            )
        arrays = [np.asarray(entry, p.dtype) for entry, p in zip(given, self.parameters, strict=True)]
        for i, (array, parameter) in enumerate(zip(arrays, self.parameters, strict=True)):
            if array.shape not in ((), parameter.shape):
                raise ValueError(f"{name}[{i}] must be a number or of shape {parameter.shape}, not {array.shape}")
        return arrays

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = in_range("learning_rate", rate)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        """Change the value of the ``i``-th parameter in place; ``gradient`` may not be changed."""
        raise NotImplementedError(f"{type(self).__name__} does not define update(self, i, parameter, gradient)")

    def step(self) -> None:
        """Change the value of each parameter by its gradient. The gradients stay as they are."""
        for i, parameter in enumerate(self.parameters):
            self.update(i, parameter, parameter.grad)
        self.n_steps += 1

    def buffer(self, name: str, i: int, initial: float = 0.0) -> Array:
        """Return the running quantity of the ``i``-th parameter, at first filled with ``initial``."""
        arrays = self.buffers.setdefault(name, [])
        if i == len(arrays):
            arrays.append(np.full_like(self.parameters[i].value, initial))
        return arrays[i]

    def state(self) -> dict[str, Any]:
        """Return copies of all that changes from step to step: numbers, and arrays by name (``m.0``, ``m.1``, ...)."""
        arrays = {f"{name}.{i}": a.copy() for name, kept in self.buffers.items() for i, a in enumerate(kept)}
        return {"n_steps": self.n_steps, "learning_rate": self.learning_rate, **arrays}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` gave, bit for bit; the hyperparameters are the constructor's.

        Raises
        ------
        ValueError
            If the state is of another kind of optimizer or of other parameters; then nothing is changed.
        """
        started = any(f"{name}.0" in state for name in self.buffer_names)
        names = self.buffer_names if started else ()
        expected = [f"{name}.{i}" for name in names for i in range(len(self.parameters))]
        misfits = set(state) ^ {"n_steps", "learning_rate", *expected}
        if misfits:
            raise ValueError(
                f"this is no state of {type(self).__name__} over {len(self.parameters)} parameters: "
                f"{', '.join(sorted(misfits))} should not be there or is missing"
            )
        buffers = {n: [np.array(state[f"{n}.{i}"]) for i in range(len(self.parameters))] for n in names}
        for name, arrays in buffers.items():
            for i, (array, parameter) in enumerate(zip(arrays, self.parameters, strict=True)):
                if array.shape != parameter.shape:
                    raise ValueError(f"{name}.{i} has shape {array.shape} but its parameter has {parameter.shape}")
        self.learning_rate = state["learning_rate"]
        self.n_steps = int(state["n_steps"])
        self.buffers = buffers


def in_range(name: str, number: float, below: float = math.inf) -> float:
    """Return a hyperparameter as a float: a NumPy scalar of double precision would make float32 arrays double."""
    if not isinstance(number, (int, float, np.number)) or not 0 <= number < below:
        limit = "" if below == math.inf else f" and under {below}"
        raise ValueError(f"{name} must be a number of at least 0{limit}, not {number!r}")
    return float(number)
