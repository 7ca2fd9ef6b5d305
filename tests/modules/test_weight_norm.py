"""Weight normalisation keeps modules pure, and PartialLinear its other outputs."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.interop.torch7 import build_module

X = np.random.default_rng(0).normal(size=(5, 3))


class Stencil(gn.Module):
    """Any module with a weight of four dimensions: of B x 2 to B x 3, with what it saves."""

    saves = True

    def __init__(self) -> None:
        self.weight = gn.Parameter(np.zeros((2, 3, 2, 2)))

    def update_output(self, x: Any) -> Any:
        w = self.weight.value.sum((2, 3)) + self.weight.value[:, :, 0, 1]
        return x @ w, w

    def update_grad_input(self, x: Any, y: Any, dy: Any, *saved: Any) -> Any:
        return dy @ saved[0].T

    def acc_grad_parameters(self, x: Any, y: Any, dy: Any, scale: Any = 1.0, *saved: Any) -> None:
        dw = scale * (x.T @ dy)
        self.weight.grad += dw[:, :, None, None]
        self.weight.grad[:, :, 0, 1] += dw


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_any_weight_may_be_normalised_along_any_dimension(dim: int) -> None:
    module = nn.WeightNorm(Stencil(), dim)
    w = np.moveaxis(module.weight(), dim, 0).reshape(module.v.shape)
    length = np.sqrt((module.v.value**2).sum(1, keepdims=True))
    np.testing.assert_allclose(w, module.v.value * length / np.sqrt(length**2 + 1e-4), rtol=1e-14)
    report = gn.check_gradients(module, X[:, :2])
    assert report.ok, f"\n{report}"


def test_the_module_given_stays_as_it_is_and_nothing_is_written_to_the_copy() -> None:
    linear = nn.Linear(3, 2)
    before = linear.weight.value.copy()
    module = nn.WeightNorm(linear)
    tape = module.run(X)
    tape.backward(tape.output)
    np.testing.assert_array_equal(linear.weight.value, before)
    assert linear.bias.value.all()
    assert not linear.weight.grad.any()
    assert module.module.weight is None
    assert module.bias is module.module.bias
    assert list(module.named_parameters()) == ["v", "g", "module.bias"]
    assert repr(module) == "WeightNorm(Linear(3, 2))\n  (module) Linear(3, 2)"


@pytest.mark.parametrize("make", [lambda: nn.WeightNorm(nn.Linear(3, 2)), lambda: nn.LinearWeightNorm(3, 2)])
def test_gradients_of_several_backwards_add_up(make: Callable[[], gn.Module]) -> None:
    module = make()
    tape, other = module.run(X), module.run(2 * X)
    alone = []
    for one in (tape, other):
        module.zero_grad_parameters()
        one.backward(one.output)
        alone.append([p.grad.copy() for p in module.parameters()])
    module.zero_grad_parameters()
    for one in (tape, other, tape):
        one.backward(one.output)
    for p, a, b in zip(module.parameters(), *alone, strict=True):
        np.testing.assert_allclose(p.grad, 2 * a + b, rtol=1e-12)


@pytest.mark.parametrize("make", [lambda: nn.WeightNorm(nn.Linear(3, 2), 1), lambda: nn.LinearWeightNorm(3, 2, eps=1)])
def test_copies_and_files_compute_the_same(make: Callable[[], gn.Module], tmp_path: Path) -> None:
    module = make()
    expected = module.forward(X)
    gn.save(module, tmp_path / "net")
    for other in (gn.load(tmp_path / "net"), module.clone(), copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        np.testing.assert_array_equal(other.forward(X), expected)
        assert other.label() == module.label()
        tape = other.run(X)
        tape.backward(tape.output)
        other.update_parameters(0.1)
        assert (other.forward(X) != expected).all()
        np.testing.assert_array_equal(module.forward(X), expected)


def test_modes_reach_the_module_inside() -> None:
    module = nn.WeightNorm(nn.Linear(3, 2)).evaluate()
    assert not module.module.train


def test_linear_there_and_back() -> None:
    linear = nn.Linear(3, 2).float()
    normed = nn.LinearWeightNorm.from_linear(linear)
    assert normed.type() == np.float32
    np.testing.assert_allclose(normed.forward(X), linear.forward(X), rtol=1e-5, atol=1e-6)
    back = normed.to_linear()
    assert back.label() == "Linear(3, 2, bias=True)"
    np.testing.assert_array_equal(back.forward(X), normed.forward(X))
    assert back.bias is not normed.bias


def test_rows_shorter_than_eps_are_divided_by_it() -> None:
    module = nn.LinearWeightNorm(3, 2, eps=0.5)
    module.v.value = [[0.3, 0.0, -0.2], [3.0, 1.0, 2.0]]
    np.testing.assert_allclose(module.normalised()[0], module.v.value[0] * module.g.value[0] / 0.5, rtol=1e-15)
    assert gn.check_gradients(module, X).ok
    module.v.value.fill(0)
    np.testing.assert_array_equal(module.forward(np.ones(3)), module.bias.value)


def test_torch7_counts_dimensions_from_1() -> None:
    spec = {"ctor": "nn.WeightNorm", "args": [{"ctor": "nn.Linear", "args": [3, 2]}, 2]}
    assert build_module(spec).v.shape == (3, 2)


# ---- PartialLinear


def test_a_partition_is_some_rows_of_the_whole() -> None:
    module = nn.PartialLinear(3, 4)
    module.bias.value = [[1.0, 2.0, 3.0, 4.0]]
    whole = module.forward(X)
    tape = module.set_partition(np.array([3, 1, 3])).run(X)
    np.testing.assert_allclose(tape.output, whole[:, [3, 1, 3]], rtol=1e-14)
    module.reset_partition()  # what a run used is on its tape
    tape.backward(np.ones((5, 3)))
    np.testing.assert_array_equal(module.bias.grad, [[0, 5, 0, 10]])
    np.testing.assert_allclose(module.weight.grad, np.array([0, 1, 0, 2])[:, None] * X.sum(0), rtol=1e-14)
    np.testing.assert_array_equal(module.forward(X), whole)


def test_a_partition_is_the_module_s_own_and_comes_with_files(tmp_path: Path) -> None:
    chosen = np.array([2, 0])
    module = nn.PartialLinear(3, 4).set_partition(chosen)
    expected = module.forward(X)
    chosen[:] = 1
    gn.save(module, tmp_path / "net")
    for other in (module, gn.load(tmp_path / "net"), module.clone(), module.clone().float().double()):
        np.testing.assert_allclose(other.forward(X), expected, rtol=1e-5)


# ---- what cannot be

REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.WeightNorm(nn.Tanh()), ValueError, "WeightNorm takes a module that has a weight; Tanh() has none"),
    (lambda: nn.WeightNorm(nn.Linear), TypeError, "WeightNorm takes a module, not Linear; write Linear(...)"),
    (lambda: nn.WeightNorm(3), TypeError, "WeightNorm takes a module, not int"),
    (
        lambda: nn.WeightNorm(nn.Linear(3, 2), 2),
        ValueError,
        "WeightNorm's output_dim is 2, but the weight of Linear(3, 2) has 2 dimensions",
    ),
    (lambda: nn.WeightNorm(nn.WeightNorm(nn.Linear(3, 2))), ValueError, "takes a module that has a weight"),
    (lambda: nn.LinearWeightNorm(3, 0), ValueError, "LinearWeightNorm's output_size must be at least 1, not 0"),
    (lambda: nn.LinearWeightNorm(3, 2, eps=0), ValueError, "LinearWeightNorm's eps must be above 0, not 0"),
    (
        lambda: nn.LinearWeightNorm(3, 2).forward(np.zeros((4, 2))),
        ValueError,
        "LinearWeightNorm(3, 2) takes an array of shape 3 or Bx3; it was given 4x2",
    ),
    (
        lambda: nn.LinearWeightNorm(3, 2).output_shape((4, 2)),
        ValueError,
        "LinearWeightNorm(3, 2) takes an array of shape 3 or Bx3; it was given 4x2",
    ),
    (
        lambda: nn.PartialLinear(3, 2).forward(np.zeros((4, 2))),
        ValueError,
        "PartialLinear(3, 2) takes an array of shape 3 or Bx3; it was given 4x2",
    ),
    (lambda: nn.PartialLinear(3, 2).output_shape((4, 5, 3)), ValueError, "it was given 4x5x3"),
    (
        lambda: nn.PartialLinear(3, 2).set_partition([0, 2]),
        IndexError,
        "PartialLinear(3, 2) has no output 2; they run from 0 to 1",
    ),
    (lambda: nn.PartialLinear(3, 2).set_partition([-1]), IndexError, "PartialLinear(3, 2) has no output -1"),
    (
        lambda: nn.PartialLinear(3, 2).set_partition([]),
        ValueError,
        "PartialLinear(3, 2)'s partition is a list of at least one index, not a list of 0",
    ),
    (lambda: nn.PartialLinear(3, 2).set_partition([[0], [0, 1]]), ValueError, "at least one index, not a list of 2"),
    (
        lambda: nn.PartialLinear(3, 2).set_partition([0.5]),
        TypeError,
        "PartialLinear(3, 2)'s partition is a list of integers, not of float64",
    ),
    (
        lambda: build_module({"ctor": "nn.WeightNorm", "args": [{"ctor": "nn.Linear", "args": [3, 2]}, 0]}),
        ValueError,
        "Torch7's dimensions count from 1; it was 0",
    ),
]


@pytest.mark.parametrize(("do", "kind", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_what_cannot_be_is_refused_with_its_reason(do: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)):
        do()
