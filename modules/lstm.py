"""Long short-term memory, drawn from small modules.

Hochreiter and Schmidhuber, "Long short-term memory", 1997; with forget gates, Gers et al., 2000; without peepholes.
Inputs are [x, c, h], outputs [next c, next h]; arrays are B x size. Gate order: in, forget, out, transform.
"""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.linear import Linear
from graphnet.modules.shape import Identity, Narrow
from graphnet.modules.table import CAddTable, CMulTable
from graphnet.modules.transfer import Sigmoid, Tanh
from graphnet.node import Node, annotate_nodes


def lstm(input_size: int, n: int) -> gModule:
    """Draw one step of a layer of LSTM units, with all preactivations in two matrix products.

    ::

        i, f, o = σ(W x + U h + b)         a third each
        g       = tanh(W x + U h + b)
        c'      = f · c + i · g
        h'      = o · tanh(c')

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of c and h.

    Returns
    -------
    gModule
        Of [x, c, h] to [c', h'], with 4·(input_size·n + n) + 4·(n·n + n) parameters.

    Notes
    -----
    Adam Paszke, "LSTM implementation explained", 2015.

    Examples
    --------
    >>> import numpy as np
    >>> layer = lstm(3, 2)
    >>> next_c, next_h = layer.forward([np.zeros((1, 3)), np.zeros((1, 2)), np.zeros((1, 2))])
    >>> sum(p.size for p in layer.parameters())
    56
    """
    x, prev_c, prev_h = Identity()(), Identity()(), Identity()()
    i2h = Linear(input_size, 4 * n)(x)
    h2h = Linear(n, 4 * n)(prev_h)
    preactivations = CAddTable()([i2h, h2h])
    # The three gates together, since one sigmoid over 3n numbers costs less than three over n.
    gates = Sigmoid()(Narrow(1, 0, 3 * n)(preactivations))
    in_transform = Tanh()(Narrow(1, 3 * n, n)(preactivations))
    in_gate, forget_gate, out_gate = (Narrow(1, k * n, n)(gates) for k in range(3))
    next_c = CAddTable()([CMulTable()([forget_gate, prev_c]), CMulTable()([in_gate, in_transform])])
    next_h = CMulTable()([out_gate, Tanh()(next_c)])
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def lstm_of_eight_linears(input_size: int, n: int) -> gModule:
    """Draw one step of a layer of LSTM units as its equations are written: two Linears for each gate.

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of c and h.

    Returns
    -------
    gModule
        Of [x, c, h] to [c', h'], with as many parameters as :func:`lstm` has.

    Examples
    --------
    >>> sum(p.size for p in lstm_of_eight_linears(400, 400).parameters())
    1283200
    """
    x, prev_c, prev_h = Identity()(), Identity()(), Identity()()

    def new_input_sum() -> Node:
        return CAddTable()([Linear(input_size, n)(x), Linear(n, n)(prev_h)])

    in_gate = Sigmoid()(new_input_sum())
    forget_gate = Sigmoid()(new_input_sum())
    out_gate = Sigmoid()(new_input_sum())
    in_transform = Tanh()(new_input_sum())
    next_c = CAddTable()([CMulTable()([forget_gate, prev_c]), CMulTable()([in_gate, in_transform])])
    next_h = CMulTable()([out_gate, Tanh()(next_c)])
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])
