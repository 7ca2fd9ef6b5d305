"""What modules say of shapes before they run is what running gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.nesting import leaves, map_nested
from graphnet.shapes import Either, output_of, says_nothing, shape_of
from graphnet.sizes import UNKNOWN, Size
from tests.modules.rows import ROWS, Row, every_row

B, F = Size("B"), Size("F")

# Of these the output's shape follows from the numbers that come in, not from their shape.
FROM_NUMBERS = {"MaskedSelect"}
# How many arrays these give is a size of their input; a list of no certain length cannot be told.
AS_MANY_AS_A_SIZE = {"SplitTable"}


def symbolic(row: Row) -> Any:
    """Return the shape of a row's input with B for its batch and F for its features, unknown where it is neither."""
    shapes = [shape_of(row.x(b, f)) for b, f in ((3, 3), (5, 3), (3, 7))]

    def size(n: int, more_rows: int, more_features: int) -> Size | int:
        if n == more_rows == more_features:
            return n
        if more_features == n:
            return B if (n, more_rows) == (3, 5) else UNKNOWN
        return F if (n, more_rows, more_features) == (3, 3, 7) else UNKNOWN

    def shape(*several: tuple[int, ...]) -> tuple[Size | int, ...]:
        return tuple(map(size, *several))

    return map_nested(shape, *shapes)


def assert_fits(said: Any, given: Any) -> None:
    """What was said of a shape, with symbols for 5 rows of 7 features, must be so."""
    if said is None:
        return None
    if isinstance(said, Either):
        for option in said.options:
            try:
                return assert_fits(option, given)
            except AssertionError:
                continue
        raise AssertionError(f"none of {said.options} is {given}")
    assert isinstance(said, list) == isinstance(given, list)
    assert len(said) == len(given)
    if isinstance(said, list):
        for one, other in zip(said, given, strict=True):
            assert_fits(one, other)
        return None
    for size, number in zip(said, given, strict=True):
        known = size if isinstance(size, int) else size.at({"B": 5, "F": 7})
        assert known in (None, number), (said, given)
    return None


@every_row
@given(sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)))
@settings(max_examples=8, deadline=None)
def test_a_known_shape_gives_what_running_gives(name: str, row: Row, sizes: tuple[int, int]) -> None:
    x = row.x(*sizes)
    module = row.make()
    said = output_of(module, shape_of(x))
    if name in FROM_NUMBERS:
        assert_fits(said, shape_of(module.run(x).output))
    else:
        assert said == shape_of(module.run(x).output)


@every_row
def test_a_shape_with_symbols_gives_what_running_gives(name: str, row: Row) -> None:
    module = row.make()
    given = symbolic(row)
    said = output_of(module, given)
    assert_fits(said, shape_of(module.run(row.x(5, 7)).output))
    if all(UNKNOWN not in shape for shape in leaves(given)) and name not in FROM_NUMBERS | AS_MANY_AS_A_SIZE:
        assert said is not None
        assert all(shape is not None and UNKNOWN not in shape for shape in leaves(said)), said


@every_row
def test_the_number_of_dimensions_is_enough(name: str, row: Row) -> None:
    module, x = row.make(), row.x(5, 7)
    output_of(module, None)  # which nothing must refuse
    said = output_of(module, map_nested(lambda a: (UNKNOWN,) * a.ndim, x))
    assert_fits(said, shape_of(module.run(x).output))


@pytest.mark.parametrize("name", ROWS)
def test_it_is_said_without_running(name: str) -> None:
    assert not says_nothing(ROWS[name][0].make())


@every_row
def test_what_is_refused_when_it_runs_is_not_promised(name: str, row: Row) -> None:
    """Shapes with a dimension more, a dimension less, or another size: refused both times, or right both times."""
    module = row.make()
    x = row.x(3, 3)
    for i, array in enumerate(leaves(x)):
        for other in (
            array[None],
            array[0] if array.ndim and len(array) else array[None, None],
            np.repeat(array, 2, -1) if array.ndim else array,
        ):
            changed = _with(x, i, other)
            try:
                actual = shape_of(module.run(changed).output)
            except (ValueError, TypeError, IndexError):
                continue
            assert_fits(output_of(module, shape_of(changed)), actual)


def _with(x: Any, place: int, array: np.ndarray) -> Any:
    counter = iter(range(10**6))
    return map_nested(lambda a: array if next(counter) == place else a, x)
