"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from numpy.typing import ArrayLike

from graphnet.nesting import Array
from graphnet.optim.optimizer import Optimizer, in_range
from graphnet.parameter import Parameter


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum, Nesterov's correction, decay of weights and of the learning rate.

    ::

        g  = gradient + weight_decay · x
        d  = g at the first step, then  momentum · d + (1 - dampening) · g      (d = g without momentum)
        g' = g + momentum · d with Nesterov, else d
        x  = x - learning_rate / (1 + steps · learning_rate_decay) · g'

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    momentum : float
        At least 0.
    dampening : float, optional
        By default as large as the momentum, so that d is an average of gradients. 0 gives the classical sum.
    nesterov : bool
        Needs a momentum and a dampening of 0.
    weight_decay : float
    learning_rate_decay : float
    learning_rates, weight_decays : sequence of array_like, optional
        A factor on the learning rate, or a decay instead of the common one, for each parameter: a number or an array of
        the parameter's shape.

    Notes
    -----
    Torch7's ``optim.sgd``. Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
    ``buffers["dfdx"]`` holds d.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> SGD([x], learning_rate=0.1).step()
    >>> print(x.value)
    [0.8]
    """

    buffer_names = ("dfdx",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        momentum: float = 0.0,
        dampening: float | None = None,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        learning_rate_decay: float = 0.0,
        learning_rates: Sequence[ArrayLike] | None = None,
        weight_decays: Sequence[ArrayLike] | None = None,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = in_range("momentum", momentum)
        self.dampening = self.momentum if dampening is None else in_range("dampening", dampening)
        self.nesterov = nesterov
        self.weight_decay = in_range("weight_decay", weight_decay)
        self.learning_rate_decay = in_range("learning_rate_decay", learning_rate_decay)
        if nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(
                "Nesterov's correction needs a momentum over 0 and a dampening of 0; they are "
                f"{self.momentum} and {self.dampening} (dampening is as large as the momentum if not given)"
            )
        if weight_decay and weight_decays is not None:
            raise ValueError("give either weight_decay or weight_decays, not both")
        self.learning_rates = self.one_each("learning_rates", learning_rates)
        self.weight_decays = self.one_each("weight_decays", weight_decays)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decays is not None:
            gradient = gradient + self.weight_decays[i] * parameter.value
        elif self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        if self.momentum:
            first = len(self.buffers.get("dfdx", ())) == i  # d starts as the gradient itself, not dampened
            d = self.buffer("dfdx", i)
            d *= self.momentum
            d += gradient if first else (1 - self.dampening) * gradient
            gradient = gradient + self.momentum * d if self.nesterov else d
        if self.learning_rates is not None:
            gradient = self.learning_rates[i] * gradient
        parameter.value -= self.learning_rate / (1 + self.n_steps * self.learning_rate_decay) * gradient
