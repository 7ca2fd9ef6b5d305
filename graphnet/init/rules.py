"""Several initialisers in one call, by the names of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphnet.edge import given
from graphnet.init.initialiser import Initialiser, draw_all, listed, named_like, slots_of
from graphnet.init.plain import Constant
from graphnet.module import Module


def rules(net: Module, table: Mapping[str, Initialiser | float]) -> Module:
    """Set each parameter of a net by the first rule that matches it, and return the net; the others stay.

    Parameters
    ----------
    net : Module
    table : dict of str to Initialiser or float
        Rules in order: which parameters (see :meth:`Initialiser.__call__`), and how; a number stands for
        :class:`Constant`. Xavier, He, LeCun, Orthogonal and Identity match only what they set: no vectors.

    Raises
    ------
    ValueError
        If a rule matches nothing, or only what rules before it have taken. Nothing is drawn then.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> net = gn.init.rules(nn.lstm(3, 2), {"h2h.weight": gn.init.Orthogonal(blocks=4), "weight": gn.init.Xavier(),
    ...                                     "bias": 0.0})
    >>> net.named_parameters()["i2h.bias"].value
    array([0., 0., 0., 0., 0., 0., 0., 0.])
    """
    if not isinstance(table, Mapping):
        raise TypeError(
            f'rules are a dictionary, like {{"*.weight": gn.init.Xavier(), "*.bias": 0.0}}, not {given(table)}'
        )
    slots = slots_of(net)
    chosen: dict[int, Initialiser] = {}
    for pattern, how in table.items():
        initialiser = _as_initialiser(how, pattern)
        taken = initialiser.taken(named_like(pattern, slots, net), pattern)
        free = [slot for slot in taken if id(slot.parameter) not in chosen]
        if not free:
            raise ValueError(f"the rule {pattern!r} is never reached: rules before it set {listed(taken)}")
        chosen |= {id(slot.parameter): initialiser for slot in free}
    draw_all([(slot, chosen[id(slot.parameter)]) for slot in slots if id(slot.parameter) in chosen])
    return net


def _as_initialiser(how: Any, pattern: str) -> Initialiser:
    if isinstance(how, Initialiser):
        return how
    if isinstance(how, (int, float, np.number)) and not isinstance(how, bool):
        return Constant(float(how))
    hint = " (without parentheses)" if isinstance(how, type) and issubclass(how, Initialiser) else ""
    raise TypeError(f"the rule {pattern!r} needs an initialiser or a number, not {how!r}{hint}")
