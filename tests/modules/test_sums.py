"""What modules share to be fast gives what the plain form gives."""

from __future__ import annotations

import numpy as np
import pytest

from graphnet.modules.sums import add_rows, dots
from graphnet.modules.transfer.choice import indicator, one_or
from graphnet.modules.transfer.smooth import softened


@pytest.mark.parametrize("n_places", [2, 60, 5000], ids=["all the same", "some alike", "nearly all different"])
def test_rows_are_added_as_by_add_at(n_places: int) -> None:
    rng = np.random.default_rng(0)
    places, rows = rng.integers(0, n_places, 200), rng.integers(-9, 9, (200, 100)).astype(float)
    assert rows.size > 2**14  # enough for rows to be added several at once
    total, expected = np.ones((2, n_places, 100))
    np.add.at(expected, places, rows)
    add_rows(total, places, rows)
    np.testing.assert_array_equal(total, expected)


def test_products_of_rows_are_summed() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    np.testing.assert_allclose(dots(a, b), (a * b).sum(-1, keepdims=True), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_choice_is_exact_and_keeps_the_type(dtype: type) -> None:
    x = np.array([-2, -0.0, 0, 3, np.nan], dtype)
    for other in (0.01, 0.1, 0.25, 0.7, 3.3):
        chosen = one_or(x > 0, other, x)
        assert chosen.dtype == dtype
        np.testing.assert_array_equal(chosen, np.where(x > 0, 1, other).astype(dtype))
    np.testing.assert_array_equal(indicator(x > 0, x), [0, 0, 0, 1, 0])
    assert indicator(x > 0, x).dtype == dtype


def test_the_logarithm_of_one_and_an_exponential_neither_overflows_nor_loses_small_numbers() -> None:
    x = np.array([-np.inf, -1000, -40, 0, 40, 1000, np.inf])
    np.testing.assert_allclose(softened(x), np.logaddexp(0, x), rtol=1e-14)
    assert np.isnan(softened(np.array(np.nan)))
