"""Print the engine's figures: ``python -m tests.benchmarks``. Nothing here is a test, since the machine may be busy.

Contestants are measured in turn in one process and on one thread; what is shown is the median over the rounds.
"""

from __future__ import annotations

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before NumPy is imported

import itertools
import statistics
import time
from typing import Any

import numpy as np

import graphnet as gn
from graphnet import modules as nn
from tests.benchmarks.timing import in_turn

ROUNDS = 15
CHAIN_OF_1000_IN_TORCH7 = 0.0155  # seconds to build it, measured once with the original


def chains() -> None:
    """Build, run and differentiate chains of Tanh, with a cost per node that should not grow."""
    print("chain of Tanh nodes: microseconds per node (median of 5)")
    print(f"{'nodes':>10} {'build':>9} {'first forward':>14} {'forward':>9} {'backward':>9}")
    for n in (1_000, 10_000, 100_000):
        rows = [chain(n) for _ in range(5)]
        build, first, forward, backward = (statistics.median(column) / n * 1e6 for column in zip(*rows, strict=True))
        print(f"{n:>10,} {build:9.2f} {first:14.2f} {forward:9.2f} {backward:9.2f}")
        if n == 1_000:
            ratio = build * n * 1e-6 / CHAIN_OF_1000_IN_TORCH7
            print(f"{'':>10} built in {build * n * 1e-3:.1f} ms = {ratio:.2f} x the original's 15.5 ms")
    print()


def chain(n: int) -> tuple[float, float, float, float]:
    """Return the seconds that building, the first forward, a forward and a backward of a chain take."""
    times = [time.perf_counter()]
    x = node = nn.Identity()()
    for _ in range(n):
        node = nn.Tanh()(node)
    net = gn.gModule([x], [node])
    value = np.ones(2)
    for step in (lambda: net.forward(value), lambda: net.forward(value), lambda: net.backward(value, value)):
        times.append(time.perf_counter())
        step()
    times.append(time.perf_counter())
    build, first, forward, backward = (b - a for a, b in itertools.pairwise(times))
    return build, first, forward, backward


def by_hand(x: Any, c: Any, h: Any, w: Any, b: Any, u: Any, d: Any) -> tuple[Any, Any]:
    """Compute one LSTM step as a careful user of NumPy would write it."""
    n = c.shape[1]
    preactivations = x @ w.T + b + (h @ u.T + d)
    gates = 1 / (1 + np.exp(-preactivations[:, : 3 * n]))
    transform = np.tanh(preactivations[:, 3 * n :])
    next_c = gates[:, n : 2 * n] * c + gates[:, :n] * transform
    return next_c, gates[:, 2 * n :] * np.tanh(next_c)


def lstm_steps() -> None:
    """Compare the interpreter with handwritten NumPy, forward."""
    print("one LSTM step forward: interpreter against handwritten NumPy (float64, one thread)")
    for inputs, units, batch, calls in ((3, 2, 1, 2000), (65, 128, 50, 100), (512, 512, 64, 10)):
        layer = nn.lstm(inputs, units)
        rng = np.random.default_rng(0)
        values = [rng.normal(size=(batch, size)) for size in (inputs, units, units)]
        arrays = [p.value for p in layer.parameters()]
        for a, b in zip(layer.forward(values), by_hand(*values, *arrays), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
        ours, hand, both = in_turn(
            lambda v=values, net=layer: net.forward(v),
            lambda v=values, p=arrays: by_hand(*v, *p),
            lambda v=values, net=layer: (net.forward(v), net.backward(v, [v[1], v[2]])),
            calls=calls,
            rounds=ROUNDS,
        )
        size = f"{inputs}/{units}, batch {batch}"
        print(f"  {size:>18}: {ours * 1e6:9.1f} us, by hand {hand * 1e6:9.1f} us, ratio {ours / hand:5.2f};", end=" ")
        print(f"forward + backward {both * 1e6:9.1f} us")
    print()


def characters() -> None:
    """Measure training steps of a character model: forwards, the loss, backwards."""
    print("training step of a character model, 65 symbols, 50 steps, batch 50 (float32, one thread)")
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion()).float()
    rng = np.random.default_rng(0)
    symbols = rng.integers(0, 65, (51, 50))
    for layers in (1, 2):
        net = gn.Recurrence(nn.char_rnn(65, 128, layers)).float()

        def step(net: gn.Recurrence = net) -> None:
            y = net.forward(symbols[:-1])
            criterion.forward(y, symbols[1:])
            net.backward(symbols[:-1], criterion.backward(y, symbols[1:]))

        (seconds,) = in_turn(step, calls=1, rounds=7)
        print(f"  {layers} x 128: {seconds * 1e3:7.1f} ms = {2500 / seconds:,.0f} characters/s")
    print()


def main() -> None:
    """Print all tables."""
    print(f"NumPy {np.__version__}, one thread, medians of {ROUNDS} rounds\n")
    lstm_steps()
    characters()
    chains()


if __name__ == "__main__":
    main()
