"""What a run computed can be asked for by node, by name, by path and by module."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet import Tape, gModule
from graphnet import modules as nn


@pytest.fixture
def tape() -> Tape:
    net = nn.lstm(3, 2)
    rng = np.random.default_rng(0)
    return net.run([rng.normal(size=(4, n)) for n in (3, 2, 2)])


def test_values_by_name_node_and_module(tape: Tape) -> None:
    gate = tape["forget_gate"]
    np.testing.assert_array_equal(gate.output, tape["gates"].output[:, 2:4])
    np.testing.assert_array_equal(gate.input, tape["gates"].output)
    assert tape[gate.node].node is gate.node
    assert gate.module is not None
    assert tape[gate.module].path == "forget_gate"
    np.testing.assert_array_equal(tape.output[0], tape["next_c"].output)
    assert [entry.path for entry in tape.entries()][:2] == ["x", "i2h"]


def test_gradients_are_none_before_backward_and_right_after(tape: Tape) -> None:
    assert tape["next_c"].grad_output is None
    assert tape["next_c"].grad_input is None
    dy = [np.ones((4, 2)), np.zeros((4, 2))]
    dx, dc, dh = tape.backward(dy)
    np.testing.assert_array_equal(tape["next_c"].grad_output, dy[0])
    np.testing.assert_array_equal(tape["prev_c"].grad_output, dc)
    np.testing.assert_array_equal(tape["x"].grad_input, dx)
    np.testing.assert_array_equal(tape["h2h"].grad_input, dh)
    np.testing.assert_allclose(dc, tape["forget_gate"].output)
    parts = tape["next_c"].grad_input
    np.testing.assert_array_equal(parts, [dy[0], dy[0]])


def test_a_gradient_is_the_sum_over_the_consumers() -> None:
    a = nn.Identity()()
    left, right = nn.Tanh()(a), nn.Sigmoid()(a)
    gn.annotate_nodes()
    tape = gModule([a], [left, right]).run(np.zeros(2))
    tape.backward([np.ones(2), np.ones(2)])
    np.testing.assert_allclose(tape["a"].grad_output, 1.25)
    np.testing.assert_allclose(tape["left"].grad_input, 1)
    np.testing.assert_allclose(tape["right"].grad_input, 0.25)


def two_layers() -> gModule:
    x, c1, h1, c2, h2 = (nn.Identity()() for _ in range(5))
    lower = nn.lstm(3, 2)([x, c1, h1])
    c, h = lower.split(2)
    upper = nn.lstm(2, 2)([h, c2, h2])
    gn.annotate_nodes()
    return gModule([x, c1, h1, c2, h2], [upper, c])


def test_inner_nodes_are_asked_for_by_path() -> None:
    rng = np.random.default_rng(0)
    tape = two_layers().run([rng.normal(size=(1, n)) for n in (3, 2, 2, 2, 2)])
    with pytest.raises(LookupError, match="'forget_gate' stands at 2 places of this run: lower/forget_gate, drawn at"):
        tape["forget_gate"]
    assert tape["upper/forget_gate"].path == "upper/forget_gate"
    lower, upper = tape["lower"], tape["upper"]
    np.testing.assert_array_equal(lower.output[1], upper.input[0])
    tape.backward([[np.ones((1, 2)), np.ones((1, 2))], np.ones((1, 2))])
    np.testing.assert_array_equal(upper.grad_input[0], lower.grad_output[1])
    np.testing.assert_array_equal(lower.grad_input[0], tape["x"].grad_output)


def test_a_name_that_is_not_there(tape: Tape) -> None:
    with pytest.raises(LookupError, match="no 'forget_gates'; the nodes that have names: forget_gate, gates, h2h"):
        tape["forget_gates"]
    with pytest.raises(LookupError, match=r"no Tanh\(\)"):
        tape[nn.Tanh()]


def test_masks_are_on_the_tape_so_a_run_can_be_replayed() -> None:
    net = nn.Sequential(nn.Dropout())
    tape = net.run(np.ones(20))
    mask = tape.entries()[-1].saved
    np.testing.assert_array_equal(tape.output, mask)
    net.run(np.ones(20))
    np.testing.assert_array_equal(tape.backward(np.ones(20)), mask)
    assert tape.entries()[0].saved is None


def test_backward_may_be_repeated_on_one_tape(tape: Tape) -> None:
    first = tape.backward([np.ones((4, 2)), np.ones((4, 2))])
    again = tape.backward([np.ones((4, 2)), np.ones((4, 2))])
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_elements_and_lists_have_values_too() -> None:
    a = nn.Identity()()
    first, second = a.split(2)
    both = gn.nest([second, [first]])
    gn.annotate_nodes()
    tape = gModule([a], [both]).run([np.zeros(1), np.ones(1)])
    assert tape["first"].output == 0
    assert gn.nesting.describe(tape["both"].output) == "[1, [1]]"
    tape.backward([np.full(1, 2.0), [np.full(1, 3.0)]])
    assert tape["first"].grad_output == 3
    assert gn.nesting.describe(tape["both"].grad_input) == "[1, [1]]"
    np.testing.assert_array_equal(tape["a"].grad_output, [[3], [2]])
