"""Attention: a query looks into a memory of S entries and takes a weighted mean of them; drawn from small modules.

Arrays are B x size for queries and B x S x size for memories. S is that of each run, and no part of the drawing.
"""

from __future__ import annotations

import math

from graphnet.gmodule import gModule
from graphnet.modules.arithmetic import AddConstant, MulConstant
from graphnet.modules.bottle import Bottle
from graphnet.modules.cells.layers import call, check_cell, new_states
from graphnet.modules.dimensions import Squeeze, Unsqueeze
from graphnet.modules.linear import Linear
from graphnet.modules.lookup import OneHot
from graphnet.modules.products import MM, MV, MixtureTable
from graphnet.modules.shape import Identity, Narrow, Select
from graphnet.modules.tables.usual import CAddTable, CMulTable, JoinTable
from graphnet.modules.transfer.usual import SoftMax, Tanh
from graphnet.node import Node, annotate_nodes

# What is taken from the scores of padding, in their own type too large for any of them to matter.
_FAR = 1e30


def attention(query_size: int, memory_size: int, n: int, masked: bool = False) -> gModule:
    """Draw additive attention: a small network compares the query with each entry of the memory.

    ::

        e_s     = v · tanh(W q + b + U m_s)        a score for each entry s
        a       = softmax(e)                       the weights
        context = Σ_s a_s m_s

    Parameters
    ----------
    query_size : int
        The length of the query q.
    memory_size : int
        The length of the memory's entries m_s.
    n : int
        The number of units that compare them.
    masked : bool
        Whether a third input tells which entries are there: ``mask``, B x S, 1 for an entry and 0 for padding. Padding
        has weight 0 and gets no gradient; it must hold numbers, zeros say. A row without entries has context 0.

    Returns
    -------
    gModule
        Of [query, memory] or [query, memory, mask] to [context, weights], B x memory_size and B x S, with
        (query_size·n + n) + memory_size·n + n parameters.

    Notes
    -----
    Bahdanau et al., "Neural machine translation by jointly learning to align and translate", 2015. The mask of
    lengths: ``np.arange(S) < lengths[:, None]``.

    Examples
    --------
    >>> import numpy as np
    >>> net = attention(4, 3, 5)
    >>> context, weights = net.forward([np.zeros((2, 4)), np.zeros((2, 7, 3))])
    >>> context.shape, weights.shape
    ((2, 3), (2, 7))
    """
    query, memory = Identity()(), Identity()()
    from_query = Linear(query_size, n)(query)
    from_memory = Bottle(Linear(memory_size, n, bias=False))(memory)
    # Once for each entry: a column of as many ones as there are entries, times the query's row.
    ones = AddConstant(1)(MulConstant(0)(Narrow(2, 0, 1)(from_memory)))
    repeated = MM()([ones, Unsqueeze(1)(from_query)])
    compared = Tanh()(CAddTable()([from_memory, repeated]))
    scored = Bottle(Linear(n, 1, bias=False))(compared)
    scores = Squeeze(2)(scored)
    annotate_nodes()
    return _looking(query, memory, scores, masked)


def dot_product_attention(n: int, scaled: bool = True, masked: bool = False) -> gModule:
    """Draw attention whose scores are products of the query with the entries; it has no parameters.

    ::

        e_s     = q · m_s / √n                     a score for each entry s; undivided if not scaled
        a       = softmax(e)                       the weights
        context = Σ_s a_s m_s

    Parameters
    ----------
    n : int
        The length of the query q and of the memory's entries m_s.
    scaled : bool
        Whether the products are divided by √n, which keeps their size.
    masked : bool
        Whether a third input tells which entries are there, as in :func:`attention`.

    Returns
    -------
    gModule
        Of [query, memory] or [query, memory, mask] to [context, weights], B x n and B x S.

    Notes
    -----
    Luong et al., "Effective approaches to attention-based neural machine translation", 2015; scaled: Vaswani et al.,
    "Attention is all you need", 2017.

    Examples
    --------
    >>> import numpy as np
    >>> net = dot_product_attention(3)
    >>> context, weights = net.forward([np.zeros((1, 3)), np.ones((1, 4, 3))])
    >>> weights
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    query, memory = Identity()(), Identity()()
    scores = MV()([memory, query])
    if scaled:
        scores = MulConstant(1 / math.sqrt(n))(scores)
    annotate_nodes()
    return _looking(query, memory, scores, masked)


def _looking(query: Node, memory: Node, scores: Node, masked: bool) -> gModule:
    """Close a drawing of scores: weights and context are drawn from them."""
    inputs = [query, memory]
    if masked:
        mask = Identity()().annotate("mask")
        inputs.append(mask)
        there = Select(2, 1)(OneHot(2)(mask))  # the mask is 0 or 1, an index, and so has no gradient
        far_down = MulConstant(_FAR)(AddConstant(-1)(there))
        weights = CMulTable()([SoftMax()(CAddTable()([scores, far_down])), there])  # all zeros, where all is padding
    else:
        weights = SoftMax()(scores)
    context = MixtureTable(1)([weights, memory])
    annotate_nodes()
    return gModule(inputs, [context, weights])


def attending(cell: gModule, attention: gModule) -> gModule:
    """Draw one step of a cell that looks into a memory: it takes x joined with what its h asked for.

    ::

        context, weights = attention([h, memory])
        [..., h']        = cell([[x, context], ..., h])

    Parameters
    ----------
    cell : gModule
        A step of [x, *states] to [*next states], h the last of the states, drawn for an x as long as x and an entry of
        the memory together: ``lstm(input_size + memory_size, n)``.
    attention : gModule
        Of [query, memory] or [query, memory, mask] to [context, weights]; its query is h.

    Returns
    -------
    gModule
        Of [x, memory, *states] to [*next states, context, weights]; for a masked attention of [x, memory, mask,
        *states]. The states are named as the cell's are.

    Notes
    -----
    The decoder of Bahdanau et al., 2015. In a recurrence the memory is a constant:
    ``Recurrence(step, outputs=["next_h", "weights"], constants=["memory"])``.

    Examples
    --------
    >>> from graphnet.modules import lstm
    >>> step = attending(lstm(2 + 3, 4), attention(4, 3, 5))
    >>> [node.name for node in step.graph().inputs]
    ['x', 'memory', 'prev_c', 'prev_h']
    >>> [node.name for node in step.graph().outputs]
    ['next_c', 'next_h', 'context', 'weights']
    """
    check_cell(cell, "attending's cell")
    _check_attention(attention)
    x, memory = Identity()(), Identity()()
    beside = [memory]
    if len(attention.graph().inputs) == 3:
        beside.append(Identity()().annotate("mask"))
    states = new_states(cell)
    looking = attention([states[-1], *beside]).annotate("attention")
    context, weights = looking.split(2)
    x_and_context = JoinTable(1)([x, context])
    next_states = call(cell, [x_and_context, *states])
    annotate_nodes()
    return gModule([x, *beside, *states], [*next_states, context, weights])


def _check_attention(attention: gModule) -> None:
    if not isinstance(attention, gModule):
        raise TypeError(
            f"attending's attention is {attention!r}, where a gModule is meant, such as attention(query_size, "
            "memory_size, n) draws"
        )
    takes, gives = len(attention.graph().inputs), len(attention.graph().outputs)
    if takes not in (2, 3) or gives != 2:
        raise ValueError(
            f"attending's attention takes {takes} values and gives {gives}; [query, memory] or [query, memory, mask] "
            "and [context, weights] are meant"
        )
