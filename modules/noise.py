"""Modules that add noise while training."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import ShapeKeeping, as_numbers
from graphnet.equations.leaves import number_text
from graphnet.equations.notation import drawn
from graphnet.modules.arguments import number
from graphnet.modules.transfer.choice import one_or
from graphnet.nesting import Array
from graphnet.random import generator


class Dropout(ShapeKeeping):
    """Set elements to zero at random while training: ``y = x · mask / (1 - p)``, the mask 0 with probability p.

    When evaluating, ``y = x``.

    Parameters
    ----------
    p : float
        The probability to DROP an element, at least 0 and under 1. (It is 1 - ``keep_prob`` of TensorFlow 1.)
    v1 : bool
        The older form: ``y = x · mask`` while training and ``y = x · (1 - p)`` when evaluating.
    stochastic_inference : bool
        Drop when evaluating, too.
    per_sequence : bool
        Inside a Recurrence, draw one mask for all steps of a sequence (variational dropout); MapTable still draws one
        for each element.

    Raises
    ------
    ValueError
        If p is out of range.

    Notes
    -----
    Torch7's ``nn.Dropout``; Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    2014; with ``per_sequence``, Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent
    neural networks", 2016. The mask is on the tape, so a run can be replayed.

    Examples
    --------
    >>> import numpy as np
    >>> Dropout(0.3).evaluate().forward(np.ones(3))
    array([1., 1., 1.])
    """

    saves = True

    def __init__(
        self, p: float = 0.5, v1: bool = False, *, stochastic_inference: bool = False, per_sequence: bool = False
    ) -> None:
        if not isinstance(p, (int, float, np.floating)) or not 0 <= p < 1:
            raise ValueError(f"Dropout's p is the probability to drop, at least 0 and under 1; it was {p!r}")
        self.p = p
        self.v1 = v1
        self.stochastic_inference = stochastic_inference
        self.per_sequence = per_sequence

    @property
    def steady(self) -> bool:  # type: ignore[override]  # it depends on the argument
        return self.per_sequence

    def update_output(self, x: Array, factor: Array | None = None) -> tuple[Array, Array]:
        x = as_numbers(x, self)
        if factor is None:  # else it is that of the sequence's first step
            factor = self._factor(x.shape, x.dtype)
        return x * factor, factor

    def _factor(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return what is multiplied with: drawn, or a number."""
        if not self._drops():
            return np.asarray(1 - self.p if self.v1 else 1, dtype)
        kept = np.asarray(generator().random(shape) >= self.p, dtype)
        return kept if self.v1 else kept / dtype.type(1 - self.p)

    def _drops(self) -> bool:
        return self.train or self.stochastic_inference

    def trace(self, x: Any) -> Any:
        if not self._drops():
            return x * (1 - self.p if self.v1 else 1.0)
        return x * x.noise(self._factor, steady=self.per_sequence)

    def equation(self, x: Any) -> Any:
        if not self._drops():
            return (1 - self.p) * x if self.v1 else x
        kept = "1" if self.v1 else number_text(1 / (1 - self.p))
        return drawn(self, "m", rf"0 \text{{ with probability }} {self.p:g}\text{{, else }} {kept}") * x

    def update_grad_input(self, x: Array, y: Array, dy: Array, factor: Array) -> Array:
        dx: Array = dy * factor
        return dx


class RReLU(ShapeKeeping):
    """``y = x`` where x is above 0, else ``y = a · x`` with a slope a drawn for each element from U(lower, upper).

    When evaluating, ``a = (lower + upper) / 2``. The slope at 0 is a.

    Parameters
    ----------
    lower, upper : float
        The bounds of the slopes: ``0 <= lower <= upper``.

    Raises
    ------
    TypeError, ValueError
        If the bounds are no such numbers.

    Notes
    -----
    Torch7's ``nn.RReLU``, without its ``inplace``; Xu et al., "Empirical evaluation of rectified activations in
    convolutional network", 2015. The slopes are on the tape, so a run can be replayed.

    Examples
    --------
    >>> import numpy as np
    >>> RReLU(0.1, 0.3).evaluate().forward(np.array([-10.0, 0.0, 10.0]))
    array([-2.,  0., 10.])
    """

    saves = True

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        self.lower, self.upper = number(lower, "RReLU's lower"), number(upper, "RReLU's upper")
        if not 0 <= self.lower <= self.upper:
            raise ValueError(f"RReLU's bounds must be 0 <= lower <= upper; they were {lower!r} and {upper!r}")

    def update_output(self, x: Array) -> tuple[Array, Array]:
        x = as_numbers(x, self)
        if self.train:
            drawn = self.lower + (self.upper - self.lower) * generator().random(x.shape)
        else:
            drawn = (self.lower + self.upper) / 2
        factor = one_or(x > 0, drawn, x)
        return x * factor, factor

    def equation(self, x: Any) -> Any:
        if not self.train:
            return None
        meaning = rf"1 \text{{ above }} 0 \text{{, else drawn from }} U({self.lower:g}, {self.upper:g})"
        return drawn(self, "a", meaning) * x

    def update_grad_input(self, x: Array, y: Array, dy: Array, factor: Array) -> Array:
        dx: Array = dy * factor
        return dx


class WhiteNoise(ShapeKeeping):
    """Add noise while training: ``y = x + n``, each element of n drawn from N(mean, std²); any shape.

    When evaluating, ``y = x + mean``.

    Parameters
    ----------
    mean : float
        The noise's mean.
    std : float
        Its standard deviation, at least 0.

    Raises
    ------
    TypeError, ValueError
        If they are no such numbers.

    Notes
    -----
    Torch7's ``nn.WhiteNoise``, which has no gradient when evaluating. The noise is on the tape, so a run can be
    replayed.

    Examples
    --------
    >>> import numpy as np
    >>> WhiteNoise(0, 0).forward(np.ones(2)), WhiteNoise(0.5).evaluate().forward(np.ones(2))
    (array([1., 1.]), array([1.5, 1.5]))
    """

    saves = True

    def __init__(self, mean: float = 0, std: float = 0.1) -> None:
        self.mean, self.std = number(mean, "WhiteNoise's mean"), number(std, "WhiteNoise's std")
        if not self.std >= 0:
            raise ValueError(f"WhiteNoise's std must be at least 0, not {std!r}")

    def update_output(self, x: Array) -> tuple[Array, Array]:
        x = as_numbers(x, self)
        drawn = generator().normal(self.mean, self.std, x.shape) if self.train else self.mean
        noise = np.asarray(drawn, x.dtype)
        return np.asarray(x + noise), noise

    def equation(self, x: Any) -> Any:
        if not self.train:
            return None
        return x + drawn(self, "n", rf"\text{{drawn from }} N({self.mean:g}, {self.std:g}^2)")

    def update_grad_input(self, x: Array, y: Array, dy: Array, noise: Array) -> Array:
        return dy
