"""Train char-rnn here and in PyTorch, from the same numbers: ``python -m tests.benchmarks.against_pytorch``.

Both have the same text, batches, clipping and rmsprop, in float64. The losses of steps are printed side by side, and
the largest difference: LSTM layers of 128 units, 50 rows of 50 steps of Python's help.
"""

from __future__ import annotations

import argparse
import itertools
import time
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import graphnet as gn
from graphnet.cli.text import read_text
from tests.benchmarks.character_training import BETWEEN_VALIDATIONS, DECAY, LIMIT, RATE, Curve, ours, prepare

N_ROWS = N_STEPS = 50
ORDER = (0, 1, 3, 2)  # of our gates i, f, o, g in PyTorch


class CharRNN(torch.nn.Module):
    """The same net in PyTorch, with the numbers of ours."""

    def __init__(self, net: gn.Recurrence) -> None:
        super().__init__()
        numbers = {name.removeprefix("step."): p.value for name, p in net.named_parameters().items()}
        self.n_symbols, n = numbers["scores.weight"].shape
        n_layers = sum(name.endswith("i2h.bias") for name in numbers)
        self.lstm = torch.nn.LSTM(self.n_symbols, n, n_layers, dtype=torch.float64)
        self.decoder = torch.nn.Linear(n, self.n_symbols, dtype=torch.float64)
        with torch.no_grad():
            for layer, (theirs, mine), kind in itertools.product(
                range(n_layers), (("ih", "i2h"), ("hh", "h2h")), ("weight", "bias")
            ):
                gates = np.split(numbers[f"layer_{layer + 1}.{mine}.{kind}"], 4)
                ordered = np.concatenate([gates[k] for k in ORDER])
                getattr(self.lstm, f"{kind}_{theirs}_l{layer}").copy_(torch.tensor(ordered))
            self.decoder.weight.copy_(torch.tensor(numbers["scores.weight"]))
            self.decoder.bias.copy_(torch.tensor(numbers["scores.bias"]))

    def loss(self, x: Any, target: Any, states: Any) -> tuple[torch.Tensor, Any]:
        one_hot = torch.nn.functional.one_hot(torch.tensor(x), self.n_symbols).double()
        h, (last_h, last_c) = self.lstm(one_hot, states)
        scores = self.decoder(h).reshape(-1, self.n_symbols)
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(target).reshape(-1))
        return loss, (last_h.detach(), last_c.detach())


def theirs(model: CharRNN, train: list[Any], validation: list[Any]) -> Curve:
    optimizer = torch.optim.RMSprop(model.parameters(), RATE, DECAY, eps=1e-8)  # also outside the root
    losses, norms, held_out = [], [], []
    states = None
    start = time.perf_counter()
    for x, target in train:
        optimizer.zero_grad()
        loss, states = model.loss(x, target, states)
        loss.backward()
        norms.append(float(torch.sqrt(sum((p.grad**2).sum() for p in model.parameters()))))
        torch.nn.utils.clip_grad_value_(model.parameters(), LIMIT)
        optimizer.step()
        losses.append(float(loss.detach()))
        if len(losses) % BETWEEN_VALIDATIONS == 0:
            held_out.append(validated(model, validation))
    return Curve(losses, norms, held_out, time.perf_counter() - start)


def validated(model: CharRNN, validation: list[Any]) -> float:
    states, losses = None, []
    with torch.no_grad():
        for x, target in validation:
            loss, states = model.loss(x, target, states)
            losses.append(float(loss))
    return float(np.mean(losses))


def compare(text: str, n_layers: int, n: int, n_batches: int, n_rows: int, n_steps: int) -> tuple[Curve, Curve]:
    """Train both from the same numbers on the first batches of a text; validate on as many of its end."""
    net, train, validation = prepare(text, n_layers, n, n_batches, n_rows, n_steps)
    model = CharRNN(net)
    return ours(net, train, validation), theirs(model, train, validation)


def report(n_layers: int, n: int, n_batches: int) -> None:
    """Print both curves and how far they are apart."""
    mine, other = compare(read_text(None), n_layers, n, n_batches, N_ROWS, N_STEPS)
    print(f"{n_layers} x {n} LSTM units, {N_ROWS} rows of {N_STEPS} steps, float64, one thread")
    print(f"{'step':>10} {'graphnet':>20} {'PyTorch':>20} {'difference':>11} {'norm':>8}")
    shown = [k for k in range(len(mine.losses)) if k in (0, 1, 2, 4) or (k + 1) % 10 == 0]
    for k in shown:
        a, b = mine.losses[k], other.losses[k]
        print(f"{k + 1:>10} {a:>20.15f} {b:>20.15f} {abs(a - b):>11.1e} {mine.norms[k]:>8.3f}")
    print("on the text held out")
    for k, (a, b) in enumerate(zip(mine.validation, other.validation, strict=True), 1):
        print(f"{k * BETWEEN_VALIDATIONS:>10} {a:>20.15f} {b:>20.15f} {abs(a - b):>11.1e}")
    print(f"{'seconds':>10} {mine.seconds:>20.1f} {other.seconds:>20.1f}")
    both = [*zip(mine.losses, other.losses, strict=True), *zip(mine.validation, other.validation, strict=True)]
    largest = max(abs(a - b) for a, b in both)
    assert largest < 1e-4
    print(f"largest difference of a loss in {len(mine.losses)} steps: {largest:.1e}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--steps", type=int, default=100, help="of the optimizer")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for n_layers in options.layers:
            report(n_layers, options.hidden, options.steps)


if __name__ == "__main__":
    main()
