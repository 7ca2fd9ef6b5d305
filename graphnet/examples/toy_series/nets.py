"""The nets of the toy series, how each is trained, and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import graphnet as gn
from graphnet import modules as nn
from graphnet.examples.toy_series.data import Scale, Toy, grid
from graphnet.nesting import Array

WIDTH = 0.02  # parameters start uniformly between -WIDTH and WIDTH


@dataclass(frozen=True)
class Setting:
    """A net and its training.

    Attributes
    ----------
    name : str
    step : callable
        Draws the cell, whose last state is h.
    n : int
        The length of h.
    batch, rate, epochs
        Rows of a batch, learning rate, times through the data.
    lengths : (int, int)
        The shortest and the longest number of steps of a row.
    documented : dict of int to float
        The training error that the source reports after some epochs.
    """

    name: str
    step: Callable[[], gn.gModule]
    n: int
    batch: int
    rate: float
    epochs: int
    lengths: tuple[int, int] = (3, 3)
    documented: Mapping[int, float] = field(default_factory=dict)

    @property
    def variable(self) -> bool:
        return self.lengths[0] != self.lengths[1]

    def net(self) -> nn.Sequential:
        """Draw the net: the cell along time, and a Linear that makes one number of each row's last h.

        >>> [sum(p.size for p in setting.net().parameters()) for setting in (RNN, LSTM, GRU)]
        [755, 2049, 929]
        """
        layer = gn.Recurrence(self.step(), final_states=True, lengths=self.variable)
        return nn.Sequential(layer, nn.SelectTable(-1), nn.Linear(self.n, 1))


RNN = Setting(
    "RNN, 26 units",
    lambda: nn.joined_rnn(1, 26),
    26,
    batch=20,
    rate=0.02,
    epochs=20,
    documented={1: 0.4327, 2: 0.1134, 5: 0.0835, 10: 0.0725, 20: 0.0645},
)
LSTM = Setting(
    "LSTM, 16 units",
    lambda: nn.peephole_lstm(1, 16, full=True),
    16,
    batch=32,
    rate=0.2,
    epochs=5,
    documented={1: 0.448, 2: 0.100, 5: 0.0739},
)
GRU = Setting("GRU, 16 units", lambda: nn.gru(1, 16), 16, batch=32, rate=0.2, epochs=5)
LSTM_3_4 = Setting(
    "LSTM, lengths 3-4",
    LSTM.step,
    16,
    batch=32,
    rate=0.2,
    epochs=5,
    lengths=(3, 4),
    documented={1: 0.644, 2: 0.0675, 5: 0.0478},
)
SLOW_LSTM_3_4 = replace(LSTM_3_4, batch=16, rate=0.1, epochs=12, documented={})
LSTM_2_4 = replace(LSTM_3_4, name="LSTM, lengths 2-4", lengths=(2, 4), documented={})
GRU_3_4 = replace(LSTM_3_4, name="GRU, lengths 3-4", step=GRU.step, documented={})

OF_ALL_SEEDS = (RNN, LSTM, GRU, LSTM_3_4)
OF_FIRST_SEED = (SLOW_LSTM_3_4, GRU_3_4, LSTM_2_4)  # they take as long as all others
SETTINGS = OF_ALL_SEEDS + OF_FIRST_SEED


@dataclass
class Outcome:
    """A net that was trained; the lists have an entry for each epoch.

    ``seconds`` are the processor's since the start, which other programs do not lengthen as much as those of the clock.

    The training error is the mean over an epoch's batches, each measured before its step; that on the test data is
    measured after the epoch.
    """

    setting: Setting
    seed: int
    net: nn.Sequential
    scale: Scale
    train: list[float]
    test: list[float]
    seconds: list[float]

    @property
    def n_parameters(self) -> int:
        return sum(parameter.size for parameter in self.net.parameters())

    def on_grid(self, n: int = 200) -> tuple[Array, Array]:
        """Return n places from 0 to 10, and what the net tells of their three heights without noise.

        >>> z, told = Outcome(LSTM, 1, LSTM.net(), Scale(2.0, 1.0), [], [], []).on_grid()
        >>> z.shape, told.shape
        ((200,), (200,))
        """
        z, x = grid(self.scale, n, self.setting.variable)
        return z, self.net.forward(x)[:, 0]

    def epochs_to(self, error: float) -> int | None:
        """Return the first epoch with a training error of at most ``error``; None if there is none.

        >>> Outcome(RNN, 1, RNN.net(), Scale(2.0, 1.0), [0.5, 0.1, 0.05], [], []).epochs_to(0.1)
        2
        """
        return next((epoch for epoch, found in enumerate(self.train, 1) if found <= error), None)


def train(setting: Setting, toy: Toy, seed: int) -> Outcome:
    """Train a net from small parameters by plain gradient descent on the mean squared error."""
    net = setting.net()
    parameters, _ = net.get_parameters()
    parameters[:] = gn.generator().uniform(-WIDTH, WIDTH, parameters.shape)
    start = time.process_time()
    seconds: list[float] = []
    trainer = gn.Trainer(
        net,
        nn.MSECriterion(),
        gn.optim.SGD(net.parameters(), setting.rate),
        callbacks=[lambda _: seconds.append(time.process_time() - start)],
        progress=sys.stderr.isatty(),
    )
    batches = toy.batches(setting.batch, seed)
    epochs = trainer.fit(batches, setting.epochs, validation=toy.test_batches()).epochs()
    errors, held_out = ([epoch[name] for epoch in epochs] for name in ("train", "validation"))
    return Outcome(setting, seed, net, toy.scale, errors, held_out, seconds)
