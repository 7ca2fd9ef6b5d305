"""Shapes before anything runs: what a plan would put out for inputs of which only some shapes are known.

A shape is a tuple of sizes, None for a size that is not known; or a list of shapes; or None, of which nothing is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphnet.nesting import Nested, gather, leaves, map_nested
from graphnet.random import drawing_from

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.plan import Plan

Shape: TypeAlias = Any


def shape_of(value: Nested) -> Shape:
    """Return the shape of an array, or the (nested) list of those of a list."""
    return map_nested(lambda array: array.shape, value)


def infer_outputs(plan: Plan, inputs: list[Shape]) -> list[Shape]:
    """Return the shapes of a plan's outputs for those of its inputs; what does not follow from them is None.

    Raises
    ------
    ValueError
        If a module that states what it takes cannot take a shape.
    """
    shapes: list[Shape] = [*inputs, *[None] * (plan.splice.size - len(inputs))]
    for call in plan.executed:
        source = gather(call.source, shapes)
        try:
            shapes[call.target] = call.hooks.output_shape(source)
        except Exception as error:
            call.note(error, "shapes", written(source))
            raise
    return [gather(operand, shapes) for operand in plan.outputs]


def is_known(shape: Shape) -> bool:
    """Tell whether all sizes of a shape are known."""
    return all(part is not None and None not in part for part in leaves(shape))


def probed(module: Module, shape: Shape) -> Shape:
    """Return the shape of what a module gives for zeros; a size that follows an unknown one is unknown.

    Where the module does not work on zeros, nothing is known: it may want other numbers, or one size of batch.
    """
    if any(part is None for part in leaves(shape)):
        return None
    try:
        with np.errstate(all="ignore"), drawing_from(np.random.default_rng(0)):
            first = _try(module, shape, 2)
            return first if is_known(shape) else map_nested(_common, first, _try(module, shape, 3))
    except Exception:  # noqa: BLE001  # whatever a user's module raises
        return None


def written(shape: Shape) -> str:
    """Write a shape for messages: ``Bx3``, with B for a first size that is not known, ``?`` for others.

    >>> written([(None, 3), (2, None), None])
    '[Bx3, 2x?, ?]'
    """
    if isinstance(shape, list):
        return "[" + ", ".join(map(written, shape)) + "]"
    if shape is None:
        return "?"
    sizes = [("?" if i else "B") if size is None else str(size) for i, size in enumerate(shape)]
    return "x".join(sizes) or "scalar"


def merged(shapes: list[Shape]) -> Shape:
    """Return what is known of one shape from several that must be the same.

    Raises
    ------
    ValueError
        If two of them cannot be the same.
    """
    known = [shape for shape in shapes if isinstance(shape, tuple)]
    if not known:
        return None
    sizes = [{size for size in places if size is not None} for places in zip(*known, strict=False)]
    if len({len(shape) for shape in known}) > 1 or any(len(found) > 1 for found in sizes):
        raise ValueError(f"arrays of one shape are meant, not {written(shapes)}")
    return tuple(next(iter(found), None) for found in sizes)


def _try(module: Module, shape: Shape, unknown: int) -> Shape:
    zeros = map_nested(lambda s: np.zeros([unknown if n is None else n for n in s], module.dtype), shape)
    y = module.update_output(zeros)
    return shape_of(y[0] if module.saves else y)


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int | None, ...] | None:
    if len(a) != len(b):
        return None
    return tuple(m if m == n else None for m, n in zip(a, b, strict=True))
