"""Two recurrences over one sequence, one from each end."""

from __future__ import annotations

from typing import Any

from graphnet.gmodule import gModule
from graphnet.modules.shape import Identity
from graphnet.modules.tables.usual import JoinTable
from graphnet.node import annotate_nodes
from graphnet.recurrence import Recurrence


def bidirectional(forward: gModule, backward: gModule, lengths: bool = False, batch_first: bool = False) -> gModule:
    """Draw two recurrences, the second from each row's end to its beginning, their outputs joined step by step.

    Parameters
    ----------
    forward, backward : gModule
        The steps, each of [x, *states] to [*next states]; they may differ in kind and size. Their h are joined, or what
        they put out else.
    lengths : bool
        Whether a second input holds the lengths of the rows. The second recurrence then begins at each row's own end.
    batch_first : bool
        Whether sequences are B x T x size, in and out, instead of T x B x size.

    Returns
    -------
    gModule
        Of x or [x, lengths] to T x B x (n forward + n backward); the initial states are zeros.

    Raises
    ------
    TypeError, ValueError
        If something is no step, or both are one, which would tie the weights of the two directions.

    Notes
    -----
    Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997. For other options, draw the same with
    :class:`~graphnet.Recurrence`: it is one line for each direction.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import lstm
    >>> bidirectional(lstm(3, 4), lstm(3, 5)).forward(np.zeros((7, 2, 3))).shape
    (7, 2, 9)
    """
    if forward is backward:
        raise ValueError(
            "bidirectional was given one step twice, so that both directions would have the same weights; draw one for "
            "each: bidirectional(lstm(m, n), lstm(m, n))"
        )
    x = Identity()()
    inputs = [x]
    if lengths:
        ends = Identity()().annotate("lengths")
        inputs.append(ends)
    given = inputs if lengths else x
    # Only what is asked for, since pictures show it.
    options: dict[str, Any] = {
        name: True for name, asked in (("lengths", lengths), ("batch_first", batch_first)) if asked
    }
    onwards = Recurrence(forward, **options)(given)
    back = Recurrence(backward, reverse=True, **options)(given)
    joined = JoinTable(-1)([onwards, back])
    annotate_nodes()
    return gModule(inputs, [joined])
