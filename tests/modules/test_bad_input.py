"""Bad input ends in an error that names the class, what was expected and what came: never a bare NumPy message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from graphnet import Module
from graphnet.nesting import describe, leaves, map_nested
from graphnet.node import Node
from tests.modules.rows import Row, every_row

# How NumPy and Python begin what they say of a slip that nobody caught before.
BARE = (
    "operands could not be broadcast",
    "matmul: ",
    "index ",
    "axis ",
    "cannot reshape",
    "all the input array",
    "all input arrays",
    "shapes ",
    "could not broadcast",
    "non-broadcastable",
    "'list' object",
    "'numpy.ndarray' object",
    "unsupported operand",
    "tuple index",
    "list index",
    "list indices",
    "only integer",
    "arrays used as indices",
    "too many indices",
    "not enough values to unpack",
    "too many values to unpack",
    "invalid axis",
    "cannot select an axis",
    "repeats may not",
    "ufunc ",
    "zero-size array",
    "attempt to get",
    "einstein sum",
    "bad operand",
    "'NoneType'",
    "object of too small depth",
    "negative dimensions",
    "cannot unpack",
)


def replaced(x: Any, place: int, other: Any) -> Any:
    """Return an input with one of its arrays replaced."""
    counter = iter(range(10**6))
    return map_nested(lambda a: other if next(counter) == place else a, x)


def bad_inputs(x: Any) -> Iterator[Any]:
    """Yield inputs that a module may not take: of other ranks, sizes, types and structures, and out of range."""
    yield []
    yield [x]
    yield [x, x, x, x, x]
    if isinstance(x, list):
        yield x[:-1]
        yield [*x, x[0]]
        yield x[0]
        yield [[part] for part in x]
    for i, array in enumerate(leaves(x)):
        yield replaced(x, i, array[None])
        yield replaced(x, i, array[None, None, None])
        yield replaced(x, i, np.zeros((), array.dtype))
        yield replaced(x, i, np.zeros(0, array.dtype))
        yield replaced(x, i, [array])
        if array.ndim:
            yield replaced(x, i, array.sum(0))
            for axis in range(array.ndim):
                yield replaced(x, i, np.repeat(array, 2, axis))
                yield replaced(x, i, np.insert(array, 0, 0, axis))
                yield replaced(x, i, array.take(range(array.shape[axis] - 1), axis))
        yield replaced(x, i, array + 0.5 if array.dtype.kind == "i" else np.full(array.shape, 2))
        for number in (-1, -7, 10**6):
            yield replaced(x, i, np.full(array.shape, number, array.dtype))
        yield replaced(x, i, array.astype(bool))


def names_of(module: Module) -> set[str]:
    """Return what a message may call a module: its class, its drawing, or a part of it."""
    names = {type(inside).__name__ for inside in module.list_modules()}
    names |= {node.label() for node in getattr(module.graph(), "order", []) if isinstance(node, Node)}
    return {*names, *(type(inside).__mro__[1].__name__ for inside in module.list_modules())}


def assert_explained(error: Exception, module: Module, x: Any) -> None:
    text = str(error)
    told = f"{type(error).__name__}: {text}\n for {describe(x)} of {[a.dtype.name for a in leaves(x)]}"
    assert isinstance(error, (TypeError, ValueError, IndexError)), told
    assert not text.startswith(BARE), told
    by_edge = text.startswith(("the input", "input ", "a list is needed", "split(", "there is no element"))
    assert by_edge or any(name in text for name in names_of(module)), told


@every_row
def test_bad_input_is_explained(name: str, row: Row) -> None:
    module = row.make()
    for x in bad_inputs(row.x(2, 3)):
        try:
            tape = module.run(x)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is judged
            assert_explained(error, module, x)
        else:
            try:
                tape.backward(map_nested(np.ones_like, tape.output))
            except Exception as error:  # noqa: BLE001
                pytest.fail(f"forward took {describe(x)}, but backward says {type(error).__name__}: {error}")


@every_row
def test_what_holds_no_numbers_is_refused(name: str, row: Row) -> None:
    module, x = row.make(), row.x(2, 3)
    n = len(list(leaves(x)))
    for wrong in (None, "abc", np.array(["a", "b"]), np.array([1, None]), np.array([1j]), {"a": 1}):
        with pytest.raises(TypeError, match=r"is .*, where an array of numbers is meant"):
            module.run(replaced(x, n - 1, wrong))
