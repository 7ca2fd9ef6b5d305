"""The simple recurrent network, drawn from small modules. Elman, "Finding structure in time", 1990.

Names of the parameters elsewhere: ``i2h`` and ``h2h`` are ``weight_ih``, ``bias_ih`` and ``weight_hh``, ``bias_hh`` of
PyTorch's ``RNNCell``; Keras' ``SimpleRNN`` has a ``kernel`` and a ``recurrent_kernel``, both transposed, and one bias.
"""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.linear import Linear
from graphnet.modules.shape import Identity
from graphnet.modules.table import CAddTable, JoinTable
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


def joined_rnn(input_size: int, n: int) -> gModule:
    """Draw one step of a layer of recurrent units with one matrix for both: ``h' = tanh(W [h, x] + b)``.

    It computes what :func:`rnn` does, with one bias instead of two.

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of h.

    Returns
    -------
    gModule
        Of [x, h] to h', with (n + input_size)·n + n parameters; arrays are B x size. W holds the columns of h first.

    Notes
    -----
    The network of the lstm-play pages: with 26 units and a decoder ``Linear(26, 1)`` it has 755 parameters.

    Examples
    --------
    >>> sum(p.size for p in joined_rnn(1, 26).parameters()) + 27
    755
    """
    x, prev_h = Identity()(), Identity()()
    joined = JoinTable(1)([prev_h, x])
    preactivations = Linear(n + input_size, n)(joined)
    next_h = Tanh()(preactivations)
    annotate_nodes()
    return gModule([x, prev_h], [next_h])
