"""Optimizers: their formulas, step by step by hand; types, states, and what they refuse."""

import math

import numpy as np
import pytest

from graphnet import modules as nn
from graphnet.clip import clip_by_norm, clip_by_value
from graphnet.optim import ASGD, NAG, SGD, Adadelta, Adagrad, Adam, Adamax, RMSProp, RProp
from graphnet.parameter import Parameter

KINDS = [
    lambda p: SGD(p, 0.1),
    lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.01, learning_rate_decay=0.1),
    lambda p: SGD(p, 0.1, momentum=0.9, dampening=0, nesterov=True),
    lambda p: RMSProp(p, 0.1, weight_decay=0.01, initial_mean=1),
    lambda p: Adam(p, 0.1, weight_decay=0.01, learning_rate_decay=0.1),
    lambda p: Adamax(p, 0.1, weight_decay=0.01),
    lambda p: Adagrad(p, 0.1, weight_decay=0.01, learning_rate_decay=0.1),
    lambda p: Adadelta(p, 0.5, epsilon=0.01, weight_decay=0.01),
    lambda p: NAG(p, 0.1, weight_decay=0.01, learning_rate_decay=0.1),
    lambda p: ASGD(p, 0.1, lambd=0.1, t0=1),
    RProp,
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


def test_adamax_starts_corrected_and_its_size_fades():
    p = parameter([1.0], [0.0])
    optimizer = Adamax([p], 0.1, beta1=0.5, beta2=0.75, weight_decay=0.5)
    x1 = 1 - 0.1 * 1  # m = 0.5 · 2.5, corrected by 0.5, over u = 2.5
    g2 = 0.25 + 0.5 * x1
    m2, u2 = 0.5 * 1.25 + 0.5 * g2, 0.75 * 2.5
    x2 = x1 - 0.1 / (1 - 0.5**2) * m2 / u2
    np.testing.assert_allclose(walk(optimizer, p, [[2.0], [0.25]]), [[x1], [x2]], rtol=1e-15)
    np.testing.assert_allclose([optimizer.buffers["m"], optimizer.buffers["u"]], [[[m2]], [[u2]]], rtol=1e-15)


def test_adagrad_with_decays():
    p = parameter([1.0], [0.0])
    optimizer = Adagrad([p], 0.1, learning_rate_decay=1, weight_decay=0.5)
    g2 = 4 + 0.5 * 0.9
    x2 = 0.9 - 0.1 / 2 * g2 / math.sqrt(2.5**2 + g2**2)
    np.testing.assert_allclose(walk(optimizer, p, [[2.0], [4.0]]), [[0.9], [x2]], rtol=1e-9)
    np.testing.assert_allclose(optimizer.buffers["v"], [[2.5**2 + g2**2]])


def test_adadelta_measures_its_steps_without_the_factor():
    p, q = parameter([1.0], [2.0]), parameter([1.0], [2.0])
    whole, half = Adadelta([p], rho=0.75, epsilon=0.25), Adadelta([q], 0.5, rho=0.75, epsilon=0.25)
    d1 = 0.5 / math.sqrt(0.25 * 4 + 0.25) * 2
    u1 = 0.25 * d1**2
    d2 = math.sqrt(u1 + 0.25) / math.sqrt(0.75 * 1 + 0.25 * 16 + 0.25) * 4
    np.testing.assert_allclose(walk(whole, p, [[2.0], [4.0]]), [[1 - d1], [1 - d1 - d2]], rtol=1e-14)
    np.testing.assert_allclose(walk(half, q, [[2.0], [4.0]]), [[1 - d1 / 2], [1 - (d1 + d2) / 2]], rtol=1e-14)


def test_nag_stands_ahead_and_tells_what_is_behind():
    p = parameter([1.0], [0.0])
    optimizer = NAG([p], 0.1, momentum=0.5, weight_decay=0.5, learning_rate_decay=1)
    assert optimizer.behind() == [[1.0]]
    v1 = -0.1 * (2 + 0.5 * 1)
    ahead = 1 + v1 + 0.5 * v1
    v2 = 0.5 * v1 - 0.1 / 2 * (4 + 0.5 * ahead)
    x2 = 1 + v1 + v2
    np.testing.assert_allclose(walk(optimizer, p, [[2.0], [4.0]]), [[ahead], [x2 + 0.5 * v2]], rtol=1e-15)
    np.testing.assert_allclose(optimizer.behind(), [[x2]], rtol=1e-15)


def test_nag_takes_a_rate_for_each_parameter():
    p, q = parameter([1.0, 1.0], [1.0, 1.0]), parameter([2.0], [1.0])
    optimizer = NAG([p, q], 0.1, momentum=0.5, learning_rates=[[1.0, 10.0], 0.0])
    optimizer.step()
    np.testing.assert_allclose(p.value, [0.85, -0.5])
    np.testing.assert_allclose(optimizer.behind()[0], [0.9, 0.0], atol=1e-15)
    np.testing.assert_array_equal(q.value, [2.0])


def test_nag_is_nesterov_s_correction_while_the_rate_stays():
    p, q = parameter([1.0, 2.0], [0.0, 0.0]), parameter([1.0, 2.0], [0.0, 0.0])
    gradients = np.random.default_rng(0).normal(size=(6, 2))
    nag, sgd = NAG([p], 0.1, momentum=0.8), SGD([q], 0.1, momentum=0.8, dampening=0, nesterov=True)
    np.testing.assert_allclose(walk(nag, p, gradients), walk(sgd, q, gradients), rtol=1e-14)


def test_asgd_averages_from_t0_on():
    p = parameter([1.0], [0.0])
    optimizer = ASGD([p], 0.1, lambd=0.5, alpha=2, t0=1)
    assert optimizer.averages == [[1.0]]
    values, averages, x = [], [], 1.0
    for step in range(5):
        rate = 0.1 / (1 + 0.5 * 0.1 * step) ** 2
        x = (1 - 0.5 * rate) * x - rate * 2
        np.testing.assert_allclose(walk(optimizer, p, [[2.0]]), [[x]], rtol=1e-14)
        values.append(x)
        averages.append(optimizer.averages[0][0])
    assert averages[:3] == pytest.approx(values[:3], rel=1e-14)
    assert averages[3:] == pytest.approx([np.mean(values[2:4]), np.mean(values[2:])], rel=1e-14)


def test_rprop_waits_a_step_after_a_turn():
    p = parameter([0.0], [0.0])
    optimizer = RProp([p], 0.5, eta_plus=2, eta_minus=0.25, step_size_max=1.5)
    gradients = [[0.1], [9.0], [0.1], [-5.0], [-5.0], [0.0], [-5.0]]
    # 0.5, longer 1, as long as may be 1.5; turned: 0.375 but no step; then steps of 0.375 with nothing to compare.
    expected = [-0.5, -1.5, -3, -3, -2.625, -2.625, -2.25]
    np.testing.assert_allclose(walk(optimizer, p, gradients)[:, 0], expected, rtol=1e-15)
    np.testing.assert_allclose(optimizer.buffers["s"], [[0.375]])
    short = RProp([p], 0.5, step_size_min=0.4, learning_rate=2)
    np.testing.assert_allclose(walk(short, p, [[1.0], [-1.0], [-1.0]])[:, 0], [-3.25, -3.25, -2.45], rtol=1e-15)


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
        (lambda p: Adamax(p, beta1=1), "beta1 must be a number of at least 0 and under 1, not 1"),
        (lambda p: Adagrad(p, learning_rate_decay=-1), "learning_rate_decay .* not -1"),
        (lambda p: Adadelta(p, rho=1), "rho .* under 1, not 1"),
        (lambda p: NAG(p, momentum=0), "needs a momentum over 0; without one it is SGD"),
        (lambda p: ASGD(p, t0=None), "t0 must be a number of at least 0, not None"),
        (lambda p: RProp(p, eta_plus=0.5), "eta_plus lengthens the steps: it must be at least 1, not 0.5"),
        (lambda p: RProp(p, eta_minus=1), "eta_minus .* under 1, not 1"),
        (lambda p: RProp(p, step_size_min=2, step_size_max=1), "step_size_min, 2.0, is over step_size_max, 1.0"),
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
