"""The examples that measure: how gradients flow back through time, and what a one-hot vector costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.cli import main
from graphnet.examples import embedding, gradient_flow
from graphnet.examples.gradient_flow import OPEN, Flow, direct_jacobians, jacobians, norms


@pytest.fixture(scope="module")
def flows() -> dict[str, Flow]:
    gn.manual_seed(4)
    return {flow.name: flow for flow in gradient_flow.measure(60, 16)}


def test_the_rnn_forgets(flows: dict[str, Flow]) -> None:
    flow = flows["RNN with ‖W‖ = 0.9"]
    assert flow.norms[0] == pytest.approx(1, rel=1e-12)
    assert (np.diff(flow.norms) < 0).all()
    assert flow.norms[-1] < 1e-6


def test_the_bound_holds(flows: dict[str, Flow]) -> None:
    bounded = [flow for flow in flows.values() if flow.bound is not None]
    assert len(bounded) == 2
    for flow in bounded:
        assert (flow.norms <= flow.bound * (1 + 1e-12)).all()
    assert bounded[1].norms[-1] > 1e3  # large weights: gradients grow


def test_open_gates_let_all_through(flows: dict[str, Flow]) -> None:
    assert np.abs(flows["LSTM, open, from cell to cell alone"].norms - 1).max() < 1e-12
    assert flows["LSTM, open forget gates"].norms.min() > 0.9
    kept = [
        flows[name].norms[-1] for name in ("LSTM as drawn", "LSTM with forget biases of 1", "LSTM, open forget gates")
    ]
    assert kept == sorted(kept)
    assert kept[0] < 1e-4


@pytest.mark.parametrize(("cell", "state"), [(nn.rnn, "next_h"), (nn.lstm, "next_c"), (nn.lstm, "next_h")])
def test_the_jacobians_are_those_of_finite_differences(cell, state: str) -> None:
    n, n_steps, k = 3, 5, 1
    step = cell(1, n)
    x = np.repeat(np.random.default_rng(0).normal(size=(n_steps, 1, 1)), n, axis=1)
    found = jacobians(step, x, state)
    names = [node.name for node in step.graph().outputs]
    layer = gn.Recurrence(step, final_states=True)

    def last(nudge: np.ndarray) -> np.ndarray:
        states = dict(zip(names, (y[:1] for y in first), strict=True))
        if state == "next_c":  # h follows the cell that it is made of
            out_gate = states["next_h"] / np.tanh(states["next_c"])
            states["next_h"] = out_gate * np.tanh(states["next_c"] + nudge)
        states[state] = states[state] + nudge
        return layer.forward([x[k + 1 :, :1], *states.values()])[1 + names.index(state)]

    first = layer.forward(x[: k + 1])[1:]
    for j in range(n):
        nudge = np.eye(n)[j] * 1e-6
        difference = (last(nudge) - last(-nudge)) / 2e-6
        np.testing.assert_allclose(found[k][:, j], difference[0], atol=1e-9)


def test_the_direct_path_is_the_product_of_the_forget_gates() -> None:
    n, n_steps = 4, 7
    step = nn.lstm(1, n, forget_bias=1.0)
    x = np.repeat(np.random.default_rng(0).normal(size=(n_steps, 1, 1)), n, axis=1)
    layer = gn.Recurrence(step)
    forget_gates = layer.run(x)[layer].saved.outputs("forget_gate")[:, 0]
    for k, found in enumerate(direct_jacobians(step, x)):
        np.testing.assert_allclose(found, np.diag(forget_gates[k + 1 :].prod(0)), rtol=1e-12, atol=1e-300)


def test_norms_run_by_distance() -> None:
    np.testing.assert_allclose(norms(np.array([np.diag([3.0, 1.0]), np.eye(2)])), [1, 3])
    assert OPEN > 40  # from where on 1 + exp(-x) is 1


def test_both_ways_of_embedding_are_one() -> None:
    gn.manual_seed(2)
    found = embedding.compare(1_024, 16, 256)
    assert found.difference < 1e-13
    assert found.one_hot.n_bytes > 256 * 1_024 * 8
    assert found.one_hot.n_bytes > 10 * found.table.n_bytes
    assert min(found.one_hot.seconds, found.table.seconds) > 0


@pytest.mark.parametrize(
    ("name", "words"),
    [("gradient_flow", ["RNN with ‖W‖ = 0.9", "bound", "LSTM, open"]), ("embedding", ["largest difference", "1,024"])],
)
def test_the_commands(name: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", name, "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in words)
    (picture,) = tmp_path.iterdir()
    assert str(picture) in out
    assert picture.read_bytes().startswith(b"\x89PNG")
