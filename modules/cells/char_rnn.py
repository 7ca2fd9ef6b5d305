"""A character-level language model: the drawing of one step, for a Recurrence.

Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015 (char-rnn).
"""

from __future__ import annotations

from collections.abc import Callable

from graphnet.edge import whole_number
from graphnet.gmodule import gModule
from graphnet.modules.cells.layers import draw_layers
from graphnet.modules.cells.lstm import lstm
from graphnet.modules.linear import Linear
from graphnet.modules.lookup import OneHot
from graphnet.modules.noise import Dropout
from graphnet.modules.shape import Identity
from graphnet.modules.transfer.usual import LogSoftMax
from graphnet.node import annotate_nodes


def char_rnn(
    n_symbols: int, n: int, n_layers: int = 1, dropout: float = 0.0, cell: Callable[[int, int], gModule] = lstm
) -> gModule:
    """Draw one step: a symbol goes in, the log-probabilities of the next one come out.

    Parameters
    ----------
    n_symbols : int
        The number of different symbols; they come as indices from 0 to n_symbols - 1.
    n : int
        The number of units in a layer.
    n_layers : int
        How many layers stand on each other.
    dropout : float
        The probability to drop an element of what a layer, but the first, or the decoder takes.
    cell : callable
        Draws a layer, given the length of its input and the number of its units: ``lstm``, ``gru``, ``rnn``, ...

    Returns
    -------
    gModule
        Of [symbols, states of layer 1, ..., states of layer L] to [their next states, log-probabilities]; symbols are
        B indices, states B x n, log-probabilities B x n_symbols. For LSTMs the states are named ``prev_c_1``,
        ``prev_h_1``, ``prev_c_2``, ... and ``next_c_1``, ...; the last output is named ``log_probabilities``.

    Examples
    --------
    >>> sum(p.size for p in char_rnn(65, 128, 2).parameters())
    240321
    >>> net = char_rnn(65, 128)
    >>> [node.name for node in (*net.graph().inputs, *net.graph().outputs)]
    ['symbols', 'prev_c_1', 'prev_h_1', 'next_c_1', 'next_h_1', 'log_probabilities']
    """
    symbols = Identity()()
    one_hot = OneHot(n_symbols)(symbols)
    cells = [cell(n_symbols if layer == 0 else n, n) for layer in range(whole_number(n_layers, "n_layers", 1))]
    states, next_states = draw_layers(cells, one_hot, dropout)
    top = next_states[-1]
    if dropout:
        top = Dropout(dropout)(top)
    scores = Linear(n, n_symbols)(top)
    log_probabilities = LogSoftMax()(scores)
    annotate_nodes()
    return gModule([symbols, *states], [*next_states, log_probabilities])
