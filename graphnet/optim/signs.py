"""Resilient backpropagation: steps by the signs of the gradients only."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from graphnet.nesting import Array
from graphnet.optim.optimizer import Optimizer, in_range
from graphnet.parameter import Parameter


class RProp(Optimizer):
    r"""Steps against the sign of the gradient, longer while the sign stays and shorter when it turns.

    ::

        s = s · eta_plus, if g has the sign of the gradient before;  s · eta_minus, if the other;  s, if either is 0
        s = s, but at least step_size_min and at most step_size_max
        g = 0 where the sign has turned
        x = x - learning_rate · s · sign(g)

    Parameters
    ----------
    parameters : iterable of Parameter
    step_size : float
        What s is before the first step.
    eta_plus, eta_minus : float
        At least 1, and under 1.
    step_size_max, step_size_min : float
        The limits of s.
    learning_rate : float
        A factor on the steps, for schedules.

    Notes
    -----
    Torch7's ``optim.rprop``, which has no learning rate. Riedmiller and Braun, "A direct adaptive method for faster
    backpropagation learning: the RPROP algorithm", 1993. It is meant for gradients of the whole data, not of batches.
    ``buffers["s"]`` and ``buffers["g"]`` hold s and g.

    Examples
    --------
    >>> x = Parameter([1.0, 1.0]); x.grad = [2.0, -0.001]
    >>> RProp([x], step_size=0.25).step()
    >>> print(x.value)
    [0.75 1.25]
    """

    buffer_names = ("s", "g")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        step_size: float = 0.1,
        eta_plus: float = 1.2,
        eta_minus: float = 0.5,
        step_size_max: float = 50.0,
        step_size_min: float = 1e-6,
        learning_rate: float = 1.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.step_size = in_range("step_size", step_size)
        self.eta_plus = in_range("eta_plus", eta_plus)
        if self.eta_plus < 1:
            raise ValueError(f"eta_plus lengthens the steps: it must be at least 1, not {eta_plus!r}")
        self.eta_minus = in_range("eta_minus", eta_minus, below=1)
        self.step_size_max = in_range("step_size_max", step_size_max)
        self.step_size_min = in_range("step_size_min", step_size_min)
        if self.step_size_min > self.step_size_max:
            raise ValueError(
                f"step_size_min, {self.step_size_min}, is over step_size_max, {self.step_size_max}; no step would fit"
            )

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        s, before = self.buffer("s", i, self.step_size), self.buffer("g", i)
        turn = np.sign(before) * np.sign(gradient)
        s[turn > 0] *= self.eta_plus
        s[turn < 0] *= self.eta_minus
        np.clip(s, self.step_size_min, self.step_size_max, out=s)
        before[...] = np.where(turn < 0, 0, gradient)
        parameter.value -= self.learning_rate * np.sign(before) * s
