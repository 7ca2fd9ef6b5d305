"""Relatives of the LSTM: peepholes, coupled gates, layer normalisation; each drawn from small modules.

Inputs are [x, c, h], outputs [next c, next h], and gates stand in the order in, forget, out, transform, as in
:mod:`graphnet.modules.cells.lstm`, which also compares names and orders with other frameworks'.
"""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.cells.gru import one_minus
from graphnet.modules.cells.lstm import set_bias
from graphnet.modules.gains import CMul
from graphnet.modules.linear import Linear
from graphnet.modules.normalisation import LayerNormalization
from graphnet.modules.shape import Identity, Narrow
from graphnet.modules.tables.usual import CAddTable, CMulTable
from graphnet.modules.transfer.usual import Sigmoid, Tanh
from graphnet.node import Node, annotate_nodes


def peephole_lstm(input_size: int, n: int, full: bool = False, forget_bias: float | None = None) -> gModule:
    """Draw one step of a layer of LSTM units whose gates see the cell: in and forget gate c, the out gate c'.

    ::

        i  = σ(W x + U h + b + p · c)      f likewise
        g  = tanh(W x + U h + b)
        c' = f · c + i · g
        o  = σ(W x + U h + b + p · c')
        h' = o · tanh(c')

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of c and h.
    full : bool
        Whether the peepholes p are n x n matrices, each with a bias, as on the lstm-play pages, and every gate has
        Linears of its own; by default a unit sees its own cell only, as in the papers, and p is a vector.
    forget_bias : float, optional
        What the forget gate's bias for x is set to; by default it stays as drawn.

    Returns
    -------
    gModule
        Of [x, c, h] to [c', h'], with 4·(input_size·n + n) + 4·(n·n + n) parameters and 3·n for the peepholes, or
        3·(n·n + n) for full ones.

    Notes
    -----
    Gers and Schmidhuber, "Recurrent nets that time and count", 2000; Graves, "Generating sequences with recurrent
    neural networks", 2013, equations 7 to 11; ``nn.LSTM`` of Torch7's ``rnn`` package. PyTorch and Keras have none.

    Examples
    --------
    >>> sum(p.size for p in peephole_lstm(1, 16).parameters())
    1264
    >>> sum(p.size for p in peephole_lstm(1, 16, full=True).parameters()) + 17  # with a decoder Linear(16, 1)
    2049
    """
    return _with_matrices(input_size, n, forget_bias) if full else _with_vectors(input_size, n, forget_bias)


def _with_vectors(input_size: int, n: int, forget_bias: float | None) -> gModule:
    x, prev_c, prev_h = Identity()(), Identity()(), Identity()()
    i2h = Linear(input_size, 4 * n)(x)
    h2h = Linear(n, 4 * n)(prev_h)
    preactivations = CAddTable()([i2h, h2h])
    in_sum, forget_sum, out_sum, transform_sum = (Narrow(1, k * n, n)(preactivations) for k in range(4))
    in_peephole, forget_peephole = CMul(n)(prev_c), CMul(n)(prev_c)
    in_gate = Sigmoid()(CAddTable()([in_sum, in_peephole]))
    forget_gate = Sigmoid()(CAddTable()([forget_sum, forget_peephole]))
    in_transform = Tanh()(transform_sum)
    next_c = CAddTable()([CMulTable()([forget_gate, prev_c]), CMulTable()([in_gate, in_transform])])
    out_peephole = CMul(n)(next_c)
    out_gate = Sigmoid()(CAddTable()([out_sum, out_peephole]))
    next_h = CMulTable()([out_gate, Tanh()(next_c)])
    set_bias(i2h, forget_bias, n, n)
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def _with_matrices(input_size: int, n: int, forget_bias: float | None) -> gModule:
    x, prev_c, prev_h = Identity()(), Identity()(), Identity()()

    def new_sum(*cells: Node) -> Node:
        return CAddTable()([Linear(input_size, n)(x), Linear(n, n)(prev_h), *(Linear(n, n)(c) for c in cells)])

    in_gate = Sigmoid()(new_sum(prev_c))
    forget_gate = Sigmoid()(new_sum(prev_c))
    in_transform = Tanh()(new_sum())
    next_c = CAddTable()([CMulTable()([forget_gate, prev_c]), CMulTable()([in_gate, in_transform])])
    out_gate = Sigmoid()(new_sum(next_c))
    next_h = CMulTable()([out_gate, Tanh()(next_c)])
    set_bias(forget_gate.sources()[0].sources()[0], forget_bias, 0, n)
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def coupled_lstm(input_size: int, n: int, forget_bias: float | None = None) -> gModule:
    """Draw one step of a layer of LSTM units that take in exactly as much as they forget: their in gate is 1 - f.

    ::

        f, o = σ(W x + U h + b)            a third each
        g    = tanh(W x + U h + b)
        c'   = f · c + (1 - f) · g
        h'   = o · tanh(c')

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of c and h.
    forget_bias : float, optional
        What the forget gates' third of ``i2h.bias``, the first one, is set to; by default it stays as drawn.

    Returns
    -------
    gModule
        Of [x, c, h] to [c', h'], with 3·(input_size·n + n) + 3·(n·n + n) parameters. Gate order:
        forget, out, transform.

    Notes
    -----
    "CIFG" in Greff et al., "LSTM: a search space odyssey", 2015; also in Olah, "Understanding LSTM networks", 2015.

    Examples
    --------
    >>> sum(p.size for p in coupled_lstm(3, 2).parameters())
    42
    """
    x, prev_c, prev_h = Identity()(), Identity()(), Identity()()
    i2h = Linear(input_size, 3 * n)(x)
    h2h = Linear(n, 3 * n)(prev_h)
    preactivations = CAddTable()([i2h, h2h])
    gates = Sigmoid()(Narrow(1, 0, 2 * n)(preactivations))
    in_transform = Tanh()(Narrow(1, 2 * n, n)(preactivations))
    forget_gate, out_gate = Narrow(1, 0, n)(gates), Narrow(1, n, n)(gates)
    in_gate = one_minus(forget_gate)
    next_c = CAddTable()([CMulTable()([forget_gate, prev_c]), CMulTable()([in_gate, in_transform])])
    next_h = CMulTable()([out_gate, Tanh()(next_c)])
    set_bias(i2h, forget_bias, 0, n)
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def layer_norm_lstm(input_size: int, n: int, forget_bias: float | None = None) -> gModule:
    """Draw one step of a layer of LSTM units whose sums and cells are normalised over the units of each row.

    ::

        i, f, o = σ(N(W x) + N(U h))       a third each
        g       = tanh(N(W x) + N(U h))
        c'      = f · c + i · g
        h'      = o · tanh(N(c'))

    Each N is a LayerNormalization with gains and biases of its own; so the matrices have no bias.

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of c and h.
    forget_bias : float, optional
        What the forget gates' quarter of the bias of N(W x), 0 by default, is set to.

    Returns
    -------
    gModule
        Of [x, c, h] to [c', h'], with 4·input_size·n + 4·n·n parameters and 18·n of the normalisations.

    Notes
    -----
    Ba, Kiros and Hinton, "Layer normalization", 2016, equations 20 to 22: the four gates are normalised together. 1e-5
    is added to the variances, as PyTorch does, since h is zero at first and has none.

    Examples
    --------
    >>> sum(p.size for p in layer_norm_lstm(3, 2).parameters())
    76
    """
    x, prev_c, prev_h = Identity()(), Identity()(), Identity()()
    i2h = Linear(input_size, 4 * n, bias=False)(x)
    h2h = Linear(n, 4 * n, bias=False)(prev_h)
    normal_i2h, normal_h2h = _normal(4 * n)(i2h), _normal(4 * n)(h2h)
    preactivations = CAddTable()([normal_i2h, normal_h2h])
    gates = Sigmoid()(Narrow(1, 0, 3 * n)(preactivations))
    in_transform = Tanh()(Narrow(1, 3 * n, n)(preactivations))
    in_gate, forget_gate, out_gate = (Narrow(1, k * n, n)(gates) for k in range(3))
    next_c = CAddTable()([CMulTable()([forget_gate, prev_c]), CMulTable()([in_gate, in_transform])])
    normal_c = _normal(n)(next_c)
    next_h = CMulTable()([out_gate, Tanh()(normal_c)])
    set_bias(normal_i2h, forget_bias, n, n)
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def _normal(n: int) -> LayerNormalization:
    return LayerNormalization(n, eps=1e-5 * n)
