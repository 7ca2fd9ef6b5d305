"""Rectifiers beyond ReLU: exponential, limited, learnt, doubled, and the threshold they all are a case of."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.container import Container
from graphnet.edge import whole_number
from graphnet.elementwise import Elementwise, ShapeKeeping, as_numbers
from graphnet.modules.arguments import number
from graphnet.modules.arithmetic import MulConstant
from graphnet.modules.tables.usual import JoinTable
from graphnet.modules.transfer.choice import indicator, one_or
from graphnet.modules.transfer.usual import ReLU
from graphnet.nesting import Array, Nested
from graphnet.node import Node
from graphnet.parameter import Parameter
from graphnet.shapes import written
from graphnet.sizes import Size, surely_differ


class Threshold(Elementwise):
    """``y = x`` where x is above a threshold, else ``y = v``; any shape. Its slope at the threshold is 0.

    Parameters
    ----------
    threshold : float
    v : float
        What stands in place of an x that is not above.

    Raises
    ------
    TypeError
        If an argument is no number.

    Notes
    -----
    Torch7's ``nn.Threshold``, without its ``inplace``.

    Examples
    --------
    >>> import numpy as np
    >>> Threshold(0.5, -3).forward(np.array([0.4, 0.5, 0.6]))
    array([-3. , -3. ,  0.6])
    """

    def __init__(self, threshold: float = 1e-6, v: float = 0) -> None:
        self.threshold = number(threshold, "Threshold's threshold")
        self.v = number(v, "Threshold's v")

    def value(self, x: Any) -> Any:
        y = np.maximum(x, self.threshold)  # so that NaN passes
        y *= self.slope(x, None)
        if self.v != 0:
            y += self.v * indicator(x <= self.threshold, x)
        return y

    def slope(self, x: Any, y: Any) -> Any:
        return indicator(x > self.threshold, x)


class ReLU6(Elementwise):
    """``y = min(max(0, x), 6)``; any shape. Its slope at 0 and at 6 is 0.

    Notes
    -----
    Torch7's ``nn.ReLU6``, without its ``inplace``; Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import numpy as np
    >>> ReLU6().forward(np.array([-2.0, 2.0, 8.0]))
    array([0., 2., 6.])
    """

    def value(self, x: Any) -> Any:
        return np.clip(x, 0, 6)

    def slope(self, x: Any, y: Any) -> Any:
        return indicator((x > 0) & (x < 6), x)


class ELU(Elementwise):
    """``y = x`` where x is above 0, else ``y = alpha · (exp(x) - 1)``; any shape. Its slope at 0 is alpha.

    Parameters
    ----------
    alpha : float
        The limit far below 0 is -alpha.

    Raises
    ------
    TypeError
        If alpha is no number.

    Notes
    -----
    Torch7's ``nn.ELU``, without its ``inplace``; Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network
    learning by exponential linear units (ELUs)", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> ELU().forward(np.array([-np.inf, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number(alpha, "ELU's alpha")

    def value(self, x: Any) -> Any:
        return np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0))

    def slope(self, x: Any, y: Any) -> Any:
        below = np.minimum(y, abs(self.alpha)) + self.alpha  # finite, also where x is not below 0
        return below * indicator(x <= 0, x) + indicator(x > 0, x)


class PReLU(ShapeKeeping):
    """``y = x`` where x is above 0, else ``y = w · x`` with a learnt w. Its slope at 0 is w.

    There is one w for all, and any shape will do; or one for each feature: along the only dimension of n, and along the
    second of all others, B x n, B x n x H x W and so on.

    Parameters
    ----------
    n_output_plane : int
        The number n of features with a w each, or 0 for one w in all.

    Attributes
    ----------
    weight : Parameter
        w, 1 or n numbers; they start with 0.25.

    Raises
    ------
    ValueError
        If the input does not have n features.

    Notes
    -----
    Torch7's ``nn.PReLU``; He et al., "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import numpy as np
    >>> PReLU().forward(np.array([-2.0, 0.0, 2.0]))
    array([-0.5,  0. ,  2. ])
    """

    def __init__(self, n_output_plane: int = 0) -> None:
        self.n_output_plane = whole_number(n_output_plane, "PReLU's n_output_plane", 0)
        self.weight = Parameter(np.full(n_output_plane or 1, 0.25))

    def reset(self, stdv: float | None = None) -> None:
        """Set w to 0.25 again; nothing is drawn."""
        self.weight.value.fill(0.25)

    def update_output(self, x: Array) -> Array:
        x = as_numbers(x, self)
        y: Array = np.minimum(x, 0)
        y *= self._spread(x)
        y += np.maximum(x, 0)
        return y

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        dx: Array = dy * one_or(x > 0, self._spread(x), as_numbers(x, self))
        return dx

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        gradient = np.minimum(x, 0) * dy
        others = None
        if self.n_output_plane:
            others = tuple(a for a in range(x.ndim) if a != min(1, x.ndim - 1))
        self.weight.grad += scale * gradient.sum(others)

    def _spread(self, x: Array) -> Array:
        """Return the weights so that they broadcast over the input."""
        if not self.n_output_plane:
            return self.weight.value[0]  # type: ignore[no-any-return]  # a NumPy scalar
        self.check_shape(x.shape)
        return self.weight.value.reshape(-1, *(1,) * (x.ndim - 2))

    def check_shape(self, shape: tuple[Size | int, ...]) -> None:
        n, axis = self.n_output_plane, min(1, len(shape) - 1)
        if n and (not shape or surely_differ(shape[axis], n)):
            raise ValueError(
                f"{self.label()} takes {n} features in dimension {max(0, axis)}; it was given {written(shape)}"
            )


class CReLU(Container):
    """``y = [max(0, x), max(0, -x)]``, one behind the other along the first dimension: nothing is lost at 0.

    ::

        x ──────────────────── ReLU ── JoinTable ── y
         └── MulConstant(-1) ── ReLU ──┘

    Parameters
    ----------
    n_input_dims : int
        The number of dimensions without the batch; the first of them is doubled.

    Raises
    ------
    ValueError
        If the input has fewer dimensions.

    Notes
    -----
    Torch7's ``nn.CReLU``, without its ``inplace``; Shang et al., "Understanding and improving convolutional neural
    networks via concatenated rectified linear units", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> CReLU(1).forward(np.array([[-2.0, 3.0]]))
    array([[0., 3., 2., 0.]])
    """

    def __init__(self, n_input_dims: int) -> None:
        super().__init__(JoinTable(0, whole_number(n_input_dims, "CReLU's n_input_dims", 1)), ReLU(), MulConstant(-1))

    def drawing(self, x: Node) -> Nested:
        if len(self.modules) != 3:
            raise ValueError(f"{self.label()} holds three modules of its own; nothing can be added or taken away")
        join, relu, negative = self.modules
        return join([relu(x), relu(negative(x))])
