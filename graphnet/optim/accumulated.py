"""Optimizers that divide each number's step by what its gradients came to so far: Adagrad and Adadelta."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from graphnet.nesting import Array
from graphnet.optim.optimizer import Optimizer, in_range
from graphnet.parameter import Parameter


class Adagrad(Optimizer):
    r"""Steps divided by the root of the sum of all squared gradients, so that they only get shorter.

    ::

        g = gradient + weight_decay · x
        v = v + g²
        x = x - learning_rate / (1 + steps · learning_rate_decay) · g / (√v + 1e-10)

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    learning_rate_decay : float
    weight_decay : float

    Notes
    -----
    Torch7's ``optim.adagrad``. Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", 2011. ``buffers["v"]`` holds v.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> Adagrad([x], learning_rate=0.25).step()
    >>> print(x.value)
    [0.75]
    """

    buffer_names = ("v",)
    epsilon = 1e-10

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.learning_rate_decay = in_range("learning_rate_decay", learning_rate_decay)
        self.weight_decay = in_range("weight_decay", weight_decay)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        v = self.buffer("v", i)
        v += gradient * gradient
        rate = self.learning_rate / (1 + self.n_steps * self.learning_rate_decay)
        parameter.value -= rate * gradient / (np.sqrt(v) + self.epsilon)


class Adadelta(Optimizer):
    r"""Steps as long as the last ones were, over a running root mean square of the gradient; it needs no rate.

    ::

        g = gradient + weight_decay · x
        v = rho · v + (1 - rho) · g²
        d = √(u + epsilon) / √(v + epsilon) · g
        u = rho · u + (1 - rho) · d²
        x = x - learning_rate · d

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
        A factor on the steps, for schedules.
    rho : float
        How much of the old means is kept, from 0 to under 1.
    epsilon : float
        Also what the first steps are made of.
    weight_decay : float

    Notes
    -----
    Torch7's ``optim.adadelta``, which has no learning rate. Zeiler, "Adadelta: an adaptive learning rate method", 2012.
    ``buffers["v"]`` and ``buffers["u"]`` hold v and u.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> Adadelta([x], rho=0.75, epsilon=0.25).step()
    >>> print(x.value.round(6))
    [0.105573]
    """

    buffer_names = ("v", "u")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1.0,
        rho: float = 0.9,
        epsilon: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.rho = in_range("rho", rho, below=1)
        self.epsilon = in_range("epsilon", epsilon)
        self.weight_decay = in_range("weight_decay", weight_decay)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        v, u = self.buffer("v", i), self.buffer("u", i)
        v *= self.rho
        v += (1 - self.rho) * (gradient * gradient)
        d = np.sqrt(u + self.epsilon) / np.sqrt(v + self.epsilon) * gradient
        u *= self.rho
        u += (1 - self.rho) * (d * d)
        parameter.value -= self.learning_rate * d
