"""Functions of every element by itself: powers, roots, exponentials, absolute values."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import Elementwise
from graphnet.modules.arguments import number


class Exp(Elementwise):
    """``y = exp(x)``; any shape.

    Notes
    -----
    Torch7's ``nn.Exp``.

    Examples
    --------
    >>> import numpy as np
    >>> Exp().forward(np.array([0.0, -np.inf]))
    array([1., 0.])
    """

    def value(self, x: Any) -> Any:
        return np.exp(x)

    def slope(self, x: Any, y: Any) -> Any:
        return y


class Log(Elementwise):
    """``y = log(x)``, the natural logarithm; any shape. It is -inf at 0 and NaN below.

    Notes
    -----
    Torch7's ``nn.Log``.

    Examples
    --------
    >>> import numpy as np
    >>> Log().forward(np.array([1.0, 0.0]))
    array([  0., -inf])
    """

    def value(self, x: Any) -> Any:
        return np.log(x)

    def slope(self, x: Any, y: Any) -> Any:
        return 1 / x


class Abs(Elementwise):
    """``y = |x|``; any shape. Its slope at 0 is 1.

    Notes
    -----
    Torch7's ``nn.Abs``.

    Examples
    --------
    >>> import numpy as np
    >>> Abs().forward(np.array([-2.0, 2.0]))
    array([2., 2.])
    """

    def value(self, x: Any) -> Any:
        return np.abs(x)

    def slope(self, x: Any, y: Any) -> Any:
        return np.copysign(1, x + 0)  # + 0 takes the sign from a zero


class Sqrt(Elementwise):
    """``y = √x``; any shape. It is NaN below 0; its slope at 0 is 0.

    Notes
    -----
    Torch7's ``nn.Sqrt``.

    Examples
    --------
    >>> import numpy as np
    >>> Sqrt().forward(np.array([4.0, 0.0]))
    array([2., 0.])
    """

    def value(self, x: Any) -> Any:
        return np.sqrt(x)

    def slope(self, x: Any, y: Any) -> Any:
        return np.where(y == 0, 0, 0.5 / y)


class Square(Elementwise):
    """``y = x²``; any shape.

    Notes
    -----
    Torch7's ``nn.Square``.

    Examples
    --------
    >>> import numpy as np
    >>> Square().forward(np.array([-3.0, 2.0]))
    array([9., 4.])
    """

    def value(self, x: Any) -> Any:
        return x * x

    def slope(self, x: Any, y: Any) -> Any:
        return 2 * x


class Power(Elementwise):
    """``y = x^p``; any shape. It is NaN below 0 where p is not whole.

    Parameters
    ----------
    p : float
        The exponent.

    Raises
    ------
    TypeError
        If p is no number.

    Notes
    -----
    Torch7's ``nn.Power``.

    Examples
    --------
    >>> import numpy as np
    >>> Power(-1).forward(np.array([2.0, 4.0]))
    array([0.5 , 0.25])
    """

    def __init__(self, p: float) -> None:
        self.p = number(p, "Power's p")

    def value(self, x: Any) -> Any:
        return x**self.p

    def slope(self, x: Any, y: Any) -> Any:
        return self.p * x ** (self.p - 1)
