"""What is changed after a net was compiled: modes, attributes, parameters, types, the drawing itself."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet import Parameter
from graphnet import modules as nn
from graphnet.compile.executor import VERSIONS_KEPT, CompiledPlan
from tests.graphnet.compile.both import assert_same, compare, real

X = real(5, 3)


def net_with_dropout() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.4), nn.RReLU(), nn.Linear(4, 4))


def test_it_follows_the_mode() -> None:
    for net, x in (
        (net_with_dropout(), X),
        (gn.Recurrence(nn.char_rnn(7, 4, 2, dropout=0.5)), np.arange(12).reshape(4, 3) % 7),
    ):
        compiled = compare(net, x)
        for _ in range(2):
            net.evaluate()
            compiled.evaluate()
            assert_same(compiled, net, x)
            net.training()
            compiled.training()
            assert_same(compiled, net, x)
        plan = compiled.plan()
        assert isinstance(plan, CompiledPlan)
        assert len(plan.versions) == 2  # and so modes are switched for nothing


def test_it_follows_the_mode_of_a_module_inside() -> None:
    net = net_with_dropout()
    compiled = compare(net, X)
    net.modules[1].evaluate()
    assert_same(compiled, net, X)


def test_it_follows_attributes_and_keeps_few_versions() -> None:
    net = net_with_dropout()
    compiled = compare(net, X)
    for k in range(VERSIONS_KEPT + 3):
        net.modules[1].p = k / 20
        assert_same(compiled, net, X)
    plan = compiled.plan()
    assert isinstance(plan, CompiledPlan)
    assert len(plan.versions) == VERSIONS_KEPT


def test_it_follows_steps_of_an_optimizer_and_numbers_written_in_place() -> None:
    for net, x in ((nn.lstm(3, 4), [X, real(5, 4), real(5, 4)]), (gn.Recurrence(nn.lstm(3, 4)), real(6, 5, 3))):
        compiled = compare(net, x)
        for parameter in compiled.parameters():
            parameter.value -= 0.1
        assert_same(compiled, net, x)
        flat, _ = net.get_parameters()
        flat *= 2
        assert_same(compiled, net, x)
        net.reset(0.3)
        assert_same(compiled, net, x)


def test_it_follows_shared_and_replaced_parameters() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    compiled = compare(net, X)
    net.modules[2].share(net.modules[0], "weight", "bias")
    assert_same(compiled, net, X)
    net.modules[0].weight = Parameter(real(3, 3, seed=5))
    assert_same(compiled, net, X)
    assert len(compiled.parameters()) == 3


@pytest.mark.parametrize(
    "make", [lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh()), lambda: gn.Recurrence(nn.gru(3, 4))]
)
def test_it_follows_the_type(make) -> None:
    net = make()
    x = X if isinstance(net, nn.Sequential) else real(6, 5, 3)
    compiled = compare(net, x)
    for cast in (gn.Module.float, gn.Module.double, gn.Module.float):
        cast(compiled)
        assert compiled.forward(x).dtype == compiled.type() == net.forward(x).dtype
        assert_same(compiled, net, x)


def test_learnt_lookups_follow_too() -> None:
    net = gn.Recurrence(nn.char_rnn(7, 4, 1))
    x = np.arange(12).reshape(4, 3) % 7
    compiled = compare(net, x)
    for parameter in net.parameters():
        parameter.value += 0.3
    assert_same(compiled, net, x)


def test_a_container_that_grows_is_compiled_anew() -> None:
    net = nn.Sequential(nn.Linear(3, 4))
    compiled = compare(net, X)
    net.add(nn.Tanh())
    assert_same(compiled, net, X)


def test_constants_of_modules_count() -> None:
    net = nn.Sequential(nn.MulConstant(2.0), nn.AddConstant(np.array([1.0, 2.0, 3.0])))
    compiled = compare(net, X)
    net.modules[0].constant = 3.0
    net.modules[1].constant = np.array([3.0, 2.0, 1.0])
    assert_same(compiled, net, X)


def test_running_statistics_move_as_ever() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNormalization(4), nn.Tanh())
    other = net.clone()
    compiled = gn.compile(other)
    for _ in range(3):
        for each in (net, compiled):
            each.backward(X, each.forward(X))
    a, b = net.modules[1], other.modules[1]
    np.testing.assert_allclose(a.running_mean, b.running_mean, rtol=1e-10)
    np.testing.assert_allclose(a.running_var, b.running_var, rtol=1e-10)
    net.evaluate(), compiled.evaluate()
    np.testing.assert_allclose(compiled.forward(X), net.forward(X), rtol=1e-10)
