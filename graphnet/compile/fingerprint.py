"""Fingerprint: what a compiled net depends on besides its drawing: its modules' modes, arguments and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphnet.module import Module

_PLAIN = (bool, int, float, str, type(None))
# What a module keeps of its runs, and of how it was made.
_IGNORED = frozenset(("_plan", "_executor", "_arguments", "name", "train"))


class Fingerprint:
    """The attributes of all modules of a net: plain ones by what they are, others by which objects they are."""

    def __init__(self, module: Module) -> None:
        self._values = tuple(_attributes(module))
        self._hash = hash(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self._values == other._values

    def __hash__(self) -> int:
        return self._hash


class _Same:
    """An object that is equal to itself alone; it is kept, so that no other gets its identity."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def _attributes(module: Module) -> Iterator[Any]:
    for inside in module.list_modules():
        yield _Same(inside)
        yield inside.train  # of the class, until it is set
        for name, value in vars(inside).items():
            if name not in _IGNORED:
                yield name
                yield (type(value), value) if isinstance(value, _PLAIN) else _Same(value)
