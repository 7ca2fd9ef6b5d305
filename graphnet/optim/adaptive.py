"""Optimizers that adapt each number's step to the size of its gradients: RMSProp, Adam and Adamax."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from graphnet.nesting import Array
from graphnet.optim.optimizer import Optimizer, in_range
from graphnet.parameter import Parameter


class RMSProp(Optimizer):
    r"""Steps divided by a running root mean square of the gradient.

    ::

        g = gradient + weight_decay · x
        m = alpha · m + (1 - alpha) · g²
        x = x - learning_rate · g / (√m + epsilon)

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    alpha : float
        How much of the old mean is kept, from 0 to under 1.
    epsilon : float
    weight_decay : float
    initial_mean : float
        What m is before the first step.

    Notes
    -----
    Torch7's ``optim.rmsprop``. Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012. ``buffers["m"]`` holds m.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> RMSProp([x], learning_rate=0.01).step()
    >>> print(x.value)
    [0.9]
    """

    buffer_names = ("m",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-2,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        initial_mean: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.alpha = in_range("alpha", alpha, below=1)
        self.epsilon = in_range("epsilon", epsilon)
        self.weight_decay = in_range("weight_decay", weight_decay)
        self.initial_mean = in_range("initial_mean", initial_mean)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        m = self.buffer("m", i, self.initial_mean)
        m *= self.alpha
        m += (1 - self.alpha) * (gradient * gradient)
        parameter.value -= self.learning_rate * gradient / (np.sqrt(m) + self.epsilon)


class Adam(Optimizer):
    r"""Steps along a running mean of the gradient over its running root mean square, both corrected at the start.

    ::

        g = gradient + weight_decay · x
        m = beta1 · m + (1 - beta1) · g
        v = beta2 · v + (1 - beta2) · g²
        r = learning_rate / (1 + (t - 1) · learning_rate_decay)
        x = x - r · √(1 - beta2ᵗ) / (1 - beta1ᵗ) · m / (√v + epsilon)            at step t = 1, 2, ...

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    beta1, beta2 : float
        How much of the old means is kept, from 0 to under 1.
    epsilon : float
        As in Torch7 it stands outside the correction, so it counts for more in the first steps than in the paper.
    weight_decay : float
    learning_rate_decay : float

    Notes
    -----
    Torch7's ``optim.adam``. Kingma and Ba, "Adam: a method for stochastic optimization", 2015. ``buffers["m"]`` and
    ``buffers["v"]`` hold m and v.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> Adam([x], learning_rate=0.25).step()
    >>> print(x.value.round(6))
    [0.75]
    """

    buffer_names = ("m", "v")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        learning_rate_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.beta1 = in_range("beta1", beta1, below=1)
        self.beta2 = in_range("beta2", beta2, below=1)
        self.epsilon = in_range("epsilon", epsilon)
        self.weight_decay = in_range("weight_decay", weight_decay)
        self.learning_rate_decay = in_range("learning_rate_decay", learning_rate_decay)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        m, v = self.buffer("m", i), self.buffer("v", i)
        m *= self.beta1
        m += (1 - self.beta1) * gradient
        v *= self.beta2
        v += (1 - self.beta2) * (gradient * gradient)
        t = self.n_steps + 1
        rate = self.learning_rate / (1 + self.n_steps * self.learning_rate_decay)
        rate *= math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        parameter.value -= rate * m / (np.sqrt(v) + self.epsilon)


class Adamax(Optimizer):
    r"""Steps along a running mean of the gradient over its largest size, which fades slowly.

    ::

        g = gradient + weight_decay · x
        m = beta1 · m + (1 - beta1) · g
        u = max(beta2 · u, |g| + epsilon)
        x = x - learning_rate / (1 - beta1ᵗ) · m / u                              at step t = 1, 2, ...

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    beta1, beta2 : float
        How much of the old mean and of the old size is kept, from 0 to under 1.
    epsilon : float
    weight_decay : float

    Notes
    -----
    Torch7's ``optim.adamax``. Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7.1.
    ``buffers["m"]`` and ``buffers["u"]`` hold m and u.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> Adamax([x], learning_rate=0.25).step()
    >>> print(x.value.round(6))
    [0.75]
    """

    buffer_names = ("m", "u")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 2e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-38,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.beta1 = in_range("beta1", beta1, below=1)
        self.beta2 = in_range("beta2", beta2, below=1)
        self.epsilon = in_range("epsilon", epsilon)
        self.weight_decay = in_range("weight_decay", weight_decay)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        m, u = self.buffer("m", i), self.buffer("u", i)
        m *= self.beta1
        m += (1 - self.beta1) * gradient
        np.maximum(self.beta2 * u, np.abs(gradient) + self.epsilon, out=u)
        parameter.value -= self.learning_rate / (1 - self.beta1 ** (self.n_steps + 1)) * m / u
