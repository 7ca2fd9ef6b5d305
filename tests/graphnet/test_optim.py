"""Optimizers: their formulas, step by step by hand; types, states, and what they refuse."""

import math

import numpy as np
import pytest

from graphnet import modules as nn
from graphnet.clip import clip_by_norm, clip_by_value
from graphnet.optim import SGD, Adam, RMSProp
from graphnet.parameter import Parameter

KINDS = [
    lambda p: SGD(p, 0.1),
    lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.01, learning_rate_decay=0.1),
    lambda p: SGD(p, 0.1, momentum=0.9, dampening=0, nesterov=True),
    lambda p: RMSProp(p, 0.1, weight_decay=0.01, initial_mean=1),
    lambda p: Adam(p, 0.1, weight_decay=0.01, learning_rate_decay=0.1),
]


def parameter(value, grad, dtype=np.float64):
    p = Parameter(np.array(value, dtype))
    p.grad = grad
    return p


def walk(optimizer, p, gradients):
    """Return the values after steps with these gradients."""
    values = []
    for gradient in gradients:
        p.grad = gradient
        optimizer.step()
        values.append(p.value.copy())
    return np.array(values)


def test_sgd_with_decays():
    p = parameter([1.0], [0.0])
    x1 = 1 - 0.1 * (2 + 0.5 * 1)
    x2 = x1 - 0.1 / 1.5 * (4 + 0.5 * x1)
    values = walk(SGD([p], 0.1, weight_decay=0.5, learning_rate_decay=0.5), p, [[2.0], [4.0]])
    np.testing.assert_allclose(values, [[x1], [x2]], rtol=1e-15)


def test_sgd_momentum_starts_undampened_and_is_dampened_by_default():
    p = parameter([1.0], [0.0])
    optimizer = SGD([p], 0.1, momentum=0.9)
    d2 = 0.9 * 2 + 0.1 * 4
    np.testing.assert_allclose(walk(optimizer, p, [[2.0], [4.0]]), [[0.8], [0.8 - 0.1 * d2]], rtol=1e-15)
    np.testing.assert_allclose(optimizer.buffers["dfdx"], [[d2]])


def test_sgd_nesterov():
    p = parameter([1.0], [0.0])
    values = walk(SGD([p], 0.1, momentum=0.5, dampening=0, nesterov=True), p, [[2.0], [4.0]])
    x1 = 1 - 0.1 * (2 + 0.5 * 2)
    np.testing.assert_allclose(values, [[x1], [x1 - 0.1 * (4 + 0.5 * 5)]], rtol=1e-15)


def test_sgd_rates_and_decays_for_each_parameter():
    p, q = parameter([1.0, 1.0], [1.0, 1.0]), parameter([1.0], [1.0])
    SGD([p, q], 0.1, learning_rates=[[1.0, 10.0], 0.0], weight_decays=[0.0, 1.0]).step()
    np.testing.assert_allclose(p.value, [0.9, 0.0], atol=1e-15)
    assert q.value == [1.0]
    SGD([p, q], 0.1, weight_decays=[[0.0, 1.0], 1.0]).step()
    np.testing.assert_allclose(p.value, [0.8, -0.1], atol=1e-15)
    np.testing.assert_allclose(q.value, [0.8])


def test_rmsprop():
    p = parameter([1.0], [0.0])
    optimizer = RMSProp([p], 0.1, alpha=0.75, epsilon=0.5, weight_decay=0.5, initial_mean=1)
    g1 = 2 + 0.5
    m1 = 0.75 + 0.25 * g1**2
    x1 = 1 - 0.1 * g1 / (math.sqrt(m1) + 0.5)
    g2 = 4 + 0.5 * x1
    m2 = 0.75 * m1 + 0.25 * g2**2
    x2 = x1 - 0.1 * g2 / (math.sqrt(m2) + 0.5)
    np.testing.assert_allclose(walk(optimizer, p, [[2.0], [4.0]]), [[x1], [x2]], rtol=1e-15)
    np.testing.assert_allclose(optimizer.buffers["m"], [[m2]], rtol=1e-15)


def test_adam_with_epsilon_outside_the_correction():
    p = parameter([1.0], [0.0])
    optimizer = Adam([p], 0.1, beta1=0.5, beta2=0.75, epsilon=0.5, learning_rate_decay=1)
    x1 = 1 - 0.1 * math.sqrt(1 - 0.75) / (1 - 0.5) * 1 / (math.sqrt(0.25 * 4) + 0.5)
    m2, v2 = 0.5 * 1 + 0.5 * 4, 0.75 * 1 + 0.25 * 16
    x2 = x1 - 0.1 / 2 * math.sqrt(1 - 0.75**2) / (1 - 0.5**2) * m2 / (math.sqrt(v2) + 0.5)
    np.testing.assert_allclose(walk(optimizer, p, [[2.0], [4.0]]), [[x1], [x2]], rtol=1e-15)
    np.testing.assert_allclose([optimizer.buffers["m"], optimizer.buffers["v"]], [[[m2]], [[v2]]], rtol=1e-15)


@pytest.mark.parametrize("make", KINDS)
def test_float32_stays_and_arrays_are_changed_in_place(make):
    p = parameter([1.0, 2.0], [1.0, -1.0], np.float32)
    array = p.value
    optimizer = make([p])
    optimizer.learning_rate = np.float64(0.1)  # which would make float32 arrays double
    assert type(optimizer.learning_rate) is float
    for _ in range(2):
        optimizer.step()
    assert p.value is array
    assert array.dtype == np.float32
    assert all(a.dtype == np.float32 for arrays in optimizer.buffers.values() for a in arrays)
    assert array[0] < 1
    assert array[1] > 2
    np.testing.assert_array_equal(p.grad, [1.0, -1.0])


@pytest.mark.parametrize("make", KINDS)
def test_a_parameter_listed_twice_is_stepped_once(make):
    p, q = parameter([1.0], [1.0]), parameter([1.0], [1.0])
    make([p, p]).step()
    make([q]).step()
    assert p.value == q.value


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("before", [0, 3])
def test_a_state_continues_bit_for_bit(make, before):
    gradients = np.random.default_rng(0).normal(size=(6, 2, 3)).astype(np.float32)
    p = parameter(np.ones((2, 3)), np.zeros((2, 3)), np.float32)
    optimizer = make([p])
    walk(optimizer, p, gradients[:before])
    optimizer.learning_rate /= 3
    state = optimizer.state()
    start = p.value.copy()
    in_one_go = walk(optimizer, p, gradients[before:])  # which must not change the state that was taken
    for _ in range(2):  # nor must the one that goes on from it
        q = parameter(start, np.zeros((2, 3)), np.float32)
        other = make([q])
        other.load_state(state)
        np.testing.assert_array_equal(walk(other, q, gradients[before:]), in_one_go)
        assert other.n_steps == optimizer.n_steps == 6


def test_a_foreign_state_is_refused_and_changes_nothing():
    p, q = parameter([1.0], [1.0]), parameter([1.0, 2.0], [1.0, 1.0])
    adam, rmsprop = Adam([p]), RMSProp([q])
    adam.step()
    rmsprop.step()
    with pytest.raises(ValueError, match=r"no state of RMSProp over 1 parameters: v\.0 should not be there"):
        rmsprop.load_state(adam.state())
    with pytest.raises(ValueError, match=r"no state of Adam .* v\.0"):
        adam.load_state(rmsprop.state())
    with pytest.raises(ValueError, match=r"m\.0 has shape \(2,\) but its parameter has \(1,\)"):
        RMSProp([p]).load_state(rmsprop.state())
    assert adam.n_steps == 1
    assert adam.buffers["m"][0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: SGD(p, -1), "learning_rate must be a number of at least 0, not -1"),
        (lambda p: SGD(p, float("nan")), "learning_rate .* nan"),
        (lambda p: SGD(p, nesterov=True), "Nesterov.* momentum over 0"),
        (lambda p: SGD(p, momentum=0.9, nesterov=True), "dampening of 0; they are 0.9 and 0.9"),
        (lambda p: SGD(p, weight_decay=0.1, weight_decays=[0.1]), "either weight_decay or weight_decays"),
        (lambda p: SGD(p, learning_rates=[0.1, 0.1]), "one entry for each of the 1 parameters, not 2"),
        (lambda p: SGD(p, learning_rates=[[0.1, 0.1]]), r"learning_rates\[0\] must be .* of shape \(1,\), not \(2,\)"),
        (lambda p: RMSProp(p, alpha=1), "alpha must be a number of at least 0 and under 1, not 1"),
        (lambda p: Adam(p, beta2=1.5), "beta2 .* under 1, not 1.5"),
        (lambda p: Adam([]), "at least one parameter"),
    ],
)
def test_wrong_hyperparameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make([parameter([1.0], [0.0])])


def test_what_is_no_parameter_is_refused():
    with pytest.raises(TypeError, match=r"a list of Parameters is meant; it holds float: pass net.parameters\(\)"):
        SGD([1.0])
    optimizer = SGD([parameter([1.0], [0.0])])
    with pytest.raises(ValueError, match="learning_rate"):
        optimizer.learning_rate = -0.1


@pytest.mark.parametrize(
    "slip",
    [
        lambda net: net,
        lambda net: net.get_parameters()[0],
        lambda net: [net.parameters()],
        lambda net: [np.ones(2)],
    ],
)
def test_likely_slips_are_told_what_to_pass(slip):
    net = nn.Linear(2, 2)
    for use in (lambda p: SGD(p, 0.1), lambda p: clip_by_norm(p, 1.0), lambda p: clip_by_value(p, 1.0)):
        with pytest.raises(TypeError, match=r"pass net.parameters\(\)"):
            use(slip(net))
    for rate in (None, "0.1"):
        with pytest.raises(ValueError, match="learning_rate must be a number of at least 0"):
            SGD(net.parameters(), rate)
    with pytest.raises(ValueError, match="max_norm must be over 0, not None"):
        clip_by_norm(net.parameters(), None)
