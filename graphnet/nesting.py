"""Nested lists of arrays: the values that flow along the edges of a drawing.

A value is an array or a list whose elements are values; a list stays a list, also one of a single element.

    x                     one array
    [x, [c, h]]           a list of an array and a list of two arrays
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
# An array or a (nested) list of arrays. The type is left open: a hook states what it takes by its own annotation.
Nested: TypeAlias = Any
# A register (the place of a value in a run), or a (nested) list of registers.
Operand: TypeAlias = Any


def map_nested(function: Callable[..., Any], first: Nested, *others: Nested) -> Nested:
    """Apply ``function`` to the leaves that stand at the same place in every tree."""
    if not isinstance(first, list):
        return function(first, *others)
    for other in others:
        if not isinstance(other, list) or len(other) != len(first):
            raise ValueError(f"the nested lists {describe(first)} and {describe(other)} differ in structure")
    return [map_nested(function, *items) for items in zip(first, *others, strict=True)]


def gather(operand: Operand, values: list[Any]) -> Nested:
    """Return what the registers of an operand hold, in its structure."""
    if operand.__class__ is int:
        return values[operand]
    return [gather(part, values) for part in operand]


def leaves(tree: Nested) -> Iterator[Any]:
    """Yield the leaves from left to right."""
    if isinstance(tree, list):
        for item in tree:
            yield from leaves(item)
    else:
        yield tree


def copy_nested(tree: Nested) -> Nested:
    """Copy every array, so that what its receiver does to it stays with the receiver."""
    return [copy_nested(item) for item in tree] if tree.__class__ is list else tree.copy()


def zeros_like(tree: Nested) -> Nested:
    """Return arrays of zeros in the structure, shapes and types of ``tree``."""
    return map_nested(np.zeros_like, tree)


def add_gradients(total: Nested, contribution: Nested) -> Nested:
    """Sum two gradients of one value; None stands for a part that has none. Neither argument is changed."""
    if total is None:
        return contribution
    if contribution is None:
        return total
    if isinstance(total, list):
        return [add_gradients(a, b) for a, b in zip(total, contribution, strict=True)]
    return np.asarray(total + contribution)  # the sum of scalar arrays would be no array


def fill_gaps(gradient: Nested, value: Nested) -> Nested:
    """Put zeros, shaped like ``value``, where ``gradient`` is None."""
    if gradient is None:
        return zeros_like(value)
    if isinstance(gradient, list):
        return [fill_gaps(g, v) for g, v in zip(gradient, value, strict=True)]
    return gradient


def same_numbers(a: Nested, b: Nested) -> bool:
    """Tell whether two values hold the same numbers in the same structure, NaN for NaN."""
    pairs = zip(leaves(a), leaves(b), strict=True)
    return describe(a) == describe(b) and all(
        p.tobytes() == q.tobytes() or np.array_equal(p, q, equal_nan=True) for p, q in pairs
    )


def describe(value: Nested) -> str:
    """Name a value for messages and pictures: ``2x3``, ``scalar``, ``[1x2, [4]]``.

    >>> describe([np.zeros((1, 2)), [np.zeros(4)]])
    '[1x2, [4]]'
    """
    if isinstance(value, list):
        return "[" + ", ".join(describe(item) for item in value) + "]"
    if isinstance(value, np.ndarray):
        return "x".join(map(str, value.shape)) or "scalar"
    return "None" if value is None else type(value).__name__
