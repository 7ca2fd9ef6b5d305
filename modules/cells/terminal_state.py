"""The last state of rows of different lengths, taken by a drawing."""

from __future__ import annotations

from graphnet.gmodule import gModule
from graphnet.modules.dimensions import Replicate
from graphnet.modules.reductions import Sum
from graphnet.modules.reshape import Reshape
from graphnet.modules.shape import Identity
from graphnet.modules.tables.usual import CMulTable, JoinTable
from graphnet.node import annotate_nodes


def terminal_state(n_steps: int, n: int) -> gModule:
    """Draw the choice of each row's state at its own end: ``y[b] = Σ_t lengths[b, t] · h_t[b]``.

    Parameters
    ----------
    n_steps : int
        T, the number of steps.
    n : int
        The length of h.

    Returns
    -------
    gModule
        Of [states, lengths] to B x n. ``states`` is the list of the T arrays h_t, B x n; ``lengths`` is B x T with a 1
        in the column of a row's last step, one-hot. Other columns, and so the states after a row's end, get no
        gradient. It has no parameters.

    Notes
    -----
    As on the lstm-play pages, for drawings with a step beside the other. ``Recurrence(step, lengths=True,
    final_states=True)`` gives the same, and takes any T.

    Examples
    --------
    >>> import numpy as np
    >>> states = [np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])]
    >>> terminal_state(2, 1).forward([states, np.array([[1.0, 0.0], [0.0, 1.0]])])
    array([[1.],
           [4.]])
    """
    states, lengths = Identity()(), Identity()()
    in_time = JoinTable(1)([Reshape(1, n)(h) for h in states.split(n_steps)])
    chosen = Replicate(n, 2)(lengths)
    last = Sum(1)(CMulTable()([in_time, chosen]))
    annotate_nodes()
    return gModule([states, lengths], [last])
