"""Shapes that may not be wholly known, and what a module would give for one.

A shape is a tuple of sizes for an array, a list of shapes for a list, or None where nothing is known. A size is an
integer or a :class:`~graphnet.sizes.Size`. Where a value may have one of several shapes, they are an :class:`Either`:
what Linear gives, say, which takes rows with and without a batch. Calls that cannot take one of them rule it out.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphnet.nesting import Nested, leaves, map_nested
from graphnet.sizes import UNKNOWN, Size, surely_differ

if TYPE_CHECKING:
    from graphnet.module import Module

Shape: TypeAlias = Any

# With more shapes that a call's input might have, nothing is known of it.
_MOST = 16


class Either:
    """The shapes that one value may have.

    Examples
    --------
    >>> written(Either([(8,), (UNKNOWN, 8)]))
    '8 or Bx8'
    """

    __slots__ = ("options",)

    def __init__(self, options: list[Shape]) -> None:
        self.options = options

    def __repr__(self) -> str:
        return written(as_shape(self))


def shape_of(value: Nested) -> Shape:
    """Return the shape of an array, or the (nested) list of those of a list."""
    return map_nested(lambda array: array.shape, value)


def as_shape(given: Any) -> Shape:
    """Turn a shape as users write it, with names and None among the sizes, into one of ours.

    >>> as_shape([("B", 3), (None, 2)])
    [(B, 3), (?, 2)]
    """
    if given is None:
        return None
    if isinstance(given, Either):
        return Either([as_shape(option) for option in given.options])
    if isinstance(given, list):
        return [as_shape(part) for part in given]
    if not isinstance(given, tuple):
        raise TypeError(f"a shape is a tuple of sizes, such as ('B', 3), or a list of shapes; it was {given!r}")
    return tuple(map(_as_size, given))


def _as_size(size: Any) -> Size | int:
    if size is None:
        return UNKNOWN
    if isinstance(size, Size):
        return size
    if isinstance(size, str) and size.isidentifier():
        return Size(size)
    if isinstance(size, (int, np.integer)) and not isinstance(size, bool) and size >= 0:
        return int(size)
    raise TypeError(f"a size is a whole number of at least 0, a name such as 'B', or None; it was {size!r}")


def output_of(hooks: Any, source: Shape) -> Shape:
    """Return the shape of what a module gives, for each shape that its input may have.

    Raises
    ------
    ValueError, TypeError, IndexError
        If it can take none of them: what it says of the last.
    """
    options = options_of(source)
    if len(options) == 1:
        return hooks.output_shape(options[0])
    found: dict[str, Shape] = {}
    refused: Exception | None = None
    for option in options:
        try:
            given = hooks.output_shape(option)
        except (ValueError, TypeError, IndexError) as error:
            refused = error
            continue
        for one in given.options if isinstance(given, Either) else [given]:
            found[written(one)] = one
    if not found and refused is not None:
        raise refused
    if None in found.values() or len(found) > _MOST:
        return None
    return next(iter(found.values())) if len(found) == 1 else Either(list(found.values()))


def options_of(source: Shape) -> list[Shape]:
    """Return the shapes that a value may have, each with one shape for every array."""
    if source.__class__ is Either:
        options = [one for option in source.options for one in options_of(option)]
        return options if len(options) <= _MOST else [None]
    if source.__class__ is not list:
        return [source]
    parts = list(map(options_of, source))
    if prod(map(len, parts)) > _MOST:
        parts = [part if len(part) == 1 else [None] for part in parts]
    return [list(option) for option in product(*parts)]


def is_known(shape: Shape) -> bool:
    """Tell whether all sizes of a shape are known."""
    return all(isinstance(part, tuple) and all(isinstance(n, int) for n in part) for part in leaves(shape))


def by_trying(output_shape: Callable[[Any, Shape], Shape]) -> Callable[[Any, Shape], Shape]:
    """Mark a way to find a shape that runs the module."""
    output_shape.by_trying = True  # type: ignore[attr-defined]
    return output_shape


def says_nothing(hooks: Any) -> bool:
    """Tell whether a module, or one that it runs, says nothing of its shapes, so that it has to be tried."""
    if hasattr(type(hooks).output_shape, "by_trying"):
        return True
    children: list[tuple[str, Module]] = getattr(hooks, "named_children", list)()
    return any(hasattr(type(m).output_shape, "by_trying") for _, child in children for m in child.list_modules())


def written(shape: Shape) -> str:
    """Write a shape for messages: ``Bx3``, with B for a first size that is not known, ``?`` for others.

    >>> written([as_shape((None, 3)), as_shape((2, "T")), None])
    '[Bx3, 2xT, ?]'
    """
    if isinstance(shape, Either):
        return " or ".join(map(written, shape.options))
    if isinstance(shape, list):
        return "[" + ", ".join(map(written, shape)) + "]"
    if shape is None:
        return "?"
    sizes = ["B" if size is UNKNOWN and not i else str(size) for i, size in enumerate(shape)]
    return "x".join(sizes) or "scalar"


def merged(shapes: list[Shape]) -> Shape:
    """Return what is known of one shape from several that must be the same.

    Raises
    ------
    ValueError
        If two of them cannot be the same.
    """
    if any(isinstance(shape, list) for shape in shapes):
        raise ValueError(f"arrays of one shape are meant, not {written(shapes)}")
    known = [shape for shape in shapes if isinstance(shape, tuple)]
    if not known:
        return None
    first = known[0]
    for other in known[1:]:
        if len(other) != len(first) or any(map(surely_differ, first, other)):
            raise ValueError(f"arrays of one shape are meant, not {written(shapes)}")
        first = tuple(map(more_known, first, other))
    return first


def more_known(a: Size | int, b: Size | int) -> Size | int:
    """Return what is known of one size from two that must be the same."""
    return b if a is UNKNOWN or isinstance(b, int) else a
