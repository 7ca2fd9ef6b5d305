"""Functions of every element that cut off: what is too large, or what is too close to 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import Elementwise
from graphnet.modules.arguments import number
from graphnet.modules.transfer.choice import indicator


class HardTanh(Elementwise):
    """``y = min(max(x, min_value), max_value)``; any shape. Its slope at both ends is 0.

    Parameters
    ----------
    min_value, max_value : float
        The ends, the second above the first.

    Raises
    ------
    TypeError
        If an end is no number.
    ValueError
        If max_value is not above min_value.

    Notes
    -----
    Torch7's ``nn.HardTanh``, without its ``inplace``.

    Examples
    --------
    >>> import numpy as np
    >>> HardTanh().forward(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """

    def __init__(self, min_value: float = -1, max_value: float = 1) -> None:
        name = type(self).__name__
        self.min_value = number(min_value, f"{name}'s min_value")
        self.max_value = number(max_value, f"{name}'s max_value", above=self.min_value)

    @property
    def bounds(self) -> tuple[float, float]:  # type: ignore[override]  # of this one
        return self.min_value, self.max_value

    def value(self, x: Any) -> Any:
        return np.clip(x, self.min_value, self.max_value)

    def slope(self, x: Any, y: Any) -> Any:
        return indicator((x > self.min_value) & (x < self.max_value), x)


class Clamp(HardTanh):
    """:class:`HardTanh` whose ends must be given.

    Parameters
    ----------
    min_value, max_value : float
        The ends, the second above the first.

    Raises
    ------
    TypeError
        If an end is no number.
    ValueError
        If max_value is not above min_value.

    Notes
    -----
    Torch7's ``nn.Clamp``.

    Examples
    --------
    >>> import numpy as np
    >>> Clamp(-0.5, 2).forward(np.array([-2.0, 0.5, 2.0]))
    array([-0.5,  0.5,  2. ])
    """

    def __init__(self, min_value: float, max_value: float) -> None:
        super().__init__(min_value, max_value)


class HardShrink(Elementwise):
    """``y = x`` where ``|x| > lambd``, else 0; any shape. Its slope at -lambd and lambd is 0.

    Parameters
    ----------
    lambd : float
        λ, at least 0.

    Raises
    ------
    TypeError, ValueError
        If lambd is no number of at least 0.

    Notes
    -----
    Torch7's ``nn.HardShrink``.

    Examples
    --------
    >>> import numpy as np
    >>> HardShrink().forward(np.array([-2.0, 0.5, 0.75]))
    array([-2.  ,  0.  ,  0.75])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = _at_least_zero(lambd, "HardShrink's lambd")

    def value(self, x: Any) -> Any:
        return x * self.slope(x, None)

    def slope(self, x: Any, y: Any) -> Any:
        return indicator((x > self.lambd) | (x < -self.lambd), x)


class SoftShrink(Elementwise):
    """``y = sign(x) · max(0, |x| - lambd)``; any shape. Its slope at -lambd and lambd is 0.

    Parameters
    ----------
    lambd : float
        λ, at least 0.

    Raises
    ------
    TypeError, ValueError
        If lambd is no number of at least 0.

    Notes
    -----
    Torch7's ``nn.SoftShrink``.

    Examples
    --------
    >>> import numpy as np
    >>> SoftShrink().forward(np.array([-2.0, 0.5, 0.75]))
    array([-1.5 ,  0.  ,  0.25])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = _at_least_zero(lambd, "SoftShrink's lambd")

    def value(self, x: Any) -> Any:
        return x - np.clip(x, -self.lambd, self.lambd)

    def slope(self, x: Any, y: Any) -> Any:
        return indicator((x > self.lambd) | (x < -self.lambd), x)


class TanhShrink(Elementwise):
    """``y = x - tanh(x)``; any shape.

    Notes
    -----
    Torch7's ``nn.TanhShrink``.

    Examples
    --------
    >>> import numpy as np
    >>> TanhShrink().forward(np.array([-30.0, 0.0, 30.0]))
    array([-29.,   0.,  29.])
    """

    def value(self, x: Any) -> Any:
        return x - np.tanh(x)

    def slope(self, x: Any, y: Any) -> Any:
        return np.square(np.tanh(x))


def _at_least_zero(lambd: float, what: str) -> float:
    if number(lambd, what) < 0:
        raise ValueError(f"{what} must be at least 0, not {lambd!r}")
    return number(lambd, what)
