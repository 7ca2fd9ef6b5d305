"""Shapes before anything runs: what a plan would put out for inputs of which only some shapes are known.

A shape is a tuple of sizes, None for a size that is not known; or a list of shapes; or None, of which nothing is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphnet.nesting import Nested, gather, leaves, map_nested
from graphnet.random import generator_state, set_generator_state

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
    Exception
        What a module raises for a shape that it cannot take.
    """
    shapes: list[Shape] = [*inputs, *[None] * (plan.splice.size - len(inputs))]
    start = generator_state()
    try:
        with np.errstate(all="ignore"):
            for call in plan.executed:
                shapes[call.target] = call.hooks.output_shape(gather(call.source, shapes))
    except Exception as error:
        call.note(error, "shapes", written(gather(call.source, shapes)))
        raise
    finally:
        set_generator_state(start)
    return [gather(operand, shapes) for operand in plan.outputs]


def is_known(shape: Shape) -> bool:
    """Tell whether all sizes of a shape are known."""
    return all(part is not None and None not in part for part in leaves(shape))


def probed(module: Module, shape: Shape) -> Shape:
    """Return the shape of what a module gives for zeros; a size that follows an unknown one is unknown."""
    if any(part is None for part in leaves(shape)):
        return None
    first = _try(module, shape, 2)
    if is_known(shape):
        return first
    return map_nested(_common, first, _try(module, shape, 3))


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
    """Return what is known of one shape from several that must be the same."""
    known = [shape for shape in shapes if isinstance(shape, tuple)]
    if not known or len({len(shape) for shape in known}) != 1:
        return known[0] if known else None
    return tuple(next((size for size in sizes if size is not None), None) for sizes in zip(*known, strict=True))


def _try(module: Module, shape: Shape, unknown: int) -> Shape:
    zeros = map_nested(lambda s: np.zeros([unknown if n is None else n for n in s], module.dtype), shape)
    y = module.update_output(zeros)
    return shape_of(y[0] if module.saves else y)


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int | None, ...] | None:
    if len(a) != len(b):
        return None
    return tuple(m if m == n else None for m, n in zip(a, b, strict=True))
