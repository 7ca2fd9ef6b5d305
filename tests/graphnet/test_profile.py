"""What takes the time, by node."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.inspect import profile


class Slow(nn.Identity):
    """Takes 2 ms forwards and 4 ms backwards."""

    def update_output(self, x: Any) -> Any:
        time.sleep(0.002)
        return super().update_output(x) + 0

    def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
        time.sleep(0.004)
        return dy + 0


def recurrence(**options: Any) -> gn.Recurrence:
    x, prev_h = nn.Identity()(), nn.Identity()()
    slow = Slow()(x)
    next_h = nn.CAddTable()([slow, prev_h])
    gn.annotate_nodes()
    return gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h}, **options)


def test_each_node_has_its_time_there_and_back() -> None:
    net = nn.Sequential(nn.Linear(5, 5), Slow(), nn.Tanh())
    found = profile(net, np.zeros((4, 5)), repeats=3)
    assert [row.path for row in found.rows] == ["[0] Linear(5, 5)", "[1] Slow()", "[2] Tanh()"]
    slow = found["[1] Slow()"]
    assert 0.002 < slow.forward < slow.backward
    assert slow.backward > 0.004
    assert slow.calls == 1
    assert slow.seconds > 10 * found["[2] Tanh()"].seconds > 0
    within = sum(row.seconds for row in found.rows) + sum(found.watching.values())
    assert 0.5 * found.seconds < within < found.seconds
    assert found.reading.numbers[(net.plan().executed[1],)] == slow.seconds


def test_nodes_inside_recurrences_are_timed_over_all_steps_and_taken_off_the_recurrence() -> None:
    net = nn.Sequential(recurrence(), nn.Sum(0))
    found = profile(net, np.zeros((5, 2, 3)), repeats=2)
    slow = found["slow"]
    assert slow.calls == 5
    assert slow.forward > 5 * 0.002
    assert slow.backward > 5 * 0.004
    assert found["[0] Recurrence()"].seconds < slow.seconds
    outer = net.plan().executed[0]
    inner = {call.node.name: call for call in outer.module.step.plan().executed}
    assert found.reading.numbers[outer, inner["slow"]] == slow.seconds


def test_steps_that_are_computed_again_count_again() -> None:
    found = profile(recurrence(recompute=True), np.zeros((4, 2, 3)), repeats=1)
    assert found["slow"].calls == 8
    assert found["slow"].forward > 4 * 0.002
    assert found["slow"].backward > 4 * (0.002 + 0.004)


def test_each_node_has_what_it_holds() -> None:
    net = nn.Sequential(nn.Linear(5, 7), nn.Narrow(1, 0, 3), nn.Dropout())
    found = profile(net, np.zeros((4, 5)), repeats=1)
    linear, narrow, dropout = (row.holding for row in found.rows)
    assert (linear.values, linear.saved, linear.gradients) == (4 * 7 * 8, 0, 4 * 5 * 8)
    assert (narrow.values, narrow.gradients) == (0, 4 * 7 * 8)
    assert (dropout.values, dropout.saved) == (4 * 3 * 8, 4 * 3 * 8)
    along = profile(recurrence(), np.zeros((5, 2, 3)), repeats=1)
    assert along["slow"].holding.values == 5 * 2 * 3 * 8


def test_the_gradient_may_be_given() -> None:
    seen: list[float] = []

    class Telling(nn.Identity):
        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            seen.append(float(dy[0]))
            return dy

    net = nn.Sequential(Telling(), nn.MulConstant(2))
    profile(net, np.zeros(3), np.full(3, 5.0), repeats=1)
    profile(net, np.zeros(3), repeats=1)
    assert seen == [10.0, 10.0, 2.0, 2.0]
    with pytest.raises(ValueError, match="the gradient of the output"):
        profile(net, np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="repeats must be at least 1, not 0"):
        profile(net, np.zeros(3), repeats=0)


def test_what_is_printed() -> None:
    net = nn.Sequential(recurrence(), nn.Sequential(nn.Sequential(nn.Clamp(-12345678, 12345678))))
    found = profile(net, np.zeros((5, 2, 3)), repeats=2)
    lines = str(found).splitlines()
    assert lines[0].split() == ["node", "calls", "forward", "backward", "share", "memory"]
    assert "slow" in lines[1]  # what takes most is the first
    assert "█" in lines[1]
    assert lines[-4].startswith("between the nodes ")
    assert lines[-3].startswith("taking the times ")
    assert lines[-1].endswith(" backwards (medians of 2)")
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("[1] Sequential()/[0…") and "2345678)" in line for line in lines)
    assert "<pre>node" in found._repr_html_()


def test_its_picture_has_the_times(tmp_path: Path) -> None:
    net = recurrence()
    found = profile(net, np.zeros((5, 2, 3)), repeats=1)
    picture = found.draw(tmp_path / "times.dot", title="times")
    assert (tmp_path / "times.dot").exists()
    assert re.search(r"slow.*time \d+ ms", picture.source)
    assert re.search(r"x<.*time [\d.]+ µs", picture.source)
    assert "times" in picture.source


def test_a_net_is_left_as_it_is() -> None:
    gn.manual_seed(3)
    net = nn.Sequential(nn.Linear(4, 4), nn.BatchNormalization(4), nn.Dropout())
    x = np.random.default_rng(0).normal(size=(8, 4))
    net.forward(x)
    tape, mean = net.tape, net.get(1).running_mean.copy()
    state = gn.generator().bit_generator.state
    profile(net, x)
    assert net.tape is tape
    assert gn.generator().bit_generator.state == state
    np.testing.assert_array_equal(net.get(1).running_mean, mean)
    assert not any(parameter.grad.any() for parameter in net.parameters())


def test_one_module_at_several_nodes_is_timed_at_each() -> None:
    shared = Slow()
    x = nn.Identity()()
    first = shared(x)
    second = shared(nn.Tanh()(first))
    gn.annotate_nodes()
    found = profile(gn.gModule([x], [second]), np.zeros(3), repeats=1)
    assert found["first"].forward > 0.002 < found["second"].forward
    assert found["first"].calls == found["second"].calls == 1
    layer = recurrence()
    twice = profile(nn.Sequential(layer, layer), np.zeros((3, 2, 3)), repeats=1)
    assert [row.calls for row in twice.rows if row.site[-1].node.name == "slow"] == [3, 3]
    with pytest.raises(KeyError, match="'slow' is the name of 2 nodes"):
        twice["slow"]
    with pytest.raises(KeyError, match="there is no node 'fast'"):
        twice["fast"]
