"""Initialiser: what all of them share, and which parameters of a net they set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import numpy as np

from graphnet.edge import given
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.node import Node
from graphnet.parameter import Fans, Parameter, fans_of

Target = TypeVar("Target", Parameter, Module)


@dataclass(frozen=True)
class Slot:
    """One parameter, as initialisers see it: what it is called, its fans, and the module that holds it."""

    name: str
    parameter: Parameter
    fans: Fans | None
    owner: Module | None = None


class Initialiser:
    """Draws the numbers that a parameter starts with. Call it with one :class:`Parameter`, a module or a net.

    A subclass writes :meth:`numbers`, and where it does not take every parameter :meth:`unfit`.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> class Ones(Initialiser):
    ...     def numbers(self, slot):
    ...         return np.ones(slot.parameter.shape)
    >>> Ones()(nn.Linear(2, 1), names="weight").weight.value
    array([[1., 1.]])
    """

    def numbers(self, slot: Slot) -> Array:
        """Return numbers in the shape of ``slot.parameter``, drawn from :func:`graphnet.random.generator`."""
        raise NotImplementedError(f"{type(self).__name__} does not define numbers(self, slot)")

    def unfit(self, slot: Slot) -> str:
        """Say why such a parameter is left alone where a whole net is set: nothing if it is taken."""
        return ""

    def check(self, slot: Slot) -> None:
        """Refuse a parameter that is taken but cannot be; called for all of them before anything is drawn."""

    def __call__(self, target: Target, names: str | Sequence[str] = "*") -> Target:
        """Set the numbers of a parameter, or of parameters of a net, and return what was given.

        Parameters
        ----------
        target : Parameter or Module
        names : str or list of str
            Which parameters of the net are set: names as in ``net.named_parameters()``, or their ends (``"weight"`` for
            ``"i2h.weight"``), with the wildcards of :mod:`fnmatch` (``"i2h.*"``).

        Raises
        ------
        ValueError
            If nothing is called like that, or what is has no shape for this initialiser.
        """
        if isinstance(target, Parameter):
            if names != "*":
                raise TypeError("names choose among the parameters of a module; the target is one Parameter")
            slot = Slot("the parameter", target, fans_of(target.shape))
            draw_all([(self._accepted(slot), self)])
            return target
        if not isinstance(names, (str, list, tuple)):
            raise TypeError(f"names are a string or a list of strings, not {given(names)}")
        patterns = [names] if isinstance(names, str) else names
        slots = slots_of(target)
        chosen: dict[int, Slot] = {}
        for pattern in patterns if slots or names != "*" else []:
            called = named_like(pattern, slots, target)
            chosen |= {id(s.parameter): s for s in self.taken(called, explicit=pattern != "*", pattern=pattern)}
        draw_all([(slot, self) for slot in slots if id(slot.parameter) in chosen])
        return target

    def taken(self, called: list[Slot], pattern: str, explicit: bool = True) -> list[Slot]:
        """Return those that are set. One that the pattern names outright must be, and of all at least one."""
        taken = [slot for slot in called if not self.unfit(slot)]
        for slot in called:
            if slot.name == pattern or (explicit and not taken):
                self._accepted(slot)
        return taken

    def _accepted(self, slot: Slot) -> Slot:
        why = self.unfit(slot)
        if why:
            raise ValueError(f"{self!r} cannot set {slot.name}: {why}")
        return slot


def draw_all(pairs: list[tuple[Slot, Initialiser]]) -> None:
    """Check all parameters, then draw their numbers in order."""
    for slot, initialiser in pairs:
        initialiser.check(slot)
    for slot, initialiser in pairs:
        slot.parameter.value = initialiser.numbers(slot)


def slots_of(net: Any) -> list[Slot]:
    """Return all parameters of a net in their order, each shared one once, with the fans of a module that has some."""
    if not isinstance(net, Module):
        hint = "; set its module: initialiser(node.module)" if isinstance(net, Node) else ""
        raise TypeError(f"an initialiser sets a Parameter, a module or a net, not {given(net)}{hint}")
    fans: dict[int, Fans] = {}
    owners: dict[int, Module] = {}
    for module in net.list_modules():
        for name, parameter in module.own_parameters().items():
            owners.setdefault(id(parameter), module)
            found = module.fans(name)
            if found is not None:
                fans.setdefault(id(parameter), found)
    return [Slot(name, p, fans.get(id(p)), owners[id(p)]) for name, p in net.named_parameters().items()]


def named_like(pattern: Any, slots: list[Slot], net: Module) -> list[Slot]:
    """Return those whose names a pattern matches, from the start or from a dot on."""
    if not isinstance(pattern, str):
        raise TypeError(f"names of parameters are strings, not {pattern!r}")
    found = [
        slot
        for slot in slots
        if slot.name == pattern
        or fnmatchcase(slot.name, pattern)
        or fnmatchcase(f".{slot.name}", pattern)  # "*.weight" of a single Linear, too
        or fnmatchcase(f".{slot.name}", f"*.{pattern}")
    ]
    if not found:
        raise ValueError(f"{net.label()} has no parameter named like {pattern!r}; the names there are: {listed(slots)}")
    return found


def listed(slots: list[Slot]) -> str:
    """Name them for messages."""
    return ", ".join(slot.name for slot in slots) or "none"


def finite(value: Any, what: str, least: float = -math.inf, *, above: bool = False) -> float:
    """Return an argument as a finite number of at least ``least``, or above it; or refuse it."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise TypeError(f"{what} must be a number, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{what} must be finite, not {value!r}")
    if value < least or (above and value == least):
        raise ValueError(f"{what} must be {'above' if above else 'at least'} {least:g}, not {value!r}")
    return float(value)


def one_of(value: Any, what: str, choices: Sequence[str]) -> None:
    """Refuse an argument that is none of these words."""
    if value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(map(repr, choices))}, not {value!r}")
