"""The table: its rows, what each measures, and the figures aimed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.against_peers.contestants import COMPILED, EAGER, FUSED, JIT
from tests.benchmarks.against_peers.trials import FirstCalls, Lengths, Memory, Race, Targets
from tests.benchmarks.against_peers.work import Work

TORCH7 = "Torch7, measured once"
CELLS = ("peephole_lstm", "coupled_lstm", "layer_norm_lstm", "gru")


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Parameters
    ----------
    name : str
        By which it is chosen on the command line.
    title : str
        What it says of the work.
    trials : list
        What is measured.
    """

    name: str
    title: str
    trials: Sequence[Race | FirstCalls | Memory | Lengths]


LSTM_128 = Work("characters", n=128, n_layers=2)
LSTM_512 = Work("characters", n=512, n_layers=2, n_rows=64)
MLP = Work("mlp", n_inputs=512, n=1024, n_layers=10, n_rows=16)


def _same(value: float) -> Targets:
    return value, value


def _cells(n: int, n_rows: int, targets: Targets, products: bool) -> list[Race]:
    peers = {EAGER: targets, JIT: targets}
    return [Race(Work("characters", cell, n=n, n_rows=n_rows), peers, cell, products=products) for cell in CELLS]


def _steps(n_inputs: int, n: int, n_rows: int, eager: float, jit: float, products: bool = False) -> list[Race]:
    peers = {EAGER: _same(eager), JIT: _same(jit)}
    works = [Work("step", n_inputs=n_inputs, n=n, n_rows=n_rows, backward=backward) for backward in (False, True)]
    return [
        Race(work, peers, "forward + backward" if work.backward else "forward", products=products) for work in works
    ]


ROWS = [
    Row(
        "lstm-128",
        "2 x 128 LSTM, T 50, batch 50, 65 symbols, with decoder and loss",
        [Race(LSTM_128, {FUSED: (1.0, 1.0), EAGER: (0.6, 0.4), JIT: (0.6, 0.35)})],
    ),
    Row(
        "lstm-512",
        "2 x 512 LSTM, T 50, batch 64, with decoder and loss",
        [Race(LSTM_512, {FUSED: _same(1.05)}, share=_same(0.12))],
    ),
    Row("cells-128", "peephole, coupled, layer-norm LSTM and GRU, 128 units", _cells(128, 50, (None, 0.45), False)),
    Row("cells-512", "the same, 512 units, batch 64", _cells(512, 64, _same(0.85), True)),
    Row("step-tutorial", "one LSTM step 3/2, batch 1", _steps(3, 2, 1, 0.15, 0.5)),
    Row("step-128", "one LSTM step 65/128, batch 50", _steps(65, 128, 50, 0.8, 0.8)[1:]),
    Row("step-512", "one LSTM step 512/512, batch 64", _steps(512, 512, 64, 1.05, 1.05, products=True)[1:]),
    Row(
        "mlp",
        "MLP 512-1024x10-128, batch 16",
        [
            Race(MLP, {EAGER: _same(1.1)}, "float32", products=True),
            Race(
                Work(**{**vars(MLP), "dtype": "float64"}),
                {TORCH7: (0.8, None)},
                "float64",
                recorded={TORCH7: 0.104},
                only=1,
            ),
        ],
    ),
    Row(
        "inference",
        "inference, 2 x 128 LSTM, T 1,000, batch 1",
        [
            Race(
                Work("characters", n=128, n_layers=2, n_steps=1000, n_rows=1, backward=False),
                {FUSED: (0.9, None)},
                only=1,
            )
        ],
    ),
    Row("first-call", "first call of the 2 x 128 LSTM", [FirstCalls(LSTM_128, [COMPILED, JIT], cold=3.0, warm=0.5)]),
    Row("memory", "peak memory of training the 2 x 128 LSTM", [Memory(LSTM_128, FUSED, (50, 500), 1.0)]),
    Row("length", "2 x 128 LSTM, T 50, 500, 5,000", [Lengths(LSTM_128, (50, 500, 5000), 1.1)]),
]
