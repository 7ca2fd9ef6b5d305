"""Optimizers: SGD, RMSProp and Adam, the ways to step down the gradients of parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from graphnet.nesting import Array
from graphnet.parameter import Parameter


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
        self.parameters = list(dict.fromkeys(parameters))
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise TypeError(f"an optimizer takes Parameters, as net.parameters() gives, not {parameter!r}")
        if not self.parameters:
            raise ValueError("an optimizer needs at least one parameter; it was given none")
        self.learning_rate = learning_rate
        self.n_steps = 0
        self.buffers: dict[str, list[Array]] = {}

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = _in_range("learning_rate", rate)

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
        self.momentum = _in_range("momentum", momentum)
        self.dampening = self.momentum if dampening is None else _in_range("dampening", dampening)
        self.nesterov = nesterov
        self.weight_decay = _in_range("weight_decay", weight_decay)
        self.learning_rate_decay = _in_range("learning_rate_decay", learning_rate_decay)
        if nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(
                "Nesterov's correction needs a momentum over 0 and a dampening of 0; they are "
                f"{self.momentum} and {self.dampening} (dampening is as large as the momentum if not given)"
            )
        if weight_decay and weight_decays is not None:
            raise ValueError("give either weight_decay or weight_decays, not both")
        self.learning_rates = self._one_each("learning_rates", learning_rates)
        self.weight_decays = self._one_each("weight_decays", weight_decays)

    def _one_each(self, name: str, given: Sequence[ArrayLike] | None) -> list[Array] | None:
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
        self.alpha = _in_range("alpha", alpha, below=1)
        self.epsilon = _in_range("epsilon", epsilon)
        self.weight_decay = _in_range("weight_decay", weight_decay)
        self.initial_mean = _in_range("initial_mean", initial_mean)

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
        self.beta1 = _in_range("beta1", beta1, below=1)
        self.beta2 = _in_range("beta2", beta2, below=1)
        self.epsilon = _in_range("epsilon", epsilon)
        self.weight_decay = _in_range("weight_decay", weight_decay)
        self.learning_rate_decay = _in_range("learning_rate_decay", learning_rate_decay)

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


def _in_range(name: str, number: float, below: float = math.inf) -> float:
    """Return a hyperparameter as a float: a NumPy scalar of double precision would make float32 arrays double."""
    if not 0 <= number < below:
        limit = "" if below == math.inf else f" and under {below}"
        raise ValueError(f"{name} must be a number of at least 0{limit}, not {number!r}")
    return float(number)
