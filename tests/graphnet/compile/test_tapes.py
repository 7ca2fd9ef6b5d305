"""Tapes of compiled nets: values inside of a run, several runs at once, several ways back over one."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.random import drawing_from, generator_state
from tests.compiled import same
from tests.graphnet.compile.both import like, real, there_and_back


def drawing() -> gn.gModule:
    """Return a net of two inputs and two outputs, with names."""
    a, b = nn.Identity()(), nn.Identity()()
    hidden = nn.Tanh()(nn.CAddTable()([nn.Linear(3, 4)(a), nn.Linear(2, 4)(b)]))
    dropped = nn.Dropout(0.5)(hidden)
    chances = nn.SoftMax()(dropped)
    gn.annotate_nodes()
    return gn.gModule([a, b], [chances, hidden])


X = [real(5, 3), real(5, 2)]


def test_values_and_gradients_inside_are_those_of_the_run() -> None:
    net = drawing()
    compiled = gn.compile(net)
    for x in (X, X, [real(2, 3), real(2, 2)]):  # the second run may take a shorter way
        gn.manual_seed(7)
        tape = compiled.run(x)
        gn.manual_seed(7)
        expected = net.run(x)
        dy = like(expected.output)
        assert tape["hidden"].grad_output is None
        same(tape.backward(dy), expected.backward(dy), "the gradient")
        assert [entry.path for entry in tape.entries()] == [entry.path for entry in expected.entries()]
        before = generator_state()
        for key in ("hidden", "dropped", "chances", net.modules[0]):
            for what in ("input", "output", "grad_output", "grad_input"):
                same(getattr(tape[key], what), getattr(expected[key], what), f"{what} of {key}")
        assert generator_state() == before
        assert all(np.array_equal(a, b) for a, b in zip(tape.input, x, strict=True))


def test_looking_adds_no_gradients() -> None:
    compiled = gn.compile(drawing())
    tape = compiled.run(X)
    tape.backward(like(tape.output))
    kept = [p.grad.copy() for p in compiled.parameters()]
    assert tape["hidden"].grad_output.any()
    assert all(np.array_equal(p.grad, g) for p, g in zip(compiled.parameters(), kept, strict=True))


def test_a_name_that_is_not_there_is_refused_as_ever() -> None:
    with pytest.raises(LookupError, match="this run has no 'hiden'"):
        gn.compile(drawing()).run(X)["hiden"]


def test_masks_of_a_generator_of_the_threads_own_are_shown_too() -> None:
    compiled = gn.compile(nn.Sequential(nn.Dropout(0.5), nn.Tanh()))
    with drawing_from(np.random.default_rng(4)):
        tape = compiled.run(np.ones((5, 8)))
    same(np.tanh(tape[compiled.modules[0]].output), tape.output, "the output")


def test_several_tapes_are_alive_at_once() -> None:
    for net, x in ((drawing().evaluate(), X), (gn.Recurrence(nn.gru(3, 4)), real(6, 5, 3))):
        compiled = gn.compile(net)
        xs = [x, *([a * k for a in x] if isinstance(x, list) else x * k for k in (2, 3, 4))]
        expected = [there_and_back(net, each, 1.0) for each in xs]
        tapes = [compiled.run(each) for each in xs]
        for k in (2, 0, 3, 1):
            compiled.zero_grad_parameters()
            dx = tapes[k].backward(like(tapes[k].output))
            gradients = [p.grad.copy() for p in net.parameters()]
            same([tapes[k].output, dx, gradients], expected[k], f"run {k}", 1.0)


def test_one_tape_goes_back_several_times() -> None:
    for net, x in ((drawing(), X), (gn.Recurrence(nn.gru(3, 4)), real(6, 5, 3))):
        compiled = gn.compile(net)
        gn.manual_seed(1)
        tape = compiled.run(x)
        gn.manual_seed(1)
        expected = net.run(x)
        for seed, scale in ((1, 1.0), (2, -0.5), (1, 1.0)):
            compiled.zero_grad_parameters()
            dx = tape.backward(like(tape.output, seed), scale)
            gradients = [p.grad.copy() for p in net.parameters()]
            net.zero_grad_parameters()
            same(dx, expected.backward(like(tape.output, seed), scale), "the gradient")
            same(gradients, [p.grad for p in net.parameters()], "a parameter's gradient", 1.0)
        if isinstance(net, gn.gModule):
            same(tape["hidden"].grad_output, expected["hidden"].grad_output, "the latest gradient inside")


def test_a_recurrences_steps_are_told_of() -> None:
    net = gn.Recurrence(nn.lstm(3, 4))
    compiled, x = gn.compile(net), real(6, 5, 3)
    tape, expected = compiled.run(x), net.run(x)
    dy = like(tape.output)
    tape.backward(dy)
    expected.backward(dy)
    record, plain = tape[compiled].saved, expected[net].saved
    for name in ("out_gate", "next_c"):
        same(record.outputs(name), plain.outputs(name), name)
        same(record.grad_outputs(name), plain.grad_outputs(name), name)


def test_output_and_grad_input_show_the_latest_call() -> None:
    compiled = gn.compile(nn.Sequential(nn.Linear(3, 4), nn.Tanh()))
    assert compiled.output is None
    for x in (real(5, 3), real(5, 3, seed=1)):
        y = compiled.forward(x)
        dx = compiled.backward(x, like(y))
        np.testing.assert_array_equal(compiled.output, y)
        np.testing.assert_array_equal(compiled.grad_input, dx)
    compiled.clear_state()
    assert compiled.output is None
