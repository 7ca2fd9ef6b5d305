"""The toy series: its data, its nets, and that they learn; the full experiment is ``graphnet example toy_series``."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet.cli import main
from graphnet.examples import toy_series
from graphnet.examples.toy_series.data import NOISE, Scale, curve, draw, grid, heights_before, least_error, real_cells
from graphnet.examples.toy_series.nets import GRU, LSTM, LSTM_3_4, RNN, SETTINGS, Outcome, train
from graphnet.examples.toy_series.plots import places_of_height


def test_the_curve() -> None:
    z = 4.2
    expected = 0.5 * math.sin(z / 2 - 1) + math.sin(z) + math.sin(2 * z + 2) + math.sin(z / 4 + 1) + 2
    assert curve(np.array(z)) == pytest.approx(expected, rel=1e-15)
    np.testing.assert_array_equal(heights_before(np.array([z]), 3), [curve(np.array([z, z - 1, z - 2]))])
    places = places_of_height(2.5)
    np.testing.assert_allclose(curve(places), 2.5, atol=0.01)


def test_the_data_are_heights_with_noise_normalised() -> None:
    toy = draw(20_000, np.random.default_rng(3))
    x, z = toy.train
    assert x.shape == (14_000, 3, 1)
    assert toy.test[0].shape == (6_000, 3, 1)
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert x.std() == pytest.approx(1, rel=1e-12)
    noise = x[:, :, 0] * toy.scale.deviation + toy.scale.mean - heights_before(z[:, 0], 3)
    assert noise.std() == pytest.approx(NOISE, rel=0.02)
    assert abs(noise.mean()) < 0.003
    assert 0 <= z.min() < 0.01 < 9.99 < z.max() < 10


def test_padding_is_zeros_and_does_not_count() -> None:
    toy = draw(9_000, np.random.default_rng(3), (2, 4))
    (x, lengths), _ = toy.train
    real = real_cells(lengths, 4)
    assert (x[~real] == 0).all()
    assert x[real].mean() == pytest.approx(0, abs=1e-12)
    assert x[real].std() == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(np.bincount(lengths) / len(lengths), [0, 0, 1 / 3, 1 / 3, 1 / 3], atol=0.03)


def test_the_order_of_the_batches_is_one_for_all_epochs() -> None:
    batches = draw(100, np.random.default_rng(3)).batches(20, seed=1)
    (x, z), (again, _), (other, _) = batches.epoch(0)[0], batches.epoch(7)[0], batches.epoch(0)[1]
    assert x.shape == (3, 20, 1)
    assert z.shape == (20, 1)
    np.testing.assert_array_equal(x, again)
    assert (x != other).any()


def test_the_least_error_is_that_of_the_mean_of_all_places() -> None:
    ours = least_error(np.random.default_rng(0), 1, n=500)
    generator = np.random.default_rng(0)
    z = generator.uniform(0, 10, 500)
    seen = curve(z) + generator.normal(0, NOISE, 500)
    places = np.linspace(0, 10, 2_001)
    density = np.exp(-((seen[:, None] - curve(places)) ** 2) / (2 * NOISE**2))
    expected = np.mean(((density * places).sum(1) / density.sum(1) - z) ** 2)
    assert ours == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("setting", "n_parameters"), [(RNN, 755), (LSTM, 2049), (GRU, 929), (LSTM_3_4, 2049)])
def test_the_nets_are_those_of_the_source(setting: toy_series.nets.Setting, n_parameters: int) -> None:
    net = setting.net()
    assert sum(parameter.size for parameter in net.parameters()) == n_parameters
    x = [np.ones((4, 5, 1)), np.array([2, 3, 4, 4, 3])] if setting.variable else np.ones((3, 5, 1))
    y = net.forward(x)
    assert y.shape == (5, 1)
    if setting.variable:
        x[0][2:, 0] = 1e9  # padding
        np.testing.assert_array_equal(net.forward(x), y)


def test_they_learn() -> None:
    gn.manual_seed(1)
    toy = draw(4_000, gn.generator())
    rnn, lstm = (train(setting, toy, seed=1) for setting in (RNN, LSTM))
    assert len(rnn.train) == len(rnn.test) == len(rnn.seconds) == 20
    assert rnn.train[-1] < 0.3  # that of a net which gives the mean of z is 8.3
    assert rnn.test[-1] < 0.4
    assert lstm.train[-1] < 0.6
    assert rnn.epochs_to(lstm.train[-1]) > len(lstm.train)
    for outcome in (rnn, lstm):
        z, told = outcome.on_grid()
        assert np.mean((told - z) ** 2) < 0.5


def test_the_epochs_to_an_error() -> None:
    rnn = Outcome(RNN, 1, RNN.net(), Scale(0, 1), [0.5, 0.3, 0.1], [], [1.0, 2.0, 3.0])
    lstm = Outcome(LSTM, 1, LSTM.net(), Scale(0, 1), [0.4, 0.3], [], [2.0, 4.0])
    assert toy_series.compared(rnn, lstm) == "seed 1: the LSTM has 0.3000 after 2 epochs (4 s), the RNN after 2 (2 s)"
    lstm.train[-1] = 0.05
    assert toy_series.compared(rnn, lstm).endswith("the RNN after > 3 (> 3 s)")


def test_the_grid_has_no_noise() -> None:
    z, x = grid(Scale(2.0, 0.5), 5)
    np.testing.assert_allclose(x[1, :, 0], (curve(z - 1) - 2) / 0.5)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_series, "QUICK_ROWS", 400)
    assert main(["example", "toy_series", "--quick", "--out", str(tmp_path / "new"), "--seed", "5"]) == 0
    out = capsys.readouterr().out
    for setting in SETTINGS:
        assert re.search(rf"^{setting.name} +seed 5 .* {setting.batch} .* {setting.rate:g} ", out, re.MULTILINE)
    assert "400 rows" in out
    assert "seed 6" not in out
    for name in ("task.png", "predictions.png", "learning.png"):
        assert str(tmp_path / "new" / name) in out
        assert (tmp_path / "new" / name).read_bytes().startswith(b"\x89PNG")
