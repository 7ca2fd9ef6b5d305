"""Holdings: the bytes that the arrays of a run take, by the node that made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.recurrence.record import Record
from graphnet.splicing import Site
from graphnet.tape import Tape


@dataclass(frozen=True)
class Holding:
    """The bytes that a node holds after a run, over all time steps.

    Attributes
    ----------
    values : float
        Of what it gave. What is only seen in another way, as by Narrow, belongs to the node that made it.
    saved : float
        Of what it kept for its way back.
    gradients : float
        Of what it passed back, and of the gradient of what it gave if that was summed.
    """

    values: int
    saved: int
    gradients: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.values + self.saved + self.gradients


def holdings(tape: Tape, net: Module) -> dict[Site, Holding]:
    """Return the bytes that the nodes of a run hold, also inside of recurrences; each array counts once.

    The net's parameters and its input count for no node.

    Parameters
    ----------
    tape : Tape
    net : Module
        What was run.
    """
    known = {id(owner) for owner in _owners([tape.x, *_own_arrays(net)])}
    found: dict[Site, list[int]] = {}
    tapes: list[tuple[Site, Tape]] = [((), tape)]
    order: list[tuple[Site, Tape]] = []  # the steps of a recurrence after what it stands in
    while tapes:
        above, one = tapes.pop()
        order.append((above, one))
        for call in one.plan.executed:
            saved = one.saved.get(call.target)
            if isinstance(saved, Record):
                tapes.extend(((*above, call), saved.tapes[t]) for t in sorted(saved.tapes, reverse=True))
    # An array belongs to the call that made it, which is where it is met first in the order of running, there or back.
    for above, one in order:
        for call in one.plan.executed:
            found.setdefault((*above, call), [0, 0, 0])[0] += _fresh(one.values[call.target], known)
    for above, one in reversed(order):
        for call in one.plan.executed:
            found[*above, call][1] += _fresh(one.saved.get(call.target), known)
    for above, one in order:
        for call in reversed(one.plan.executed):
            found[*above, call][2] += _fresh(one.contributions.get(call.target), known)
    for above, one in order:
        gradients = one.gradients or [None] * len(one.values)
        for call in one.plan.executed:
            found[*above, call][2] += _fresh(gradients[call.target], known)
    return {site: Holding(*sizes) for site, sizes in found.items()}


def bytes_of(values: Any) -> int:
    """Return the bytes of all arrays in values of any structure, each once."""
    return _fresh(values, set())


def _fresh(values: Any, known: set[int]) -> int:
    """Return the bytes of the arrays that are not known yet, which they are from now on."""
    total = 0
    for owner in _owners([values]):
        if id(owner) not in known:
            known.add(id(owner))
            total += owner.nbytes
    return total


def _owners(values: Iterable[Any]) -> Iterator[Array]:
    """Yield the arrays that hold the memory of all arrays in values of any structure."""
    left = list(values)
    while left:
        value = left.pop()
        if isinstance(value, np.ndarray):
            while isinstance(value.base, np.ndarray):
                value = value.base
            yield value
        elif isinstance(value, (list, tuple)):
            left.extend(reversed(value))
        elif isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, Record):  # what its tapes hold belongs to the nodes of the step
            left.extend(getattr(value, field.name) for field in fields(value) if field.name != "tapes")
        elif isinstance(value, Tape):  # of a net that a module runs by itself
            left.extend([value.x, value.values, value.saved, value.gradients, value.contributions])


def _own_arrays(net: Module) -> Iterator[Any]:
    """Yield the arrays that stay with a net."""
    for parameter in net.parameters():
        yield from (parameter.value, parameter.grad)
    for module in net.list_modules():
        yield from (value for value in vars(module).values() if isinstance(value, np.ndarray))
