"""The first node that makes a NaN or an infinity is found, forwards and backwards, and nothing is changed."""

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.inspect.statistics import Statistics
from graphnet.random import generator_state


def test_a_nan_born_at_step_37_of_100_is_found():
    x, prev_h = nn.Identity()(), nn.Identity()()
    root = nn.Sqrt()(x)
    next_h = nn.CAddTable()([root, nn.MulConstant(0.5)(prev_h)])
    gn.annotate_nodes()
    net = nn.Sequential(gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h}), nn.Tanh())
    series = np.ones((100, 2, 3))
    series[37, 1, 2] = -1.0
    origin = gn.find_nan(net, series)
    assert (origin.stop.name, origin.stop.t, origin.stop.direction) == ("root", 37, "forward")
    assert origin.taken["input"].least == -1
    assert not origin.came_in
    assert "the first NaN is made by `root` = Sqrt()" in str(origin)
    assert f"drawn at {__file__}:" in str(origin)
    assert "at time step 37" in str(origin)
    assert "1 NaN" in str(origin)


def test_an_infinity_born_on_the_way_back_is_found():
    x = nn.Identity()()
    root = nn.Power(0.5)(x)  # its slope at 0 is infinite
    y = nn.Tanh()(root)
    gn.annotate_nodes()
    origin = gn.find_nan(gn.gModule([x], [y]), np.array([0.0, 1.0]))
    assert (origin.stop.name, origin.stop.direction, origin.made) == ("root", "backward", "gradient of the input")
    assert origin.result.n_infinite == 1
    assert set(origin.taken) == {"input", "gradient of the output"}
    assert "the first infinity is made by `root`" in origin.message


def test_a_gradient_of_a_parameter_that_overflows_is_found():
    net = nn.Sequential(nn.Linear(1, 1, False))
    net.modules[0].weight.value.fill(1e-200)
    origin = gn.find_nan(net, np.array([[1e200]]), np.array([[1e200]]))
    assert origin.made == "gradient of weight"


@pytest.mark.parametrize("where", ["input", "parameter weight", "gradient of the output"])
def test_what_came_in_from_outside_is_told_from_what_a_node_made(where):
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    x, dy = np.ones((1, 2)), np.ones((1, 2))
    if where == "input":
        x[0, 1] = np.nan
    elif where == "gradient of the output":
        dy[0, 0] = np.nan
    else:
        net.modules[0].weight.value[0, 0] = np.inf
    origin = gn.find_nan(net, x, dy)
    assert origin.came_in
    assert not origin.taken[where].finite
    kind = "an infinity" if where == "parameter weight" else "a NaN"
    assert f"{kind} comes in from outside and is first seen by {origin.stop.path}" in origin.message
    assert f"its {where} is" in origin.message


def test_infinities_on_purpose_can_be_left_alone():
    net = nn.Sequential(nn.Log(), nn.SoftMax())
    x = np.array([0.0, 1.0])
    assert gn.find_nan(net, x).stop.module is net.modules[0]
    assert gn.find_nan(nn.Sequential(nn.Log(), nn.Exp()), x, np.zeros(2), infinities=False).stop.direction == "backward"


def test_a_sound_net_has_none_and_stays_as_it_was():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNormalization(4), nn.Dropout(0.5), nn.Tanh())
    for parameter in net.parameters():
        parameter.grad.fill(2.0)
    mean, state = net.modules[1].running_mean.copy(), generator_state()
    assert gn.find_nan(net, np.arange(15.0).reshape(5, 3)) is None
    assert all((parameter.grad == 2).all() for parameter in net.parameters())
    assert (net.modules[1].running_mean == mean).all()
    assert generator_state() == state


def test_statistics_that_are_replaced_or_counted_are_put_back():
    class Centred(nn.Linear):
        def __init__(self, n):
            super().__init__(n, n)
            self.mean, self.n_seen = np.zeros(n), 0

        def acc_grad_parameters(self, x, y, dy, scale=1.0):
            super().acc_grad_parameters(x, y, dy, scale)
            self.mean = 0.9 * self.mean + 0.1 * x
            self.n_seen += 1

    net = Centred(3)
    assert gn.find_nan(net, np.ones(3)) is None
    assert (net.mean.tolist(), net.n_seen) == ([0, 0, 0], 0)


def test_padding_of_nan_is_not_seen():
    net = gn.Recurrence(nn.rnn(3, 2), lengths=True)
    x = np.ones((5, 2, 3))
    x[2:, 1] = np.nan
    assert gn.find_nan(net, [x, np.array([5, 2])]) is None


def test_statistics_of_nothing_of_numbers_and_of_none():
    assert str(Statistics.of(np.empty((0, 3)))) == "0x3: no numbers"
    assert str(Statistics.of(np.array([np.nan, np.inf]))) == "2: 1 NaN, 1 infinite"
    assert Statistics.of(np.array([3e200, 4e200])).norm == pytest.approx(5e200)
    assert Statistics.of(np.zeros(3)).norm == 0
