"""The simple recurrent network, drawn from small modules. Elman, "Finding structure in time", 1990.

Inputs are [x, h], the output is next h; arrays are B x size.

What others call otherwise, which matters when numbers are carried over:

=============  =======================  =======================  ==========================  ========================
..             here, ``rnn``            PyTorch ``RNNCell``      Keras ``SimpleRNN``         Torch7
=============  =======================  =======================  ==========================  ========================
weights of x   ``i2h.weight``, n x in   ``weight_ih``, n x in    ``kernel``, in x n          char-rnn: as here;
                                                                                             torch-rnn: the first in
                                                                                             rows of ``weight``,
                                                                                             (in + n) x n
weights of h   ``h2h.weight``, n x n    ``weight_hh``, n x n     ``recurrent_kernel``,       char-rnn: as here;
                                                                 n x n, transposed           torch-rnn: the last n rows
biases         two, ``i2h.bias`` and    two, ``bias_ih`` and     one, ``bias``: our sum      char-rnn: two; torch-rnn:
               ``h2h.bias``             ``bias_hh``                                          one, ``bias``
transfer       tanh                     tanh                     tanh                        tanh; Sigmoid in
                                                                                             ``nn.Recurrent``
sequences      T x B x size             T x B x size             B x T x size                char-rnn: T x B;
                                                                                             torch-rnn: B x T x size
=============  =======================  =======================  ==========================  ========================

torch-rnn's ``VanillaRNN`` is :func:`joined_rnn` with x first and the matrix transposed. ``nn.Recurrent`` of Torch7's
``rnn`` package takes its layers as arguments, and adds a learned bias of its own in place of h's at the first step.
"""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.linear import Linear
from graphnet.modules.shape import Identity
from graphnet.modules.tables.usual import CAddTable, JoinTable
from graphnet.modules.transfer.usual import Tanh
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
