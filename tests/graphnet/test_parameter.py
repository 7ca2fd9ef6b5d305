"""Parameters, and many of them seen as one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet import FlatView, Parameter
from graphnet import modules as nn


def test_a_parameter() -> None:
    p = Parameter([[1, 2], [3, 4]])
    assert p.dtype == np.float64
    assert p.shape == (2, 2)
    assert p.size == 4
    assert not p.grad.any()
    kept = p.value
    p.value = np.ones((2, 2))
    assert p.value is kept
    p.value -= 0.5
    np.testing.assert_array_equal(np.asarray(p), np.full((2, 2), 0.5))
    p.grad += 1
    assert p.grad.sum() == 4
    for assign in (lambda: setattr(p, "value", [1, 2]), lambda: setattr(p, "grad", 3.0)):
        with pytest.raises(ValueError, match=r"of shape \(2, 2\) cannot take an array of shape"):
            assign()


def test_single_precision_is_kept() -> None:
    assert Parameter(np.ones(2, np.float32)).dtype == np.float32


def test_flat_views_write_through() -> None:
    net = nn.lstm(3, 2)
    weights, gradients = net.get_parameters()
    assert weights.shape == gradients.shape == (56,)
    assert len(weights) == weights.size == 56
    assert weights.ndim == 1
    weights[:] = np.arange(56)
    np.testing.assert_array_equal(net.parameters()[0].value, np.arange(24).reshape(8, 3))
    gradients.fill(2)
    weights -= 0.5 * gradients
    np.testing.assert_array_equal(net.parameters()[0].value, np.arange(24).reshape(8, 3) - 1)
    assert weights[3] == 2
    assert weights[-1] == 54
    weights[3:5] = 9
    assert (net.parameters()[0].value.ravel()[3:5] == 9).all()
    np.clip(gradients, -1, 1, out=gradients)
    assert all((p.grad == 1).all() for p in net.parameters())
    assert np.linalg.norm(gradients) == pytest.approx(np.sqrt(56))
    assert float(np.sum(gradients)) == 56
    assert isinstance(weights + 1, np.ndarray)
    assert (weights == weights.copy()).all()
    assert weights.dtype == np.float64
    assert list(gradients) == [1.0] * 56
    assert "FlatView" in repr(gradients)


@pytest.mark.parametrize("again", [lambda net: None, lambda net: net.get_parameters(), lambda net: net.clone("weight")])
def test_flat_views_may_be_asked_for_repeatedly(again: Callable[[Any], Any]) -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)))
    inner, _ = net.modules[1].get_parameters()
    outer, _ = net.get_parameters()
    again(net)
    later, _ = net.get_parameters()
    outer.fill(1)
    inner.fill(2)
    np.testing.assert_array_equal(outer.copy(), [1] * 6 + [2] * 6)
    np.testing.assert_array_equal(later.copy(), outer.copy())


def test_flat_views_survive_sharing_and_casting() -> None:
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    weights, gradients = b.get_parameters()
    b.share(a, "weight")
    a.float()
    b.float()
    assert weights.dtype == gradients.dtype == np.float32
    weights.fill(3)
    assert (a.weight.value == 3).all()
    net = nn.Sequential(a, b)
    assert net.get_parameters()[0].size == 8  # the tied weight once
    net.double()
    weights -= 1
    assert (a.weight.value == 2).all()
    assert weights.dtype == np.float64


def test_no_parameters() -> None:
    weights, _ = nn.Tanh().get_parameters()
    assert weights.size == 0
    assert weights.copy().shape == (0,)
    assert nn.Tanh().parameters() == []
    assert weights.dtype == np.float64


def test_a_flat_view_is_no_array_of_its_own() -> None:
    view = FlatView(lambda: [Parameter([1.0])], "value")
    with pytest.raises(ValueError, match="has no array of its own"):
        np.array(view, copy=False)
    with pytest.raises(TypeError, match="unhashable"):
        hash(view)
    quotient, rest = np.divmod(view, 1)
    assert (quotient, rest) == (1, 0)
