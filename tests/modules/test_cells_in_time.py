"""A recurrence of a cell is the drawing in which the same cell stands at every step: all values and all gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import gModule
from graphnet import modules as nn

Array = np.ndarray
N_INPUT, N_UNITS, N_MEMORY, N_SYMBOLS = 3, 4, 2, 5


@dataclass(frozen=True)
class Case:
    """A step, and what it takes beside its states: sequences first, then constants."""

    draw: Callable[[], gModule]
    constants: tuple[str, ...] = ()
    symbols: bool = False

    def sequence(self, n_steps: int, n_rows: int) -> Array:
        rng = np.random.default_rng(n_steps)
        if self.symbols:
            return rng.integers(0, N_SYMBOLS, (n_steps, n_rows))
        return rng.normal(size=(n_steps, n_rows, N_INPUT))

    def constant(self, name: str, n_rows: int) -> Array:
        if name == "mask":
            return np.arange(5) < np.arange(1, n_rows + 1)[:, None]
        return np.random.default_rng(7).normal(size=(n_rows, 5, N_MEMORY))


def attending(masked: bool) -> gModule:
    return nn.attending(nn.lstm(N_INPUT + N_MEMORY, N_UNITS), nn.attention(N_UNITS, N_MEMORY, 3, masked=masked))


def of(cell: Callable[..., gModule], **options: Any) -> Case:
    return Case(lambda: cell(N_INPUT, N_UNITS, **options))


CASES = {
    "rnn": of(nn.rnn),
    "joined_rnn": of(nn.joined_rnn),
    "lstm": of(nn.lstm),
    "lstm_of_eight_linears": of(nn.lstm_of_eight_linears),
    "peephole_lstm": of(nn.peephole_lstm),
    "peephole_lstm, full": of(nn.peephole_lstm, full=True),
    "coupled_lstm": of(nn.coupled_lstm),
    "layer_norm_lstm": of(nn.layer_norm_lstm),
    "gru": of(nn.gru),
    "gru, cudnn": of(nn.gru, convention="cudnn"),
    "variational": Case(lambda: nn.variational(nn.lstm(N_INPUT, N_UNITS), 0.5).evaluate()),
    "stacked": Case(lambda: nn.stacked([nn.lstm(N_INPUT, 6), nn.gru(6, 2), nn.rnn(2, N_UNITS)])),
    "attending": Case(lambda: attending(False), ("memory",)),
    "attending, masked": Case(lambda: attending(True), ("memory", "mask")),
    "char_rnn": Case(lambda: nn.char_rnn(N_SYMBOLS, N_UNITS, 2), symbols=True),
    "char_rnn of rnns": Case(lambda: nn.char_rnn(N_SYMBOLS, N_UNITS, cell=nn.rnn), symbols=True),
}
every_case = pytest.mark.parametrize("name", CASES)


def state_nodes(step: gModule) -> list[gn.Node]:
    return [node for node in step.graph().inputs if str(node.name).startswith("prev_")]


def first_states(step: gModule, n_rows: int) -> list[Array]:
    """Return numbers for the states, of the lengths that the recurrence finds out itself."""
    step.zero_grad_parameters()
    rng = np.random.default_rng(5)
    widths = [step.graph().outputs[place] for place, _ in gn.Recurrence(step, constants=constants_of(step)).feedback]
    values = trial(step)
    return [rng.normal(size=(n_rows, values[node].shape[1])) for node in widths]


def constants_of(step: gModule) -> list[gn.Node]:
    return [node for node in step.graph().inputs if node.name in ("memory", "mask")]


def trial(step: gModule) -> dict[gn.Node, Array]:
    """Return what each output of the step is for a batch of one row."""
    case = Case(lambda: step, symbols=step.graph().inputs[0].name == "symbols")
    constants = [case.constant(str(node.name), 1) for node in constants_of(step)]
    layer = gn.Recurrence(step, outputs=step.graph().outputs, constants=constants_of(step))
    found = layer.forward([case.sequence(1, 1), *constants] if constants else case.sequence(1, 1))
    listed = found if isinstance(found, list) else [found]
    return {node: y[0] for node, y in zip(step.graph().outputs, listed, strict=True)}


def unrolled(step: gModule, n_steps: int) -> gModule:
    """Draw the step T times: [sequence, *constants, *states] to [every output as a sequence, *final states]."""
    sequence = nn.Identity()()
    beside = [nn.Identity()() for _ in constants_of(step)]
    first = [nn.Identity()() for _ in state_nodes(step)]
    outputs: list[list[gn.Node]] = []
    states = list(first)
    n_outputs = len(step.graph().outputs)
    for x in nn.SplitTable(0)(sequence).split(n_steps):
        call = step([x, *beside, *states])
        found = list(call.split(n_outputs)) if n_outputs > 1 else [call]
        outputs.append([nn.Unsqueeze(0)(y) for y in found])
        states = found[: len(states)]  # the next states are the first outputs of all these steps
    joined = [nn.JoinTable(0)(list(ys)) for ys in zip(*outputs, strict=True)]
    return gModule([sequence, *beside, *first], [*joined, *states])


def close(mine: Any, theirs: Any, what: str) -> None:
    assert mine.shape == theirs.shape, what
    np.testing.assert_allclose(
        mine, theirs, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(theirs).max(initial=0)), err_msg=what
    )


def there_and_back(net: gn.Module, x: list[Array], dy: list[Array]) -> tuple[list[Array], list[Array], list[Array]]:
    """Return the outputs and the gradients of the inputs and of the parameters."""
    net.zero_grad_parameters()
    tape = net.run(x)
    dx = tape.backward(dy)
    return tape.output, dx, [parameter.grad.copy() for parameter in net.parameters()]


def weights_like(arrays: list[Array]) -> list[Array]:
    rng = np.random.default_rng(8)
    return [rng.normal(size=a.shape) for a in arrays]


def along_time(step: gModule, **options: Any) -> gn.Recurrence:
    """Return the recurrence that puts out all that the step does."""
    options = {"outputs": step.graph().outputs, "final_states": True, **options}
    return gn.Recurrence(step, constants=constants_of(step), **options)


def compare(name: str, n_steps: int, n_rows: int = 3, **options: Any) -> None:
    case = CASES[name]
    step = case.draw()
    constants = [case.constant(name, n_rows) for name in case.constants]
    x = [case.sequence(n_steps, n_rows), *constants, *first_states(step, n_rows)]
    net = unrolled(step, n_steps)
    dy = weights_like(net.forward(x))
    expected = there_and_back(net, x, dy)
    found = there_and_back(along_time(step, **options), x, dy)
    for mine, theirs, what in zip(found, expected, ("outputs", "inputs", "parameters"), strict=True):
        for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            close(a, b, f"{what}[{i}]")


@every_case
@pytest.mark.parametrize("n_steps", [1, 2, 50, 1000])
def test_a_recurrence_is_the_unrolled_drawing(name: str, n_steps: int) -> None:
    compare(name, n_steps, 3 if n_steps < 1000 else 1)


@every_case
def test_a_recurrence_that_computes_its_steps_again(name: str) -> None:
    compare(name, 10, recompute=True)


@every_case
@pytest.mark.parametrize(
    ("lengths", "recompute"),
    [
        ((7, 1, 0, 3, 7), False),
        ((7, 1, 0, 3, 7), True),
        ((1, 0), False),
        ((2, 1), False),
        ((50, 13), False),
        ((1000, 2), False),
    ],
)
def test_lengths_are_rows_run_alone(name: str, lengths: tuple[int, ...], recompute: bool) -> None:
    case = CASES[name]
    step = case.draw()
    n_steps, n_rows = max(lengths), len(lengths)
    sequence = case.sequence(n_steps, n_rows)
    if not case.symbols:  # what stands in the padding must not matter
        sequence[np.arange(n_steps)[:, None] >= lengths] = np.nan
    beside = [*(case.constant(name, n_rows) for name in case.constants), *first_states(step, n_rows)]
    layer = along_time(step, lengths=True, recompute=recompute)
    x = [sequence, *beside, np.array(lengths)]
    dy = weights_like(layer.forward(x))
    outputs, dx, of_parameters = there_and_back(layer, x, dy)
    n_outputs = len(step.graph().outputs)
    n_states = len(state_nodes(step))
    total = [np.zeros_like(g) for g in of_parameters]
    for b, length in enumerate(lengths):
        here = slice(b, b + 1)
        for y in outputs[:n_outputs]:
            assert not y[length:, here].any()
        assert not dx[0][length:, here].any()
        alone = [sequence[:length, here], *(a[here] for a in beside)]
        of_outputs = [d[:length, here] for d in dy[:n_outputs]]
        of_states = [d[here] for d in dy[n_outputs:]]
        if length:
            ys, dxs, gradients = there_and_back(unrolled(step, length), alone, [*of_outputs, *of_states])
        else:
            ys = [*of_outputs, *alone[-n_states:]]
            dxs = [np.zeros_like(a) for a in alone[:-n_states]] + of_states
            gradients = [np.zeros_like(g) for g in total]
        for i, (mine, theirs) in enumerate(zip(outputs, ys, strict=True)):
            close(mine[:length, here] if i < n_outputs else mine[here], theirs, f"output {i} of row {b}")
        for i, (mine, theirs) in enumerate(zip(dx[:-1], dxs, strict=True)):
            close(mine[:length, here] if i == 0 else mine[here], theirs, f"gradient {i} of row {b}")
        total = [a + g for a, g in zip(total, gradients, strict=True)]
    for mine, theirs in zip(of_parameters, total, strict=True):
        close(mine, theirs, "parameters")


@pytest.mark.parametrize("cell", [nn.lstm, nn.rnn])
def test_a_language_model_needs_no_more_than_its_name(cell: Callable[[int, int], gModule]) -> None:
    step = nn.char_rnn(N_SYMBOLS, N_UNITS, 2, cell=cell)
    symbols = np.random.default_rng(0).integers(0, N_SYMBOLS, (6, 3))
    found = gn.Recurrence(step).forward(symbols)
    assert found.shape == (6, 3, N_SYMBOLS)
    states = [np.zeros((3, N_UNITS)) for _ in state_nodes(step)]
    for x, log_probabilities in zip(symbols, found, strict=True):
        *states, expected = step.forward([x, *states])
        np.testing.assert_array_equal(log_probabilities, expected)
