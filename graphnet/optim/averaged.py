"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable

from graphnet.nesting import Array
from graphnet.optim.optimizer import Optimizer, in_range
from graphnet.parameter import Parameter


class ASGD(Optimizer):
    r"""Stochastic gradient descent that also keeps the average of where it has been.

    ::

        r = learning_rate / (1 + lambd · learning_rate · (t - 1))^alpha
        x = (1 - lambd · r) · x - r · gradient
        a = a + (x - a) / max(1, t - 1 - t0)                          at step t = 1, 2, ...

    So a is x itself at first, and the mean of the x of all steps after t0 + 1. The net runs with x; ``averages`` are a.

    Parameters
    ----------
    parameters : iterable of Parameter
    learning_rate : float
    lambd : float
        λ, the decay of the weights and of the rate.
    alpha : float
        How fast the rate decays.
    t0 : float
        The step from which on to average.

    Notes
    -----
    Torch7's ``optim.asgd``, where the learning rate is ``eta0``. Bottou, "Stochastic gradient descent tricks", 2012;
    Xu, "Towards optimal one pass large scale learning with averaged stochastic gradient descent", 2011.
    ``buffers["a"]`` holds a.

    Examples
    --------
    >>> x = Parameter([0.0]); x.grad = [-1.0]
    >>> optimizer = ASGD([x], learning_rate=1, lambd=0, t0=0)
    >>> for _ in range(4):
    ...     optimizer.step()
    >>> print(x.value, optimizer.averages[0])
    [4.] [3.]
    """

    buffer_names = ("a",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-4,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.lambd = in_range("lambd", lambd)
        self.alpha = in_range("alpha", alpha)
        self.t0 = in_range("t0", t0)

    @property
    def averages(self) -> list[Array]:
        """Copies of the averages, an array for each parameter; before the first step, the values."""
        kept = self.buffers.get("a", [])
        return [a.copy() for a in kept] or [parameter.value.copy() for parameter in self.parameters]

    def update(self, i: int, parameter: Parameter, gradient: Array) -> None:
        rate = self.learning_rate / (1 + self.lambd * self.learning_rate * self.n_steps) ** self.alpha
        parameter.value *= 1 - self.lambd * rate
        parameter.value -= rate * gradient
        a, n = self.buffer("a", i), self.n_steps - self.t0
        a[...] = a + (parameter.value - a) / n if n > 1 else parameter.value
