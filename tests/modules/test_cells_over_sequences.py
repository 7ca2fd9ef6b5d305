"""What is drawn over whole sequences: the last state of each row, both directions, dropout that stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import gModule
from graphnet import modules as nn
from graphnet.random import drawing_from
from tests.modules.test_cells import size
from tests.modules.test_cells_in_time import N_INPUT, N_UNITS, close, state_nodes

Array = np.ndarray
LENGTHS = np.array([7, 1, 0, 3, 7])

# ---- the last state of each row, in two ways


@pytest.mark.parametrize("draw", [nn.rnn, nn.lstm, nn.gru])
def test_a_drawing_takes_the_states_that_lengths_take(draw: Callable[[int, int], gModule]) -> None:
    step = draw(N_INPUT, N_UNITS)
    n_steps, n_rows = int(LENGTHS.max()), len(LENGTHS)
    sequence = np.random.default_rng(0).normal(size=(n_steps, n_rows, N_INPUT))

    layer = gn.Recurrence(step, final_states=True, lengths=True)
    layer.zero_grad_parameters()
    tape = layer.run([sequence, LENGTHS])
    h, *_, last = tape.output
    d_last = np.random.default_rng(1).normal(size=last.shape)
    dx, _ = tape.backward([np.zeros_like(h), *[np.zeros_like(last)] * (len(tape.output) - 2), d_last])
    gradients = [parameter.grad.copy() for parameter in layer.parameters()]

    x, lengths = nn.Identity()(), nn.Identity()()
    states = nn.SplitTable(0)(gn.Recurrence(step)(x))
    chosen = gModule([x, lengths], [nn.terminal_state(n_steps, N_UNITS)([states, lengths])])
    one_hot = np.eye(n_steps + 1)[LENGTHS][:, 1:]
    np.testing.assert_array_equal(one_hot.sum(1), LENGTHS > 0)
    zeros = [np.zeros_like(last)] * len(state_nodes(step))
    for net, first in ((chosen, []), (unrolled_to_the_last(step, n_steps), zeros)):
        net.zero_grad_parameters()
        tape = net.run([sequence, one_hot, *first])
        close(tape.output, last, "last state")
        close(tape.backward(d_last)[0], dx, "gradient of x")
        for parameter, gradient in zip(net.parameters(), gradients, strict=True):
            close(parameter.grad, gradient, "parameters")


def unrolled_to_the_last(step: gModule, n_steps: int) -> gModule:
    """Draw the step T times beside each other, and the choice of the last state, as on the lstm-play pages."""
    x, lengths = nn.Identity()(), nn.Identity()()
    first = [nn.Identity()() for _ in state_nodes(step)]
    states, reached = list(first), []
    for x_t in nn.SplitTable(0)(x).split(n_steps):
        call = step([x_t, *states])
        states = [call[i] for i in range(len(states))] if len(states) > 1 else [call]
        reached.append(states[-1])
    last = nn.terminal_state(n_steps, N_UNITS)([reached, lengths])
    return gModule([x, lengths, *first], [last], allow_unused=True)


# ---- both directions


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_both_directions_are_two_runs_by_hand(ragged: bool, batch_first: bool) -> None:
    forward, backward = nn.lstm(N_INPUT, N_UNITS), nn.gru(N_INPUT, 2)
    net = nn.bidirectional(forward, backward, lengths=ragged, batch_first=batch_first)
    lengths = LENGTHS if ragged else np.full(len(LENGTHS), 7)
    n_rows = len(lengths)
    x = np.random.default_rng(0).normal(size=(7, n_rows, N_INPUT))
    dy = np.random.default_rng(1).normal(size=(7, n_rows, N_UNITS + 2))

    def laid_out(a: Array) -> Array:
        return a.swapaxes(0, 1) if batch_first else a

    net.zero_grad_parameters()
    tape = net.run([laid_out(x), lengths] if ragged else laid_out(x))
    y, dx = tape.output, tape.backward(laid_out(dy))
    gradients = [parameter.grad.copy() for parameter in net.parameters()]
    y, dx = laid_out(y), laid_out(dx[0] if ragged else dx)

    onwards, back = gn.Recurrence(forward), gn.Recurrence(backward)
    net.zero_grad_parameters()
    for b, length in enumerate(lengths):
        assert not y[length:, b].any()
        assert not dx[length:, b].any()
        if length:
            row, d_row = x[:length, b : b + 1], dy[:length, b : b + 1]
            there, again = onwards.run(row), back.run(row[::-1])
            close(y[:length, b : b + 1], np.concatenate([there.output, again.output[::-1]], 2), f"row {b}")
            expected = there.backward(d_row[..., :N_UNITS]) + again.backward(d_row[::-1, :, N_UNITS:])[::-1]
            close(dx[:length, b : b + 1], expected, f"gradient of row {b}")
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        close(parameter.grad, gradient, "parameters")


def test_one_step_for_both_directions_is_refused() -> None:
    step = nn.rnn(3, 2)
    with pytest.raises(ValueError, match=r"one step twice.*same weights"):
        nn.bidirectional(step, step)


def test_the_names_of_both_directions() -> None:
    net = nn.bidirectional(nn.rnn(3, 2), nn.rnn(3, 2), lengths=True)
    assert [node.name for node in net.graph().inputs] == ["x", "lengths"]
    assert next(iter(net.named_parameters())).startswith("onwards.")
    assert size(net) == 2 * (3 * 2 + 2 + 2 * 2 + 2)


def test_both_directions_are_saved_and_loaded(tmp_path: Path) -> None:
    net = nn.bidirectional(nn.lstm(3, 2), nn.variational(nn.gru(3, 2), 0.5), lengths=True).evaluate()
    net.write(tmp_path / "net")
    x = [np.random.default_rng(0).normal(size=(4, 2, 3)), np.array([4, 2])]
    np.testing.assert_array_equal(gn.Module.read(tmp_path / "net").forward(x), net.forward(x))


# ---- dropout along time


def masks_of(layer: gn.Recurrence, x: Array) -> tuple[Any, dict[str, Array]]:
    tape = layer.run(x)
    record = tape[layer].saved
    return tape, {name: record.outputs(name) != 0 for name in ("dropped_x", "dropped_h")}


def test_variational_dropout_drops_the_same_at_all_steps() -> None:
    cell = nn.lstm(20, 20)
    layer = gn.Recurrence(nn.variational(cell, 0.5))
    x = np.random.default_rng(0).normal(size=(6, 2, 20))
    _, masks = masks_of(layer, x)
    for name, dropped in masks.items():
        steps = dropped[1:]  # at the first one, h is zero
        assert (steps == steps[0]).all(), name
        assert 0 < steps[0].mean() < 1
        assert (steps[0, 0] != steps[0, 1]).any()  # each row has its own
    assert (masks_of(layer, x)[1]["dropped_x"] != masks["dropped_x"]).any()


def test_variational_dropout_is_the_cell_with_the_mask_at_each_step() -> None:
    cell = nn.lstm(N_INPUT, N_UNITS)
    layer = gn.Recurrence(nn.variational(cell, 0.5))
    x = np.random.default_rng(0).normal(size=(6, 2, N_INPUT))
    layer.zero_grad_parameters()
    tape = layer.run(x)
    dy = np.random.default_rng(1).normal(size=tape.output.shape)
    dx = tape.backward(dy)
    gradients = [parameter.grad.copy() for parameter in layer.parameters()]
    record = tape[layer].saved
    factors = [record[0][name].saved for name in ("dropped_x", "dropped_h")]

    xs, mask_x, mask_h, zero_c, zero_h = (nn.Identity()() for _ in range(5))
    c, h, reached = zero_c, zero_h, []
    for x_t in nn.SplitTable(0)(xs).split(6):
        c, h = cell([nn.CMulTable()([x_t, mask_x]), c, nn.CMulTable()([h, mask_h])]).split(2)
        reached.append(nn.Unsqueeze(0)(h))
    net = gModule([xs, mask_x, mask_h, zero_c, zero_h], [nn.JoinTable(0)(reached)], allow_unused=True)
    net.zero_grad_parameters()
    other = net.run([x, *factors, np.zeros((2, N_UNITS)), np.zeros((2, N_UNITS))])
    close(tape.output, other.output, "h")
    close(dx, other.backward(dy)[0], "gradient of x")
    for mine, parameter in zip(gradients, net.parameters(), strict=True):
        close(mine, parameter.grad, "parameters")


@pytest.mark.parametrize("per_sequence", [False, True])
def test_dropout_between_layers_along_time(per_sequence: bool) -> None:
    step = nn.stacked([nn.rnn(3, 30), nn.rnn(30, 4)], dropout=0.5, per_sequence=per_sequence)
    layer = gn.Recurrence(step)
    record = layer.run(np.random.default_rng(0).normal(size=(6, 2, 3)))[layer].saved
    kept = record.outputs(step.find_modules(nn.Dropout)[0][0]) != 0
    assert (kept == kept[0]).all() == per_sequence


def test_dropout_of_both_kinds_computed_again() -> None:
    step = nn.stacked([nn.variational(nn.lstm(3, 5), 0.5), nn.variational(nn.lstm(5, 4), 0.5)], dropout=0.5)
    x = np.random.default_rng(0).normal(size=(9, 2, 3))
    gn.manual_seed(1)
    again = gn.Recurrence(step, recompute=True).run(x)
    gn.manual_seed(1)
    with drawing_from(np.random.default_rng(gn.generator().integers(2**63))):  # that of the run which computes again
        once = gn.Recurrence(step).run(x)
    found = []
    for tape in (once, again):
        step.zero_grad_parameters()
        dx = tape.backward(np.ones_like(tape.output))
        found.append([tape.output, dx, *(p.grad.copy() for p in step.parameters())])
    for i, (a, b) in enumerate(zip(*found, strict=True)):
        close(a, b, f"{i}")
