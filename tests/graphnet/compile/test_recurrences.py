"""Compiled recurrences: every way of saying what goes in and comes out, and streams over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from tests.compiled import same
from tests.graphnet.compile.both import assert_same, compare, like, programs_of, real, units_of

T, B, F, N = 6, 5, 3, 4
LENGTHS = np.array([3, T, 0, 1, 5])
CELLS = {
    "rnn": nn.rnn,
    "lstm": nn.lstm,
    "lstm_of_eight_linears": nn.lstm_of_eight_linears,
    "peephole_lstm": nn.peephole_lstm,
    "peephole_lstm, full": lambda a, b: nn.peephole_lstm(a, b, full=True),
    "coupled_lstm": nn.coupled_lstm,
    "layer_norm_lstm": nn.layer_norm_lstm,
    "gru": nn.gru,
    "gru, cudnn": lambda a, b: nn.gru(a, b, "cudnn"),
    "stacked": lambda a, b: nn.stacked([nn.lstm(a, 6), nn.gru(6, 2), nn.rnn(2, b)]),
}


@pytest.mark.parametrize("cast", [gn.Module.float, gn.Module.double])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_becomes_one_loop(cell: str, cast) -> None:
    gn.manual_seed(1)
    net = cast(gn.Recurrence(CELLS[cell](F, N), final_states=True, lengths=True))
    compiled = compare(net, [real(T, B, F), LENGTHS])
    assert_same(compiled, net, [real(T, B, F), np.full(B, T)])
    assert units_of(compiled) == ["Loop 1"]


@pytest.mark.parametrize(
    "options",
    [
        {"lengths": True},
        {"batch_first": True},
        {"reverse": True},
        {"truncate": 2},
        {"truncate": 3, "reverse": True},
        {"initial": "learned"},
        {"final_states": True},
        {"recompute": True},
        {
            "lengths": True,
            "reverse": True,
            "batch_first": True,
            "truncate": 2,
            "initial": "learned",
            "final_states": True,
        },
        {"lengths": True, "recompute": True, "truncate": 2, "final_states": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("machine_code", [False, True])
def test_options_mean_what_they_mean(options: dict[str, Any], machine_code: bool) -> None:
    gn.manual_seed(1)
    net = gn.Recurrence(nn.layer_norm_lstm(F, N), **options)
    x = real(B, T, F) if options.get("batch_first") else real(T, B, F)
    for lengths in (LENGTHS, np.zeros(B, int), np.full(B, T), np.array([0, 0, 2, 0, 0])):
        compare(net, [x, lengths] if options.get("lengths") else x, machine_code=machine_code)


def test_padding_has_no_influence_whatever_it_holds() -> None:
    net = gn.Recurrence(nn.gru(F, N), lengths=True)
    x = real(T, B, F)
    x[np.arange(T)[:, None] >= LENGTHS] = np.nan
    compiled = compare(net, [x, LENGTHS])
    dx, _ = compiled.backward([x, LENGTHS], like(compiled.forward([x, LENGTHS])))
    assert not dx[np.arange(T)[:, None] >= LENGTHS].any()


@pytest.mark.parametrize("n_steps", [1, 2, 7])
@pytest.mark.parametrize("n_rows", [0, 1, 17])
def test_numbers_of_steps_and_rows_change_freely(n_steps: int, n_rows: int) -> None:
    net = gn.Recurrence(nn.gru(F, N), final_states=True)
    compiled = compare(net, real(T, B, F))
    assert_same(compiled, net, real(n_steps, n_rows, F))
    assert len(list(programs_of(compiled))) == 1


def test_states_are_given_or_left_out() -> None:
    net = gn.Recurrence(nn.lstm(F, N), final_states=True, lengths=True)
    compiled = compare(net, [real(T, B, F), real(B, N), real(B, N, seed=1), LENGTHS])
    assert_same(compiled, net, [real(T, B, F), LENGTHS])


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_constants_are_taken_at_every_step(lengths: bool, masked: bool) -> None:
    step = nn.attending(nn.lstm(F + 2, N), nn.attention(N, 2, 3, masked=masked))
    names = [node.name for node in step.graph().inputs]
    constants = [name for name in names if name in ("memory", "mask")]
    net = gn.Recurrence(step, constants=constants, lengths=lengths, final_states=True)
    given = {"memory": real(B, 7, 2), "mask": np.arange(7) < np.arange(1, B + 1)[:, None]}
    x = [real(T, B, F), *(given[name] for name in constants), *([LENGTHS] if lengths else [])]
    compare(net, x)


def test_a_constant_row_gets_the_gradient_of_all_steps() -> None:
    x, prev_h, c = nn.Identity()(), nn.Identity()(), nn.Identity()()
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(F, N)(x), nn.Linear(N, N)(prev_h), nn.Linear(2, N)(c)]))
    for options in ({}, {"lengths": True}):
        net = gn.Recurrence(gn.gModule([x, prev_h, c], [next_h]), {next_h: prev_h}, constants=[c], **options)
        compiled = compare(net, [real(T, B, F), real(B, 2), *([LENGTHS] if options else [])])
        assert units_of(compiled) == ["Loop 1"]


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("n_layers", [1, 3])
def test_symbols_with_dropout_draw_the_same_masks(n_layers: int, lengths: bool) -> None:
    symbols = np.random.default_rng(0).integers(0, 7, (T, B))
    net = gn.Recurrence(nn.char_rnn(7, N, n_layers, dropout=0.3), lengths=lengths, final_states=True)
    compare(net, [symbols, LENGTHS] if lengths else symbols)
    net = gn.Recurrence(nn.variational(nn.lstm(F, N), 0.3), lengths=lengths)
    compare(net, [real(T, B, F), LENGTHS] if lengths else real(T, B, F))


def test_a_loss_over_time_is_compiled_with_the_net() -> None:
    x, t = nn.Identity()(), nn.Identity()()
    scores = gn.Recurrence(nn.char_rnn(7, N, 2))(x)
    net = gn.gModule([x, t], [nn.SequenceCriterion(nn.ClassNLLCriterion())([scores, t])])
    symbols = np.random.default_rng(0).integers(0, 7, (2, T, B))
    compare(net, list(symbols))


def test_both_directions_and_layers_one_after_the_other() -> None:
    forwards, backwards = gn.Recurrence(nn.gru(F, N)), gn.Recurrence(nn.gru(F, N), reverse=True)
    x = nn.Identity()()
    both = nn.JoinTable(2)([forwards(x), backwards(x)])
    net = gn.gModule([x], [gn.Recurrence(nn.lstm(2 * N, 2))(both)])
    compiled = compare(net, real(T, B, F))
    assert units_of(compiled).count("Loop 1") == 3


def test_a_recurrence_inside_of_a_step_is_run_as_it_is() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    inner = gn.Recurrence(nn.rnn(F, N), batch_first=True)(x)
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(N, N)(nn.Select(1, -1)(inner)), nn.Linear(N, N)(prev_h)]))
    net = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    compare(net, real(T, B, 2, F))


def test_a_stream_goes_on_where_it_ended() -> None:
    net = gn.Recurrence(nn.lstm(F, N), final_states=True)
    streams = [gn.Stream(gn.compile(net)), gn.Stream(net)]
    for k in range(3):
        x = real(4, B, F, seed=k)
        found = []
        for stream in streams:
            y = stream.forward(x)
            dx = stream.backward(like(y))
            found.append([y, dx, stream.states, [p.grad.copy() for p in net.parameters()]])
            net.zero_grad_parameters()
        same(*found, f"piece {k} of the stream", 1.0)
