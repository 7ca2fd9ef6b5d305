"""Sizes with symbols: what is said of them holds whatever the symbols stand for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.sizes import UNKNOWN, Size, product_of, surely_differ, surely_less

B, T = Size("B"), Size("T")
OPERATIONS = [operator.add, operator.sub, operator.mul]


@st.composite
def expressions(draw: Callable[..., Any]) -> tuple[Any, int, dict[str, int]]:
    """A size, what it comes to, and what its symbols stand for."""
    numbers = {"B": draw(st.integers(0, 9)), "T": draw(st.integers(0, 9))}
    size: Any = 0
    value = 0
    for _ in range(draw(st.integers(1, 5))):
        operation = draw(st.sampled_from(OPERATIONS))
        other = draw(st.one_of(st.integers(-4, 4), st.sampled_from(["B", "T"])))
        size = operation(size, Size(other) if isinstance(other, str) else other)
        value = operation(value, numbers[other] if isinstance(other, str) else other)
    return size, value, numbers


def at(size: Any, numbers: dict[str, int]) -> int:
    return size if isinstance(size, int) else size.at(numbers)


@given(expressions())
def test_a_sum_of_products_comes_to_what_it_says(expression: tuple[Any, int, dict[str, int]]) -> None:
    size, value, numbers = expression
    assert at(size, numbers) == value


@given(expressions(), st.integers(1, 6))
def test_a_quotient_comes_to_what_it_says_where_it_is_whole(
    expression: tuple[Any, int, dict[str, int]], by: int
) -> None:
    size, value, numbers = expression
    quotient = size // by
    known = at(quotient, numbers)
    assert known in (None, value // by)
    assert at(by * size // by, numbers) == value


@given(expressions(), expressions())
def test_what_is_sure_is_so(one: tuple[Any, int, dict[str, int]], other: tuple[Any, int, dict[str, int]]) -> None:
    numbers = one[2]
    first, second = one[0], other[0]
    a, b = at(first, numbers), at(second, numbers)
    if min(a, b) < 0:
        return
    if surely_less(first, second):
        assert a < b
    if surely_differ(first, second):
        assert a != b


def test_what_is_written() -> None:
    assert [str(size) for size in (B, 2 * T - 2, T * B, (T - 3) // 2 + 1, T // 2, -T + 3, 6 * T * B // 3, T * T)] == [
        "B",
        "2·T-2",
        "B·T",
        "⌊(T-3)/2⌋+1",
        "⌊T/2⌋",
        "-T+3",
        "2·B·T",
        "T·T",
    ]
    assert T - T == 0
    assert isinstance(T - T + 3, int)
    assert T + 1 == 1 + T == "T+1"
    assert (B * T * 6) // (T * 2) == 3 * B
    assert hash(T + 1) == hash(1 + T)
    assert product_of([2, B, 3]) == 6 * B


def test_what_is_sure() -> None:
    assert surely_less(T - 2, T)
    assert surely_less(0, T + 1)
    assert not surely_less(0, T)
    assert not surely_less(T, B + T)
    assert surely_differ(T, T + 1)
    assert not surely_differ(T, 3)
    assert surely_differ(2, 3)


def test_nothing_is_sure_of_what_is_unknown() -> None:
    for size in (UNKNOWN + 1, UNKNOWN * T, UNKNOWN - UNKNOWN, UNKNOWN // 2, 3 // UNKNOWN, 3 - UNKNOWN, T // B):
        assert size is UNKNOWN
        assert not surely_differ(size, 3)
    assert UNKNOWN * 0 == 0
    assert UNKNOWN.at({"?": 1}) is None


def test_there_is_no_order() -> None:
    with pytest.raises(TypeError):
        assert T < 3  # type: ignore[operator]


def test_equal_quotients_are_added() -> None:
    n = Size("n")
    assert str(n // 2) == "⌊n/2⌋"
    assert str((2 * (n // 2) + n - 6) // 2) == "2·⌊n/2⌋-3"
