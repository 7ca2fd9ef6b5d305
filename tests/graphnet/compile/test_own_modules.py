"""Modules that the compiler does not know are called through their hooks, and the rest is compiled around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Module, Parameter
from graphnet import modules as nn
from graphnet.compile import division
from tests.compiled import same
from tests.graphnet.compile.both import compare, real, units_of, units_of_step


class Sine(Module):
    """A user's own module, which says nothing of rows."""

    def update_output(self, x):
        return np.sin(x)

    def update_grad_input(self, x, y, dy):
        return dy * np.cos(x)


class Gain(Module):
    """One with a parameter, which counts its calls."""

    def __init__(self) -> None:
        self.gain = Parameter([2.0])
        self.calls: list[str] = []

    def update_output(self, x):
        self.calls.append("forward")
        return self.gain.value * x

    def update_grad_input(self, x, y, dy):
        self.calls.append("backward")
        return self.gain.value * dy

    def acc_grad_parameters(self, x, y, dy, scale=1.0):
        self.gain.grad += scale * (x * dy).sum()


class Softer(nn.Tanh):
    """A known module with another formula, by the hooks."""

    def update_output(self, x):
        return np.tanh(x / 2)

    def update_grad_input(self, x, y, dy):
        return dy * (1 - y * y) / 2


class Pair(Module):
    """From an array to a list and back."""

    def update_output(self, x):
        return [x, [2 * x, x * x]]

    def update_grad_input(self, x, y, dy):
        return dy[0] + 2 * dy[1][0] + 2 * x * dy[1][1]


def step_with(module: Module) -> gn.gModule:
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(3, 4)(x), module(nn.Linear(4, 4)(prev_h))]))
    gn.annotate_nodes()
    return gn.gModule([x, prev_h], [next_h])


def test_the_rest_is_compiled_around_them() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), Sine(), nn.Linear(4, 4), nn.SoftMax())
    compiled = compare(net, real(5, 3))
    assert units_of(compiled) == ["Fused 2", "Hooks 1", "Fused 2"]


def test_their_hooks_are_called_once_each_way() -> None:
    own = Gain()
    compiled = gn.compile(nn.Sequential(nn.Linear(3, 4), own, nn.Tanh()))
    x = real(5, 3)
    compiled.forward(x)
    own.calls.clear()
    compiled.backward(x, compiled.forward(x))
    assert own.calls == ["forward", "backward"]


def test_branches_beside_them_stay_together() -> None:
    x = nn.Identity()()
    own = Sine()(nn.Linear(3, 4)(x))
    beside = nn.Tanh()(nn.Linear(3, 4)(x))
    net = gn.gModule([x], [nn.CMulTable()([own, beside]), beside])
    compiled = compare(net, real(5, 3))
    assert units_of(compiled)[1:] == ["Hooks 1", "Fused 1"]


def test_lists_go_in_and_come_out() -> None:
    net = nn.Sequential(nn.Linear(3, 4), Pair(), nn.ParallelTable(nn.Tanh(), nn.CMulTable()))
    compare(net, real(5, 3))
    x = nn.Identity()()
    head, tail = x.split(2)
    left, right = tail.split(2)
    inner = nn.Tanh()(nn.CAddTable()([head, left]))
    nested = gn.gModule([x], [gn.nest([inner, [right, nn.CMulTable()([head, right])]]), head])
    compiled = compare(nested, [real(5, 3), [real(5, 3, seed=1), real(5, 3, seed=2)]])
    assert not [unit for unit in units_of(compiled) if unit.startswith("Hooks")]


@pytest.mark.parametrize("own", [Sine(), Gain(), nn.Sequential(Sine(), nn.Linear(4, 4))])
@pytest.mark.parametrize("options", [{}, {"lengths": True, "final_states": True}, {"recompute": True}, {"truncate": 2}])
@pytest.mark.parametrize("least", [1, division.WORTH_A_START])
def test_in_a_step_they_run_step_by_step_and_the_rest_is_compiled_if_it_is_worth_it(
    own: Module, options: dict[str, Any], least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(division, "WORTH_A_START", least)
    net = gn.Recurrence(step_with(own), **options)
    x = real(6, 5, 3)
    compiled = compare(net, [x, np.array([3, 6, 0, 1, 5])] if "lengths" in options else x)
    assert units_of(compiled) == ["Steps 1"]
    assert ("Fused" in str(units_of_step(compiled))) == (least == 1)


def test_inputs_of_several_numbers_of_rows_and_indices_are_compiled_apart() -> None:
    a, b, symbols = nn.Identity()(), nn.Identity()(), nn.Identity()()
    recurrence = gn.Recurrence(nn.char_rnn(7, 4, 1))(symbols)
    net = gn.gModule([a, b, symbols], [nn.Tanh()(nn.Linear(3, 4)(a)), nn.SoftMax()(nn.Linear(3, 4)(b)), recurrence])
    compiled = compare(net, [real(5, 3), real(2, 3), np.arange(12).reshape(4, 3) % 7])
    assert units_of(compiled) == ["Hooks 1", "Loop 1", "Fused 3", "Fused 3"]


def test_a_class_with_other_hooks_is_not_taken_for_its_parent() -> None:
    net = nn.Sequential(nn.Linear(3, 4), Softer(), nn.Tanh())
    compiled = compare(net, real(5, 3))
    assert units_of(compiled) == ["Fused 1", "Hooks 1", "Fused 1"]


def test_a_hook_set_on_one_module_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    monkeypatch.setattr(net.modules[1], "update_output", lambda x: 2 * x)
    np.testing.assert_allclose(gn.compile(net).forward(real(5, 3)), net.forward(real(5, 3)))


def test_random_numbers_come_in_the_order_of_the_drawing() -> None:
    class Masked(Module):
        saves = True

        def update_output(self, x):
            mask = gn.generator().random(x.shape)
            return x * mask, mask

        def update_grad_input(self, x, y, dy, mask):
            return dy * mask

    x, symbols = nn.Identity()(), nn.Identity()()
    a, b = nn.Dropout(0.5)(nn.Linear(3, 4)(x)), Masked()(nn.Linear(3, 4)(x))
    c = nn.Dropout(0.5)(nn.Tanh()(b))
    d = gn.Recurrence(nn.char_rnn(7, 4, 2, dropout=0.5))(symbols)
    for outputs in ([a, b, c, d], [d, c, b, a], [nn.CAddTable()([b, nn.Dropout(0.3)(c), a]), d], [c, d, a]):
        net = gn.gModule([x, symbols], outputs, allow_unused=True)
        compiled = compare(net, [real(5, 3), np.arange(12).reshape(4, 3) % 7])
        tape = compiled.run([real(2, 3), np.arange(12).reshape(4, 3) % 7])
        same([tape[node].output for node in outputs], tape.output, "what is on the tape")


def test_errors_name_the_node_and_its_call() -> None:
    class Refusing(Sine):
        def update_output(self, x):
            raise ValueError("no more")

    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), Refusing())
    with pytest.raises(ValueError, match="no more") as expected:
        net.forward(real(5, 3))
    with pytest.raises(ValueError, match="no more") as found:
        gn.compile(net).forward(real(5, 3))
    assert found.value.__notes__ == expected.value.__notes__
