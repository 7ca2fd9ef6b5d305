"""Every public module keeps the contract: one row each, and the same checks for all."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet import Container, Criterion, Module, Parameter, check_gradients
from graphnet import modules as nn
from graphnet.nesting import copy_nested, leaves, map_nested
from tests.modules.rows import ROWS, Row, every_row
from tests.modules.rows.row import real


def ones_like(y: Any) -> Any:
    return map_nested(lambda a: np.random.default_rng(3).normal(size=a.shape), y)


def equal(a: Any, b: Any) -> bool:
    return len(list(leaves(a))) == len(list(leaves(b))) and all(
        p.shape == q.shape and p.dtype == q.dtype and np.array_equal(p, q, equal_nan=True)
        for p, q in zip(leaves(a), leaves(b), strict=True)
    )


def assert_like(dx: Any, x: Any) -> None:
    """A gradient is nested and shaped like its value, and typed like it where it is floating."""
    assert map_nested(np.shape, dx) == map_nested(np.shape, x)
    assert all(d.dtype == a.dtype for d, a in zip(leaves(dx), leaves(x), strict=True) if a.dtype.kind == "f")


def test_every_public_name_has_a_row() -> None:
    public = {name for name, value in vars(nn).items() if not name.startswith("_") and callable(value)}
    assert public == set(ROWS)


@every_row
@given(
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    train=st.booleans(),
    factors=st.lists(st.floats(0.5, 2), min_size=3, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=8, deadline=None)
def test_gradients_are_right(
    name: str, row: Row, sizes: tuple[int, int], train: bool, factors: list[float], seed: int
) -> None:
    gn.manual_seed(seed)
    module = row.make()
    module.training() if train else module.evaluate()
    x = row.varied(row.x(*sizes), factors, 0.2, seed)
    if row.gradient is not None:
        tape = module.run(x)
        dy = ones_like(tape.output)
        np.testing.assert_array_equal(tape.output, x)
        np.testing.assert_array_equal(tape.backward(dy), row.gradient(dy, x))
        return
    report = check_gradients(module, x)
    if not report.ok:  # a smaller step near by leaves a kink, and follows a sharp bend; what is wrong stays so
        report = check_gradients(module, row.varied(x, [1], 1e-4, seed), step=1e-7)
    assert report.ok, f"\n{report}"


def numbers_in(module: Module) -> dict[str, np.ndarray]:
    """Copies of all arrays that a module and those inside it hold, gradients included."""
    found = {}
    for path, inside in module._walk(""):
        for name, value in vars(inside).items():
            if isinstance(value, Parameter):
                found[f"{path}{name}"], found[f"{path}{name}.grad"] = value.value.copy(), value.grad.copy()
            elif isinstance(value, np.ndarray):
                found[f"{path}{name}"] = value.copy()
    return found


# What a backward may write to, besides gradients.
RUNNING = ("running_mean", "running_var")


@every_row
def test_running_changes_neither_the_input_nor_the_module(name: str, row: Row) -> None:
    module, x = row.make(), row.x(3, 3)
    numbers = numbers_in(module)
    attributes = {k: v for k, v in vars(module).items() if k != "_plan"}
    kept = copy_nested(x)
    tape = module.run(x)
    assert all(np.array_equal(a, numbers[where]) for where, a in numbers_in(module).items())
    dy = ones_like(tape.output)
    given_dy, output = copy_nested(dy), copy_nested(tape.output)
    values = [copy_nested(v) for v in tape.values]
    dx = tape.backward(dy)
    assert equal(x, kept)
    assert equal(tape.input, kept)
    assert equal(dy, given_dy)
    assert equal(tape.output, output)
    assert all(equal(a, b) for a, b in zip(tape.values, values, strict=True))
    assert {k: v for k, v in vars(module).items() if k != "_plan"} == attributes
    for where, array in numbers_in(module).items():
        assert where.endswith((".grad", *RUNNING)) or np.array_equal(array, numbers[where]), where
    assert_like(dx, x)


@every_row
def test_parameters_accumulate_scaled(name: str, row: Row) -> None:
    module, x = row.make(), row.x(2, 3)
    module.zero_grad_parameters()
    tape = module.run(x)
    dy = ones_like(tape.output)
    tape.backward(dy)
    once = [p.grad.copy() for p in module.parameters()]
    tape.backward(dy, 0.5)
    for parameter, gradient in zip(module.parameters(), once, strict=True):
        np.testing.assert_allclose(parameter.grad, 1.5 * gradient, rtol=1e-12, atol=1e-15)


@every_row
def test_single_precision_stays(name: str, row: Row) -> None:
    module = row.make().float()
    x = map_nested(lambda a: a.astype(np.float32) if a.dtype.kind == "f" else a, row.x(3, 3))
    tape = module.run(x)
    assert all(y.dtype == np.float32 or y.dtype.kind == "i" for v in tape.values for y in leaves(v))
    dx = tape.backward(map_nested(lambda y: np.ones(y.shape, np.float32), tape.output))
    assert all(d.dtype == np.float32 for d, a in zip(leaves(dx), leaves(x), strict=True) if a.dtype.kind == "f")
    assert all(p.grad.dtype == p.value.dtype == np.float32 for p in module.parameters())


@every_row
def test_arrays_of_any_layout_give_the_same(name: str, row: Row) -> None:
    module, x = row.make().evaluate(), row.x(3, 3)
    spread = map_nested(lambda a: np.repeat(a, 2, 0)[::2] if a.ndim else a, x)
    fortran = map_nested(lambda a: np.array(a, order="F"), x)
    expected = module.run(x)
    dx = expected.backward(ones_like(expected.output))
    for other in (spread, fortran):
        tape = module.run(other)
        assert equal(tape.output, expected.output)
        assert equal(tape.backward(ones_like(tape.output)), dx)


@every_row
def test_an_empty_batch_passes(name: str, row: Row) -> None:
    if (name == "ClassNLLCriterion" and row.features) or name in ("Narrow", "Select", "SplitTable"):
        x = row.x(1, 3)
    else:
        x = row.x(0, 3)
    tape = row.make().run(x)
    dx = tape.backward(map_nested(np.zeros_like, tape.output))
    assert_like(dx, x)


@every_row
def test_its_description(name: str, row: Row) -> None:
    assert row.make().label() == row.shown


@every_row
def test_copies_are_equal_and_apart(name: str, row: Row, tmp_path: Path) -> None:
    module = row.make().evaluate()
    x = row.x(2, 3)
    expected = module.run(x).output
    gn.save(module, tmp_path / "net")
    loaded = gn.load(tmp_path / "net")
    for other in (module.clone(), copy.deepcopy(module), pickle.loads(pickle.dumps(module)), loaded):
        assert repr(other) == repr(module)
        assert equal(other.run(x).output, expected)
        assert not {id(p) for p in other.parameters()} & {id(p) for p in module.parameters()}
        for parameter in other.parameters():
            parameter.value += 1
    assert equal(module.run(x).output, expected)


@every_row
def test_the_same_seed_gives_the_same_module(name: str, row: Row) -> None:
    gn.manual_seed(3)
    first = [p.value.copy() for p in row.make().parameters()]
    gn.manual_seed(3)
    assert all(np.array_equal(a, p.value) for a, p in zip(first, row.make().parameters(), strict=True))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("make", [nn.Tanh, nn.Sigmoid, nn.LogSoftMax, lambda: nn.Linear(3, 2), nn.CMulTable])
def test_nan_and_infinity_pass_through(make: Callable[[], Module], bad: float) -> None:
    x = np.array([0.5, bad, 1.0])
    module = make()
    y = module.forward([x, x] if isinstance(module, nn.CMulTable) else x)
    if np.isnan(bad):
        assert np.isnan(y).any()
    elif isinstance(module, (nn.Tanh, nn.Sigmoid)):
        assert y[1] == module.value(bad)
        assert np.isfinite(y).all()
    elif isinstance(module, nn.Linear):
        assert not np.isfinite(y).any()


# ---- the checks can fail


class WrongInput(gn.Elementwise):
    def value(self, x: Any) -> Any:
        return x * x

    def slope(self, x: Any, y: Any) -> Any:
        return 2.001 * x


class WrongParameter(nn.Linear):
    def acc_grad_parameters(self, x: Any, y: Any, dy: Any, scale: float = 1.0) -> None:
        super().acc_grad_parameters(x, y, dy, scale)
        assert self.bias is not None
        self.bias.grad += 1e-3


class Impure(nn.Tanh):
    def update_output(self, x: Any) -> Any:
        x += 1
        return super().update_output(x)


def test_a_wrong_gradient_is_found_and_named() -> None:
    report = check_gradients(WrongInput(), real(2, 3))
    assert not report.ok
    assert "input" in str(report)
    assert "WRONG" in str(report)
    report = check_gradients(nn.Sequential(nn.Tanh(), WrongParameter(3, 2)), real(2, 3))
    assert [check.name for check in report.checks if not check.ok] == ["1.bias"]


def test_a_nan_gradient_is_wrong() -> None:
    class Broken(WrongInput):
        def slope(self, x: Any, y: Any) -> Any:
            return np.full_like(x, np.nan)

    assert not check_gradients(Broken(), real(2)).ok


class Counting(nn.BatchNormalization):
    def update_output(self, x: Any) -> Any:
        self.running_mean += 1
        return super().update_output(x)


@pytest.mark.parametrize("kind", [Impure, lambda: Counting(3)])
def test_impurity_is_found(kind: Callable[[], Module]) -> None:
    with pytest.raises(AssertionError):
        test_running_changes_neither_the_input_nor_the_module("", Row(kind, lambda b, f: real(b, f), ""))


def test_the_checker_leaves_module_and_generator_alone() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Dropout()).float()
    before = gn.random.generator_state()
    check_gradients(net, real(2, 3))
    assert gn.random.generator_state() == before
    assert net.dtype == np.float32
    assert not net.parameters()[0].grad.any()


def test_base_classes_say_what_is_missing() -> None:
    for kind, text in (
        (Module, "update_output"),
        (Container, "drawing"),
        (Criterion, "loss"),
        (gn.Elementwise, "value"),
    ):
        with pytest.raises(NotImplementedError, match=f"Half does not define {text}"):
            type("Half", (kind,), {})().run([real(2), real(2)] if kind is Criterion else real(2))


def test_a_parameter_needs_no_registration() -> None:
    class Scale(Module):
        def __init__(self) -> None:
            self.gain = Parameter([2.0])

    assert list(Scale().named_parameters()) == ["gain"]
