"""Gated recurrent units, drawn from small modules. Cho et al., "Learning phrase representations", 2014.

Inputs are [x, h], the output is next h; arrays are B x size. Gate order: reset, update, candidate.

Two conventions are about, and each has its users; they are different functions, of as many parameters:

==============  ============================  ================================  ===================================
convention      update                        reset                             who
==============  ============================  ================================  ===================================
``"torch7"``    h' = (1 - z) · h + z · h~     before the matrix: U (r · h)      char-rnn, lstm-play, Olah's post
``"cudnn"``     h' = (1 - z) · h~ + z · h     after the matrix: r · (U h + d)   cuDNN, PyTorch, Keras
==============  ============================  ================================  ===================================

Cho et al. and Torch7's ``rnn`` package update as cuDNN does and reset before the matrix.

PyTorch's ``GRUCell`` has the numbers of ``"cudnn"`` in the same order: ``weight_ih``, ``bias_ih``, ``weight_hh``,
``bias_hh`` are ``i2h.weight``, ``i2h.bias``, ``h2h.weight``, ``h2h.bias``. Keras' ``GRU`` orders update, reset,
candidate and transposes the matrices; ``reset_after=True``, its default, is cuDNN's reset.
"""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.arithmetic import AddConstant, MulConstant
from graphnet.modules.linear import Linear
from graphnet.modules.shape import Identity, Narrow
from graphnet.modules.tables.usual import CAddTable, CMulTable
from graphnet.modules.transfer.usual import Sigmoid, Tanh
from graphnet.node import Node, annotate_nodes


def gru(input_size: int, n: int, convention: str = "torch7") -> gModule:
    """Draw one step of a layer of gated recurrent units.

    ::

        r, z = σ(W x + b + U h + d)                a half each

        h~   = tanh(V x + a + R (r · h) + e)       "torch7"
        h'   = (1 - z) · h + z · h~

        h~   = tanh(V x + a + r · (R h + e))       "cudnn"
        h'   = (1 - z) · h~ + z · h

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of h.
    convention : {"torch7", "cudnn"}
        Where z = 1 leads, to the candidate or to what was, and whether r comes before or after the matrix.

    Returns
    -------
    gModule
        Of [x, h] to h', with 3·(input_size·n + n) + 3·(n·n + n) parameters.

    Raises
    ------
    ValueError
        If there is no such convention.

    Examples
    --------
    >>> import numpy as np
    >>> gru(3, 2).forward([np.zeros((1, 3)), np.zeros((1, 2))]).shape
    (1, 2)
    >>> sum(p.size for p in gru(1, 16).parameters())
    912
    """
    drawings = {"torch7": _reset_before_the_matrix, "cudnn": _reset_after_the_matrix}
    if convention not in drawings:
        raise ValueError(f"gru knows the conventions 'torch7' and 'cudnn' (PyTorch's and Keras'), not {convention!r}")
    return drawings[convention](input_size, n)


def _reset_before_the_matrix(input_size: int, n: int) -> gModule:
    x, prev_h = Identity()(), Identity()()
    i2h = Linear(input_size, 3 * n)(x)
    h2h = Linear(n, 2 * n)(prev_h)
    gates = Sigmoid()(CAddTable()([Narrow(1, 0, 2 * n)(i2h), h2h]))
    reset_gate, update_gate = Narrow(1, 0, n)(gates), Narrow(1, n, n)(gates)
    candidate_h2h = Linear(n, n)(CMulTable()([reset_gate, prev_h]))
    candidate = Tanh()(CAddTable()([Narrow(1, 2 * n, n)(i2h), candidate_h2h]))
    next_h = CAddTable()([CMulTable()([one_minus(update_gate), prev_h]), CMulTable()([update_gate, candidate])])
    annotate_nodes()
    return gModule([x, prev_h], [next_h])


def _reset_after_the_matrix(input_size: int, n: int) -> gModule:
    x, prev_h = Identity()(), Identity()()
    i2h = Linear(input_size, 3 * n)(x)
    h2h = Linear(n, 3 * n)(prev_h)
    gates = Sigmoid()(CAddTable()([Narrow(1, 0, 2 * n)(i2h), Narrow(1, 0, 2 * n)(h2h)]))
    reset_gate, update_gate = Narrow(1, 0, n)(gates), Narrow(1, n, n)(gates)
    candidate_h2h = CMulTable()([reset_gate, Narrow(1, 2 * n, n)(h2h)])
    candidate = Tanh()(CAddTable()([Narrow(1, 2 * n, n)(i2h), candidate_h2h]))
    next_h = CAddTable()([CMulTable()([one_minus(update_gate), candidate]), CMulTable()([update_gate, prev_h])])
    annotate_nodes()
    return gModule([x, prev_h], [next_h])


def one_minus(node: Node) -> Node:
    """Draw 1 - x.

    >>> one_minus(Identity()()).action()
    'AddConstant(1)'
    """
    return AddConstant(1)(MulConstant(-1)(node))
