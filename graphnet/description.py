"""Described: what a module is made with, for pictures, messages and files."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np

from graphnet.nesting import describe


class Described:
    """Something that remembers the arguments of its constructor."""

    _arguments: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments of the constructor: they are the module's description in pictures and files."""
        if cls.__init__ is object.__init__ and (args or kwargs):
            raise TypeError(f"{cls.__name__}() takes no arguments; to draw a call, use {cls.__name__}()(node)")
        self = super().__new__(cls)
        self._arguments = (args, kwargs)
        return self

    def arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments by name, as they stand now if they are attributes of that name."""
        args, kwargs = self._arguments
        bound = _signature(type(self)).bind_partial(*args, **kwargs)
        for name, given in bound.arguments.items():
            current = vars(self).get(name, given)
            if type(current) is type(given) or (isinstance(given, (int, float)) and isinstance(current, (int, float))):
                bound.arguments[name] = current
        return dict(bound.arguments)

    def label(self) -> str:
        """Return the module's class and arguments, for pictures and messages: ``Linear(3, 8)``.

        Floats are rounded to 6 digits there, so that 1 - 0.9 is a 0.1.
        """
        return self._written(_rounded)

    def exact_label(self) -> str:
        """Return the label with all digits of its floats, as ``repr`` shows it, or a class's own :meth:`label`."""
        return self._written(_exact) if type(self).label is Described.label else self.label()

    def _written(self, text: Callable[[Any], str]) -> str:
        """Return the label, with arguments as ``text`` writes them."""
        return f"{type(self).__name__}({', '.join(_argument_texts(self, text))})"

    def __repr__(self) -> str:
        return self.exact_label()


# Looking a signature up takes longer than all else that a label needs.
_signatures: WeakKeyDictionary[type, inspect.Signature] = WeakKeyDictionary()


def _signature(kind: type) -> inspect.Signature:
    signature = _signatures.get(kind)
    if signature is None:
        signature = _signatures[kind] = inspect.signature(kind)
    return signature


def _argument_texts(described: Described, text: Callable[[Any], str]) -> Iterator[str]:
    parameters = _signature(type(described)).parameters
    given = described.arguments()
    named = False
    for name, parameter in parameters.items():
        if name not in given or (given[name] is None and parameter.default is None):
            named = True  # left out, so that what follows needs its name
        elif parameter.kind is parameter.VAR_POSITIONAL:
            yield from map(text, given[name])
        elif parameter.kind is parameter.VAR_KEYWORD:
            yield from (f"{key}={text(item)}" for key, item in given[name].items())
        else:
            value = given[name]
            named = named or parameter.kind is parameter.KEYWORD_ONLY or isinstance(value, bool)
            yield f"{name}={text(value)}" if named else text(value)


def _exact(value: Any) -> str:
    if isinstance(value, Described):
        return value.exact_label()
    return f"array {describe(value)}" if isinstance(value, np.ndarray) else repr(value)


def _rounded(value: Any) -> str:
    if isinstance(value, Described):
        return value.label()
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return repr(number if number.is_integer() else float(f"{number:.6g}"))
    if type(value) in (list, tuple):
        texts = ", ".join(map(_rounded, value))
        return f"[{texts}]" if type(value) is list else f"({texts}{',' * (len(value) == 1)})"
    return _exact(value)
