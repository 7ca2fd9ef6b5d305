"""Smooth forms of the rectifier, the step and the sign; they neither overflow nor lose small numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import Elementwise
from graphnet.equations.notation import called
from graphnet.modules.arguments import number


class SoftPlus(Elementwise):
    """``y = log(1 + exp(beta · x)) / beta``, a smooth rectifier; any shape.

    Parameters
    ----------
    beta : float
        How sharp it is, above 0.

    Raises
    ------
    TypeError, ValueError
        If beta is no number above 0.

    Notes
    -----
    Torch7's ``nn.SoftPlus``, which turns to ``y = x`` where ``beta · x`` is above 20; there is no need for that here.

    Examples
    --------
    >>> import numpy as np
    >>> SoftPlus().forward(np.array([-1000.0, 0.0, 1000.0])).round(6)
    array([0.00000e+00, 6.93147e-01, 1.00000e+03])
    """

    def __init__(self, beta: float = 1) -> None:
        self.beta = number(beta, "SoftPlus's beta", above=0)

    def equation(self, x: Any) -> Any:
        sharper = "" if self.beta == 1 else rf"_{{\beta = {self.beta:g}}}"
        return called(rf"\operatorname{{softplus}}{sharper}", self, x, of_elements=True)

    def value(self, x: Any) -> Any:
        return softened(self.beta * x) / self.beta

    def slope(self, x: Any, y: Any) -> Any:
        return -np.expm1(-self.beta * y)


class LogSigmoid(Elementwise):
    """``y = log(1 / (1 + exp(-x)))``, the logarithm of Sigmoid; any shape.

    Notes
    -----
    Torch7's ``nn.LogSigmoid``, which overflows below -709.

    Examples
    --------
    >>> import numpy as np
    >>> LogSigmoid().forward(np.array([-1000.0, 0.0, 1000.0])).round(3) + 0
    array([-1.00e+03, -6.93e-01,  0.00e+00])
    """

    def equation(self, x: Any) -> Any:
        return called(r"\log \sigma", self, x, of_elements=True)

    def value(self, x: Any) -> Any:
        return -softened(-x)

    def slope(self, x: Any, y: Any) -> Any:
        return -np.expm1(y)


class SoftSign(Elementwise):
    """``y = x / (1 + |x|)``, between -1 and 1; any shape.

    Notes
    -----
    Torch7's ``nn.SoftSign``; Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010.

    Examples
    --------
    >>> import numpy as np
    >>> SoftSign().forward(np.array([-3.0, 0.0, 1.0]))
    array([-0.75,  0.  ,  0.5 ])
    """

    bounds = (-1.0, 1.0)

    def value(self, x: Any) -> Any:
        return x / (1 + np.abs(x))

    def slope(self, x: Any, y: Any) -> Any:
        return 1 / np.square(1 + np.abs(x))


def softened(x: Any) -> Any:
    """Return ``log(1 + exp(x))``, which neither overflows nor loses small numbers."""
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
