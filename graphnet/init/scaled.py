"""Initialisers that keep the size of what flows through a layer, by how many numbers come in and go out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from graphnet.init.initialiser import Initialiser, Slot, finite, one_of
from graphnet.nesting import Array, describe
from graphnet.random import generator

Distribution = Literal["uniform", "normal"]
_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}


def gain(nonlinearity: str, slope: float = 0.01) -> float:
    """Return the factor by which weights before this function are to be larger: ``std = gain / √fan``.

    ============  =================
    linear        1
    sigmoid       1
    tanh          5/3
    relu          √2
    leaky_relu    √(2 / (1 + slope²))
    ============  =================

    Parameters
    ----------
    nonlinearity : str
        One of these.
    slope : float
        Of leaky_relu, below 0.

    Notes
    -----
    He et al., "Delving deep into rectifiers", 2015, for the rectifiers; 5/3 keeps a chain of tanh from shrinking.

    Examples
    --------
    >>> gain("linear"), round(gain("relu"), 4)
    (1.0, 1.4142)
    """
    one_of(nonlinearity, "the nonlinearity", [*_GAINS, "leaky_relu"])
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + finite(slope, "the slope") ** 2))
    return _GAINS[nonlinearity]


class ByFans(Initialiser):
    """An initialiser that needs to know how many numbers come in and go out, and draws with one standard deviation.

    ``fan_in`` is how many products are summed for one output, ``fan_out`` how many outputs one input goes to: the
    columns and rows of Linear's W, both times kH·kW for convolutions' n_out x n_in x kH x kW. A module says so itself
    (:meth:`graphnet.Module.fans`). Vectors have no fans; neither has the table of a LookupTable, whose rows are looked
    up and not summed, nor has what CMul and CAdd hold, nor the points of Euclidean. Over a net all these are left
    alone. A table that is shared with a Linear is that Linear's weight. A Parameter alone is read by its shape.
    """

    distribution: Distribution

    def _check_distribution(self) -> None:
        one_of(self.distribution, f"{type(self).__name__}'s distribution", ["uniform", "normal"])

    def std(self, fan_in: int, fan_out: int) -> float:
        """Return the standard deviation of the numbers."""
        raise NotImplementedError(f"{type(self).__name__} does not define std(self, fan_in, fan_out)")

    def unfit(self, slot: Slot) -> str:
        return without_fans(slot)

    def numbers(self, slot: Slot) -> Array:
        assert slot.fans is not None
        std = self.std(*slot.fans)
        if self.distribution == "normal":
            return generator().normal(0, std, slot.parameter.shape)
        bound = math.sqrt(3) * std
        return generator().uniform(-bound, bound, slot.parameter.shape)


def without_fans(slot: Slot) -> str:
    """Say that a parameter is no weight of inputs that are summed, if so."""
    if slot.fans is not None:
        return ""
    shape = describe(slot.parameter.value)
    if len(slot.parameter.shape) < 2:
        return f"it has shape {shape}, where a matrix or a kernel is meant; Constant, Normal and Uniform set any shape"
    assert slot.owner is not None
    return (
        f"{slot.owner.label()} sums no inputs with these weights, {shape}; Constant, Normal and Uniform set any "
        "parameter, and a Parameter given alone is read by its shape"
    )


@dataclass(frozen=True)
class Xavier(ByFans):
    """Weights under which values and gradients keep their size: ``std = gain · √(2 / (fan_in + fan_out))``.

    They are drawn from U(-a, a) with ``a = gain · √(6 / (fan_in + fan_out))``, or from N(0, std²). Over a net, biases
    and tables are left alone.

    Parameters
    ----------
    gain : float or str
        A factor, at least 0; or the nonlinearity that it is for, as in :func:`gain`.
    distribution : {"uniform", "normal"}

    Raises
    ------
    ValueError
        If an argument is out of range, or if a vector is to be set.

    Notes
    -----
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> layer = Xavier()(nn.Linear(4, 2))
    >>> bool(abs(layer.weight.value).max() <= 1)
    True
    """

    gain: float | str = 1.0
    distribution: Distribution = "uniform"

    def __post_init__(self) -> None:
        self._check_distribution()
        self._factor()

    def _factor(self) -> float:
        return gain(self.gain) if isinstance(self.gain, str) else finite(self.gain, "Xavier's gain", 0)

    def std(self, fan_in: int, fan_out: int) -> float:
        return self._factor() * math.sqrt(2 / (fan_in + fan_out))


@dataclass(frozen=True)
class He(ByFans):
    """Weights before rectifiers, under which values keep their size: ``std = gain / √fan_in``.

    They are drawn from N(0, std²), or from U(-√3 std, √3 std). Over a net, biases and tables are left alone.

    Parameters
    ----------
    nonlinearity : {"relu", "leaky_relu", "tanh", "sigmoid", "linear"}
        What comes after the layer, which gives the gain: see :func:`gain`.
    slope : float
        Of leaky_relu, below 0; PReLU starts with 0.25.
    mode : {"fan_in", "fan_out"}
        What keeps its size: values on the way there, or gradients on the way back.
    distribution : {"normal", "uniform"}

    Raises
    ------
    ValueError
        If an argument is none of these, or if a vector is to be set.

    Notes
    -----
    He et al., "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> net = He()(nn.Sequential(nn.Linear(200, 100), nn.ReLU()))
    >>> print(f"{He().std(200, 100):.2f}, {net.modules[0].weight.value.std():.1f}")
    0.10, 0.1
    """

    nonlinearity: str = "relu"
    slope: float = 0.01
    mode: Literal["fan_in", "fan_out"] = "fan_in"
    distribution: Distribution = "normal"

    def __post_init__(self) -> None:
        self._check_distribution()
        one_of(self.mode, "He's mode", ["fan_in", "fan_out"])
        gain(self.nonlinearity, finite(self.slope, "He's slope"))

    def std(self, fan_in: int, fan_out: int) -> float:
        return gain(self.nonlinearity, self.slope) / math.sqrt(fan_in if self.mode == "fan_in" else fan_out)


@dataclass(frozen=True)
class LeCun(ByFans):
    """Weights under which sums keep the size of what is summed: ``std = 1 / √fan_in``.

    They are drawn from N(0, std²), or from U(-√3 std, √3 std). Over a net, biases and tables are left alone.

    Parameters
    ----------
    distribution : {"normal", "uniform"}

    Raises
    ------
    ValueError
        If the distribution is neither, or if a vector is to be set.

    Notes
    -----
    LeCun et al., "Efficient BackProp", 1998.

    Examples
    --------
    >>> LeCun().std(100, 5)
    0.1
    """

    distribution: Distribution = "normal"

    def __post_init__(self) -> None:
        self._check_distribution()

    def std(self, fan_in: int, fan_out: int) -> float:
        return 1 / math.sqrt(fan_in)
