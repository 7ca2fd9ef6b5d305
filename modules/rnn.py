"""The simple recurrent network, drawn from small modules. Elman, "Finding structure in time", 1990."""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.linear import Linear
from graphnet.modules.shape import Identity
from graphnet.modules.table import CAddTable
from graphnet.modules.transfer import Tanh
from graphnet.node import annotate_nodes


def rnn(input_size: int, n: int) -> gModule:
    """Draw one step of a layer of recurrent units: ``h' = tanh(W x + b + U h + d)``.

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of h.

    Returns
    -------
    gModule
        Of [x, h] to h', with (input_size·n + n) + (n·n + n) parameters; arrays are B x size.

    Examples
    --------
    >>> import numpy as np
    >>> rnn(3, 2).forward([np.zeros((1, 3)), np.zeros((1, 2))]).shape
    (1, 2)
    """
    x, prev_h = Identity()(), Identity()()
    i2h = Linear(input_size, n)(x)
    h2h = Linear(n, n)(prev_h)
    next_h = Tanh()(CAddTable()([i2h, h2h]))
    annotate_nodes()
    return gModule([x, prev_h], [next_h])
