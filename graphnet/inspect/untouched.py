"""Leave a net as it was, whatever is run to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.random import generator_state, set_generator_state


@contextmanager
def untouched(net: Module) -> Iterator[None]:
    """Give the net zero gradients; at the end, put back its own, its statistics and the random generator's state.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> net = nn.Linear(2, 1)
    >>> with untouched(net):
    ...     tape = net.run(np.ones(2)); tape.backward(np.ones(1)).shape
    (2,)
    >>> net.weight.grad
    array([[0., 0.]])
    """
    parameters = net.parameters()
    gradients = [parameter.grad.copy() for parameter in parameters]
    statistics = [(array, array.copy()) for array in statistics_of(net)]
    state = generator_state()
    for parameter in parameters:
        parameter.grad.fill(0)
    try:
        yield
    finally:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        for array, before in statistics:
            array[...] = before
        set_generator_state(state)


def statistics_of(net: Module) -> list[Array]:
    """Return the arrays that modules hold besides their parameters, which a backward may write to."""
    return [value for m in net.list_modules() for value in vars(m).values() if isinstance(value, np.ndarray)]
