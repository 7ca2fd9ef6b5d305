"""The cells give what PyTorch's give, in values and gradients, where PyTorch is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.nesting import leaves

torch = pytest.importorskip("torch", reason="PyTorch is optional")

Array = np.ndarray
Reordering = Callable[[Array], Array]
PAIRS = {"weight_ih": "i2h.weight", "bias_ih": "i2h.bias", "weight_hh": "h2h.weight", "bias_hh": "h2h.bias"}
N_INPUT, N = 3, 4


def as_it_is(array: Array) -> Array:
    return array


def lstm_order(array: Array) -> Array:
    """Turn in, forget, out, transform into PyTorch's in, forget, transform, out; or back, for it is one exchange."""
    i, f, o, g = np.split(array, 4)
    return np.concatenate([i, f, g, o])


def cudnn_gru(input_size: int, n: int) -> gn.gModule:
    return nn.gru(input_size, n, "cudnn")


CELLS: dict[str, tuple[Callable[[int, int], gn.gModule], Reordering]] = {
    "RNN": (nn.rnn, as_it_is),
    "LSTM": (nn.lstm, lstm_order),
    "GRU": (cudnn_gru, as_it_is),
}
every_cell = pytest.mark.parametrize("name", CELLS)


def copy_numbers(step: gn.gModule, into: Any, suffix: str, reordered: Reordering) -> None:
    ours = step.named_parameters()
    with torch.no_grad():
        for theirs, name in PAIRS.items():
            getattr(into, theirs + suffix).copy_(torch.tensor(reordered(ours[name].value)))


def close(mine: Array, theirs: Any) -> None:
    np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-11, atol=1e-13)


@every_cell
def test_a_step_is_pytorch_s(name: str) -> None:
    draw, reordered = CELLS[name]
    step = draw(N_INPUT, N)
    cell = getattr(torch.nn, f"{name}Cell")(N_INPUT, N, dtype=torch.float64)
    copy_numbers(step, cell, "", reordered)
    rng = np.random.default_rng(0)
    n_states = len(step.graph().inputs) - 1
    values = [rng.normal(size=(5, size)) for size in (N_INPUT, *[N] * n_states)]
    dy = [rng.normal(size=(5, N)) for _ in range(n_states)]
    x, *states = (torch.tensor(value, requires_grad=True) for value in values)
    if n_states == 2:  # PyTorch's states are (h, c)
        next_h, next_c = cell(x, tuple(reversed(states)))
        expected = [next_c, next_h]
    else:
        expected = [cell(x, *states)]
    torch.autograd.backward(expected, [torch.tensor(d) for d in dy])

    step.zero_grad_parameters()
    tape = step.run(values)
    dx = tape.backward(dy if n_states == 2 else dy[0])
    for mine, theirs in zip(leaves(tape.output), expected, strict=True):
        close(mine, theirs)
    for mine, theirs in zip(dx, (x, *states), strict=True):
        close(mine, theirs.grad)
    for theirs, parameter in PAIRS.items():
        close(reordered(step.named_parameters()[parameter].grad), getattr(cell, theirs).grad)


@every_cell
def test_two_layers_along_time_are_pytorch_s(name: str) -> None:
    draw, reordered = CELLS[name]
    cells = [draw(N_INPUT, N), draw(N, N)]
    layer = gn.Recurrence(nn.stacked(cells))
    network = getattr(torch.nn, name)(N_INPUT, N, num_layers=2, dtype=torch.float64)
    for k, cell in enumerate(cells):
        copy_numbers(cell, network, f"_l{k}", reordered)
    rng = np.random.default_rng(0)
    value, dy = rng.normal(size=(20, 5, N_INPUT)), rng.normal(size=(20, 5, N))
    x = torch.tensor(value, requires_grad=True)
    expected, _ = network(x)
    expected.backward(torch.tensor(dy))

    layer.zero_grad_parameters()
    tape = layer.run(value)
    close(tape.output, expected)
    close(tape.backward(dy), x.grad)
    for k, cell in enumerate(cells):
        for theirs, parameter in PAIRS.items():
            close(reordered(cell.named_parameters()[parameter].grad), getattr(network, f"{theirs}_l{k}").grad)


@every_cell
def test_both_directions_of_ragged_rows_are_pytorch_s(name: str) -> None:
    draw, reordered = CELLS[name]
    cells = [draw(N_INPUT, N), draw(N_INPUT, N)]
    net = nn.bidirectional(*cells, lengths=True, batch_first=True)
    network = getattr(torch.nn, name)(N_INPUT, N, bidirectional=True, batch_first=True, dtype=torch.float64)
    for cell, suffix in zip(cells, ("_l0", "_l0_reverse"), strict=True):
        copy_numbers(cell, network, suffix, reordered)
    rng = np.random.default_rng(0)
    lengths = np.array([7, 1, 4])
    value, dy = rng.normal(size=(3, 7, N_INPUT)), rng.normal(size=(3, 7, 2 * N))
    x = torch.tensor(value, requires_grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths.tolist(), batch_first=True, enforce_sorted=False)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(network(packed)[0], batch_first=True)
    expected.backward(torch.tensor(dy))

    net.zero_grad_parameters()
    tape = net.run([value, lengths])
    close(tape.output, expected)
    close(tape.backward(dy)[0], x.grad)
    for cell, suffix in zip(cells, ("_l0", "_l0_reverse"), strict=True):
        for theirs, parameter in PAIRS.items():
            close(reordered(cell.named_parameters()[parameter].grad), getattr(network, theirs + suffix).grad)
