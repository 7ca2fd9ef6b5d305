"""The edge between user and engine: what comes in is checked and copied, what modules give is checked."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, SupportsIndex

import numpy as np

from graphnet.nesting import Nested, describe
from graphnet.node import Node


def given(value: Any) -> str:
    """Name what was given where something else was meant."""
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        of = "" if value.dtype.kind in "fiub" else f" of {value.dtype}"
        return f"an array of shape {describe(value)}{of}"
    return describe(value)


def whole_number(value: Any, what: str, least: int | None = None) -> int:
    """Return a constructor's argument as an integer, or refuse it; ``what`` names it: ``Linear's input_size``."""
    if not isinstance(value, SupportsIndex) or isinstance(value, bool):
        raise TypeError(f"{what} must be an integer, not {value!r}")
    number = operator.index(value)
    if least is not None and number < least:
        raise ValueError(f"{what} must be at least {least}, not {number}")
    return number


def admit(x: Any, dtype: np.dtype[Any], name: Callable[[tuple[int, ...]], str], path: tuple[int, ...] = ()) -> Nested:
    """Copy what the user gives, in the net's type; ``name`` tells what stands at a path, for messages."""
    if isinstance(x, (list, tuple)):
        return [
            item.copy()
            if item.__class__ is np.ndarray and item.dtype is dtype
            else admit(item, dtype, name, (*path, i))
            for i, item in enumerate(x)
        ]
    if isinstance(x, Node):
        raise TypeError(f"{name(path)} is a node, {x}. Values run through a net; to draw a call, use module(node)")
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name(path)} is {given(x)}, where an array of numbers is meant")
    return np.array(array, dtype=dtype if array.dtype.kind == "f" else None, order="C")


def check_like(gradient: Nested, value: Nested, what: str) -> None:
    """Refuse a gradient that does not have the structure and the shapes of the value."""
    if isinstance(value, list) and isinstance(gradient, list) and len(gradient) == len(value):
        for i, (g, v) in enumerate(zip(gradient, value, strict=True)):
            check_like(g, v, f"{what}[{i}]")
    elif isinstance(value, list) or isinstance(gradient, list) or np.shape(gradient) != np.shape(value):
        raise ValueError(f"{what} is {describe(gradient)}; it must be like its value, {describe(value)}")


def check_output(y: Any) -> Nested:
    """Return what a module gave as arrays in lists, or refuse it."""
    if isinstance(y, list):
        return [check_output(item) for item in y]
    if isinstance(y, (np.ndarray, np.generic, float)):
        return np.asarray(y)
    raise TypeError(f"update_output returned {given(y)}; an array or a (nested) list of arrays is meant")


def check_gradient(dx: Nested, value: Nested) -> Nested:
    """Return the gradient that a module gave as arrays in lists, or refuse it."""
    if dx is None:  # a part that has no gradient
        return None
    if isinstance(dx, list) and isinstance(value, list) and len(dx) == len(value):
        return [check_gradient(d, v) for d, v in zip(dx, value, strict=True)]
    if isinstance(dx, (np.ndarray, np.generic, float)) and np.shape(dx) == np.shape(value):
        return np.asarray(dx)
    raise ValueError(f"update_grad_input returned {describe(dx)} for an input that is {describe(value)}")
