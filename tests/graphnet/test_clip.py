"""Clipping by the common norm and by value."""

import math

import numpy as np
import pytest

from graphnet.clip import clip_by_norm, clip_by_value
from graphnet.parameter import Parameter


def with_grad(grad, dtype=np.float64):
    p = Parameter(np.zeros(np.shape(grad), dtype))
    p.grad = grad
    return p


def test_the_norm_is_over_all_gradients_and_keeps_the_direction():
    p, q = with_grad([[3.0], [0.0]]), with_grad([4.0])
    assert clip_by_norm([p, q, p], 1.0) == pytest.approx(5.0)  # the shared one counts once
    np.testing.assert_allclose(p.grad, [[0.6], [0.0]])
    np.testing.assert_allclose(q.grad, [0.8])


def test_small_gradients_stay_to_the_bit():
    p = with_grad([0.1, 0.2])
    norm = clip_by_norm([p], 5.0)
    assert norm == pytest.approx(math.sqrt(0.05))
    np.testing.assert_array_equal(p.grad, [0.1, 0.2])
    zero = with_grad([0.0])
    assert clip_by_norm([zero], 1.0) == 0
    assert zero.grad == [0.0]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_leaves_the_gradients(bad):
    p, q = with_grad([bad]), with_grad([100.0])
    assert not math.isfinite(clip_by_norm([p, q], 1.0))
    assert q.grad == [100.0]


def test_float32_stays_and_large_numbers_do_not_overflow():
    p = with_grad([3e30, 4e30], np.float32)
    assert clip_by_norm([p], 1.0) == pytest.approx(5e30)
    assert p.grad.dtype == np.float32
    np.testing.assert_allclose(p.grad, [0.6, 0.8], rtol=1e-6)


def test_by_value():
    p = with_grad([-7.0, 0.5, 7.0, math.nan], np.float32)
    array = p.grad
    clip_by_value([p, p], 5)
    np.testing.assert_array_equal(array, np.array([-5, 0.5, 5, np.nan], np.float32))
    assert p.grad is array


@pytest.mark.parametrize("limit", [0, -1, math.nan])
def test_limits_must_be_positive(limit):
    with pytest.raises(ValueError, match="max_norm must be over 0"):
        clip_by_norm([with_grad([1.0])], limit)
    with pytest.raises(ValueError, match="limit must be over 0"):
        clip_by_value([with_grad([1.0])], limit)


def test_the_norm_of_numbers_beyond_all_bounds_is_infinite_without_a_warning():
    p = Parameter([0.0, 0.0])
    p.grad = [1e300, 1e300]
    assert clip_by_norm([p], 1.0) == math.inf
    assert (p.grad == 1e300).all()
