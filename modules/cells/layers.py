"""Cells put together: layers over each other, and dropout that stays the same along a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphnet.gmodule import gModule
from graphnet.modules.noise import Dropout
from graphnet.modules.shape import Identity
from graphnet.node import Node, annotate_nodes


def stacked(cells: Sequence[gModule], dropout: float = 0.0, per_sequence: bool = False) -> gModule:
    """Draw one step of several layers: the first takes x, each further one the h' of the one below it.

    Parameters
    ----------
    cells : list of gModule
        The layers, the lowest first: steps of [x, *states] to [*next states], the last of which is h'. They may be of
        different kinds.
    dropout : float
        The probability to drop an element of what passes from layer to layer.
    per_sequence : bool
        Whether a recurrence drops the same elements at all steps of a sequence.

    Returns
    -------
    gModule
        Of [x, states of layer 1, states of layer 2, ...] to the next states in the same order. They are named after
        those of the cells: ``prev_c_1``, ``prev_h_1``, ``prev_c_2``, ... and ``next_c_1``, ...

    Raises
    ------
    TypeError, ValueError
        If something is no cell, if there are none, or if one cell is given twice, which would tie two layers' weights.

    Notes
    -----
    Zaremba et al., "Recurrent neural network regularization", 2014: dropout between layers, not along time.

    Examples
    --------
    >>> from graphnet.modules import gru, lstm
    >>> net = stacked([lstm(3, 4), gru(4, 5)])
    >>> [node.name for node in net.graph().inputs]
    ['x', 'prev_c_1', 'prev_h_1', 'prev_h_2']
    """
    x = Identity()()
    states, next_states = draw_layers(cells, x, dropout, per_sequence)
    annotate_nodes()
    return gModule([x, *states], next_states)


def draw_layers(
    cells: Sequence[gModule], x: Node, dropout: float = 0.0, per_sequence: bool = False
) -> tuple[list[Node], list[Node]]:
    """Draw the layers over ``x``; return the nodes of their states and of their next states, the top h' last."""
    _check_layers(cells)
    states: list[Node] = []
    next_states: list[Node] = []
    top = x
    for number, cell in enumerate(cells, 1):
        if number > 1 and dropout:
            top = (Dropout(dropout, per_sequence=True) if per_sequence else Dropout(dropout))(top)
        mine = new_states(cell, f"_{number}")
        following = call(cell, [top, *mine], f"layer_{number}", f"_{number}")
        states += mine
        next_states += following
        top = following[-1]
    return states, next_states


def variational(cell: gModule, p: float) -> gModule:
    """Draw one step of a cell with dropout on x and on h, the same at all steps of a sequence.

    Parameters
    ----------
    cell : gModule
        A step of [x, *states] to [*next states], h the last of the states.
    p : float
        The probability to drop an element.

    Returns
    -------
    gModule
        Of what the cell takes to what it gives, under the same names. What is dropped of h is dropped where the cell
        takes it; the h that it gives is whole.

    Notes
    -----
    Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016, with one
    mask for all gates. Only a recurrence knows what a sequence is: elsewhere every run drops anew.

    Examples
    --------
    >>> from graphnet.modules import lstm
    >>> net = variational(lstm(3, 4), 0.2)
    >>> [node.name for node in net.graph().inputs]
    ['x', 'prev_c', 'prev_h']
    """
    check_cell(cell, "variational's cell")
    x = Identity()()
    *others, prev_h = states = new_states(cell)
    dropped_x = Dropout(p, per_sequence=True)(x)
    dropped_h = Dropout(p, per_sequence=True)(prev_h)
    next_states = call(cell, [dropped_x, *others, dropped_h])
    annotate_nodes()
    return gModule([x, *states], next_states)


# ---- parts of drawings of steps


def new_states(cell: gModule, suffix: str = "") -> list[Node]:
    """Return an input for each state that a cell takes, named after the cell's own."""
    inputs = cell.graph().inputs[1:]
    return [Identity()().annotate(f"{node.name or f'prev_state_{i}'}{suffix}") for i, node in enumerate(inputs, 1)]


def call(cell: gModule, inputs: list[Node], name: str = "cell", suffix: str = "") -> list[Node]:
    """Call a cell; return the nodes of the next states, named after the cell's own."""
    outputs = cell.graph().outputs
    step = cell(inputs).annotate(name)
    # An only output has a node of its own, too, for the name of the call is that of the layer.
    nodes = step.split(len(outputs)) if len(outputs) > 1 else (Identity()(step),)
    for i, (node, output) in enumerate(zip(nodes, outputs, strict=True), 1):
        node.annotate(f"{output.name or f'next_state_{i}'}{suffix}")
    return list(nodes)


def check_cell(cell: Any, whose: str) -> None:
    """Refuse what is not the step graph of a cell; ``whose`` names who was given it."""
    if not isinstance(cell, gModule):
        came = f"the function {cell.__name__}" if callable(cell) and hasattr(cell, "__name__") else repr(cell)
        raise TypeError(f"{whose} is {came}, where a cell is meant: a gModule, such as lstm(input_size, n) draws")
    takes, gives = len(cell.graph().inputs), len(cell.graph().outputs)
    if takes < 2 or gives != takes - 1:
        raise ValueError(
            f"{whose} takes {takes} values and gives {gives}; a cell takes x and its states, and gives as many next "
            "states"
        )


def _check_layers(cells: Any) -> None:
    if isinstance(cells, gModule):
        raise TypeError("stacked takes a list of cells; this is one: stacked([cell, ...])")
    if not isinstance(cells, (list, tuple)) or not cells:
        raise ValueError(f"stacked takes a list of at least one cell, the lowest first, not {cells!r}")
    for i, cell in enumerate(cells):
        check_cell(cell, f"stacked's cells[{i}]")
        first = next(k for k, other in enumerate(cells) if other is cell)
        if first != i:
            raise ValueError(
                f"stacked's cells[{first}] and cells[{i}] are one cell, so that the layers would have the same "
                "weights. Draw one for each layer: [lstm(n, n) for _ in range(2)], not [lstm(n, n)] * 2. To tie them "
                "on purpose, call the cell twice in a drawing of your own"
            )
