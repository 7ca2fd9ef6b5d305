"""Probing: the shape of what a module gives, found by trying it on zeros."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.nesting import leaves, map_nested
from graphnet.random import drawing_from
from graphnet.shapes import Shape, is_known, shape_of
from graphnet.sizes import UNKNOWN, Size

if TYPE_CHECKING:
    from graphnet.module import Module


def probed(module: Module, shape: Shape) -> Shape:
    """Return the shape of what a module gives for zeros, tried with two numbers for each size that is not known.

    Where the module does not work on zeros, nothing is known: it may want other numbers, or one size of batch.
    """
    if any(not isinstance(part, tuple) for part in leaves(shape)):
        return None
    try:
        with np.errstate(all="ignore"), drawing_from(np.random.default_rng(0)):
            if is_known(shape):
                return _tried(module, shape)
            one, other = _filled(shape, count(2)), _filled(shape, count(11, 2))
            first, second = _tried(module, one), _tried(module, other)
    except Exception:  # noqa: BLE001  # whatever a user's module raises
        return None
    known = {(m, n): size for m, n, size in zip(*map(_sizes, (one, other, shape)), strict=True)}
    return map_nested(lambda a, b: _common(a, b, known), first, second)


def _filled(shape: Shape, numbers: count[int]) -> Shape:
    """Return a shape with another number for each symbol, and for each size of which nothing is known."""
    given: dict[str, int] = {}

    def number(size: Size | int) -> int:
        if isinstance(size, int):
            return size
        if size is UNKNOWN:
            return next(numbers)
        for symbol in sorted(size.symbols() - set(given)):
            given[symbol] = next(numbers)
        found = size.at(given)
        assert found is not None
        return found

    return map_nested(lambda part: tuple(map(number, part)), shape)


def _tried(module: Module, shape: Shape) -> Shape:
    y = module.update_output(map_nested(lambda part: np.zeros(part, module.dtype), shape))
    return shape_of(y[0] if module.saves else y)


def _common(a: tuple[int, ...], b: tuple[int, ...], known: dict[tuple[int, int], Size | int]) -> Shape:
    """Return one shape for those of two tries; a size that differs is that of an input, plus a number, or unknown."""
    if len(a) != len(b):
        return None
    sizes: list[Size | int] = []
    for m, n in zip(a, b, strict=True):
        shifted = [size + (m - p) for (p, q), size in known.items() if p != q and m - p == n - q]
        sizes.append(m if m == n else shifted[0] if shifted else UNKNOWN)
    return tuple(sizes)


def _sizes(shape: Shape) -> list[Any]:
    return [size for part in leaves(shape) for size in part]
