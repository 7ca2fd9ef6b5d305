"""Batches split over threads: the same numbers, and gradients of parameters are those of all parts together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile import native
from tests.graphnet.compile.both import compare, real

pytest.importorskip("llvmlite")


@pytest.fixture(params=[2, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Split every batch, however small, over some threads."""
    monkeypatch.setattr(native, "WORTH_A_THREAD", 0)
    before = gn.get_num_threads()
    gn.set_num_threads(request.param)
    yield request.param
    gn.set_num_threads(before)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note into how many parts runs were split."""
    found: list[int] = []
    run = native.TEAM.run

    def noted(function: Any, n: int) -> None:
        found.append(n)
        run(function, n)

    monkeypatch.setattr(native.TEAM, "run", noted)
    return found


@pytest.mark.parametrize("cell", [nn.lstm, nn.gru, nn.peephole_lstm, nn.layer_norm_lstm])
def test_recurrences(cell: Any, threads: int, parts: list[int]) -> None:
    symbols = np.random.default_rng(0).integers(0, 7, (6, 33))
    compare(gn.Recurrence(nn.char_rnn(7, 20, 2, cell=cell), final_states=True), symbols)
    assert parts
    assert set(parts) == {threads}


def test_rows_of_different_lengths(threads: int, parts: list[int]) -> None:
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(7, 40, 3)), rng.integers(0, 8, 40)]
    compare(gn.Recurrence(nn.stacked([nn.lstm(3, 5), nn.gru(5, 4)]), lengths=True, final_states=True), x)
    assert parts


def test_nets_without_time(threads: int, parts: list[int]) -> None:
    net = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Linear(50, 30), nn.Tanh(), nn.Linear(30, 3), nn.LogSoftMax())
    compare(net, real(200, 4))
    assert parts


def test_few_rows_are_not_split(threads: int, parts: list[int]) -> None:
    compare(gn.Recurrence(nn.lstm(3, 4)), real(6, 2 * native.ROWS_OF_A_THREAD - 1, 3))
    assert not parts


def test_what_is_soon_done_is_not_split(parts: list[int]) -> None:
    compare(gn.Recurrence(nn.lstm(3, 4)), real(6, 64, 3))
    assert not parts


def test_the_numbers_are_the_same_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "WORTH_A_THREAD", 0)
    before = gn.get_num_threads()
    net = gn.compile(gn.Recurrence(nn.lstm(9, 17)).float())
    x = np.random.default_rng(0).normal(size=(50, 64, 9)).astype(np.float32)
    outputs, gradients = [], []
    for n in (1, 2, 4):
        gn.set_num_threads(n)
        net.zero_grad_parameters()
        y = net.forward(x)
        net.backward(x, y)
        outputs.append(y)
        gradients.append(net.get_parameters()[1].copy())
    gn.set_num_threads(before)
    assert all((y == outputs[0]).all() for y in outputs)  # a row is the same wherever it is computed
    for gradient in gradients[1:]:
        np.testing.assert_allclose(gradient, gradients[0], rtol=1e-4, atol=1e-4 * np.abs(gradients[0]).max())
