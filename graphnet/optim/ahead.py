"""Nesterov's accelerated gradient: the gradient is taken ahead, where the momentum leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from numpy.typing import ArrayLike

from graphnet.nesting import Array
from graphnet.optim.optimizer import Optimizer, in_range
from graphnet.parameter import Parameter


class NAG(Optimizer):
    r"""Nesterov's accelerated gradient: steps down the gradient at the point that the momentum leads to.

    ::

        y = x + momentum · v                                where the gradient is asked for
        g = gradient at y + weight_decay · y
        v = momentum · v - learning_rate / (1 + steps · learning_rate_decay) · g
        x = x + v

    The parameters hold y from one step to the next, so that forward and backward run there. :meth:`behind` gives x.

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    momentum : float
        Over 0 and under 1.
    weight_decay : float
    learning_rate_decay : float
    learning_rates : sequence of array_like, optional
        A factor on the learning rate for each parameter: a number or an array of the parameter's shape.

    Notes
    -----
    Torch7's ``optim.nag``, which asks for the gradient itself and so can leave x. Sutskever et al., "On the importance
    of initialization and momentum in deep learning", 2013, equations 3 and 4. As long as the rate does not change it
    equals ``SGD(nesterov=True)``; here a smaller rate does not shorten what the momentum has gathered.
    ``buffers["v"]`` holds v.

    Examples
    --------
    >>> x = Parameter([1.0]); x.grad = [2.0]
    >>> optimizer = NAG([x], learning_rate=0.125, momentum=0.5)
    >>> optimizer.step()
    >>> print(x.value, optimizer.behind()[0])
    [0.625] [0.75]
    """

    buffer_names = ("v",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        learning_rate_decay: float = 0.0,
        learning_rates: Sequence[ArrayLike] | None = None,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = in_range("momentum", momentum, below=1)
        if self.momentum == 0:
            raise ValueError("Nesterov's accelerated gradient needs a momentum over 0; without one it is SGD")
        self.weight_decay = in_range("weight_decay", weight_decay)
        self.learning_rate_decay = in_range("learning_rate_decay", learning_rate_decay)
        self.learning_rates = self.one_each("learning_rates", learning_rates)

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        if self.weight_decay:
            gradient = gradient + self.weight_decay * parameter.value
        if self.learning_rates is not None:
            gradient = self.learning_rates[i] * gradient
        v = self.buffer("v", i)
        step = self.learning_rate / (1 + self.n_steps * self.learning_rate_decay) * gradient
        v *= self.momentum
        v -= step
        parameter.value += self.momentum * v - step

    def behind(self) -> list[Array]:
        """Return x for each parameter: where the steps have led, without looking ahead."""
        speeds = self.buffers.get("v", [])
        if not speeds:
            return [parameter.value.copy() for parameter in self.parameters]
        return [p.value - self.momentum * v for p, v in zip(self.parameters, speeds, strict=True)]
