"""Initialisers that do not look at shapes: uniform, normal, constant; and what a module itself starts with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graphnet.init.initialiser import Initialiser, Slot, Target, finite
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.random import generator


@dataclass(frozen=True)
class Uniform(Initialiser):
    """Numbers drawn evenly from ``low`` to ``high``: ``w ~ U(low, high)``. Sets every parameter, biases too.

    Parameters
    ----------
    low, high : float
        The bounds; ``low`` may not be above ``high``.

    Raises
    ------
    ValueError
        If a bound is not finite, or low is above high.

    Notes
    -----
    Torch7's ``parameters:uniform(low, high)``; char-rnn starts with U(-0.08, 0.08).

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> layer = Uniform(-0.08, 0.08)(nn.Linear(3, 2))
    >>> bool(abs(layer.weight.value).max() < 0.08)
    True
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if finite(self.low, "Uniform's low") > finite(self.high, "Uniform's high"):
            raise ValueError(f"Uniform's low may not be above its high: {self.low!r} and {self.high!r}")

    def numbers(self, slot: Slot) -> Array:
        return generator().uniform(self.low, self.high, slot.parameter.shape)


@dataclass(frozen=True)
class Normal(Initialiser):
    """Numbers drawn from a normal distribution: ``w ~ N(mean, std²)``. Sets every parameter, biases too.

    Parameters
    ----------
    mean : float
    std : float
        The standard deviation, at least 0.

    Raises
    ------
    ValueError
        If an argument is not finite, or std is negative.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> Normal(0, 0.01)(nn.Linear(3, 2), names="weight")
    Linear(3, 2)
    """

    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        finite(self.mean, "Normal's mean")
        finite(self.std, "Normal's std", 0)

    def numbers(self, slot: Slot) -> Array:
        return generator().normal(self.mean, self.std, slot.parameter.shape)


@dataclass(frozen=True)
class Constant(Initialiser):
    """One number everywhere: ``w = value``. Sets every parameter, and draws nothing.

    Parameters
    ----------
    value : float

    Raises
    ------
    ValueError
        If the value is not finite.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> Constant(1.0)(nn.Linear(3, 2), names="bias").bias.value
    array([1., 1.])
    """

    value: float

    def __post_init__(self) -> None:
        finite(self.value, "Constant's value")

    def numbers(self, slot: Slot) -> Array:
        return np.full(slot.parameter.shape, self.value, np.float64)


@dataclass(frozen=True)
class Torch(Initialiser):
    """What the modules themselves start with, which are Torch7's defaults: ``net.reset(stdv)``.

    Of a net by names, or in rules, a parameter gets what its module draws for it, and the module's others stay.

    Parameters
    ----------
    stdv : float, optional
        The standard deviation, above 0, instead of each module's own: numbers are drawn from U(-√3 stdv, √3 stdv).

    Raises
    ------
    TypeError
        If it is called with a Parameter alone: which module's is not known.
    ValueError
        If stdv is not above 0.

    Notes
    -----
    Torch7's ``module:reset(stdv)``.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> gn.manual_seed(0); fresh = nn.Linear(3, 2)
    >>> gn.manual_seed(0); bool((Torch()(nn.Linear(3, 2)).weight.value == fresh.weight.value).all())
    False
    >>> layer = nn.Linear(3, 2); gn.manual_seed(0)
    >>> bool((Torch()(layer).weight.value == fresh.weight.value).all())
    True
    """

    stdv: float | None = None

    def __post_init__(self) -> None:
        if self.stdv is not None:
            finite(self.stdv, "Torch's stdv", 0, above=True)

    def __call__(self, target: Target, names: str | Sequence[str] = "*") -> Target:
        if isinstance(target, Parameter):
            raise TypeError("Torch's defaults are those of modules, not of a Parameter; call it with the module")
        if names == "*" and isinstance(target, Module):
            target.reset(self.stdv)
            return target
        return super().__call__(target, names)

    def numbers(self, slot: Slot) -> Array:
        assert slot.owner is not None
        # What it holds besides, as the statistics of BatchNormalization, is reset with its parameters.
        held = {name: value for name, value in vars(slot.owner).items() if isinstance(value, np.ndarray)}
        kept = [(array, array.copy()) for array in [*held.values(), *(p.value for p in slot.owner.parameters())]]
        slot.owner.reset(self.stdv)
        drawn = slot.parameter.value.copy()
        vars(slot.owner).update(held)
        for array, numbers in kept:
            array[...] = numbers
        return drawn
