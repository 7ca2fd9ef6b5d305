"""Modules that give their input as it is, and change what comes back: its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.elementwise import ShapeKeeping, as_numbers
from graphnet.modules.arguments import number
from graphnet.nesting import Array


class GradientReversal(ShapeKeeping):
    """``y = x``, but the gradient is turned round: ``dx = -lambd · dy``; any shape.

    What stands before it learns to make worse what stands behind it, as a net that must not tell two domains apart.

    Parameters
    ----------
    lambd : float
        λ, the strength.

    Raises
    ------
    TypeError
        If lambd is no number.

    Notes
    -----
    Torch7's ``nn.GradientReversal``; Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation", 2015.
    It has no true gradient, so check_gradients calls it wrong.

    Examples
    --------
    >>> import numpy as np
    >>> module = GradientReversal(0.5)
    >>> module.forward(np.ones(2)), module.backward(np.ones(2), np.ones(2))
    (array([1., 1.]), array([-0.5, -0.5]))
    """

    def __init__(self, lambd: float = 1) -> None:
        self.lambd = number(lambd, "GradientReversal's lambd")

    def update_output(self, x: Array) -> Array:
        return as_numbers(x, self)

    def equation(self, x: Any) -> Any:
        return x

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return -self.lambd * dy


class ZeroGrad(ShapeKeeping):
    """``y = x``, but nothing comes back: ``dx = 0``; any shape.

    Notes
    -----
    Torch7's ``nn.ZeroGrad``. It has no true gradient, so check_gradients calls it wrong.

    Examples
    --------
    >>> import numpy as np
    >>> module = ZeroGrad()
    >>> module.forward(np.ones(2)), module.backward(np.ones(2), np.ones(2))
    (array([1., 1.]), array([0., 0.]))
    """

    def update_output(self, x: Array) -> Array:
        return as_numbers(x, self)

    def equation(self, x: Any) -> Any:
        return x

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return np.zeros_like(dy)
