"""The net that reads programs character by character, and that writes answers."""

from __future__ import annotations

import graphnet as gn
from graphnet import modules as nn
from graphnet.examples.learning_to_execute.columns import VOCABULARY

INITIAL = 0.08  # parameters are drawn uniformly from -.08 to .08


def draw_step(n_symbols: int, n: int, n_layers: int = 2, dropout: float = 0.5) -> gn.gModule:
    """Draw one step: a character goes in, the log-probabilities of the next one come out.

    Parameters
    ----------
    n_symbols : int
        V, the number of different characters; they come as indices.
    n : int
        The number of units in a layer, and the length of the characters' vectors.
    n_layers : int
    dropout : float
        The probability to drop an element of what a layer takes.

    Returns
    -------
    gModule
        Of [characters, c_1, h_1, c_2, ...] to [their next states, log-probabilities], with V·n + L·8·(n·n + n) +
        (n·V + V) parameters.

    Notes
    -----
    Zaremba and Sutskever, "Learning to execute", 2014.

    Examples
    --------
    >>> sum(p.size for p in draw_step(len(VOCABULARY), 400).parameters())
    2600042
    """
    characters = nn.Identity()()
    top = nn.LookupTable(n_symbols, n)(characters)
    states, next_states = [], []
    for k in range(1, n_layers + 1):
        prev_c, prev_h = nn.Identity()().annotate(f"prev_c_{k}"), nn.Identity()().annotate(f"prev_h_{k}")
        layer = nn.lstm_of_eight_linears(n, n)([nn.Dropout(dropout)(top), prev_c, prev_h]).annotate(f"layer_{k}")
        next_c, top = layer.split(2)
        states += [prev_c, prev_h]
        next_states += [next_c.annotate(f"next_c_{k}"), top.annotate(f"next_h_{k}")]
    log_probabilities = nn.LogSoftMax()(nn.Linear(n, n_symbols)(top))
    gn.annotate_nodes()
    return gn.gModule([characters, *states], [*next_states, log_probabilities])


def new_net(n: int, n_layers: int, dropout: float) -> gn.Recurrence:
    """Return the net over time, with fresh parameters in float32.

    Examples
    --------
    >>> net = new_net(8, 2, 0.5)
    >>> bool(abs(net.parameters()[0].value).max() <= 0.08)
    True
    """
    net = gn.Recurrence(draw_step(len(VOCABULARY), n, n_layers, dropout), final_states=True)
    weights, _ = net.get_parameters()
    weights[:] = gn.generator().uniform(-INITIAL, INITIAL, weights.shape)
    return net.float()
