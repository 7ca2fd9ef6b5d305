"""Long short-term memory, drawn from small modules.

Hochreiter and Schmidhuber, "Long short-term memory", 1997; with forget gates, Gers et al., 2000; without peepholes.
Inputs are [x, c, h], outputs [next c, next h]; arrays are B x size. Gate order: in, forget, out, transform.

What others call and order otherwise, which matters when numbers are carried over:

=============  =======================  =======================  ==========================  ========================
..             here                     PyTorch ``LSTMCell``     Keras ``LSTM``              Torch7
=============  =======================  =======================  ==========================  ========================
gates          i, f, o, g               i, f, g, o               i, f, c, o (c is our g)     i, f, o, g in char-rnn;
                                                                                             i, g, f, o in FastLSTM
weights of x   ``i2h.weight``, 4n x in  ``weight_ih``, 4n x in   ``kernel``, in x 4n         ``i2h.weight``, 4n x in
weights of h   ``h2h.weight``, 4n x n   ``weight_hh``, 4n x n    ``recurrent_kernel``,       ``h2h.weight``, 4n x n
                                                                 n x 4n
biases         two, ``i2h.bias`` and    two, ``bias_ih`` and     one, ``bias``: our sum      two
               ``h2h.bias``             ``bias_hh``
states         [c, h]                   (h, c)                   [h, c]                      {c, h}
forget bias    as Linear draws it       as Linear draws it       1; TensorFlow 1 adds it     1 in char-rnn, 1.5 in
                                                                 in the step                 Paszke's later code
dropout        p drops                  p drops                  p drops; ``keep_prob`` of   p drops
                                                                 TensorFlow 1 keeps
sequences      T x B x size             T x B x size             B x T x size                T x B x size
=============  =======================  =======================  ==========================  ========================

``forget_bias`` is what the forget gate's bias for x starts with: above 0, the cell remembers until it has learnt to
forget (Jozefowicz et al., "An empirical exploration of recurrent network architectures", 2015). It is a starting value
like the others: ``reset`` draws that bias anew, around 0, as Linear does.
"""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.linear import Linear
from graphnet.modules.normalisation import LayerNormalization
from graphnet.modules.shape import Identity, Narrow
from graphnet.modules.tables.usual import CAddTable, CMulTable
from graphnet.modules.transfer.usual import Sigmoid, Tanh
from graphnet.node import Node, annotate_nodes


def lstm(input_size: int, n: int, forget_bias: float | None = None) -> gModule:
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
    forget_bias : float, optional
        What the forget gates' quarter of ``i2h.bias`` is set to, as char-rnn does; by default it stays as drawn.

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
    set_bias(i2h, forget_bias, n, n)
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def lstm_of_eight_linears(input_size: int, n: int, forget_bias: float | None = None) -> gModule:
    """Draw one step of a layer of LSTM units as its equations are written: two Linears for each gate.

    Parameters
    ----------
    input_size : int
        The length of x.
    n : int
        The number of units: the length of c and h.
    forget_bias : float, optional
        What the bias of the forget gate's Linear of x is set to; by default it stays as drawn.

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
    set_bias(forget_gate.sources()[0].sources()[0], forget_bias, 0, n)
    annotate_nodes()
    return gModule([x, prev_c, prev_h], [next_c, next_h])


def set_bias(node: Node, number: float | None, offset: int, length: int) -> None:
    """Set a part of the bias of the module that a node calls; leave it as it is for None.

    >>> node = Linear(3, 4)(Identity()())
    >>> set_bias(node, 1.0, 2, 2)
    >>> node.module.bias.value[2:]
    array([1., 1.])
    """
    if number is not None:
        assert isinstance(node.module, (Linear, LayerNormalization))
        assert node.module.bias is not None
        node.module.bias.value[offset : offset + length] = number
