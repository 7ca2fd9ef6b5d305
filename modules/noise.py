"""Modules that add noise while training."""

from __future__ import annotations

import numpy as np

from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.random import generator
from graphnet.shapes import Shape


class Dropout(Module):
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
        Inside a Recurrence, draw one mask for all steps of a sequence (variational dropout).

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
        if factor is not None:  # that of the sequence's first step
            return x * factor, factor
        if self.train or self.stochastic_inference:
            kept = np.asarray(generator().random(x.shape) >= self.p, x.dtype)
            factor = kept if self.v1 else kept / x.dtype.type(1 - self.p)
        else:
            factor = np.asarray(1 - self.p if self.v1 else 1, x.dtype)
        return x * factor, factor

    def update_grad_input(self, x: Array, y: Array, dy: Array, factor: Array) -> Array:
        dx: Array = dy * factor
        return dx

    def output_shape(self, shape: Shape) -> Shape:
        return shape
