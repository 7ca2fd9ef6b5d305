"""A thousand steps: of time, and of an optimizer; and trainings, which go as the interpreter's."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from tests.compiled import same
from tests.graphnet.compile.both import compare, real


@pytest.mark.parametrize("cell", [nn.lstm, nn.gru])
@pytest.mark.parametrize("cast", [gn.Module.float, gn.Module.double])
def test_a_thousand_steps_of_time(cell, cast) -> None:
    gn.manual_seed(1)
    compare(cast(gn.Recurrence(cell(3, 8), final_states=True)), real(1000, 2, 3))


def test_a_thousand_steps_of_an_optimizer() -> None:
    nets = []
    for _ in range(2):
        gn.manual_seed(1)
        nets.append(nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)))
    plain, compiled = nets[0], gn.compile(nets[1])
    x, target = real(16, 3), real(16, 2, seed=1)
    losses: list[list[float]] = []
    for net in (plain, compiled):
        optimizer = gn.optim.Adam(net.parameters(), 1e-2)
        losses.append([])
        for _ in range(1000):
            net.zero_grad_parameters()
            y = net.forward(x)
            losses[-1].append(float(((y - target) ** 2).sum()))
            net.backward(x, 2 * (y - target))
            optimizer.step()
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-7)
    same([p.value for p in compiled.parameters()], [p.value for p in plain.parameters()], "what was learnt", 1e4)
    assert losses[1][-1] < losses[1][0] / 2


def trained(compiled: bool) -> list[list[float]]:
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(5, 8, 2, dropout=0.2))
    symbols = np.random.default_rng(0).integers(0, 5, 601)
    trainer = gn.Trainer(
        gn.compile(net) if compiled else net,
        nn.SequenceCriterion(nn.ClassNLLCriterion()),
        gn.optim.RMSProp(net.parameters(), 1e-2),
        progress=False,
    )
    batches = gn.batches.Contiguous(symbols, 4, 10)
    trainer.fit(batches, epochs=2)
    return [[trainer.evaluate(batches)["loss"]], *(list(p.value.ravel()) for p in net.parameters())]


def test_a_training_goes_as_ever() -> None:
    for found, expected in zip(trained(True), trained(False), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
