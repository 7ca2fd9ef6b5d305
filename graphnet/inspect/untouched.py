"""Leave a net as it was, whatever is run to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

import numpy as np

from graphnet.module import Module
from graphnet.random import generator_state, set_generator_state


@contextmanager
def untouched(net: Module) -> Iterator[None]:
    """Give the net zero gradients; at the end, put back its own, its statistics and the random generator's state.

    Statistics are what modules hold besides their parameters, in arrays or numbers, and a backward may change.

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
    state = generator_state()
    for parameter in parameters:
        parameter.grad.fill(0)
    try:
        with steady_statistics(net):
            yield
    finally:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        set_generator_state(state)


@contextmanager
def steady_statistics(net: Module) -> Iterator[None]:
    """At the end, put back the net's statistics, also those that were replaced instead of written to."""
    held = [
        (module, name, value, copy(value))
        for module in net.list_modules()
        for name, value in vars(module).items()
        if isinstance(value, (np.ndarray, np.generic, int, float))
    ]
    try:
        yield
    finally:
        for module, name, value, before in held:
            if isinstance(value, np.ndarray):
                value[...] = before
            if vars(module).get(name) is not value:
                setattr(module, name, value)
